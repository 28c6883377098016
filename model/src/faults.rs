//! What goes wrong, and where.

use std::collections::{BTreeMap, VecDeque};

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

/// What goes wrong at which of the calls of a task, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) place: Place,
    pub(crate) call: usize,
    pub(crate) fault: Fault,
}

/// A call that was taken for lost.
#[derive(Debug)]
pub(crate) enum Zombie {
    /// Of a function, with its payload.
    Call(String, Value),
    /// Of an adapter, by a message.
    Command(String),
}

/// The faults of one story. Each comes once.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// What is still to come.
    planned: Vec<Planned>,
    /// How often each task was called.
    calls: BTreeMap<Place, usize>,
    /// Calls that were taken for lost.
    pub(crate) zombies: VecDeque<Zombie>,
    /// Whether somebody died on the way, and was not done before.
    pub(crate) somebody_died: bool,
}

impl Faults {
    /// These, in any order.
    pub(crate) fn planned(planned: &[Planned]) -> Self {
        Self { planned: planned.to_vec(), ..Self::default() }
    }

    /// Whether all of them have come, and nothing is left of them.
    pub(crate) fn are_over(&self) -> bool {
        self.planned.is_empty() && self.zombies.is_empty()
    }

    /// The fault that an attempt meets.
    pub(crate) fn met(&mut self, machine: &str, state: &str) -> Option<Fault> {
        let place = (machine.to_owned(), state.to_owned());
        let calls = self.calls.entry(place.clone()).or_default();
        let call = *calls;
        *calls += 1;
        let found = self.planned.iter().position(|planned| planned.place == place && planned.call == call)?;
        Some(self.planned.remove(found).fault)
    }

    /// How often each task was called.
    pub(crate) fn calls(&self) -> &BTreeMap<Place, usize> {
        &self.calls
    }
}
