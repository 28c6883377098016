//! The template and the state machines before public validators: cfn-lint, the SAM CLI, asl-validator and checkov.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::{Map, Value, json};
use tokio::process::Command;
use tola_local::python::Environment;
use tola_local::{Progress as _, aws};

use super::{Outcome, checkov, succeed};
use crate::ui::Ui;

/// Nobody listens there: validating must not ask a real account anything.
const NOWHERE: &str = "http://127.0.0.1:9";

pub(super) async fn validate(workspace: &Path) -> anyhow::Result<Outcome> {
    let folder = workspace.join(".local/venv-test");
    let ui = Ui::default();
    ui.begin("Validators");
    let python = Environment::ensure(&folder, &workspace.join("sam/requirements-test.txt"), &ui)
        .await
        .inspect_err(|_| ui.failed())?;
    ui.failed();

    let machines = machines(&workspace.join("statemachines"))?;
    let template = workspace.join("template.yaml");
    let nested = nested(&workspace.join("sam"));
    let mut lint = command(&python, "cfn-lint", workspace);
    lint.arg(&template).args(&nested).arg(as_resources(workspace, &machines)?);
    succeed(lint).await?;
    let mut sam = command(&python, "sam", workspace);
    sam.args(["validate", "--lint", "--template-file", "template.yaml", "--region", aws::REGION]);
    sam.env("SAM_CLI_TELEMETRY", "0").env("HOME", &folder);
    succeed(sam).await?;
    asl(workspace, &python, &machines).await?;
    let expanded = expand(&python, &template, workspace).await?;
    let exceptions = checkov::look(workspace, &expanded, &nested).await?;
    let (templates, machines) = (1 + nested.len(), machines.len());
    Ok(Some(format!("{templates} templates, {machines} state machines, {exceptions} exceptions for checkov")))
}

/// The nested templates: YAML files that say which template format they are of.
fn nested(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_template = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "yaml")
            && fs::read_to_string(path).is_ok_and(|text| text.contains("AWSTemplateFormatVersion"))
    };
    files.filter(is_template).collect()
}

/// The definitions of the state machines.
fn machines(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let files = fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))?;
    let files = files.flatten().map(|entry| entry.path());
    let mut machines: Vec<_> = files.filter(|path| path.to_string_lossy().ends_with(".asl.json")).collect();
    machines.sort();
    Ok(machines)
}

/// A template that holds the machines as plain resources: cfn-lint looks into a definition only there, and not behind
/// SAM's transform.
fn as_resources(workspace: &Path, machines: &[PathBuf]) -> anyhow::Result<PathBuf> {
    let mut resources = Map::new();
    for (number, machine) in machines.iter().enumerate() {
        let definition: Value = serde_json::from_slice(&fs::read(machine)?)
            .with_context(|| format!("{} is not JSON", machine.display()))?;
        let properties = json!({ "RoleArn": "arn:aws:iam::123456789012:role/example", "Definition": definition });
        let resource = json!({ "Type": "AWS::StepFunctions::StateMachine", "Properties": properties });
        resources.insert(format!("Machine{number}"), resource);
    }
    let template = workspace.join("target/lint/state-machines.json");
    fs::create_dir_all(workspace.join("target/lint"))?;
    fs::write(&template, serde_json::to_vec_pretty(&json!({ "Resources": resources }))?)?;
    Ok(template)
}

/// What AWS makes of a SAM template.
async fn expand(python: &Environment, template: &Path, workspace: &Path) -> anyhow::Result<PathBuf> {
    let mut expand = command(python, "python", workspace);
    expand.arg("sam/expand.py").arg(template).kill_on_drop(true);
    let output = expand.output().await.context("can't run Python")?;
    if !output.status.success() {
        bail!("the template can't be expanded: {}", String::from_utf8_lossy(&output.stderr));
    }
    let expanded = workspace.join("target/lint/template.json");
    fs::write(&expanded, output.stdout)?;
    Ok(expanded)
}

/// asl-validator is an npm package; Node.js comes with the other validators.
async fn asl(workspace: &Path, python: &Environment, machines: &[PathBuf]) -> anyhow::Result<()> {
    let folder = workspace.join(".local/validators");
    let source = workspace.join("sam/validators");
    let lock = fs::read(source.join("package-lock.json"))?;
    let program = folder.join("node_modules/asl-validator/dist/bin/asl-validator.js");
    if !program.exists() || fs::read(folder.join("package-lock.json")).ok().as_ref() != Some(&lock) {
        fs::create_dir_all(&folder)?;
        for file in ["package.json", "package-lock.json"] {
            fs::copy(source.join(file), folder.join(file))?;
        }
        let mut npm = Command::new(python.program("npm"));
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]).current_dir(&folder);
        npm.env("PATH", path_with(python)?);
        succeed(npm).await.context("asl-validator can't be installed; is the npm registry reachable?")?;
    }
    let mut validator = Command::new(python.program("node"));
    validator.arg(&program).current_dir(workspace);
    for machine in machines {
        validator.arg("--json-path").arg(machine);
    }
    succeed(validator).await.map(|_| ())
}

/// npm looks for Node.js in the path.
fn path_with(python: &Environment) -> anyhow::Result<std::ffi::OsString> {
    let own = python.program("node").parent().map(Path::to_owned).unwrap_or_default();
    #[expect(clippy::disallowed_methods, reason = "the path is only handed on")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&path)))?)
}

fn command(python: &Environment, program: &str, workspace: &Path) -> Command {
    let mut command = Command::new(python.program(program));
    command.current_dir(workspace).env_clear().envs(aws::environment(NOWHERE));
    command
}
