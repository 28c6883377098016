//! Bringing a product to channels and taking it off them: what is accepted, what an adapter may do, and what its answers
//! mean. Every rule about fences, claims and intents is here; steps and adapters carry them out.

use serde_json::json;
use ulid::Ulid;

use super::{Product, Refused};
use crate::channel::Channel;
use crate::code;
use crate::event::{EventKind, Origin};
use crate::id::{ChannelId, OperationId};
use crate::image::Changed;
use crate::listing::{ChannelOutcome, Claim, CommandKind, CommandState, Desired, Listing};
use crate::operation::OperationKind;
use crate::problem::{Problem, ProblemClass};
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

/// How an adapter's wish to carry a command out was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The command is the adapter's until the lease ends.
    Granted {
        /// Whether an earlier call did not say what came of it: look at the channel before acting.
        in_doubt: bool,
        /// Why the product is not to be offered as it is now: say what the channel has, and change nothing there.
        hold: Option<Problem>,
    },
    /// Another call is at it, until then at most.
    Busy(Timestamp),
    /// A newer command took its place, or it has come to an end.
    Superseded,
}

/// A command that is to be submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The merchant's channel.
    pub channel_id: ChannelId,
    /// The channel's type, and so its adapter.
    pub channel_type: String,
    /// The command's fence.
    pub fence: u64,
    /// What to do.
    pub kind: CommandKind,
}

/// What became of the commands of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Channels that did it.
    pub done: Vec<ChannelId>,
    /// Channels that did not, and why.
    pub failed: Vec<(ChannelId, Problem)>,
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
        let held = channels.iter().all(|channel| self.channels.get(channel).is_some_and(holds));
        if let (true, Some(last)) = (held, self.last_operation.get(&OperationKind::Publish)) {
            return Ok(Requested::Already(*last));
        }
        let wanted: Vec<_> =
            channels.iter().filter(|channel| !self.channels.get(channel).is_some_and(holds)).cloned().collect();
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

    /// Does an operation on channels once more: what it was to do and has not come to a good end.
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
        let unfinished = |listing: &Listing| {
            let command = listing.command.as_ref();
            command.is_some_and(|command| command.state != CommandState::Done) || listing.lags()
        };
        match kind {
            OperationKind::Publish => {
                self.refuse_unless_offerable()?;
                let wanted: Vec<_> = self
                    .channels
                    .iter()
                    .filter(|(_, listing)| listing.desired == Desired::On && unfinished(listing))
                    .map(|(channel, _)| channel.clone())
                    .collect();
                self.offer_on(&wanted, operation_id);
                self.ask(kind, operation_id, Some(retry_of), origin);
                self.settle(origin);
            }
            _ => {
                let off = |listing: &Listing| listing.desired == Desired::Off;
                let chosen: Vec<_> =
                    self.channels.iter().filter(|(_, listing)| off(listing)).map(|(id, _)| id.clone()).collect();
                self.withdraw_from(kind, |channel| chosen.contains(channel), operation_id, true);
                if kind == OperationKind::Delete {
                    self.deleting = Some(operation_id);
                }
                self.ask(kind, operation_id, Some(retry_of), origin);
                self.settle(origin);
            }
        }
        Ok(())
    }

    /// Gives an adapter the right to carry a command out, if it is the listing's newest and no other call is at it.
    pub fn claim(
        &mut self,
        channel: &ChannelId,
        fence: u64,
        holder: &str,
        until: Timestamp,
        origin: &Origin,
    ) -> Claimed {
        let (complete, revision) = (self.completeness.is_complete(), self.revision);
        let Some(listing) = self.channels.get_mut(channel) else { return Claimed::Superseded };
        let under_way = listing.is_under_way();
        let Some(command) = listing.command.as_mut().filter(|command| under_way && command.fence == fence) else {
            return Claimed::Superseded;
        };
        if let Some(other) = listing.claim.as_ref().filter(|claim| claim.until > origin.now && claim.holder != holder) {
            return Claimed::Busy(other.until);
        }
        let hold = (command.kind.offers() && !complete).then(|| {
            let message = "An edit made the product incomplete; what the channel has of it stays as it is.";
            Problem::new(ProblemClass::Validation, code::PRODUCT_INCOMPLETE, message)
        });
        let in_doubt = listing.in_doubt;
        if command.kind.offers() && command.state == CommandState::Queued {
            // What the adapter renders is what the product is now.
            command.revision = revision;
        }
        command.state = CommandState::Submitted;
        listing.in_doubt = true;
        listing.claim = Some(Claim { fence, holder: holder.to_owned(), until });
        self.touch(origin.now);
        Claimed::Granted { in_doubt, hold }
    }

    /// Gives a claim back before its lease ends, so that the command can be tried again at once. Whether the channel has
    /// something of it stays in doubt.
    pub fn release(&mut self, channel: &ChannelId, fence: u64, holder: &str, origin: &Origin) -> Changed {
        let Some(listing) = self.channels.get_mut(channel) else { return Changed::No };
        if listing.claim.take_if(|claim| claim.fence == fence && claim.holder == holder).is_none() {
            return Changed::No;
        }
        self.touch(origin.now);
        Changed::Yes
    }

    /// Takes over what came of a command. One that comes again, or after that of a newer command, changes nothing.
    pub fn record(&mut self, channel: &ChannelId, fence: u64, outcome: &ChannelOutcome, origin: &Origin) -> Changed {
        let Some(listing) = self.channels.get_mut(channel) else { return Changed::No };
        if fence <= listing.recorded_fence || listing.command.as_ref().is_none_or(|command| fence > command.fence) {
            return Changed::No;
        }
        listing.recorded_fence = fence;
        listing.observe(outcome);
        if listing.claim.as_ref().is_some_and(|claim| claim.fence <= fence) {
            listing.claim = None;
        }
        // A newer command may be claimed already; its own outcome ends the doubt.
        listing.in_doubt = listing.claim.is_some() || matches!(outcome, ChannelOutcome::Unknown { .. });
        if let Some(command) = listing.command.as_mut().filter(|command| command.fence == fence) {
            if let ChannelOutcome::Listed(standing) = outcome {
                command.revision = standing.revision;
            }
            (command.state, command.problem) = match outcome {
                ChannelOutcome::Listed(_) | ChannelOutcome::Withdrawn { .. } => (CommandState::Done, None),
                ChannelOutcome::Refused { problem, .. } | ChannelOutcome::Unknown { problem } => {
                    (CommandState::Failed, Some(problem.clone()))
                }
            };
        }
        self.settle(origin);
        Changed::Yes
    }

    /// Ends the commands of an operation whose execution is over: those that wait have failed for this reason. An adapter
    /// that is still at one may yet say what came of it.
    pub fn abandon(&mut self, operation_id: OperationId, problem: &Problem, origin: &Origin) -> Changed {
        let mut changed = false;
        for listing in self.channels.values_mut().filter(|listing| listing.is_under_way()) {
            let Some(command) = listing.command.as_mut() else { continue };
            if command.operation_id == operation_id {
                command.state = CommandState::Failed;
                command.problem = Some(problem.clone());
                changed = true;
            }
        }
        if changed {
            self.settle(origin);
            Changed::Yes
        } else {
            Changed::No
        }
    }

    /// The commands of an operation that its workflow has to submit, to the merchant's `channels`. One whose channel can't
    /// be called ends here and holds up nobody; a closing at a channel that is disconnected is done, since nobody could
    /// carry it out. Repeating it plans what still waits.
    pub fn plan(
        &mut self,
        operation_id: OperationId,
        channels: &[Channel],
        origin: &Origin,
    ) -> (Vec<Planned>, Changed) {
        let (mut planned, mut changed) = (Vec::new(), Changed::No);
        for (channel_id, fence, kind) in self.waiting(operation_id) {
            let ended = match channels.iter().find(|channel| channel.id == channel_id) {
                None if kind == CommandKind::Close => {
                    let forgotten = ChannelOutcome::Withdrawn { remains: None, already: true };
                    self.record(&channel_id, fence, &forgotten, origin)
                }
                None => self.give_up(&channel_id, fence, &Channel::gone(&channel_id), origin),
                Some(channel) => match channel.takes(kind) {
                    Err(problem) => self.give_up(&channel_id, fence, &problem, origin),
                    Ok(()) => {
                        let channel_type = channel.channel_type.clone();
                        planned.push(Planned { channel_id, channel_type, fence, kind });
                        Changed::No
                    }
                },
            };
            if ended == Changed::Yes {
                changed = Changed::Yes;
            }
        }
        (planned, changed)
    }

    /// The commands of an operation that wait to be carried out: channel, fence, and what to do.
    fn waiting(&self, operation_id: OperationId) -> Vec<(ChannelId, u64, CommandKind)> {
        let under_way = self.channels.iter().filter(|(_, listing)| listing.is_under_way());
        let commands = under_way.filter_map(|(channel, listing)| Some((channel, listing.command.as_ref()?)));
        commands
            .filter(|(_, command)| command.operation_id == operation_id)
            .map(|(channel, command)| (channel.clone(), command.fence, command.kind))
            .collect()
    }

    /// Ends a command that got no answer. An adapter that is still at it may yet say what came of it.
    pub fn give_up(&mut self, channel: &ChannelId, fence: u64, problem: &Problem, origin: &Origin) -> Changed {
        let Some(listing) = self.channels.get_mut(channel).filter(|listing| listing.is_under_way()) else {
            return Changed::No;
        };
        let Some(command) = listing.command.as_mut().filter(|command| command.fence == fence) else {
            return Changed::No;
        };
        command.state = CommandState::Failed;
        command.problem = Some(problem.clone());
        self.settle(origin);
        Changed::Yes
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
        self.touch(origin.now);
        Changed::Yes
    }

    /// What became of the commands of an operation; those that a newer one replaced are that one's.
    pub fn tally(&self, operation_id: OperationId) -> Tally {
        let mut tally = Tally::default();
        for (channel, listing) in &self.channels {
            let Some(command) = &listing.command else { continue };
            match (&command.problem, command.state) {
                _ if command.operation_id != operation_id => {}
                (_, CommandState::Done) => tally.done.push(channel.clone()),
                (Some(problem), CommandState::Failed) => tally.failed.push((channel.clone(), problem.clone())),
                _ => {}
            }
        }
        tally
    }

    /// Tells, once, how the commands of an operation ended.
    pub fn tell(&mut self, operation_id: OperationId, origin: &Origin) -> Changed {
        let (mut ended, mut told) = ([const { Vec::new() }; 3], false);
        for (channel, listing) in &mut self.channels {
            let under_way = listing.is_under_way();
            let Some(command) = listing.command.as_mut() else { continue };
            if command.operation_id != operation_id || command.told || under_way {
                continue;
            }
            command.told = true;
            told = true;
            match (command.kind.offers(), command.state) {
                (true, CommandState::Failed) => ended[2].push(channel.clone()),
                (true, _) => ended[0].push(channel.clone()),
                // A channel that does not let go is told by the operation and the listing.
                (false, CommandState::Failed) => {}
                (false, _) => ended[1].push(channel.clone()),
            }
        }
        if !told {
            return Changed::No;
        }
        let kinds = [EventKind::ProductPublished, EventKind::ProductUnpublished, EventKind::ProductPublicationFailed];
        for (kind, channels) in kinds.into_iter().zip(ended).filter(|(_, channels)| !channels.is_empty()) {
            let data = json!({ "revision": self.revision, "operation_id": operation_id, "channels": channels });
            self.emit(kind, data, origin);
        }
        self.settle(origin);
        Changed::Yes
    }

    /// Whether every channel has let the product go for good.
    pub fn is_let_go(&self) -> bool {
        !self.channels.values().any(|listing| listing.may_exist() || listing.is_under_way())
    }

    /// Asks for what edits have left behind: listings that are wanted and that nobody has tried to bring to this
    /// revision. Waits while a publish is unfinished: its end asks again.
    pub(super) fn follow_up(&mut self, origin: &Origin) {
        let waits = self.deactivated.is_some()
            || self.deleting.is_some()
            || !self.completeness.is_complete()
            || self.channels.values().any(Listing::is_being_offered);
        if waits {
            return;
        }
        let lagging: Vec<_> =
            self.channels.iter().filter(|(_, listing)| listing.lags()).map(|(channel, _)| channel.clone()).collect();
        if !lagging.is_empty() {
            let operation_id = self.follow_up_id(OperationKind::Publish, origin.now);
            self.offer_on(&lagging, operation_id);
            self.ask(OperationKind::Publish, operation_id, None, origin);
        }
    }

    /// The id of an operation that a write asks for by itself: the same when the write is decided again on the same
    /// version, and another for every kind and every version of every product.
    pub(super) fn follow_up_id(&self, kind: OperationKind, now: Timestamp) -> OperationId {
        const GOLDEN: u128 = 0x9e37_79b9_7f4a_7c15_f39c;
        let nth = u128::from(self.version) * 8 + kind as u128;
        let random = self.id.ulid().random() ^ nth.wrapping_mul(GOLDEN);
        let millis = u64::try_from(now.as_millis()).unwrap_or_default();
        OperationId::new(Ulid::from_parts(millis, random & ((1 << 80) - 1)))
    }

    fn refuse_unless_offerable(&self) -> Result<(), Refused> {
        let complete = self.completeness.is_complete();
        if self.deleting.is_none() && self.deactivated.is_none() && !complete {
            return Err(Refused::Incomplete { missing: self.completeness.missing.clone() });
        }
        Ok(permit(self.status, self.deleting.is_some(), Request::Publish)?)
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
        let withdraws = self.withdraw_from(kind, chosen, operation_id, false);
        if let (false, true, Some(last)) = (withdraws, asked_before, self.last_operation.get(&kind)) {
            return Requested::Already(*last);
        }
        self.ask(kind, operation_id, retry_of, origin);
        self.settle(origin);
        Requested::Accepted
    }

    /// Mints what takes the product off the chosen channels, and says whether any of them has to be asked. What is being
    /// withdrawn already is left alone, unless it is to be done again.
    pub(super) fn withdraw_from(
        &mut self,
        operation: OperationKind,
        chosen: impl Fn(&ChannelId) -> bool,
        operation_id: OperationId,
        again: bool,
    ) -> bool {
        let close = operation == OperationKind::Delete;
        let kind = if close { CommandKind::Close } else { CommandKind::Withdraw };
        let mut asks = false;
        for (_, listing) in self.channels.iter_mut().filter(|(channel, _)| chosen(channel)) {
            listing.desired = Desired::Off;
            let same = listing.command.as_ref().is_some_and(|command| command.kind == kind);
            if listing.is_being_withdrawn() && same && !again {
                continue;
            }
            if if close { listing.may_exist() } else { listing.may_be_live() } {
                listing.mint(kind, self.revision, operation_id, CommandState::Queued);
                asks = true;
            } else if listing.is_under_way() {
                // No adapter took it, so the channel knows nothing of it: its fence is stale from now on.
                listing.mint(kind, self.revision, operation_id, CommandState::Done);
            }
        }
        asks
    }
}

#[cfg(test)]
mod tests;
