//! The template before public validators: cfn-lint and the SAM CLI.

use std::path::{Path, PathBuf};

use tokio::process::Command;
use tola_local::python::Environment;
use tola_local::{Progress as _, aws};

use super::{Outcome, succeed};
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

    let mut templates = vec![workspace.join("template.yaml")];
    templates.extend(nested(&workspace.join("sam")));
    let mut lint = command(&python, "cfn-lint", workspace);
    lint.args(&templates);
    succeed(lint).await?;
    let mut sam = command(&python, "sam", workspace);
    sam.args(["validate", "--lint", "--template-file", "template.yaml", "--region", aws::REGION]);
    sam.env("SAM_CLI_TELEMETRY", "0").env("HOME", &folder);
    succeed(sam).await?;
    Ok(Some(format!("{} templates", templates.len())))
}

/// The nested templates: YAML files that say which template format they are of.
fn nested(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_template = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "yaml")
            && std::fs::read_to_string(path).is_ok_and(|text| text.contains("AWSTemplateFormatVersion"))
    };
    files.filter(is_template).collect()
}

fn command(python: &Environment, program: &str, workspace: &Path) -> Command {
    let mut command = Command::new(python.program(program));
    command.current_dir(workspace).env_clear().envs(aws::environment(NOWHERE));
    command
}
