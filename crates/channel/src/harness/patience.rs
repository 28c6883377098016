//! For how long a channel that asks for patience gets it.

use std::time::Duration;

use tola_catalog::{Problem, Timestamp};
use tola_contracts::channel::MAX_WAIT_SECONDS;

/// How long an execution waits for a channel in all: well below the two hours after which the machines end it without a
/// word about the channel.
pub(super) const PATIENCE: Duration = Duration::from_mins(100);

/// The seconds after which a command that began at `began` is tried again, when the channel asked for `asked`. They grow
/// with the time that has passed, so that a channel that asks for one second for hours does not fill the history of the
/// execution. `None` when patience is at its end.
pub(crate) fn wait(asked: u32, began: Option<Timestamp>, now: Timestamp) -> Option<u32> {
    let Some(began) = began else { return Some(asked.clamp(1, MAX_WAIT_SECONDS)) };
    let grown = u32::try_from(now.since(began).as_secs() / 8).unwrap_or(MAX_WAIT_SECONDS);
    let seconds = asked.max(grown).clamp(1, MAX_WAIT_SECONDS);
    let again = now.after(Duration::from_secs(seconds.into()));
    (again <= began.after(PATIENCE)).then_some(seconds)
}

/// The seconds after which to look again whether another call at a listing is over, of whose claim this much is left. Most
/// calls take a second or two; one that takes longer is asked after less and less often, and when the claim has ended the
/// turn has come.
pub(super) fn turn(lease: Duration, left: Duration) -> u32 {
    let waited = lease.saturating_sub(left);
    let seconds = (waited.as_secs() / 2).max(2);
    // Rounded up: a second too early would only be told to wait again.
    let left = u64::try_from(left.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX);
    u32::try_from(seconds.min(left).max(1)).unwrap_or(MAX_WAIT_SECONDS)
}

/// The problem of a channel that has asked for patience for too long.
pub(crate) fn at_its_end(problem: Problem) -> Problem {
    let message = format!("{} It has said so for more than an hour.", problem.message);
    Problem { message, remedy: "Retry the operation, when the channel takes calls again.".to_owned(), ..problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(0).after(Duration::from_secs(seconds))
    }

    #[test]
    fn what_a_channel_asks_for_is_held_to_what_a_workflow_can_do() {
        for (asked, expected) in [(0, 1), (7, 7), (900, 900), (86_400, 900)] {
            assert_eq!(wait(asked, None, at(0)), Some(expected));
            assert_eq!(wait(asked, Some(at(0)), at(0)), Some(expected));
        }
    }

    #[test]
    fn a_channel_that_always_says_soon_is_asked_some_dozens_of_times_and_then_no_more() {
        let (mut now, mut waits) = (0, 0);
        while let Some(seconds) = wait(1, Some(at(0)), at(now)) {
            now += u64::from(seconds);
            waits += 1;
        }

        assert!((20..100).contains(&waits), "{waits}");
        // It is given up in time, and not long before.
        assert!((4_500..=PATIENCE.as_secs()).contains(&now), "{now}");
    }

    #[test]
    fn a_turn_comes_soon_or_when_the_lease_has_ended() {
        let (lease, mut left, mut waits) = (Duration::from_secs(90), Duration::from_secs(90), Vec::new());
        while !left.is_zero() {
            let seconds = turn(lease, left);
            waits.push(seconds);
            left = left.saturating_sub(Duration::from_secs(seconds.into()));
        }

        assert_eq!(waits[..4], [2, 2, 2, 3]);
        assert!(waits.len() < 15, "{waits:?}");
        assert_eq!(turn(lease, Duration::from_millis(1)), 1);
    }

    #[test]
    fn one_long_wait_that_would_come_too_late_is_not_begun() {
        assert_eq!(wait(900, Some(at(0)), at(PATIENCE.as_secs() - 900)), Some(900));
        assert_eq!(wait(900, Some(at(0)), at(PATIENCE.as_secs() - 899)), None);
    }
}
