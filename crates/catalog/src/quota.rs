//! How much a merchant may ask for in which time: a token bucket, kept as one moment.
//!
//! The moment is the one at which the bucket will be full again; each token taken moves it on by what one token takes to
//! come back (known as GCRA). So taking one is one comparison and one addition, which any database does in one step.

use std::time::Duration;

use crate::time::Timestamp;

/// A token bucket's size and speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many tokens it holds: what may be asked for at once. At least 1.
    pub burst: u32,
    /// How many come back in a second. At least 1, at most 1,000.
    pub per_second: u32,
}

/// What is left of a bucket after a token was taken, or was not there to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Tokens that can be taken now.
    pub remaining: u32,
    /// When the bucket is full again.
    pub full_in: Duration,
    /// When a token is there, if there is none now.
    pub next_in: Option<Duration>,
}

impl Quota {
    /// What one token takes to come back, in microseconds, rounded up: never more come back than `per_second` says.
    pub fn interval(self) -> i64 {
        i64::from(1_000_000_u32.div_ceil(self.per_second.max(1)))
    }

    /// What an empty bucket takes to fill, in microseconds.
    pub fn window(self) -> i64 {
        self.interval().saturating_mul(i64::from(self.burst.max(1)))
    }

    /// The latest moment at which a bucket may be full again, if a token is to be taken from it now; in microseconds since
    /// 1970, as all of these moments are.
    pub fn latest(self, now: Timestamp) -> i64 {
        moment(now).saturating_add(self.window()).saturating_sub(self.interval())
    }

    /// The moment at which a full bucket is full again, once a token was taken from it.
    pub fn first(self, now: Timestamp) -> i64 {
        moment(now).saturating_add(self.interval())
    }

    /// What is left of a bucket that is full again at `full_at`.
    pub fn allowance(self, full_at: i64, now: Timestamp) -> Allowance {
        let missing = full_at.saturating_sub(moment(now)).max(0);
        let left = self.window().saturating_sub(missing).max(0) / self.interval();
        let late = full_at.saturating_sub(self.latest(now));
        Allowance {
            remaining: u32::try_from(left).unwrap_or(u32::MAX),
            full_in: micros(missing),
            next_in: (late > 0).then(|| micros(late)),
        }
    }
}

/// A time in microseconds since 1970: a token of a fast bucket comes back in less than two milliseconds.
pub fn moment(time: Timestamp) -> i64 {
    time.as_millis().saturating_mul(1_000)
}

fn micros(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rule as the store applies it: the moment after a token was taken, or nothing.
    fn taken(quota: Quota, full_at: i64, now: i64) -> Option<i64> {
        let at = Timestamp::from_millis(now);
        (full_at <= quota.latest(at)).then(|| full_at.max(moment(at)) + quota.interval())
    }

    #[test]
    fn a_full_bucket_gives_its_burst_and_then_one_at_a_time() {
        let quota = Quota { burst: 3, per_second: 10 };
        let mut full_at = 0;
        for left in [2, 1, 0] {
            full_at = taken(quota, full_at, 1_000).unwrap();
            let allowance = quota.allowance(full_at, Timestamp::from_millis(1_000));
            assert_eq!(allowance.remaining, left);
        }

        assert_eq!(taken(quota, full_at, 1_000), None);
        let empty = quota.allowance(full_at, Timestamp::from_millis(1_000));
        assert_eq!((empty.next_in, empty.full_in), (Some(Duration::from_millis(100)), Duration::from_millis(300)));
        assert_eq!(taken(quota, full_at, 1_099), None);
        assert!(taken(quota, full_at, 1_100).is_some());
    }

    proptest! {
        #[test]
        fn in_no_stretch_of_time_is_more_taken_than_the_burst_and_what_comes_back(
            burst in 1_u32..50,
            per_second in 1_u32..=1_000,
            steps in prop_oneof![prop::collection::vec(0_i64..3, 1..300), prop::collection::vec(0_i64..400, 1..300)],
        ) {
            let quota = Quota { burst, per_second };
            let (mut now, mut full_at, mut times) = (10_000, 0, Vec::new());
            for step in steps {
                now += step;
                let said = quota.allowance(full_at, Timestamp::from_millis(now));
                match taken(quota, full_at, now) {
                    Some(next) => {
                        prop_assert!(said.remaining > 0 && said.next_in.is_none());
                        full_at = next;
                        times.push(now);
                    }
                    None => {
                        prop_assert_eq!(said.remaining, 0);
                        let wait = said.next_in.unwrap().as_micros().div_ceil(1_000) as i64;
                        prop_assert!(wait > 0 && taken(quota, full_at, now + wait).is_some(), "what it says is true");
                    }
                }
            }
            for (first, begin) in times.iter().enumerate() {
                for (last, end) in times.iter().enumerate().skip(first) {
                    let most = i64::from(burst) + (end - begin) * i64::from(per_second) / 1_000;
                    prop_assert!((last - first + 1) as i64 <= most);
                }
            }
        }
    }
}
