//! Percentiles and medians.

use std::time::Duration;

/// Values that can be put in order and halved.
pub(super) trait Measured: Copy + PartialOrd {
    /// What lies between two values.
    fn between(self, other: Self) -> Self;
}

impl Measured for Duration {
    fn between(self, other: Self) -> Self {
        (self + other) / 2
    }
}

impl Measured for u64 {
    fn between(self, other: Self) -> Self {
        self.midpoint(other)
    }
}

/// The smallest of `values` that `percent` of them do not exceed (nearest rank); `None` without values.
pub(super) fn percentile<T: Measured>(values: &[T], percent: usize) -> Option<T> {
    let sorted = sorted(values);
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// The value in the middle, or what lies between the two in the middle; `None` without values.
pub(super) fn median<T: Measured>(values: &[T]) -> Option<T> {
    let sorted = sorted(values);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get((sorted.len() - 1) / 2)?;
    Some(lower.between(upper))
}

fn sorted<T: Measured>(values: &[T]) -> Vec<T> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<u64> = (1..=200).rev().collect();

        assert_eq!(percentile(&values, 50), Some(100));
        assert_eq!(percentile(&values, 99), Some(198));
        assert_eq!(percentile(&values, 100), Some(200));
        assert_eq!(percentile(&values, 0), Some(1));
        assert_eq!(percentile(&[7_u64], 99), Some(7));
        assert_eq!(percentile::<u64>(&[], 50), None);
    }

    #[test]
    fn the_median_of_an_even_number_lies_in_between() {
        let millis = |values: &[u64]| values.iter().copied().map(Duration::from_millis).collect::<Vec<_>>();

        assert_eq!(median(&millis(&[30, 10, 20])), Some(Duration::from_millis(20)));
        assert_eq!(median(&millis(&[40, 10, 20, 30])), Some(Duration::from_millis(25)));
        assert_eq!(median(&[5_u64, 8]), Some(6));
        assert_eq!(median::<u64>(&[]), None);
    }
}
