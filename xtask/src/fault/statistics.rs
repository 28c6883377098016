//! What a number of runs says about all that were not run.

/// With which probability the true rate is no higher than the bound.
const CONFIDENCE: f64 = 0.95;

/// The upper bound of the rate of failures after `failures` of `runs`: the one-sided bound of Clopper and Pearson, that
/// is the rate at which so few failures would come in only one of twenty such series. Without failures it is
/// `1 - 0.05^(1/runs)`, of which three by the number of runs is the well-known approximation.
pub(crate) fn upper_bound(failures: u32, runs: u32) -> f64 {
    if failures >= runs {
        return 1.0;
    }
    // The more often it fails, the less likely are so few failures: the bound lies where that is just likely enough.
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if at_most(failures, runs, middle) > 1.0 - CONFIDENCE {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// How likely no more than `failures` of `runs` fail, if each does at that rate.
fn at_most(failures: u32, runs: u32, rate: f64) -> f64 {
    let mut term = f64::from(runs) * (1.0 - rate).ln();
    let odds = (rate / (1.0 - rate)).ln();
    let mut sum = term.exp();
    for k in 1..=failures {
        term += (f64::from(runs - k + 1) / f64::from(k)).ln() + odds;
        sum += term.exp();
    }
    sum
}

/// The smallest of `values` that `percent` of them do not exceed (nearest rank); `None` without values.
pub(crate) fn percentile(values: &[f64], percent: usize) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();

        assert_eq!(percentile(&values, 50), Some(100.0));
        assert_eq!(percentile(&values, 99), Some(198.0));
        assert_eq!(percentile(&[], 50), None);
    }

    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 0.000_5, "{found} is not {wanted}");
    }

    #[test]
    fn the_bound_is_that_of_the_tables() {
        near(upper_bound(0, 20), 0.139_1);
        near(upper_bound(0, 300), 0.009_9);
        near(upper_bound(1, 20), 0.216_1);
        near(upper_bound(2, 100), 0.061_6);
    }

    #[test]
    fn one_run_says_little_and_only_failures_say_nothing() {
        near(upper_bound(0, 1), 0.95);
        near(upper_bound(3, 3), 1.0);
        near(upper_bound(0, 0), 1.0);
    }
}
