//! Builds the Lambda functions for this machine and puts each where `template.yaml` looks for it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::cargo::cargo;
use crate::error::{At as _, tail};
use crate::{Error, Progress, Result};

/// The program that serves the embedded database in a process of its own; built along with the functions.
const DATABASE: &str = "tola-database";

/// What a build made.
#[derive(Debug, Clone)]
pub struct Built {
    /// Every function's bootstrap below `target/lambda`, by function.
    pub bootstraps: BTreeMap<String, PathBuf>,
    /// The functions whose bootstrap differs from what lay there before.
    pub changed: Vec<String>,
    /// The `tola-database` program, unless the workspace has none.
    pub database: Option<PathBuf>,
}

/// The functions of a workspace: the folders below `functions/` that hold a program.
///
/// # Errors
/// When `functions/` can't be read.
pub fn names(workspace: &Path) -> Result<Vec<String>> {
    let folder = workspace.join("functions");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .at(&folder)?
        .flatten()
        .filter(|entry| entry.path().join("src/main.rs").exists())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    Ok(names)
}

/// Builds all functions with the dev profile and places them at `target/lambda/<name>/bootstrap`.
///
/// # Errors
/// [`Error::BuildFailed`] with the compiler's errors, or a file that can't be written.
pub async fn build(workspace: &Path, progress: &dyn Progress) -> Result<Built> {
    let names = names(workspace)?;
    let mut executables = compile(workspace, &names, progress).await?;
    let database = executables.remove(DATABASE);
    let (mut bootstraps, mut changed) = (BTreeMap::new(), Vec::new());
    for name in names {
        let Some(executable) = executables.remove(&name) else {
            return Err(Error::BuildFailed { output: format!("functions/{name} has no program called `{name}`") });
        };
        let bootstrap = workspace.join("target/lambda").join(&name).join("bootstrap");
        if place(&executable, &bootstrap)? {
            changed.push(name.clone());
        }
        bootstraps.insert(name, bootstrap);
    }
    Ok(Built { bootstraps, changed, database })
}

/// Runs one `cargo build` for all of them, and returns the executables by name.
async fn compile(workspace: &Path, names: &[String], progress: &dyn Progress) -> Result<BTreeMap<String, PathBuf>> {
    let mut command = cargo();
    // Of the whole workspace, so that libraries are built with the features that tests have, and once for both.
    command.args(["build", "--workspace", "--message-format", "json-render-diagnostics"]).current_dir(workspace);
    for name in names {
        command.args(["--bin", name]);
    }
    if workspace.join("crates/local").exists() {
        command.args(["--bin", DATABASE]);
    }
    let name = Path::new("cargo");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .at(name)?;

    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let artifacts = async {
        let mut executables = BTreeMap::new();
        let Some(stdout) = stdout else { return executables };
        let mut lines = BufReader::new(stdout).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            executables.extend(executable(&line));
        }
        executables
    };
    let messages = async {
        let mut all = String::new();
        let Some(stderr) = stderr else { return all };
        let mut lines = BufReader::new(stderr).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            progress.detail(line.trim());
            all.push_str(&line);
            all.push('\n');
        }
        all
    };
    let (executables, messages) = tokio::join!(artifacts, messages);
    if child.wait().await.at(name)?.success() {
        return Ok(executables);
    }
    Err(Error::BuildFailed { output: tail(&without_progress(&messages), 60) })
}

/// Reads one of cargo's JSON messages: the program's name and where it lies, if the message is about a program.
fn executable(line: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let path = message.get("executable")?.as_str()?;
    Some((message.pointer("/target/name")?.as_str()?.to_owned(), path.into()))
}

fn without_progress(messages: &str) -> String {
    let progress = ["Compiling", "Downloading", "Downloaded", "Updating", "Blocking", "Locking", "Fresh"];
    let worth = |line: &&str| !progress.iter().any(|word| line.trim_start().starts_with(word));
    messages.lines().filter(worth).collect::<Vec<_>>().join("\n")
}

/// Copies an executable unless it is there already; returns whether it did. A copy and not a link, because other
/// builders write into `target/lambda` in place and would change the original.
fn place(executable: &Path, bootstrap: &Path) -> Result<bool> {
    let built = fs::metadata(executable).at(executable)?;
    let modified = built.modified().at(executable)?;
    if let Ok(placed) = fs::metadata(bootstrap)
        && placed.len() == built.len()
        && placed.modified().is_ok_and(|placed| placed == modified)
    {
        return Ok(false);
    }
    let folder = bootstrap.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).at(folder)?;
    // Several stacks may be coming up at once: whoever is last wins, with a whole file.
    let draft = NamedTempFile::new_in(folder).at(folder)?;
    fs::copy(executable, draft.path()).at(draft.path())?;
    draft.as_file().set_modified(modified).at(draft.path())?;
    draft.persist(bootstrap).map_err(|error| error.error).at(bootstrap)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bootstrap_is_placed_only_when_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (program, bootstrap) = (folder.path().join("hello"), folder.path().join("lambda/hello/bootstrap"));
        fs::write(&program, "one").unwrap();

        assert!(place(&program, &bootstrap).unwrap());
        assert!(!place(&program, &bootstrap).unwrap());
        fs::write(&program, "other").unwrap();
        assert!(place(&program, &bootstrap).unwrap());
        assert_eq!(fs::read_to_string(&bootstrap).unwrap(), "other");
    }

    #[test]
    fn programs_are_found_among_the_messages_of_cargo() {
        let program = r#"{"reason":"compiler-artifact","target":{"name":"api"},"executable":"/t/debug/api"}"#;
        let library = r#"{"reason":"compiler-artifact","target":{"name":"lib"},"executable":null}"#;

        assert_eq!(executable(program), Some(("api".into(), "/t/debug/api".into())));
        assert_eq!(executable(library), None);
    }

    #[test]
    fn only_folders_with_a_program_are_functions() {
        let workspace = tempfile::tempdir().unwrap();
        let functions = workspace.path().join("functions");
        fs::create_dir_all(functions.join("sweep/src")).unwrap();
        fs::write(functions.join("sweep/src/main.rs"), "").unwrap();
        fs::create_dir_all(functions.join("notes")).unwrap();

        assert_eq!(names(workspace.path()).unwrap(), ["sweep"]);
    }
}
