//! A product on one channel: what is wanted, what is true and what is under way, kept apart.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::channel::REVIEW_PERIOD;
use crate::code;
use crate::id::OperationId;
use crate::problem::Problem;
use crate::time::Timestamp;
use crate::view::Overrides;

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
    /// The channel looks at it before buyers see it, or looks at it again.
    UnderReview,
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
    /// What changes at the channel whenever what it shows changes: a version, an ETag, a hash of the content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
}

impl Observed {
    /// What is true of a listing that stands so.
    pub fn of(standing: &Standing) -> Self {
        Self {
            presence: match standing.visibility {
                Visibility::Live => Presence::Live,
                Visibility::UnderReview => Presence::UnderReview,
                Visibility::Hidden => Presence::Paused,
            },
            external_id: Some(standing.external_id.clone()),
            published_revision: Some(standing.revision),
            mark: standing.mark.clone(),
        }
    }
}

/// What a command tells a channel to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    /// Make the listing.
    Publish,
    /// Bring the listing to a newer revision.
    Update,
    /// Take the listing off the market, so that it can come back.
    Withdraw,
    /// Take the listing away for good.
    Close,
}

impl CommandKind {
    /// Whether it brings the product to the channel.
    pub fn offers(self) -> bool {
        matches!(self, Self::Publish | Self::Update)
    }
}

/// How far a command has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CommandState {
    /// Accepted; the channel knows nothing of it.
    Queued,
    /// An adapter took it: the channel may have acted.
    Submitted,
    /// The channel did it, or there was nothing to do.
    Done,
    /// The channel refused, or could not be asked.
    Failed,
}

/// The latest thing that a channel was to do. A newer one takes its place, and what an older one still answers changes
/// only what is observed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Command {
    /// What to do.
    pub kind: CommandKind,
    /// The product's revision that it is about: the one that was asked for, and from the claim on the one that the
    /// adapter rendered.
    pub revision: u64,
    /// Rises with every command of the listing; minted in the write that accepts the request.
    pub fence: u64,
    /// How far it has come.
    pub state: CommandState,
    /// The operation that carries it out.
    pub operation_id: OperationId,
    /// Whether the event that tells how it ended was emitted.
    #[serde(default)]
    pub told: bool,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

impl Command {
    /// Whether it was held back, because the product was not complete just then: nobody has tried it.
    pub fn was_held_back(&self) -> bool {
        let held = |problem: &Problem| problem.code == code::PRODUCT_INCOMPLETE.name;
        self.state == CommandState::Failed && self.problem.as_ref().is_some_and(held)
    }
}

/// An adapter's right to be the only one that talks to the channel about this listing. It stays known after it has ended,
/// until what came of the command is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// The command that was claimed.
    pub fence: u64,
    /// Who claimed it: one delivery of one message.
    pub holder: String,
    /// When the right ends, whatever became of its holder.
    pub until: Timestamp,
}

/// Whether buyers see a listing that a channel has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    /// They do.
    Live,
    /// Not before the channel has looked at it.
    UnderReview,
    /// They don't.
    Hidden,
}

/// A listing as its channel has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// The channel's own id of it.
    pub external_id: String,
    /// The product's revision that it shows.
    pub revision: u64,
    /// Whether buyers see it.
    pub visibility: Visibility,
    /// Changes whenever what the channel shows changes, whoever changed it: a version, an ETag, a hash of the content.
    /// Nothing where the channel does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
}

impl Standing {
    /// Whether the channel shows it, or will by itself.
    pub fn is_offered(&self) -> bool {
        self.visibility != Visibility::Hidden
    }
}

/// What an adapter saw at the channel before it was refused.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Seen {
    /// It had no reason to look.
    #[default]
    NotLooked,
    /// The channel has no such listing.
    Absent,
    /// The channel has this.
    There(Standing),
}

/// What came of a command at its channel. Stored under listing and fence before anybody is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChannelOutcome {
    /// The channel has the listing at this revision.
    Listed(Standing),
    /// Buyers don't see the listing.
    Withdrawn {
        /// The channel's own id of what it keeps and can show again; nothing if it keeps nothing.
        remains: Option<String>,
        /// Whether it was so before.
        already: bool,
    },
    /// The channel does not want to; nothing changed there.
    Refused {
        /// Why.
        problem: Problem,
        /// What is there, if that was in doubt.
        #[serde(default)]
        seen: Seen,
    },
    /// Nobody knows whether the channel did it: every attempt to find out failed.
    Unknown {
        /// Why.
        problem: Problem,
    },
}

/// A product on one channel.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Listing {
    /// What the merchant wants.
    pub desired: Desired,
    /// What the merchant wants to be different on this channel.
    #[serde(default, skip_serializing_if = "Overrides::is_empty")]
    pub overrides: Overrides,
    /// The product's revision at which what this channel is to show last changed: an edit that it can't show does not
    /// reach it.
    #[serde(default)]
    pub content_revision: u64,
    /// Whether it is to be brought there once more, though that was tried: the channel has lost or changed it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub again: bool,
    /// What is true.
    #[serde(default)]
    pub observed: Observed,
    /// What is under way, or was last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
    /// Who talks to the channel about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// Whether a command was claimed and its outcome is not known: then the channel may have something of it.
    #[serde(default)]
    pub in_doubt: bool,
    /// The fence of the newest outcome that was recorded; an outcome that comes again changes nothing.
    #[serde(default)]
    pub recorded_fence: u64,
    /// Since when the channel has been looking at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_since: Option<Timestamp>,
}

impl Listing {
    /// Whether buyers see it, as far as we know.
    pub fn is_live(&self) -> bool {
        self.observed.presence == Presence::Live
    }

    /// Whether a command waits for its answer.
    pub fn is_under_way(&self) -> bool {
        self.command
            .as_ref()
            .is_some_and(|command| matches!(command.state, CommandState::Queued | CommandState::Submitted))
    }

    /// Whether the product is on its way to the channel.
    pub fn is_being_offered(&self) -> bool {
        self.is_under_way() && self.command.as_ref().is_some_and(|command| command.kind.offers())
    }

    /// Whether the product is on its way off the channel.
    pub fn is_being_withdrawn(&self) -> bool {
        self.is_under_way() && !self.is_being_offered()
    }

    /// Whether buyers see it or may see it, so that whoever wants it off the market has to ask the channel.
    pub fn may_be_live(&self) -> bool {
        self.in_doubt || matches!(self.observed.presence, Presence::Live | Presence::UnderReview | Presence::Unknown)
    }

    /// Whether the channel has it or may have it, so that whoever wants it gone has to ask the channel.
    pub fn may_exist(&self) -> bool {
        self.may_be_live() || self.observed.presence == Presence::Paused || self.observed.external_id.is_some()
    }

    /// Whether what the channel is to show is on its way there, or there.
    pub fn is_offered(&self) -> bool {
        self.command.as_ref().is_some_and(|command| {
            command.kind.offers()
                && !self.again
                && command.revision >= self.content_revision
                && command.state != CommandState::Failed
        })
    }

    /// Whether the merchant wants it there, and nobody has tried to bring to the channel what it is to show; or what was
    /// brought there is lost.
    pub fn lags(&self) -> bool {
        let tried = self.command.as_ref().is_some_and(|command| {
            command.kind.offers() && command.revision >= self.content_revision && !command.was_held_back()
        });
        self.desired == Desired::On && (self.again || !tried)
    }

    /// Whether what the channel has is what a command for this revision was to bring there, so that there is nothing
    /// left to do. A listing of the revision that it was known to have, and with another mark, was changed by somebody.
    pub fn is_satisfied_by(&self, there: &Standing, revision: u64) -> bool {
        let known = &self.observed;
        let tampered = known.published_revision == Some(there.revision)
            && known.mark.is_some()
            && there.mark.is_some()
            && known.mark != there.mark;
        there.is_offered() && there.revision >= revision && !tampered
    }

    /// Notes since when the channel has been looking at it.
    pub(crate) fn note_review(&mut self, now: Timestamp) {
        self.reviewed_since =
            (self.observed.presence == Presence::UnderReview).then(|| self.reviewed_since.unwrap_or(now));
    }

    /// When to look at the channel next, if it has yet to make up its mind: soon at first, then less and less often.
    pub fn look_again_at(&self, now: Timestamp) -> Option<Timestamp> {
        let since = self.reviewed_since?;
        Some(now.after(now.since(since).max(REVIEW_PERIOD)))
    }

    /// What it has been told to do since it was like `before`, if it has been told anything.
    pub fn commanded_since(&self, before: Option<&Self>) -> Option<&Command> {
        let known = before.map_or(1, Self::next_fence);
        self.command.as_ref().filter(|_| self.next_fence() > known)
    }

    /// The fence of the next command.
    pub fn next_fence(&self) -> u64 {
        self.command.as_ref().map_or(1, |command| command.fence + 1)
    }

    /// Puts a new command in the place of the last.
    pub(crate) fn mint(&mut self, kind: CommandKind, revision: u64, operation_id: OperationId, state: CommandState) {
        let fence = self.next_fence();
        self.again = false;
        self.command = Some(Command { kind, revision, fence, state, operation_id, told: false, problem: None });
    }

    /// Takes over what an outcome says of the channel.
    pub(crate) fn observe(&mut self, outcome: &ChannelOutcome) {
        let observed = &mut self.observed;
        match outcome {
            ChannelOutcome::Listed(standing) | ChannelOutcome::Refused { seen: Seen::There(standing), .. } => {
                *observed = Observed::of(standing);
            }
            ChannelOutcome::Withdrawn { remains: Some(external_id), .. } => {
                observed.presence = Presence::Paused;
                observed.external_id = Some(external_id.clone());
            }
            ChannelOutcome::Withdrawn { remains: None, .. } | ChannelOutcome::Refused { seen: Seen::Absent, .. } => {
                *observed = Observed::default();
            }
            ChannelOutcome::Refused { seen: Seen::NotLooked, .. } => {}
            ChannelOutcome::Unknown { .. } => {
                // An update that may have been lost leaves what buyers see: one revision or the other.
                let updates = self.command.as_ref().is_some_and(|command| command.kind == CommandKind::Update);
                if !(updates && observed.presence == Presence::Live) {
                    observed.presence = Presence::Unknown;
                }
            }
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "it is what serde hands over")]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    fn operation() -> OperationId {
        OperationId::new(Ulid::from_parts(1, 1))
    }

    #[test]
    fn a_listing_that_may_exist_has_to_be_asked_for() {
        let mut listing = Listing::default();
        assert!(!listing.may_exist());

        listing.in_doubt = true;
        assert!(listing.may_exist() && listing.may_be_live());

        listing.in_doubt = false;
        listing.observed.presence = Presence::Unknown;
        assert!(listing.may_exist() && !listing.is_live());

        listing.observed.presence = Presence::Paused;
        assert!(listing.may_exist() && !listing.may_be_live());
    }

    #[test]
    fn fences_rise() {
        let mut listing = Listing::default();
        assert_eq!(listing.next_fence(), 1);

        listing.mint(CommandKind::Publish, 3, operation(), CommandState::Queued);

        assert_eq!(listing.next_fence(), 2);
        assert!(listing.is_being_offered() && !listing.is_being_withdrawn());
    }

    #[test]
    fn a_revision_that_was_refused_does_not_lag_but_the_next_one_does() {
        let mut listing = Listing { desired: Desired::On, content_revision: 1, ..Listing::default() };
        assert!(listing.lags());

        listing.mint(CommandKind::Publish, 1, operation(), CommandState::Failed);

        assert!(!listing.lags());
        listing.content_revision = 2;
        assert!(listing.lags());
        listing.desired = Desired::Off;
        assert!(!listing.lags());
    }
}
