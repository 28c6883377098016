//! How much memory the stack's processes have, over time.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tola_local::process::Record;
use tola_local::{Stack, cloud};
use tola_testkit::TestStack;

use super::statistics::percentile;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(5);

/// By how much the median of the last third may be above that of the second one. An allocator keeps some pages more each
/// time that it meets a larger batch; what leaks for each request is well above that after as many as a soak makes.
pub(crate) const TOLERANCE: f64 = 0.10;

/// What is measured in the local cloud's process.
pub(crate) const CLOUD: &str = "local cloud";

/// Looks at each process for as long as this value lives.
pub(crate) struct Watch {
    seen: Arc<Mutex<BTreeMap<String, Vec<f64>>>>,
    task: tokio::task::JoinHandle<()>,
}

/// What became of one process's memory. In MiB.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Memory {
    /// Whose.
    pub(crate) process: String,
    /// How often it was looked at.
    pub(crate) looks: usize,
    /// The medians of the second and the last third of the time.
    pub(crate) before: f64,
    pub(crate) after: f64,
    /// The most.
    pub(crate) most: f64,
    /// The medians of each tenth of the time: what grows to a bound is told by them from what grows for ever.
    pub(crate) over_time: Vec<f64>,
}

impl Watch {
    /// Begins to look.
    pub(crate) fn begin(stack: TestStack) -> Self {
        let seen: Arc<Mutex<BTreeMap<String, Vec<f64>>>> = Arc::default();
        let kept = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(EVERY).await;
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                for (process, mebibytes) in sizes(&stack) {
                    kept.entry(process).or_default().push(mebibytes);
                }
            }
        });
        Self { seen, task }
    }

    /// What became of each process. Those that were there for a moment only say nothing.
    pub(crate) fn seen(&self) -> Vec<Memory> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().filter_map(|(process, sizes)| memory(process, sizes)).collect()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Memory {
    /// By how much it grew from the second third to the last.
    pub(crate) fn growth(&self) -> f64 {
        self.after / self.before.max(f64::MIN_POSITIVE) - 1.0
    }

    /// Whether that is nothing.
    pub(crate) fn is_flat(&self) -> bool {
        self.growth() <= TOLERANCE
    }
}

fn memory(process: &str, sizes: &[f64]) -> Option<Memory> {
    let third = sizes.len() / 3;
    let median = |sizes: &[f64]| percentile(sizes, 50);
    Some(Memory {
        process: process.to_owned(),
        looks: sizes.len(),
        before: median(sizes.get(third..2 * third)?)?,
        after: median(sizes.get(2 * third..)?)?,
        most: percentile(sizes, 100)?,
        over_time: sizes.chunks(sizes.len().div_ceil(10)).filter_map(median).collect(),
    })
}

/// What each process has now: of a function with several, the largest.
fn sizes(stack: &TestStack) -> BTreeMap<String, f64> {
    let mut sizes = BTreeMap::new();
    let mut seen = |process: String, pid: i32| {
        let Some(size) = resident(pid) else { return };
        let largest = sizes.entry(process).or_insert(0.0_f64);
        *largest = largest.max(size);
    };
    for (name, process) in [(CLOUD, cloud::PROCESS), ("database", "database")] {
        if let Some(pid) = pid(stack.local(), process) {
            seen(name.to_owned(), pid);
        }
    }
    for (function, pid) in stack.running() {
        seen(function, pid);
    }
    sizes
}

fn pid(stack: &Stack, process: &str) -> Option<i32> {
    Record::running(&cloud::records(stack.folder()), process).map(|record| record.pid())
}

/// The resident memory of a process, in MiB.
fn resident(pid: i32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u32 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(f64::from(kibibytes) / 1_024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_is_not_flat() {
        let flat: Vec<f64> = (0..90).map(|look| 30.0 + f64::from(look % 3)).collect();
        let growing: Vec<f64> = (0..90).map(|look| 30.0 + f64::from(look)).collect();

        assert!(memory("a", &flat).unwrap().is_flat());
        assert!(!memory("a", &growing).unwrap().is_flat());
        assert_eq!(memory("a", &growing).unwrap().over_time.len(), 10);
        assert_eq!(memory("a", &[1.0, 2.0]), None);
    }

    #[test]
    fn what_was_large_at_first_and_became_smaller_is_flat() {
        let warming: Vec<f64> = (0..90).map(|look| if look < 30 { 90.0 } else { 40.0 }).collect();

        assert!(memory("a", &warming).unwrap().is_flat());
    }
}
