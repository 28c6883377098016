//! What a well-behaved adapter does with its messages, while its function dies and its channel misbehaves.

use super::remote::{RemoteListing, RemoteState};
use super::{Claimed, LEASE, Rules, World};
use crate::channel::ChannelStatus;
use crate::code;
use crate::id::ChannelId;
use crate::listing::{ChannelOutcome, CommandKind, Listing, Seen, Visibility};
use crate::problem::{Problem, ProblemClass};
use crate::time::Timestamp;

/// A message on a channel's queue.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) channel: ChannelId,
    pub(super) fence: u64,
    pub(super) kind: CommandKind,
    pub(super) deliveries: u32,
}

/// A call at a channel that has not ended.
pub(super) struct Call {
    message: Message,
    holder: String,
    until: i64,
    in_doubt: bool,
    hold: Option<Problem>,
    /// The listing as the adapter read it.
    known: Listing,
    /// The revision that the command is about.
    asked: u64,
    /// The revision that the adapter rendered.
    rendered: u64,
}

/// The same command is to be tried again: the channel asked for patience, or its answer was lost.
struct Again {
    in_doubt: bool,
}

fn problem(class: ProblemClass) -> Problem {
    Problem::new(class, code::CHANNEL_REFUSED, "Not today.")
}

/// What was in doubt and could not be looked at still is.
fn refused(problem: Problem, seen: Seen, in_doubt: bool) -> ChannelOutcome {
    if in_doubt && seen == Seen::NotLooked {
        ChannelOutcome::Unknown { problem }
    } else {
        ChannelOutcome::Refused { problem, seen }
    }
}

impl World {
    /// Goes on with a call that was begun, or begins one.
    pub(super) fn adapter(&mut self, faulty: bool) {
        if self.calls.is_empty() || (!self.queue.is_empty() && self.dice.once_in(2)) {
            self.deliver(faulty);
        } else {
            let position = self.dice.pick(self.calls.len());
            let call = self.calls.swap_remove(position);
            self.act(call, faulty);
        }
    }

    /// Delivers a message to an adapter, which claims its command.
    pub(super) fn deliver(&mut self, faulty: bool) {
        if self.queue.is_empty() {
            return;
        }
        let position = self.dice.pick(self.queue.len());
        let mut message = self.queue.swap_remove(position);
        message.deliveries += 1;
        if self.outcomes.contains_key(&(message.channel.clone(), message.fence)) {
            return;
        }
        self.adopt_earlier(&message, faulty);
        let holder = format!("{}-{}", self.now, message.deliveries);
        let (until, origin) = (self.now + LEASE, self.origin());
        let lease = Timestamp::from_millis(until);
        match self.product.claim(&message.channel, message.fence, &holder, lease, &origin) {
            Claimed::Granted { in_doubt, hold } => {
                let alive = |call: &Call| call.message.channel == message.channel && call.until > self.now;
                assert!(!self.calls.iter().any(alive), "two calls at once for {}", message.channel);
                if faulty && self.dice.once_in(5) {
                    return self.queue.push(message); // It died before it called.
                }
                let known = self.product.channels[&message.channel].clone();
                let asked = known.command.as_ref().unwrap().revision;
                let rendered = self.product.revision;
                self.calls.push(Call { message, holder, until, in_doubt, hold, known, asked, rendered });
            }
            Claimed::Busy(_) => self.queue.push(message),
            Claimed::Superseded => {}
        }
    }

    /// Takes over what came of the command that was claimed before, if it is stored. It may also be stored a moment later.
    fn adopt_earlier(&mut self, message: &Message, faulty: bool) {
        let claim = self.product.channels.get(&message.channel).and_then(|listing| listing.claim.as_ref());
        let Some(fence) = claim.map(|claim| claim.fence).filter(|fence| *fence != message.fence) else { return };
        let late = faulty && self.dice.once_in(2);
        if let Some(outcome) = self.outcomes.get(&(message.channel.clone(), fence)).filter(|_| !late) {
            let _ = self.product.record(&message.channel, fence, outcome, &super::origin(self.now));
        }
    }

    /// An adapter that claimed a command calls its channel; one that took longer than its lease is dead.
    pub(super) fn act(&mut self, call: Call, faulty: bool) {
        if call.until <= self.now {
            return self.queue.push(call.message);
        }
        let shop = self.shops.iter().find(|shop| shop.id == call.message.channel).unwrap();
        let outcome = match shop.takes(call.message.kind) {
            Err(problem) => Ok(refused(problem, Seen::NotLooked, call.in_doubt)),
            Ok(()) => self.attempt(&call, faulty),
        };
        let message = call.message;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(Again { in_doubt }) => {
                let origin = super::origin(self.now);
                let _ = self.product.release(&message.channel, message.fence, &call.holder, in_doubt, &origin);
                return self.queue.push(message);
            }
        };
        // A rejection that is lost looks as if somebody had paused the listing, and is tried again: that one is kept.
        let rejected =
            matches!(&outcome, ChannelOutcome::Listed(standing) if standing.visibility == Visibility::Hidden);
        if faulty && !rejected && self.dice.once_in(4) {
            return self.queue.push(message); // It died before it could store the answer.
        }
        self.outcomes.insert((message.channel.clone(), message.fence), outcome);
        if faulty && self.dice.once_in(4) {
            self.queue.push(message); // The queue delivers it once more.
        }
    }

    /// What comes of a call.
    fn attempt(&mut self, call: &Call, faulty: bool) -> Result<ChannelOutcome, Again> {
        let roll = if faulty { self.dice.roll(24) } else { 99 };
        match roll {
            0 => Err(Again { in_doubt: call.in_doubt }), // Throttled.
            1 => Ok(refused(problem(ProblemClass::Throttled), Seen::NotLooked, call.in_doubt)),
            2 => {
                let shop = self.shops.iter_mut().find(|shop| shop.id == call.message.channel).unwrap();
                shop.status = ChannelStatus::AuthBroken;
                Ok(refused(problem(ProblemClass::Auth), Seen::NotLooked, call.in_doubt))
            }
            3..=7 => {
                let outcome = self.call(call, false, false);
                // The answer is lost on its way; the adapter lives.
                let rejected = matches!(&outcome, ChannelOutcome::Listed(there) if !there.is_offered());
                if rejected { Ok(outcome) } else { Err(Again { in_doubt: true }) }
            }
            8..=10 => Ok(self.call(call, true, true)),
            _ => Ok(self.call(call, false, faulty)),
        }
    }

    /// What a well-behaved adapter does at its channel. It looks at it only if something is in doubt; unless it does, the
    /// channel makes another listing for whoever does not name the one that it has.
    fn call(&mut self, call: &Call, refuses: bool, moderates: bool) -> ChannelOutcome {
        let Call { message, in_doubt, hold, known, asked, rendered, .. } = call;
        let moderation = if moderates { self.dice.roll(8) } else { 99 };
        let tampered = self.rules == Rules::Tampered;
        let remote = self.remotes.get_mut(&message.channel).unwrap();
        let named = known.observed.external_id.as_deref();
        let looks = *in_doubt || (named.is_none() && !message.kind.offers());
        let found = if looks { remote.open() } else { named.and_then(|id| remote.named(id)) };
        let seen = match found {
            _ if !looks => Seen::NotLooked,
            Some(position) => Seen::There(remote.standing(position)),
            None => Seen::Absent,
        };
        let no = || problem(ProblemClass::Policy);
        if message.kind.offers() {
            if let Seen::There(there) = &seen
                && known.is_satisfied_by(there, *asked)
            {
                return ChannelOutcome::Listed(there.clone());
            }
            if let Some(problem) = hold.clone().or_else(|| refuses.then(no)) {
                return refused(problem, seen, *in_doubt);
            }
            let state = match moderation {
                0 => RemoteState::Paused,
                1 => RemoteState::UnderReview,
                _ => RemoteState::Live,
            };
            let shown = RemoteListing { revision: *rendered, state, mark: 2 * *rendered };
            let position = found.unwrap_or(remote.listings.len());
            match remote.listings.get_mut(position) {
                Some(there) => *there = shown,
                None => remote.listings.push(shown),
            }
            remote.ledger.push((message.fence, if tampered { remote.tampered } else { 0 }));
            return ChannelOutcome::Listed(remote.standing(position));
        }
        let Some(position) = found else { return ChannelOutcome::Withdrawn { remains: None, already: true } };
        let (end, remains) = match message.kind {
            CommandKind::Close => (RemoteState::Closed, None),
            _ => (RemoteState::Paused, Some(remote.standing(position).external_id)),
        };
        let already = remote.listings[position].state == end;
        if refuses && !already {
            return refused(no(), seen, *in_doubt);
        }
        if !already {
            remote.listings[position].state = end;
            remote.ledger.push((message.fence, if tampered { remote.tampered } else { 0 }));
        }
        ChannelOutcome::Withdrawn { remains, already }
    }
}
