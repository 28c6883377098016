//! What runs came to, in a file that a later command goes on with.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::faults::Fault;
use super::stage::folder;

const FILE: &str = "results.json";

/// What a run came to. Durations are in seconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// What went wrong.
    pub(crate) fault: Option<Fault>,
    /// What decided the rest.
    pub(crate) seed: u64,
    /// What was to decide it; another seed took its place if the fault struck nobody with this one.
    #[serde(default)]
    pub(crate) planned: u64,
    /// Promises that were broken, in words.
    pub(crate) violations: Vec<String>,
    /// From the end of the fault, or of the merchants' work if that came later, to everything settled.
    pub(crate) recovery: Option<f64>,
    /// How often the fault struck, in its own measure.
    pub(crate) struck: u64,
    /// Writes that were acknowledged.
    pub(crate) acknowledged: u64,
    /// Operations, and those of them that did what they were asked for.
    pub(crate) operations: u64,
    pub(crate) succeeded: u64,
    /// Attempts of steps beyond the first, and operations that a merchant had done again.
    pub(crate) retries: u64,
    /// How long each poisoned message took to its dead letters.
    pub(crate) to_dead_letters: Vec<f64>,
    /// The whole run.
    pub(crate) took: f64,
}

/// What all runs came to so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Results {
    /// The seed of the first run of each fault; the next has the next.
    pub(crate) seed: u64,
    /// The runs, the first first.
    pub(crate) outcomes: Vec<Outcome>,
}

impl Results {
    fn path() -> PathBuf {
        folder().join(FILE)
    }

    /// What an earlier command has left.
    ///
    /// # Errors
    /// When there is nothing, or something else.
    pub(crate) fn left() -> anyhow::Result<Self> {
        Self::left_in(&folder())
    }

    /// What an earlier command has left in a folder.
    ///
    /// # Errors
    /// When there is nothing, or something else.
    pub(crate) fn left_in(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(FILE);
        let text = fs::read(&path).with_context(|| format!("nothing to go on with at {}", path.display()))?;
        serde_json::from_slice(&text).context("the results")
    }

    /// Writes it down.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn save(&self) -> anyhow::Result<PathBuf> {
        let path = Self::path();
        fs::create_dir_all(folder())?;
        fs::write(&path, serde_json::to_vec_pretty(self)?).with_context(|| path.display().to_string())?;
        Ok(path)
    }

    /// The runs that are still to be done, so many of each fault: fault by fault in turn, so that whoever is
    /// interrupted has something of each.
    pub(crate) fn left_to_do(&self, faults: &[Fault], runs: u32) -> Vec<(Fault, u64)> {
        let wanted = (0..u64::from(runs)).flat_map(|run| faults.iter().map(move |fault| (*fault, run)));
        let seeded = wanted.map(|(fault, run)| (fault, self.seed.wrapping_add(run)));
        let done = |(fault, seed): &(Fault, u64)| {
            self.outcomes.iter().any(|outcome| outcome.fault == Some(*fault) && outcome.planned == *seed)
        };
        seeded.filter(|run| !done(run)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_not_done_again() {
        let faults = [Fault::Poison, Fault::Duplicates];
        let mut results = Results { seed: 7, outcomes: Vec::new() };
        assert_eq!(results.left_to_do(&faults, 2).len(), 4);

        results.outcomes.push(Outcome { fault: Some(Fault::Poison), planned: 7, ..Outcome::default() });

        let left = [(Fault::Duplicates, 7), (Fault::Poison, 8), (Fault::Duplicates, 8)];
        assert_eq!(results.left_to_do(&faults, 2), left);
    }

    #[test]
    fn results_are_read_as_they_are_written() {
        let outcome = Outcome { fault: Some(Fault::CloudRestarted), recovery: Some(1.5), ..Outcome::default() };
        let results = Results { seed: 1, outcomes: vec![outcome] };

        let text = serde_json::to_string(&results).unwrap();

        assert!(text.contains("cloud-restarted"), "{text}");
        assert_eq!(serde_json::from_str::<Results>(&text).unwrap(), results);
    }
}
