//! What goes wrong, and where.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

/// What becomes of one attempt of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// Nobody does it.
    FailsBefore,
    /// Whoever does it dies at something that it does to the world around it.
    Dies(Fate),
    /// It is done, and nobody is told.
    AnswerLost,
    /// It is done twice; at once, if the order of things permits.
    Twice,
    /// It is taken for lost, and done when nobody waits for it any more.
    Zombie,
    /// It fails for good.
    GivesUp,
    /// It fails for good in the eyes of its machine, and is done when something newer may be under way.
    Ghost,
    /// The bus takes only some of the events that it is given meanwhile.
    BusRefuses,
}

/// Where somebody dies: at which crossing, counted from 0, and whether on the way back, when it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fate {
    pub(crate) crossing: u32,
    pub(crate) back: bool,
}

impl Fault {
    /// In the words of the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FailsBefore => "fails",
            Self::Dies(Fate { back: false, .. }) => "dies before an effect",
            Self::Dies(Fate { back: true, .. }) => "dies after an effect",
            Self::AnswerLost => "answer lost",
            Self::Twice => "done twice",
            Self::Zombie => "comes back as a zombie",
            Self::GivesUp => "gives up",
            Self::Ghost => "gives up, and is done all the same",
            Self::BusRefuses => "bus refuses",
        }
    }

    /// Whether the machine does not try again.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::GivesUp | Self::Ghost)
    }

    /// Every fault that a task can meet, whatever it crosses over to.
    pub(crate) fn all_of(task: &str, crossings: u32) -> Vec<Self> {
        let mut all = vec![Self::FailsBefore, Self::AnswerLost, Self::Twice, Self::Zombie, Self::GivesUp, Self::Ghost];
        if tells_the_bus(task) {
            all.push(Self::BusRefuses);
        }
        let crossings = (0..crossings).flat_map(|crossing| [false, true].map(|back| Fate { crossing, back }));
        all.extend(crossings.map(Self::Dies));
        all
    }
}

/// Whether a task hands events to the bus.
pub(crate) fn tells_the_bus(task: &str) -> bool {
    task.starts_with("Publish the events") || task.starts_with("Publish what happened")
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

/// Where the faults of one story come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// Each comes once.
    Plan(Vec<Planned>),
    /// So many, by chance.
    Chance {
        /// How many may still come.
        left: u32,
        /// How many of a hundred attempts meet one.
        percent: u32,
    },
}

/// The faults of one story.
#[derive(Debug)]
pub(crate) struct Faults {
    source: Source,
    /// How often each task was called.
    calls: BTreeMap<Place, usize>,
    /// How often each task crossed over to the world, in one call after the other.
    crossings: BTreeMap<Place, Vec<u32>>,
    /// What came to be.
    came: BTreeSet<(Place, &'static str)>,
}

impl Faults {
    pub(crate) fn from(source: Source) -> Self {
        Self { source, calls: BTreeMap::new(), crossings: BTreeMap::new(), came: BTreeSet::new() }
    }

    /// Whether none is still to come.
    pub(crate) fn are_over(&self) -> bool {
        match &self.source {
            Source::Plan(planned) => planned.is_empty(),
            Source::Chance { left, .. } => *left == 0,
        }
    }

    /// None comes any more.
    pub(crate) fn end(&mut self) {
        self.source = Source::Plan(Vec::new());
    }

    /// The fault that an attempt of a task meets.
    pub(crate) fn met(&mut self, place: &Place, dice: &mut Rng) -> Option<Fault> {
        let calls = self.calls.entry(place.clone()).or_default();
        let call = *calls;
        *calls += 1;
        let fault = match &mut self.source {
            Source::Plan(planned) => {
                let is_it = |planned: &Planned| planned.place == *place && planned.call == call;
                let found = planned.iter().position(is_it)?;
                planned.remove(found).fault
            }
            Source::Chance { .. } => self.takes_chance(dice).then(|| some_fault(&place.1, dice))?,
        };
        if !matches!(fault, Fault::Dies(_)) {
            self.came.insert((place.clone(), fault.name()));
        }
        Some(fault)
    }

    /// Whether something that is no task goes wrong now.
    pub(crate) fn takes_chance(&mut self, dice: &mut Rng) -> bool {
        let Source::Chance { left, percent } = &mut self.source else { return false };
        let comes = *left > 0 && dice.u32(0..100) < *percent;
        *left -= u32::from(comes);
        comes
    }

    /// Notes that a task crossed over so often.
    pub(crate) fn crossed(&mut self, place: &Place, crossings: u32) {
        self.crossings.entry(place.clone()).or_default().push(crossings);
    }

    /// Notes that somebody died.
    pub(crate) fn died(&mut self, place: &Place, fate: Fate) {
        self.came.insert((place.clone(), Fault::Dies(fate).name()));
    }

    /// How often each task was called.
    pub(crate) fn calls(&self) -> &BTreeMap<Place, usize> {
        &self.calls
    }

    /// How often each task crossed over, in one call that came to its end after the other.
    pub(crate) fn crossings(&self) -> &BTreeMap<Place, Vec<u32>> {
        &self.crossings
    }

    /// What came to be.
    pub(crate) fn came(&self) -> &BTreeSet<(Place, &'static str)> {
        &self.came
    }
}

fn some_fault(task: &str, dice: &mut Rng) -> Fault {
    match dice.u32(0..20) {
        0..2 => Fault::FailsBefore,
        2..5 => Fault::AnswerLost,
        5..8 => Fault::Twice,
        8..10 => Fault::Zombie,
        10 => Fault::GivesUp,
        11..13 if tells_the_bus(task) => Fault::BusRefuses,
        13 => Fault::Ghost,
        _ => Fault::Dies(some_fate(dice)),
    }
}

/// A step crosses over some ten times, an adapter some twenty.
pub(crate) fn some_fate(dice: &mut Rng) -> Fate {
    Fate { crossing: dice.u32(0..16), back: dice.bool() }
}
