//! What becomes of commands: who may carry one out, what the answers of channels mean, and how it is told. Every rule about
//! fences, claims and outcomes is here; steps and adapters carry them out.

use serde_json::json;

use super::Product;
use crate::channel::Channel;
use crate::code;
use crate::event::{EventKind, Origin};
use crate::id::{ChannelId, OperationId};
use crate::image::Changed;
use crate::listing::{ChannelOutcome, Claim, Command, CommandKind, CommandState, Desired};
use crate::problem::{Problem, ProblemClass};
use crate::time::Timestamp;

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

    /// Ends a claim before its lease does, so that the command can be tried again at once. `in_doubt` says whether the
    /// channel may have something of it that nobody has seen: not if it has only asked to be called later. Who claimed it
    /// last stays known: what comes late of an older command does not end a doubt.
    pub fn release(
        &mut self,
        channel: &ChannelId,
        fence: u64,
        holder: &str,
        in_doubt: bool,
        origin: &Origin,
    ) -> Changed {
        let Some(listing) = self.channels.get_mut(channel) else { return Changed::No };
        let ours = |claim: &&mut Claim| claim.fence == fence && claim.holder == holder && claim.until > origin.now;
        let Some(claim) = listing.claim.as_mut().filter(ours) else { return Changed::No };
        claim.until = origin.now;
        listing.in_doubt = in_doubt;
        self.touch(origin.now);
        Changed::Yes
    }

    /// Takes over what came of a command. One that comes again, or after that of a newer command, changes nothing. If it was
    /// told that the command has failed, and it was done all the same, that is told now.
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
        // A newer command may have been claimed already; its own outcome ends the doubt.
        listing.in_doubt = listing.claim.is_some() || matches!(outcome, ChannelOutcome::Unknown { .. });
        let mut untold = None;
        if let Some(command) = listing.command.as_mut().filter(|command| command.fence == fence) {
            match outcome {
                ChannelOutcome::Listed(standing) if !standing.is_offered() => command.fail(not_shown(channel)),
                ChannelOutcome::Listed(standing) => {
                    command.revision = standing.revision;
                    untold = command.succeed();
                }
                ChannelOutcome::Withdrawn { .. } => untold = command.succeed(),
                ChannelOutcome::Refused { problem, .. } | ChannelOutcome::Unknown { problem } => {
                    command.fail(problem.clone());
                }
            }
        }
        self.settle_telling(untold, origin);
        self.resume_deletion(origin);
        Changed::Yes
    }

    /// Ends the last command well, if it had failed, and what the merchant wants of the channel turns out to be so.
    pub(super) fn come_true(&mut self, channel: &ChannelId, origin: &Origin) {
        let wanted = self.is_wanted_on(channel);
        let Some(listing) = self.channels.get_mut(channel) else { return };
        let wrong = |command: &&mut Command| command.state == CommandState::Failed && command.kind.offers() == wanted;
        let Some(command) = listing.command.as_mut().filter(wrong) else { return };
        let untold = command.succeed();
        self.settle_telling(untold, origin);
    }

    /// Settles, and tells first of the good end of a command of this operation that was told to have failed: a newer one may
    /// take its place.
    fn settle_telling(&mut self, untold: Option<OperationId>, origin: &Origin) {
        if untold.is_none_or(|operation_id| self.tell(operation_id, origin) == Changed::No) {
            self.settle(origin);
        }
    }

    /// Ends the commands of an operation whose execution is over: those that wait have failed for this reason. An adapter
    /// that is still at one may yet say what came of it.
    pub fn abandon(&mut self, operation_id: OperationId, problem: &Problem, origin: &Origin) -> Changed {
        let mut changed = false;
        for listing in self.channels.values_mut().filter(|listing| listing.is_under_way()) {
            let Some(command) = listing.command.as_mut() else { continue };
            if command.operation_id == operation_id {
                command.fail(problem.clone());
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
    /// be called ends here and holds up nobody. At a channel that is disconnected a closing is done, since nobody could carry
    /// it out, and a product is not wanted any more, so that no edit asks for it again. Repeating it plans what still waits.
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
                None => {
                    self.want_no_more(&channel_id, kind);
                    self.give_up(&channel_id, fence, &Channel::gone(&channel_id), origin)
                }
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

    fn want_no_more(&mut self, channel: &ChannelId, asked: CommandKind) {
        if let Some(listing) = self.channels.get_mut(channel).filter(|_| asked.offers()) {
            listing.desired = Desired::Off;
        }
    }

    /// The commands of an operation that wait to be carried out: channel, fence, and what to do.
    pub fn waiting(&self, operation_id: OperationId) -> Vec<(ChannelId, u64, CommandKind)> {
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
        command.fail(problem.clone());
        self.settle(origin);
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
        let (mut ended, mut told) = (Vec::new(), false);
        for (channel, listing) in &mut self.channels {
            let (under_way, desired) = (listing.is_under_way(), listing.desired);
            let Some(command) = listing.command.as_mut() else { continue };
            if command.operation_id != operation_id || command.told || under_way {
                continue;
            }
            command.told = true;
            told = true;
            let kind = match (command.kind.offers(), command.state) {
                (true, CommandState::Failed) => EventKind::ProductPublicationFailed,
                (true, _) => EventKind::ProductPublished,
                // A channel that does not let go is told by the operation and the listing.
                (false, CommandState::Failed) => continue,
                (false, _) if desired == Desired::On => EventKind::ProductPaused,
                (false, _) => EventKind::ProductUnpublished,
            };
            ended.push((kind, channel.clone()));
        }
        if !told {
            return Changed::No;
        }
        let kinds = [
            EventKind::ProductPublished,
            EventKind::ProductUnpublished,
            EventKind::ProductPaused,
            EventKind::ProductPublicationFailed,
        ];
        for kind in kinds {
            let channels: Vec<_> = ended.iter().filter(|(end, _)| *end == kind).map(|(_, channel)| channel).collect();
            if channels.is_empty() {
                continue;
            }
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
}

impl Command {
    pub(super) fn fail(&mut self, problem: Problem) {
        self.state = CommandState::Failed;
        self.problem = Some(problem);
    }

    /// Notes that it was done, and returns its operation if it was told to have failed.
    fn succeed(&mut self) -> Option<OperationId> {
        let wrong = self.told && self.state == CommandState::Failed;
        self.told &= !wrong;
        self.state = CommandState::Done;
        self.problem = None;
        wrong.then_some(self.operation_id)
    }
}

/// Why a publication has failed that the channel took. Trying again would only have it rejected once more.
pub(super) fn not_shown(channel: &ChannelId) -> Problem {
    let message = format!("{channel} has looked at the listing, and does not show it.");
    Problem::new(ProblemClass::Policy, code::CHANNEL_REFUSED, message)
}
