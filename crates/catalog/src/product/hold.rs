//! Keeping a product off channels where its merchant wants it, and letting it come back: what is out of stock can't be sold.
//! The wish stays as it is, so that what comes back is what was paused, less what the merchant has unpublished since and what
//! no channel could be given as it is by then.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Product, Refused};
use crate::event::Origin;
use crate::id::ChannelId;
use crate::listing::{Command, CommandKind, CommandState, Desired, Listing};
use crate::operation::OperationKind;
use crate::stock::Level;

/// Why a product is not offered though its merchant wants it to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Hold {
    /// No piece of it is left.
    Depleted,
}

impl Listing {
    /// Whether what took it off the market last was no wish of the merchant's.
    pub(super) fn is_held_off(&self) -> bool {
        let withdrawn = |command: &Command| command.kind == CommandKind::Withdraw;
        self.desired == Desired::On && self.command.as_ref().is_some_and(withdrawn)
    }

    /// Whether it has to be paused, and nobody has tried. A channel that did not let go is asked again by a reconciliation,
    /// and by whoever retries the operation: asked by every write, it would never end.
    fn is_to_be_paused(&self) -> bool {
        let refused =
            self.is_held_off() && self.command.as_ref().is_some_and(|last| last.state == CommandState::Failed);
        self.desired == Desired::On
            && !refused
            && !self.is_being_withdrawn()
            && (self.may_be_live() || self.is_under_way())
    }

    /// Ends a pause that no adapter has taken, where the channel still shows the product. Nobody has heard of it, and nobody
    /// needs to hear of its end.
    fn call_off_pause(&mut self) -> bool {
        let (Some(pause), Some(revision)) = (&self.command, self.observed.published_revision) else { return false };
        let is_untaken = pause.kind == CommandKind::Withdraw && pause.state == CommandState::Queued && !self.in_doubt;
        if !(is_untaken && self.is_live()) {
            return false;
        }
        let operation_id = pause.operation_id;
        self.mint(CommandKind::Update, revision, operation_id, CommandState::Done);
        self.command.iter_mut().for_each(|called_off| called_off.told = true);
        true
    }
}

impl Product {
    /// What keeps it off the market, if anything does. Of what nobody counts there is always enough.
    pub fn hold(&self) -> Option<Hold> {
        (self.stock.level() == Some(Level::Depleted)).then_some(Hold::Depleted)
    }

    /// Whether it is to be offered on a channel: its merchant wants it there, and nothing holds it back.
    pub(super) fn is_wanted_on(&self, channel: &ChannelId) -> bool {
        self.hold().is_none() && self.channels.get(channel).is_some_and(|listing| listing.desired == Desired::On)
    }

    /// Refuses what would offer a product that is held back.
    pub(super) fn refuse_if_held(&self) -> Result<(), Refused> {
        match self.hold() {
            Some(Hold::Depleted) => Err(Refused::Depleted),
            None => Ok(()),
        }
    }

    /// Nothing holds it back any more: pauses that no adapter has taken are called off, and what could not be brought to a
    /// channel for a reason that may be gone is tried again, as a reconciliation would have done meanwhile. Returns whether
    /// there was any of it.
    pub(super) fn let_go(&mut self) -> bool {
        let mut changed = false;
        for listing in self.channels.values_mut().filter(|listing| listing.desired == Desired::On) {
            let tries_again = listing.may_be_tried_again();
            listing.again |= tries_again;
            changed |= tries_again | listing.call_off_pause();
        }
        changed
    }

    /// Asks for every listing to be paused that buyers see or may see, and stops what is on its way there.
    pub(super) fn hold_back(&mut self, origin: &Origin) {
        let live = self.channels_where(Listing::is_to_be_paused);
        if !live.is_empty() {
            let operation_id = self.follow_up_id(OperationKind::Pause, origin.now);
            self.withdraw_from(OperationKind::Pause, |channel| live.contains(channel), operation_id, None);
            self.ask(OperationKind::Pause, operation_id, None, origin);
        }
    }
}

#[cfg(test)]
mod tests;
