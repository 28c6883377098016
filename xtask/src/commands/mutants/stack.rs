//! What merchants notice on a stack that is deployed from the copy.

use std::path::Path;

use anyhow::{Context as _, ensure};
use tola_local::stack;

use super::{cargo, is_of_the_checker};
use crate::fault::faults::Fault;
use crate::fault::results::Results;
use crate::fault::stage::FOLDER;

/// How often each fault happens until nobody is expected to notice any more.
const RUNS: u32 = 4;
/// What decides the first run.
const SEED: u64 = 7;

/// The first broken promise of runs of these faults. Nothing if all is well.
pub(super) async fn noticed(folder: &Path, faults: &[Fault]) -> anyhow::Result<Option<String>> {
    let mut fault = cargo(folder);
    fault.args(["xtask", "fault", "--stop", "--runs", &RUNS.to_string(), "--seed", &SEED.to_string()]);
    for name in faults {
        fault.args(["--only", &name.name()]);
    }
    let ended = fault.kill_on_drop(true).status().await.context("can't run cargo")?;
    if ended.success() {
        return Ok(None);
    }
    let results = Results::left_in(&stack::folder(folder, FOLDER))?;
    let broken = results.outcomes.iter().find(|outcome| !outcome.violations.is_empty());
    let broken = broken.context("the runs failed, but not since a promise was broken")?;
    let violation = broken.violations.iter().find(|violation| is_of_the_checker(violation));
    let words = violation.or(broken.violations.first()).map(String::as_str).unwrap_or_default();
    ensure!(
        violation.is_some() || words.starts_with("still under way"),
        "a run failed, but not since a promise was broken: {words}"
    );
    let name = broken.fault.map(Fault::name).unwrap_or_default();
    Ok(Some(format!("{name}, seed {}: {words}", broken.seed).chars().take(160).collect()))
}
