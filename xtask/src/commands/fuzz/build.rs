//! Makes a fuzzer of a program of `fuzz/src`, with the compiler that everybody has.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tola_local::Progress as _;

use crate::ui::Ui;

/// Longer files make the fuzzer slow and tell it nothing new, in bytes.
pub(super) const MAX_LENGTH: u64 = 32 * 1024;

/// Has LLVM count every edge between blocks of code, and tell what is compared with what: what `cargo fuzz` asks of a
/// nightly compiler by an option, asked of a stable one by the pass behind it. Foreign code is told that it is fuzzed,
/// and lets wrong sums pass, which nobody could guess.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// A program to be.
pub(super) struct Program<'a> {
    /// The package.
    pub(super) folder: PathBuf,
    pub(super) name: &'a str,
    /// With a defect.
    pub(super) planted: bool,
}

/// A program that is.
pub(super) struct Built(pub(super) PathBuf);

impl Display for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("counts what it reaches")
    }
}

/// Files to begin with.
pub(super) struct Seeds(usize);

impl Display for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} files of the corpus", self.0)
    }
}

/// Builds a program.
pub(super) async fn build(program: &Program<'_>, ui: &Ui) -> anyhow::Result<Built> {
    let mut cargo = tola_local::cargo();
    cargo.args(["build", "--release", "--locked", "--message-format", "json-render-diagnostics"]);
    // With a target, flags are for it alone, and not for what runs while building.
    cargo.args(["--bin", program.name, "--target", &host().await?]);
    if program.planted {
        cargo.args(["--features", "planted-bug"]);
    }
    cargo.env("RUSTFLAGS", FLAGS).current_dir(&program.folder);
    let executable = watched(cargo, ui).await?.with_context(|| format!("cargo built no {}", program.name))?;
    Ok(Built(executable))
}

/// Runs cargo, shows what it compiles, and answers the last program that it built.
async fn watched(mut cargo: Command, ui: &Ui) -> anyhow::Result<Option<PathBuf>> {
    let mut child = cargo.stdout(Stdio::piped()).kill_on_drop(true).spawn().context("can't run cargo")?;
    let mut lines = BufReader::new(child.stdout.take().context("cargo has no output")?).lines();
    let mut executable = None;
    while let Some(line) = lines.next_line().await? {
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        if let Some(name) = message.pointer("/target/name").and_then(Value::as_str) {
            ui.detail(name);
        }
        if let Some(path) = message.get("executable").and_then(Value::as_str) {
            executable = Some(path.into());
        }
    }
    if !child.wait().await?.success() {
        bail!("the fuzzer can't be built; libFuzzer needs a C++ compiler");
    }
    Ok(executable)
}

async fn host() -> anyhow::Result<String> {
    let told = Command::new("rustc").arg("-vV").output().await.context("can't run rustc")?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    told.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned).context("rustc names no host")
}

/// Writes the short files of the corpus into an empty folder.
pub(super) async fn write_seeds(workspace: &Path, folder: &Path, ui: &Ui) -> anyhow::Result<Seeds> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("can't empty {}", folder.display()))?;
    }
    ui.detail("crates/media/tests/corpus");
    let mut cargo = tola_local::cargo();
    cargo.args(["test", "--quiet", "--package", "tola-media", "--features", "pixels,testing", "--test", "corpus"]);
    cargo.args(["--", "--write"]).arg(folder).arg(MAX_LENGTH.to_string());
    let written = cargo.current_dir(workspace).kill_on_drop(true).status().await.context("can't run cargo")?;
    if !written.success() {
        bail!("the corpus can't be written");
    }
    Ok(Seeds(std::fs::read_dir(folder)?.count()))
}
