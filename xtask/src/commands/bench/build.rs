//! Builds the programs that take part.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tola_local::Progress;

/// How many lines an error shows of what the compiler said.
const MOST: usize = 40;

/// Builds a program of one of these packages with a profile, and returns where it lies. The packages decide which
/// features the libraries are built with; without any, all packages of the workspace do.
///
/// # Errors
/// When it does not compile, with what the compiler said.
pub(super) async fn build(
    workspace: &Path,
    packages: &[&str],
    program: &str,
    profile: &str,
    progress: &dyn Progress,
) -> anyhow::Result<PathBuf> {
    let phase = format!("build {}", program.trim_start_matches("tola-"));
    progress.begin(&phase);
    let began = Instant::now();
    let mut cargo = tola_local::cargo();
    cargo
        .args(["build", "--profile", profile, "--bin", program])
        .args(packages.iter().flat_map(|package| ["--package", package]))
        .args(packages.is_empty().then_some("--workspace"))
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(workspace)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = cargo.spawn().context("can't run cargo")?;
    let (messages, words) = (child.stdout.take(), child.stderr.take());
    let programs = async {
        let mut programs = BTreeMap::new();
        let Some(messages) = messages else { return programs };
        let mut lines = BufReader::new(messages).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            programs.extend(built(&line));
        }
        programs
    };
    let said = async {
        let mut said = Vec::new();
        let Some(words) = words else { return said };
        let mut lines = BufReader::new(words).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            progress.detail(line.trim());
            said.push(line);
        }
        said
    };
    let (mut programs, said) = tokio::join!(programs, said);
    if !child.wait().await?.success() {
        let first = said.iter().position(|line| line.starts_with("error")).unwrap_or_default();
        let errors: Vec<_> = said.into_iter().skip(first).take(MOST).collect();
        bail!("{program} does not build:\n{}", errors.join("\n"));
    }
    let path = programs.remove(program).with_context(|| format!("there is no program called `{program}`"))?;
    progress.end(&phase, &format!("profile {profile}"), began.elapsed());
    Ok(path)
}

/// Reads one of cargo's JSON messages: the program's name and where it lies, if the message is about a program.
fn built(line: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let path = message.get("executable")?.as_str()?;
    Some((message.pointer("/target/name")?.as_str()?.to_owned(), path.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_about_programs_name_one() {
        let program = r#"{"reason":"compiler-artifact","target":{"name":"api"},"executable":"/t/release/api"}"#;
        let library = r#"{"reason":"compiler-artifact","target":{"name":"lib"},"executable":null}"#;

        assert_eq!(built(program), Some(("api".into(), "/t/release/api".into())));
        assert_eq!(built(library), None);
        assert_eq!(built("not JSON"), None);
    }
}
