//! A product on one channel: what is wanted, what is true and what is under way, kept apart.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// What the merchant wants of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Desired {
    /// The product is to be offered there.
    On,
    /// The product is not to be offered there.
    #[default]
    Off,
}

/// What the channel last said is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Presence {
    /// The channel has no such listing.
    #[default]
    Absent,
    /// Buyers see it.
    Live,
    /// It exists, and buyers don't see it.
    Paused,
    /// An answer was lost: it may or may not exist.
    Unknown,
}

/// What is true at the channel; changed only by a channel's answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Observed {
    /// Whether buyers see it.
    pub presence: Presence,
    /// The channel's own id of the listing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The revision that the channel shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_revision: Option<u64>,
}

/// What a command tells a channel to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    /// Make the listing.
    Publish,
    /// Bring the listing to a newer revision.
    Update,
    /// Take the listing off the market.
    Withdraw,
}

/// How far a command has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CommandState {
    /// Accepted; the channel knows nothing of it.
    Queued,
    /// An adapter took it: the channel may have acted.
    Submitted,
    /// The channel did it.
    Done,
    /// The channel refused, or could not be asked.
    Failed,
    /// A newer command replaced it.
    Superseded,
}

/// The latest thing that a channel was to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Command {
    /// What to do.
    pub kind: CommandKind,
    /// The product's revision that it is about.
    pub revision: u64,
    /// Rises with every command of the listing; an answer to an older fence changes nothing.
    pub fence: u64,
    /// How far it has come.
    pub state: CommandState,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// A product on one channel.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Listing {
    /// What the merchant wants.
    pub desired: Desired,
    /// What the merchant wants to be different on this channel, by JSON pointer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub overrides: BTreeMap<String, String>,
    /// What is true.
    #[serde(default)]
    pub observed: Observed,
    /// What is under way, or was last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
    /// Whether any command of this listing was ever submitted: then the channel may have something of it.
    #[serde(default)]
    pub ever_submitted: bool,
}

impl Listing {
    /// Whether buyers see it, as far as we know.
    pub fn is_live(&self) -> bool {
        self.observed.presence == Presence::Live
    }

    /// Whether a withdrawal has to ask the channel: it has the listing, or may have it.
    pub fn needs_withdrawal(&self) -> bool {
        self.observed.presence != Presence::Absent || self.ever_submitted
    }

    /// Whether a command waits for its answer.
    pub fn is_under_way(&self) -> bool {
        self.command
            .as_ref()
            .is_some_and(|command| matches!(command.state, CommandState::Queued | CommandState::Submitted))
    }

    /// The fence of the next command.
    pub fn next_fence(&self) -> u64 {
        self.command.as_ref().map_or(1, |command| command.fence + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_that_may_exist_has_to_be_withdrawn() {
        let mut listing = Listing::default();
        assert!(!listing.needs_withdrawal());

        listing.ever_submitted = true;
        assert!(listing.needs_withdrawal());

        listing.ever_submitted = false;
        listing.observed.presence = Presence::Unknown;
        assert!(listing.needs_withdrawal() && !listing.is_live());
    }

    #[test]
    fn fences_rise() {
        let mut listing = Listing::default();
        assert_eq!(listing.next_fence(), 1);

        listing.command = Some(Command {
            kind: CommandKind::Publish,
            revision: 3,
            fence: 1,
            state: CommandState::Submitted,
            problem: None,
        });
        assert_eq!(listing.next_fence(), 2);
        assert!(listing.is_under_way());
    }
}
