//! The judge: a program that makes the pictures and scores renditions, see `bench/images/judge`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// The judge's program.
pub(super) struct Judge {
    pub(super) program: PathBuf,
}

/// A picture that every contestant is handed.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) struct Exhibit {
    /// `photo-12mp`.
    #[serde(rename = "exhibit")]
    pub(super) name: String,
    #[serde(skip_serializing)]
    pub(super) file: PathBuf,
    pub(super) content_type: String,
    /// As a viewer shows it.
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bytes: u64,
    pub(super) content_hash: String,
}

/// A rendition to be scored.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Scored<'a> {
    pub(super) file: &'a Path,
    pub(super) square: bool,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Judge {
    /// Makes the pictures, in a folder.
    ///
    /// # Errors
    /// When they can't be written.
    pub(super) async fn make(&self, folder: &Path) -> anyhow::Result<Vec<Exhibit>> {
        let mut command = Command::new(&self.program);
        command.arg("make").arg(folder);
        answer(command, &[]).await.context("the pictures could not be made")
    }

    /// Scores renditions of one picture by SSIMULACRA2, in their order.
    ///
    /// # Errors
    /// When one is not what it should be: of another size or format, damaged, or with metadata.
    pub(super) async fn score(&self, exhibit: &Exhibit, renditions: &[Scored<'_>]) -> anyhow::Result<Vec<f64>> {
        let task = serde_json::to_vec(&json!({ "exhibit": exhibit.name, "renditions": renditions }))?;
        let mut command = Command::new(&self.program);
        command.arg("score");
        let scores: Vec<f64> = answer(command, &task).await?;
        ensure!(scores.len() == renditions.len(), "the judge gave {} scores", scores.len());
        Ok(scores)
    }
}

async fn answer<T: DeserializeOwned>(mut command: Command, question: &[u8]) -> anyhow::Result<T> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().context("can't start the judge")?;
    let mut stdin = child.stdin.take().context("the judge does not listen")?;
    stdin.write_all(question).await?;
    drop(stdin);
    let output = child.wait_with_output().await?;
    ensure!(output.status.success(), "the judge says: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(serde_json::from_slice(&output.stdout)?)
}
