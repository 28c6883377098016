//! Licences, sources and advisories, by cargo-deny: a pinned version, built once per user and kept.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use tokio::process::Command;

use super::{Outcome, succeed};

const VERSION: &str = "0.20.2";

pub(super) async fn check(workspace: &Path) -> anyhow::Result<Outcome> {
    let deny = program().await?;
    succeed(deny_command(&deny, workspace, &["check", "bans", "licenses", "sources"])).await?;
    // The advisories are the only check that needs the network at every run.
    let fetched = deny_command(&deny, workspace, &["fetch", "db"]).stderr(Stdio::null()).status().await;
    if !fetched.is_ok_and(|status| status.success()) {
        return Ok(Some("advisories not checked: their database can't be reached".into()));
    }
    succeed(deny_command(&deny, workspace, &["check", "advisories"])).await
}

fn deny_command(program: &Path, workspace: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(["--log-level", "warn"]).args(arguments).current_dir(workspace);
    command
}

/// Finds the pinned cargo-deny in `PATH` or where an earlier run put it; builds it otherwise.
async fn program() -> anyhow::Result<PathBuf> {
    let installed = Command::new("cargo-deny").arg("--version").stderr(Stdio::null()).output().await;
    if installed.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim().ends_with(VERSION)) {
        return Ok("cargo-deny".into());
    }
    let home = std::env::home_dir().context("there is no home folder to keep cargo-deny in")?;
    let folder = home.join(".cache/tola").join(format!("cargo-deny-{VERSION}"));
    let program = folder.join("bin").join("cargo-deny");
    if !program.exists() {
        eprintln!("building cargo-deny {VERSION} once, into {} …", folder.display());
        let mut install = tola_local::cargo();
        // Not optimised: it builds in half the time, and checks in a few seconds all the same.
        install.args(["install", "--locked", "--quiet", "--debug", "cargo-deny", "--version", VERSION, "--root"]);
        install.arg(&folder).env("CARGO_PROFILE_DEV_DEBUG", "0");
        succeed(install).await.context("cargo-deny can't be installed; is the crate registry reachable?")?;
    }
    Ok(program)
}
