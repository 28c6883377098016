//! What goes wrong, and where.

use std::collections::VecDeque;

use serde_json::Value;

/// What becomes of one attempt of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// Nobody does it.
    FailsBefore,
    /// It is done, and nobody is told.
    DiesAfter,
    /// Whoever does it dies on the way, after so many turns of waiting for something.
    DiesWithin(u32),
    /// It is done twice.
    Twice,
    /// It is taken for lost, and done when everything else is over.
    Zombie,
    /// It fails for good.
    GivesUp,
    /// The bus takes only some of the events that it is given meanwhile.
    BusRefuses,
}

/// All of them, but for the one of the bus. A step waits some ten times for its database.
pub(crate) const ALL: [Fault; 7] = [
    Fault::FailsBefore,
    Fault::DiesAfter,
    Fault::DiesWithin(3),
    Fault::DiesWithin(6),
    Fault::Twice,
    Fault::Zombie,
    Fault::GivesUp,
];

/// All that a task can meet.
pub(crate) fn of(task: &str) -> impl Iterator<Item = Fault> + use<> {
    let publishes = task.starts_with("Publish the events") || task.starts_with("Publish what happened");
    // An adapter looks, acts and stores what came of it: it waits more often, and may die at each.
    let commands = task == "Submit the listing" || task == "Withdraw the listing";
    let later = [9, 11, 13, 15, 17, 20].map(Fault::DiesWithin).into_iter().filter(move |_| commands);
    ALL.into_iter().chain(publishes.then_some(Fault::BusRefuses)).chain(later)
}

/// A task of a machine.
pub(crate) type Place = (String, String);

/// The faults of one story. Each comes once.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// What is still to come.
    planned: Vec<(Place, Fault)>,
    /// Calls that were taken for lost.
    pub(crate) zombies: VecDeque<(String, Value)>,
}

impl Faults {
    /// These, in any order.
    pub(crate) fn planned(planned: &[(Place, Fault)]) -> Self {
        Self { planned: planned.to_vec(), ..Self::default() }
    }

    /// Whether all of them have come, and nothing is left of them.
    pub(crate) fn are_over(&self) -> bool {
        self.planned.is_empty() && self.zombies.is_empty()
    }

    /// The fault that an attempt meets.
    pub(crate) fn met(&mut self, machine: &str, state: &str) -> Option<Fault> {
        let is_here = |((of, at), _): &(Place, Fault)| of == machine && at == state;
        let found = self.planned.iter().position(is_here)?;
        let (_, fault) = self.planned.remove(found);
        Some(fault)
    }
}
