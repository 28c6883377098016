//! Queues, as they are: a message may come twice, late, again, or to the dead letters.

use std::time::Duration;

use fastrand::Rng;
use tola_catalog::Timestamp;
use tola_channel::LEASE;

use super::executions::Zombie;
use super::{MAX_RECEIVES, World};
use crate::environment::Consumer;
use crate::faults::{self, Fate, Place};

/// Something for a function to take.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) to: Consumer,
    pub(super) body: String,
    /// Before that nobody sees it.
    pub(super) from: Timestamp,
    /// How often it was received.
    pub(super) receives: u32,
    /// The task that it belongs to, and how whoever takes it dies.
    pub(super) place: Option<Place>,
    pub(super) fate: Option<Fate>,
}

/// How long nobody sees a message that somebody took: the `VisibilityTimeout` of its queue in the template.
fn unseen(to: Consumer) -> Duration {
    Duration::from_secs(if to == Consumer::Adapter { 360 } else { 180 })
}

impl World {
    pub(super) fn sends(&mut self, to: Consumer, body: String) {
        self.puts(Message { to, body, from: self.now, receives: 0, place: None, fate: None });
    }

    /// Puts a message into its queue: by chance twice, by chance to come late.
    pub(super) fn puts(&mut self, mut message: Message) {
        if let Some(dice) = &mut self.dice
            && message.fate.is_none()
            && self.faults.takes_chance(dice)
        {
            match dice.u32(0..3) {
                0 => self.messages.push_back(message.clone()),
                1 => {
                    // As long as a client thinks, or as a queue keeps one back that somebody took and dropped.
                    let within = [5, 40, 300][dice.usize(0..3)];
                    message.from = self.now.after(Duration::from_secs(dice.u64(0..within)));
                }
                _ => message.fate = Some(faults::some_fate(dice)),
            }
        }
        self.messages.push_back(message);
    }

    /// An adapter has died at a listing: a command that was taken for lost comes when no claim is in its way any more.
    pub(super) fn calls_up_a_ghost(&mut self) {
        let is_message = |zombie: &Zombie| matches!(zombie, Zombie::Message(_));
        let Some(number) = self.zombies.iter().position(is_message) else { return };
        let comes = self.dice.as_mut().is_none_or(Rng::bool);
        if comes && let Some(Zombie::Message(message)) = self.zombies.remove(number) {
            // From then on until the dead one's own message is seen again.
            let unclaimed = unseen(Consumer::Adapter).saturating_sub(LEASE).as_secs();
            let later = self.dice.as_mut().map_or(0, |dice| dice.u64(0..unclaimed));
            self.puts(Message { from: self.now.after(LEASE + Duration::from_secs(later)), ..message });
        }
    }

    /// A message that was not taken comes again some time later, unless it has come too often.
    pub(super) fn comes_again(&mut self, message: Message) {
        let receives = message.receives + 1;
        if receives < MAX_RECEIVES {
            let from = self.now.after(unseen(message.to));
            self.messages.push_back(Message { from, receives, fate: None, ..message });
        } else {
            self.tells("dead letter", || format!("{message:?}"));
        }
    }
}
