//! Schemathesis: requests that nobody thought of, by two merchants, held against the contract. What it is told besides lies
//! in `tests/schemathesis`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::process::Command;
use tola_local::python::Environment;
use tola_local::{Progress as _, aws};

use crate::tenant::Tenant;
use crate::ui::Ui;

/// What the merchants are called in `tests/schemathesis/schemathesis.toml`.
const NAMES: [&str; 2] = ["left", "right"];

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All phases.
    Full,
    /// What the local cloud answers in a minute or two, and without the phase that asks for paths and methods that only a
    /// gateway's own routing decides on.
    Small,
}

impl Extent {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Full => &[],
            Self::Small => &["--phases", "examples,fuzzing,stateful", "--max-examples", "3"],
        }
    }

    fn phases(self) -> &'static [&'static str] {
        match self {
            Self::Full => &["examples", "coverage", "fuzzing", "stateful"],
            Self::Small => &["examples", "fuzzing", "stateful"],
        }
    }
}

/// Asks the API at `url` on behalf of both merchants at once, and returns what was done in words. What it says goes to
/// `folder`.
///
/// # Errors
/// When an answer is not as the contract has it, with all that was found.
pub(super) async fn ask(
    workspace: &Path,
    folder: &Path,
    url: &str,
    tenants: &[Tenant; 2],
    extent: Extent,
) -> anyhow::Result<String> {
    let source = workspace.join("tests/schemathesis");
    let ui = Ui::default();
    ui.begin("Schemathesis");
    let venv = workspace.join(".local/venv-contract");
    let python =
        Environment::ensure(&venv, &source.join("requirements.txt"), &ui).await.inspect_err(|_| ui.failed())?;
    ui.failed();

    fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    let (auth, has) = (folder.join("auth.json"), folder.join("has.json"));
    fs::write(&auth, tokens(tenants).to_string())?;
    let everything: BTreeMap<_, _> = NAMES.into_iter().zip(tenants.iter().map(|tenant| &tenant.has)).collect();
    fs::write(&has, serde_json::to_vec(&everything)?)?;
    let runs = NAMES.map(|name| {
        let mut command = Command::new(python.program("schemathesis"));
        command
            .arg("--config-file")
            .arg(source.join("schemathesis.toml"))
            .args(["run", &format!("{url}/v1/openapi.json"), "--url", url])
            .args(extent.arguments())
            .args(["--report", "json", "--report-json-path"])
            .arg(report(folder, name))
            // It keeps what it learnt in its folder, and may not learn from an earlier run.
            .current_dir(folder)
            .env_clear()
            .envs(aws::environment(url))
            .env("TOLA_AUTH", &auth)
            .env("TOLA_HAS", &has)
            .env("TOLA_HOOKS", source.join("hooks.py"))
            .env("TOLA_TENANT", name)
            .kill_on_drop(true);
        run(command, name, folder, extent)
    });
    // All of them to their end: what one finds tells nothing of the other.
    let (mut cases, mut accepted) = (0, BTreeMap::<String, u64>::new());
    for run in join_all(runs).await {
        let passed = run?;
        cases += passed.cases;
        for (operation, times) in passed.accepted {
            *accepted.entry(operation).or_default() += times;
        }
    }
    let refused: Vec<_> = accepted.iter().filter(|(_, times)| **times == 0).map(|(name, _)| name).collect();
    ensure!(extent == Extent::Small || refused.is_empty(), "every request was refused to {refused:?}");
    Ok(format!("{cases} requests of two merchants answered as the contract says"))
}

async fn run(mut command: Command, name: &'static str, folder: &Path, extent: Extent) -> anyhow::Result<Passed> {
    let output = command.output().await.context("can't run Schemathesis")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let log = folder.join(format!("{name}.log"));
    fs::write(&log, &said)?;
    if !output.status.success() {
        let found = said.find("=== FAILURES").or_else(|| said.find("=== ERRORS")).unwrap_or_default();
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("not as the contract says ({}):\n{}{errors}", log.display(), &said[found..]);
    }
    let report: Value = serde_json::from_slice(&fs::read(report(folder, name))?).context("the report is not JSON")?;
    passed(&report, extent).with_context(|| format!("the run of {name}"))
}

/// A run that found nothing.
#[derive(Debug, PartialEq, Eq)]
struct Passed {
    /// How many requests it sent.
    cases: u64,
    /// How many of them each operation did something for: nothing is held against the contract by requests that are all
    /// refused.
    accepted: BTreeMap<String, u64>,
}

/// What a run did, if every phase that was to be run was.
fn passed(report: &Value, extent: Extent) -> anyhow::Result<Passed> {
    for phase in extent.phases() {
        let status = &report["phases"][*phase]["status"];
        ensure!(status == "success", "the phase {phase} ended as {status}");
    }
    let rates = report["valid_rates"].as_object().context("the report has no rates")?;
    let accepted = |phases: &Value| {
        let phases = phases.as_object().into_iter().flatten();
        phases.filter_map(|(_, rates)| rates["accepted"].as_u64()).sum::<u64>()
    };
    let accepted = rates.iter().map(|(name, phases)| (name.clone(), accepted(phases))).collect();
    let cases = report.pointer("/test_cases/generated").and_then(Value::as_u64).unwrap_or_default();
    ensure!(cases > 0, "nothing was asked");
    Ok(Passed { cases, accepted })
}

fn report(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.json"))
}

/// The tokens in the form of Web Fuzzing Commons.
fn tokens(tenants: &[Tenant; 2]) -> Value {
    let users = NAMES.iter().zip(tenants).map(|(name, tenant)| {
        let value = format!("Bearer {}", tenant.token);
        json!({ "name": name, "fixedHeaders": [{ "name": "Authorization", "value": value }] })
    });
    json!({ "auth": users.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report_of(phase: &str, status: &str, accepted: u64) -> Value {
        let mut phases = json!({});
        for phase in Extent::Full.phases() {
            phases[*phase] = json!({ "status": "success" });
        }
        phases[phase] = json!({ "status": status });
        let rates = json!({ "GET /v1/health": { "fuzzing": { "accepted": accepted }, "stateful": { "accepted": 0 } } });
        json!({ "phases": phases, "valid_rates": rates, "test_cases": { "generated": 12 } })
    }

    #[test]
    fn a_run_counts_if_every_phase_ran_and_tells_what_operations_did() {
        let good = report_of("fuzzing", "success", 3);
        let accepted = BTreeMap::from([("GET /v1/health".to_owned(), 3)]);
        assert_eq!(passed(&good, Extent::Full).unwrap(), Passed { cases: 12, accepted });
        assert!(passed(&report_of("fuzzing", "failure", 3), Extent::Full).is_err());
        assert!(passed(&report_of("coverage", "skip", 3), Extent::Full).is_err());
        assert!(passed(&report_of("coverage", "skip", 3), Extent::Small).is_ok());
        assert!(passed(&json!({}), Extent::Full).is_err());
    }
}
