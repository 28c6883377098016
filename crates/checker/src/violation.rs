//! What was promised and does not hold.

use std::fmt;

/// A promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// No acknowledged write is lost.
    NothingLost,
    /// A request that is repeated is done once.
    NothingTwice,
    /// Everything ends as it would have without the faults.
    SameEnd,
    /// What buyers see is what the product says that they see.
    TrueThere,
    /// Each command changes a channel at most once, and none after a later one.
    OneEffect,
    /// Events are numbered without gaps, and what comes again is the same.
    EveryEventOnce,
    /// No operation, command or product stays in the middle of something.
    NothingStuck,
    /// Nobody sees a trace of another merchant.
    NoTrace,
}

impl Rule {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::NothingLost,
        Self::NothingTwice,
        Self::SameEnd,
        Self::TrueThere,
        Self::OneEffect,
        Self::EveryEventOnce,
        Self::NothingStuck,
        Self::NoTrace,
    ];

    /// In a few words.
    pub fn name(self) -> &'static str {
        match self {
            Self::NothingLost => "nothing lost",
            Self::NothingTwice => "nothing twice",
            Self::SameEnd => "same end",
            Self::TrueThere => "true there",
            Self::OneEffect => "one effect",
            Self::EveryEventOnce => "every event once",
            Self::NothingStuck => "nothing stuck",
            Self::NoTrace => "no trace",
        }
    }
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub rule: Rule,
    /// Of which merchant, product or operation.
    pub of: String,
    /// What was to be seen, and what was seen.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}: {}", self.rule.name(), self.of, self.what)
    }
}
