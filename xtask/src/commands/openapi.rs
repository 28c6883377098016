//! `cargo xtask openapi`: writes down the contract that the code makes, and holds it against those that clients have.

mod breaking;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use console::style;
use serde_json::Value;
use tokio::process::Command;
use tola_local::stack;

/// The contract, in the repository.
const FILE: &str = "openapi.json";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing, and fail if the file is not what the code makes
    #[arg(long)]
    check: bool,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let said = write_or_check(arguments.check).await?;
    eprintln!("{} {FILE}: {said}", style("✓").green());
    Ok(())
}

/// Whether the contract in the repository is what the code makes, and breaks no client.
///
/// # Errors
/// When it is not, or does.
pub(super) async fn check() -> anyhow::Result<String> {
    write_or_check(true).await
}

async fn write_or_check(check: bool) -> anyhow::Result<String> {
    let workspace = stack::workspace();
    let text = made(&workspace).await?;
    let contract: Value = serde_json::from_str(&text).context("the code made no document")?;
    let path = workspace.join(FILE);
    if check {
        let kept = fs::read_to_string(&path).with_context(|| format!("can't read {FILE}"))?;
        ensure!(
            kept == text,
            "{FILE} is not what the code makes: run `cargo xtask openapi`, and look at the difference"
        );
    }
    let held = hold(&workspace, &contract).await?;
    if !check {
        fs::write(&path, text).with_context(|| format!("can't write {FILE}"))?;
    }
    Ok(format!("version {}, {held}", version(&contract)))
}

/// The contract as the code makes it.
async fn made(workspace: &Path) -> anyhow::Result<String> {
    let mut cargo = tola_local::cargo();
    // Of the whole workspace, so that nothing is built with other features for it.
    cargo.args(["build", "--quiet", "--workspace", "--example", "openapi"]).current_dir(workspace);
    ensure!(cargo.status().await?.success(), "the document's program can't be built");
    let program = workspace.join("target/debug/examples/openapi");
    let output = Command::new(&program).output().await.with_context(|| format!("can't run {}", program.display()))?;
    ensure!(output.status.success(), "no document: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// Holds a contract against every one that history has of its version: whoever wrote a client by one of them can go on
/// with this one.
async fn hold(workspace: &Path, contract: &Value) -> anyhow::Result<String> {
    let Ok(revisions) = git(workspace, ["log", "--format=%h", "--", FILE]).await else {
        return Ok("without a history to hold it against".to_owned());
    };
    let mut held = 0;
    for revision in revisions.lines() {
        // A commit that removed the file has none.
        let Ok(text) = git(workspace, ["show", &format!("{revision}:{FILE}")]).await else { continue };
        let before: Value = serde_json::from_str(&text).with_context(|| format!("{FILE} of {revision} is not JSON"))?;
        if line(&before) != line(contract) {
            continue;
        }
        let found = breaking::changes(&before, contract);
        if !found.is_empty() {
            let list = found.iter().map(|change| format!("\n  {change}")).collect::<String>();
            bail!(
                "clients that were made by the contract of {revision} would break:{list}\nMake the change another way, or \
                 move the first number of VERSION in functions/api/src/openapi/mod.rs and the `/v1` of the routes."
            );
        }
        held += 1;
    }
    Ok(format!("breaks none of {held} before it"))
}

async fn git(workspace: &Path, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> anyhow::Result<String> {
    let output = Command::new("git").args(arguments).current_dir(workspace).output().await?;
    ensure!(output.status.success(), "git: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

fn version(contract: &Value) -> &str {
    contract.pointer("/info/version").and_then(Value::as_str).unwrap_or_default()
}

/// The versions that promise the same: those with the first number alike.
fn line(contract: &Value) -> &str {
    version(contract).split('.').next().unwrap_or_default()
}
