//! What runs came to, fault by fault, as a table.

use std::collections::BTreeMap;

use super::faults::Fault;
use super::results::Outcome;
use super::statistics::{percentile, upper_bound};

/// A line of the table.
#[derive(Debug, Clone, Default, PartialEq)]
struct Line {
    runs: u32,
    failed: u32,
    struck: u64,
    recovery: Vec<f64>,
    retries: u64,
    succeeded: u64,
    to_dead_letters: Vec<f64>,
}

/// The table, with a line for each fault and one for all of them.
pub(crate) fn table(outcomes: &[Outcome]) -> String {
    let (mut lines, mut all) = (BTreeMap::<Fault, Line>::new(), Line::default());
    for outcome in outcomes {
        let Some(fault) = outcome.fault else { continue };
        lines.entry(fault).or_default().add(outcome);
        all.add(outcome);
    }
    let mut table = format!(
        "{:18} {:>5} {:>8} {:>7} {:>7} {:>10} {:>10} {:>10} {:>12}\n",
        "fault", "runs", "violated", "≤ 95 %", "struck", "recovered", "p99", "retries", "to DLQ"
    );
    for (fault, line) in &lines {
        table += &line.told(&fault.name());
    }
    table + &all.told("all")
}

impl Line {
    fn add(&mut self, outcome: &Outcome) {
        self.runs += 1;
        self.failed += u32::from(!outcome.violations.is_empty());
        self.struck += outcome.struck;
        self.recovery.extend(outcome.recovery);
        self.retries += outcome.retries;
        self.succeeded += outcome.succeeded;
        self.to_dead_letters.extend(&outcome.to_dead_letters);
    }

    fn told(&self, name: &str) -> String {
        let seconds = |values: &[f64], percent| {
            percentile(values, percent).map_or("–".to_owned(), |seconds| format!("{seconds:.1} s"))
        };
        #[expect(clippy::cast_precision_loss, reason = "counts of one command's runs are small")]
        let retries = self.retries as f64 / self.succeeded.max(1) as f64;
        format!(
            "{name:18} {:>5} {:>8} {:>6.1}% {:>7} {:>10} {:>10} {retries:>10.2} {:>12}\n",
            self.runs,
            self.failed,
            upper_bound(self.failed, self.runs) * 100.0,
            self.struck,
            seconds(&self.recovery, 50),
            seconds(&self.recovery, 99),
            seconds(&self.to_dead_letters, 100),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_a_line_and_all_have_one() {
        let outcome = |fault, violations: &[&str]| Outcome {
            fault: Some(fault),
            violations: violations.iter().map(|&violation| violation.to_owned()).collect(),
            recovery: Some(2.0),
            retries: 3,
            succeeded: 6,
            ..Outcome::default()
        };

        let table = table(&[outcome(Fault::Poison, &[]), outcome(Fault::Duplicates, &["lost"])]);

        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let lines: Vec<_> = table.lines().map(words).collect();
        assert_eq!(lines[1][..4], ["duplicates", "1", "1", "100.0%"]);
        assert_eq!(lines[2][..4], ["poison", "1", "0", "95.0%"]);
        assert_eq!(lines[3][..3], ["all", "2", "1"]);
        assert_eq!(lines[3][5..10], ["2.0", "s", "2.0", "s", "0.50"]);
    }
}
