//! Holding a product against what a channel really has: what has drifted, what the product takes over from the channel,
//! and what is asked for to mend the rest.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Product;
use super::command::not_shown;
use crate::channel::Channel;
use crate::code;
use crate::event::{EventKind, Origin};
use crate::id::{ChannelId, OperationId, ProductId};
use crate::image::Changed;
use crate::listing::{CommandKind, CommandState, Desired, Listing, Observed, Presence, Standing, Visibility};
use crate::operation::OperationKind;
use crate::problem::ProblemClass;
use crate::time::Timestamp;

/// How a channel differs from what Tola has recorded, or from what the merchant wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DriftKind {
    /// The channel has lost a listing that it had.
    Vanished,
    /// Somebody changed the listing at the channel.
    ChangedByHand,
    /// Somebody hid the listing at the channel.
    Hidden,
    /// The channel has looked at the listing, and does not show it.
    Rejected,
    /// The channel shows a listing that is to be gone, or paused.
    Unwanted,
    /// The channel has a listing that Tola knows nothing of.
    Ghost,
    /// The merchant wants it there, and it could not be brought there for a reason that is no fault of the product.
    Behind,
}

/// What is done about a drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Remedy {
    /// The product is brought to the channel again.
    Publish,
    /// The listing is taken away.
    Withdraw,
    /// Nothing, until the merchant has done something: the drift is told and no more.
    Report,
}

/// One difference, and what is done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// The product, if the channel's key is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// How it differs.
    pub kind: DriftKind,
    /// The channel's own id of the listing, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// What is done about it.
    pub remedy: Remedy,
    /// The operation that does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<OperationId>,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight<'a> {
    /// The channel has no such listing.
    Absent,
    /// The channel has this.
    There(&'a Standing),
    /// The channel can't be asked: what is recorded has to do.
    Unobservable,
}

impl Listing {
    /// Whether nobody is at it: then what a channel says of it now stays true until the product is written again.
    pub fn is_at_rest(&self, now: Timestamp) -> bool {
        !self.is_under_way() && self.claim.as_ref().is_none_or(|claim| claim.until <= now)
    }

    /// Whether the last try to bring the product there failed for a reason that another try may find gone.
    pub(super) fn may_be_tried_again(&self) -> bool {
        let Some(command) = &self.command else { return true };
        let Some(problem) = command.problem.as_ref().filter(|_| command.state == CommandState::Failed) else {
            return false;
        };
        let passing = matches!(problem.class, ProblemClass::Auth | ProblemClass::Throttled | ProblemClass::Transient);
        passing || [code::CHANNEL_PAUSED.name, code::CHANNEL_GONE.name].contains(&problem.code.as_str())
    }
}

impl Product {
    /// Holds the listing on a channel against what was seen there. What is seen is taken over; where that is not what the
    /// merchant wants, the product asks for the operation that mends it, in the same write. A listing that somebody is at
    /// is left alone: see [`Listing::is_at_rest`], which has to hold when the channel is looked at, too.
    pub fn reconcile(&mut self, channel: &Channel, sight: Sight<'_>, origin: &Origin) -> (Option<Drift>, Changed) {
        if self.purged_at.is_some() {
            let there = matches!(sight, Sight::There(_));
            return (there.then(|| self.reported(DriftKind::Ghost, sight)), Changed::No);
        }
        let id = &channel.id;
        if self.channels.get(id).is_some_and(|listing| !listing.is_at_rest(origin.now)) {
            return (None, Changed::No);
        }
        let before = self.clone();
        let seen = self.see(id, sight);
        let wanted = self.is_wanted_on(id);
        let drift =
            if wanted { self.mend_wanted(channel, seen, origin) } else { self.mend_unwanted(channel, seen, origin) };
        if !before.is_let_go() {
            self.resume_deletion(origin);
        }
        if *self == before {
            return (drift.map(|kind| self.reported(kind, sight)), Changed::No);
        }
        self.settle(origin);
        let operation_id = self.intents.iter().map(|intent| intent.operation_id).find(|asked| {
            let known = before.intents.iter().any(|intent| intent.operation_id == *asked);
            let commands = self.channels.get(id).and_then(|listing| listing.command.as_ref());
            !known && commands.is_some_and(|command| command.operation_id == *asked)
        });
        let external_id = match sight {
            Sight::There(standing) => Some(standing.external_id.clone()),
            _ => before.channels.get(id).and_then(|listing| listing.observed.external_id.clone()),
        };
        let drift = drift.map(|kind| {
            let data =
                json!({ "channel": id, "drift": kind, "external_id": external_id, "operation_id": operation_id });
            self.emit(EventKind::ProductDrifted, data, origin);
            let remedy = match (operation_id, wanted) {
                (None, _) => Remedy::Report,
                (Some(_), true) => Remedy::Publish,
                (Some(_), false) => Remedy::Withdraw,
            };
            Drift { product_id: Some(self.id), kind, external_id, remedy, operation_id }
        });
        (drift, Changed::Yes)
    }

    /// A drift that nothing is done about for now.
    fn reported(&self, kind: DriftKind, sight: Sight<'_>) -> Drift {
        let external_id = match sight {
            Sight::There(standing) => Some(standing.external_id.clone()),
            _ => None,
        };
        Drift { product_id: Some(self.id), kind, external_id, remedy: Remedy::Report, operation_id: None }
    }

    /// Takes over what was seen, and says what of it was not known.
    fn see(&mut self, channel: &ChannelId, sight: Sight<'_>) -> Option<DriftKind> {
        if sight == Sight::Unobservable || (sight == Sight::Absent && !self.channels.contains_key(channel)) {
            return None;
        }
        let listing = self.listing_on(channel);
        let (before, in_doubt) = (listing.observed.clone(), listing.in_doubt);
        listing.in_doubt = false;
        listing.claim = None;
        // Whatever came of commands so far is older than this look, though nobody may have recorded it yet.
        listing.recorded_fence = listing.command.as_ref().map_or(0, |command| command.fence);
        let Sight::There(standing) = sight else {
            listing.observed = Observed::default();
            // What was paused for the merchant and is closed now was of no use to anybody.
            let missed = matches!(before.presence, Presence::Live | Presence::UnderReview) && !in_doubt;
            return missed.then_some(DriftKind::Vanished);
        };
        listing.observed = Observed::of(standing);
        let known = before.external_id.as_ref() == Some(&standing.external_id);
        let doubtful = in_doubt || before.presence == Presence::Unknown;
        if doubtful || listing.observed == before {
            return None;
        }
        if !known {
            return Some(DriftKind::Ghost);
        }
        match (before.presence, standing.visibility) {
            (Presence::Live, Visibility::Hidden) => Some(DriftKind::Hidden),
            (Presence::UnderReview, Visibility::Hidden) => Some(DriftKind::Rejected),
            _ if before.mark.is_some() && standing.mark.is_some() && before.mark != standing.mark => {
                // What is there is not what we brought there: whoever looks again is to see that, too.
                listing.observed.mark = before.mark;
                Some(DriftKind::ChangedByHand)
            }
            _ => None,
        }
    }

    /// What is to be done where the merchant wants the product.
    fn mend_wanted(&mut self, channel: &Channel, seen: Option<DriftKind>, origin: &Origin) -> Option<DriftKind> {
        let callable = channel.takes(CommandKind::Publish).is_ok();
        let listing = self.channels.get_mut(&channel.id)?;
        if seen == Some(DriftKind::Rejected) {
            // Not tried again until the merchant has changed something: the channel would only reject it once more.
            if let Some(command) = listing.command.as_mut() {
                command.fail(not_shown(&channel.id));
            }
            return seen;
        }
        let shown = matches!(listing.observed.presence, Presence::Live | Presence::UnderReview);
        let current = listing.observed.published_revision >= Some(listing.content_revision);
        if seen.is_none() && shown && current {
            self.come_true(&channel.id, origin);
            return None;
        }
        let refused = listing.command.as_ref().is_some_and(|command| command.state == CommandState::Failed);
        let due = seen.is_some() || (refused && listing.may_be_tried_again()) || (!refused && !shown);
        if !(due && callable) || self.deactivated.is_some() || self.deleting.is_some() {
            return seen;
        }
        listing.again = true;
        self.follow_up(origin);
        seen.or(Some(DriftKind::Behind))
    }

    /// What is to be done where the merchant does not want the product, or no longer.
    fn mend_unwanted(&mut self, channel: &Channel, seen: Option<DriftKind>, origin: &Origin) -> Option<DriftKind> {
        let (kind, operation) = match (self.deleting, self.deactivated) {
            (Some(_), _) => (CommandKind::Close, OperationKind::Delete),
            (None, Some(_)) => (CommandKind::Withdraw, OperationKind::Deactivate),
            (None, None) if self.channels.get(&channel.id).is_some_and(|listing| listing.desired == Desired::On) => {
                (CommandKind::Withdraw, OperationKind::Pause)
            }
            (None, None) => (CommandKind::Withdraw, OperationKind::Unpublish),
        };
        let listing = self.channels.get(&channel.id)?;
        let there = if kind == CommandKind::Close { listing.may_exist() } else { listing.may_be_live() };
        if !there {
            self.come_true(&channel.id, origin);
            return None;
        }
        if channel.takes(kind).is_err() {
            return seen;
        }
        let operation_id = self.follow_up_id(operation, origin.now);
        self.withdraw_from(operation, |chosen| *chosen == channel.id, operation_id, None);
        if operation == OperationKind::Delete {
            self.deleting = Some(operation_id);
        }
        self.ask(operation, operation_id, None, origin);
        Some(if seen == Some(DriftKind::Ghost) { DriftKind::Ghost } else { DriftKind::Unwanted })
    }
}

#[cfg(test)]
mod tests;
