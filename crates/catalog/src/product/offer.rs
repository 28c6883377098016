//! Bringing a product to channels and taking it off them: what is accepted, and what a write asks for by itself. Every rule
//! about intents is here; what becomes of the commands is in [`super::command`].

use serde_json::json;
use ulid::Ulid;

use super::{Product, Refused};
use crate::event::{EventKind, Origin};
use crate::id::{ChannelId, OperationId};
use crate::image::Changed;
use crate::listing::{Command, CommandKind, CommandState, Desired, Listing};
use crate::operation::OperationKind;
use crate::search::FoundBy;
use crate::status::{Request, permit};
use crate::text::Slug;
use crate::time::Timestamp;

/// The most channels that a product is on.
pub const MAX_CHANNELS: usize = 20;

/// How a request that starts a workflow was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requested {
    /// There is something to write, and the operation will be run.
    Accepted,
    /// What it asks for holds already, or is being done by this operation.
    Already(OperationId),
}

impl Product {
    /// Asks for the product to be offered on channels: those that the merchant named, which exist.
    ///
    /// # Errors
    /// [`Refused`] when its state does not allow it or something is missing, and then nothing has changed.
    pub fn request_publish(
        &mut self,
        channels: &[ChannelId],
        operation_id: OperationId,
        origin: &Origin,
    ) -> Result<Requested, Refused> {
        self.refuse_unless_offerable()?;
        let others = self.channels.keys().filter(|known| !channels.contains(known)).count();
        if others + channels.len() > MAX_CHANNELS {
            let message = format!("a product is on at most {MAX_CHANNELS} channels");
            return Err(Refused::Invalid { pointer: "/channels".to_owned(), message });
        }
        let holds = |listing: &Listing| listing.desired == Desired::On && listing.is_offered();
        let wanted: Vec<_> =
            channels.iter().filter(|channel| !self.channels.get(channel).is_some_and(holds)).cloned().collect();
        let commands = channels.iter().filter_map(|channel| self.channels.get(channel)?.command.as_ref());
        if let (true, Some(newest)) = (wanted.is_empty(), commands.map(|command| command.operation_id).max()) {
            // The operation that sees to these channels, whatever became of others meanwhile.
            return Ok(Requested::Already(newest));
        }
        self.offer_on(&wanted, operation_id);
        self.ask(OperationKind::Publish, operation_id, None, origin);
        self.settle(origin);
        Ok(Requested::Accepted)
    }

    /// Asks for the product to be taken off some channels. It stays READY, and its listings can come back.
    ///
    /// # Errors
    /// [`Refused`] when its state does not allow it.
    pub fn request_unpublish(
        &mut self,
        channels: &[ChannelId],
        operation_id: OperationId,
        origin: &Origin,
    ) -> Result<Requested, Refused> {
        let chosen = |channel: &ChannelId| channels.contains(channel);
        let offered = |listing: &Listing| listing.desired == Desired::On || listing.may_be_live();
        let anywhere = self.channels.iter().any(|(channel, listing)| chosen(channel) && offered(listing));
        let before = self.last_operation.contains_key(&OperationKind::Unpublish);
        if self.deleting.is_some() || !(anywhere || before) {
            // What is on its way to a channel, or was taken off before, can be unpublished in any status.
            permit(self.status, self.deleting.is_some(), Request::Unpublish)?;
        }
        Ok(self.request_withdrawal(OperationKind::Unpublish, chosen, operation_id, None, origin))
    }

    /// Takes the product off the market: INACTIVE at once, and asks for it to be taken off every channel. Asked again, it
    /// retries what was refused.
    ///
    /// # Errors
    /// [`Refused`] when its state does not allow it.
    pub fn request_deactivation(&mut self, operation_id: OperationId, origin: &Origin) -> Result<Requested, Refused> {
        permit(self.status, self.deleting.is_some(), Request::Deactivate)?;
        let requested = self.request_withdrawal(OperationKind::Deactivate, |_| true, operation_id, None, origin);
        if requested == Requested::Accepted && self.deactivated.is_none() {
            self.deactivated = Some(origin.now);
            self.emit(EventKind::ProductDeactivated, json!({ "revision": self.revision }), origin);
            self.settle(origin);
        }
        Ok(requested)
    }

    /// Lets the product be published again; publishes nothing.
    ///
    /// # Errors
    /// [`Refused`] when it was not deactivated, and while a withdrawal runs.
    pub fn reactivate(&mut self, origin: &Origin) -> Result<Changed, Refused> {
        permit(self.status, self.deleting.is_some(), Request::Reactivate)?;
        if let Some((channel, _)) = self.channels.iter().find(|(_, listing)| listing.is_being_withdrawn()) {
            return Err(Refused::WithdrawalRuns { channel: channel.clone() });
        }
        self.deactivated = None;
        self.emit(EventKind::ProductActivated, json!({ "revision": self.revision }), origin);
        self.settle(origin);
        Ok(Changed::Yes)
    }

    /// Begins to remove the product: from now on it can't be read. Asked again, it retries what was refused.
    pub fn request_deletion(&mut self, operation_id: OperationId, origin: &Origin) -> Requested {
        let requested = self.request_withdrawal(OperationKind::Delete, |_| true, operation_id, None, origin);
        if requested == Requested::Accepted {
            self.deleting = Some(operation_id);
        }
        requested
    }

    /// Does an operation on channels once more: what it was to do and has not come to a good end. What another operation is
    /// at is left to that one.
    ///
    /// # Errors
    /// [`Refused`] when the state that the product is in by now does not allow it.
    pub fn request_again(
        &mut self,
        kind: OperationKind,
        operation_id: OperationId,
        retry_of: OperationId,
        origin: &Origin,
    ) -> Result<(), Refused> {
        let undone = |command: &Command| match command.state {
            CommandState::Done => false,
            CommandState::Failed => true,
            CommandState::Queued | CommandState::Submitted => command.operation_id == retry_of,
        };
        let unfinished = |listing: &Listing| listing.lags() || listing.command.as_ref().is_some_and(undone);
        let left_behind =
            |listing: &Listing| listing.desired == Desired::Off && listing.may_be_live() && unfinished(listing);
        match kind {
            // Who lets it be published again has not asked for it to stay where it was to be taken off.
            OperationKind::Deactivate if self.deactivated.is_none() && !self.channels.values().any(left_behind) => {
                return Err(Refused::Reactivated);
            }
            OperationKind::Pause if self.hold().is_none() => return Err(Refused::HeldNoLonger),
            OperationKind::Publish => {
                self.refuse_unless_offerable()?;
                let wanted = self.channels_where(|listing| listing.desired == Desired::On && unfinished(listing));
                self.offer_on(&wanted, operation_id);
                self.ask(kind, operation_id, Some(retry_of), origin);
                self.settle(origin);
            }
            _ => {
                let paused = |listing: &Listing| listing.is_held_off() && listing.command.as_ref().is_some_and(undone);
                let chosen = self.channels_where(|listing| match kind {
                    OperationKind::Pause => paused(listing),
                    _ => listing.desired == Desired::Off,
                });
                self.withdraw_from(kind, |channel| chosen.contains(channel), operation_id, Some(retry_of));
                if kind == OperationKind::Delete {
                    self.deleting = Some(operation_id);
                }
                self.ask(kind, operation_id, Some(retry_of), origin);
                self.settle(origin);
            }
        }
        Ok(())
    }

    /// Leaves nothing but a tombstone of a product that every channel has let go: SKU and slug are free again, and its
    /// history can still be read.
    pub fn purge(&mut self, origin: &Origin) -> Changed {
        if self.purged_at.is_some() {
            return Changed::No;
        }
        self.emit(EventKind::ProductDeleted, json!({ "revision": self.revision, "sku": self.sku }), origin);
        self.purged_at = Some(origin.now);
        self.sku = None;
        self.slug = Slug::of_tombstone(self.id);
        self.images.clear();
        self.channels.clear();
        self.live_on.clear();
        self.bound_to.clear();
        self.kept_on.clear();
        self.found_by = FoundBy::of(self);
        self.touch(origin.now);
        Changed::Yes
    }

    /// Asks for what edits have left behind: listings that are wanted and that nobody has tried to bring to this
    /// revision. Waits while a publish is unfinished: its end asks again.
    /// What is held back is paused instead.
    pub(super) fn follow_up(&mut self, origin: &Origin) {
        if self.hold().is_some() {
            return self.hold_back(origin);
        }
        let waits = self.deactivated.is_some()
            || self.deleting.is_some()
            || !self.completeness.is_complete()
            || self.channels.values().any(Listing::is_being_offered);
        if waits {
            return;
        }
        let lagging = self.channels_where(Listing::lags);
        if !lagging.is_empty() {
            let operation_id = self.follow_up_id(OperationKind::Publish, origin.now);
            self.offer_on(&lagging, operation_id);
            self.ask(OperationKind::Publish, operation_id, None, origin);
        }
    }

    /// Asks for the rest of a deletion whose operation is over, once every channel has let go after all.
    pub(super) fn resume_deletion(&mut self, origin: &Origin) {
        if self.deleting.is_none() || self.purged_at.is_some() || !self.is_let_go() {
            return;
        }
        let commands = self.channels.values().filter_map(|listing| listing.command.as_ref());
        let mut closings = commands.filter(|command| command.kind == CommandKind::Close).peekable();
        // While one of them is untold, its workflow runs, and removes the product itself.
        if closings.peek().is_some() && closings.all(|command| command.told) {
            let operation_id = self.follow_up_id(OperationKind::Delete, origin.now);
            self.deleting = Some(operation_id);
            self.ask(OperationKind::Delete, operation_id, None, origin);
        }
    }

    /// The id of an operation that a write asks for by itself: the same when the write is decided again on the same
    /// version, and another for every kind and every version of every product.
    pub(super) fn follow_up_id(&self, kind: OperationKind, now: Timestamp) -> OperationId {
        const GOLDEN: u128 = 0x9e37_79b9_7f4a_7c15_f39c;
        let nth = u128::from(self.version) * 16 + kind as u128;
        let random = self.id.ulid().random() ^ nth.wrapping_mul(GOLDEN);
        let millis = u64::try_from(now.as_millis()).unwrap_or_default();
        OperationId::new(Ulid::from_parts(millis, random & ((1 << 80) - 1)))
    }

    fn refuse_unless_offerable(&self) -> Result<(), Refused> {
        let complete = self.completeness.is_complete();
        if self.deleting.is_none() && self.deactivated.is_none() && !complete {
            return Err(Refused::Incomplete { missing: self.completeness.missing.clone() });
        }
        permit(self.status, self.deleting.is_some(), Request::Publish)?;
        self.refuse_if_held()
    }

    fn offer_on(&mut self, channels: &[ChannelId], operation_id: OperationId) {
        let revision = self.revision;
        for channel in channels {
            let listing = self.listing_on(channel);
            listing.desired = Desired::On;
            let kind = if listing.observed.external_id.is_some() { CommandKind::Update } else { CommandKind::Publish };
            listing.mint(kind, revision, operation_id, CommandState::Queued);
        }
    }

    /// The channels where the listing is so.
    pub(super) fn channels_where(&self, is_so: impl Fn(&Listing) -> bool) -> Vec<ChannelId> {
        self.channels.iter().filter(|(_, listing)| is_so(listing)).map(|(channel, _)| channel.clone()).collect()
    }

    /// The product's listing on a channel; a new one is to show the product as it is now.
    pub(super) fn listing_on(&mut self, channel: &ChannelId) -> &mut Listing {
        let fresh = Listing { content_revision: self.revision, ..Listing::default() };
        self.channels.entry(channel.clone()).or_insert(fresh)
    }

    fn request_withdrawal(
        &mut self,
        kind: OperationKind,
        chosen: impl Fn(&ChannelId) -> bool,
        operation_id: OperationId,
        retry_of: Option<OperationId>,
        origin: &Origin,
    ) -> Requested {
        let wanted = |(channel, listing): (&ChannelId, &Listing)| chosen(channel) && listing.desired == Desired::On;
        let asked_before = match kind {
            OperationKind::Deactivate => self.deactivated.is_some(),
            OperationKind::Delete => self.deleting.is_some(),
            _ => !self.channels.iter().any(wanted),
        };
        let withdraws = self.withdraw_from(kind, chosen, operation_id, None);
        if let (false, true, Some(last)) = (withdraws, asked_before, self.last_operation.get(&kind)) {
            return Requested::Already(*last);
        }
        self.ask(kind, operation_id, retry_of, origin);
        self.settle(origin);
        Requested::Accepted
    }

    /// Mints what takes the product off the chosen channels, and says whether any of them has to be asked. What is being
    /// withdrawn already is left alone, unless by an operation that is over and done again.
    pub(super) fn withdraw_from(
        &mut self,
        operation: OperationKind,
        chosen: impl Fn(&ChannelId) -> bool,
        operation_id: OperationId,
        retry_of: Option<OperationId>,
    ) -> bool {
        let close = operation == OperationKind::Delete;
        let kind = if close { CommandKind::Close } else { CommandKind::Withdraw };
        let mut asks = false;
        for (_, listing) in self.channels.iter_mut().filter(|(channel, _)| chosen(channel)) {
            let was_held_off = listing.is_held_off();
            // A pause that is under way becomes the merchant's own withdrawal, and has to be answered for as that.
            let takes_over = was_held_off && operation != OperationKind::Pause;
            if operation != OperationKind::Pause {
                listing.desired = Desired::Off;
            }
            let goes_on = |command: &Command| command.kind == kind && Some(command.operation_id) != retry_of;
            if !takes_over && listing.is_being_withdrawn() && listing.command.as_ref().is_some_and(goes_on) {
                continue;
            }
            if if close { listing.may_exist() } else { listing.may_be_live() } {
                listing.mint(kind, self.revision, operation_id, CommandState::Queued);
                asks = true;
            } else if listing.is_under_way() || was_held_off {
                // No adapter took it, so the channel knows nothing of it, and its fence is stale from now on; or it is off
                // the market already, and that it is to stay there is still to be told.
                listing.mint(kind, self.revision, operation_id, CommandState::Done);
            }
        }
        asks
    }
}

#[cfg(test)]
pub(super) mod game;
#[cfg(test)]
mod tests;
