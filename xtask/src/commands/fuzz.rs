//! `cargo xtask fuzz`: lets a fuzzer look for files that break what Tola does with images.
//!
//! It changes the small files of the corpus, watches which code each one reaches, and goes on with those that reach more.
//! A finding is a panic of ours, more than five seconds, more than 512 MiB, or an answer that contradicts another.

mod build;
mod fuzzer;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use tola_local::{Progress as _, stack};

use self::build::Program;
use self::fuzzer::{Effort, Ended};
use crate::ui::{Ui, seconds};

/// How long the planted defect may stay hidden. It takes seconds to minutes, as chance has it.
const PLANTED: Duration = Duration::from_secs(300);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What is fuzzed
    #[arg(value_enum)]
    target: Target,
    /// How long to look, in minutes
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// Try so many files instead, the same ones each time
    #[arg(long, conflicts_with = "minutes")]
    runs: Option<u64>,
    /// Plant a defect, and fail unless it is found
    #[arg(long, conflicts_with_all = ["minutes", "runs"])]
    planted: bool,
    /// Try this file alone, to repeat a finding
    #[arg(long, value_name = "FILE", conflicts_with_all = ["minutes", "runs", "planted"])]
    file: Option<PathBuf>,
}

/// What can be fuzzed: the programs of `fuzz/src`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Target {
    /// Inspecting and rendering an upload
    Images,
}

impl Target {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let workspace = stack::workspace();
    let ui = Ui::default();
    let result = fuzz(&workspace, &arguments, &ui).await;
    if result.is_err() {
        ui.failed();
    }
    result
}

async fn fuzz(workspace: &Path, arguments: &Arguments, ui: &Ui) -> anyhow::Result<()> {
    let name = arguments.target.name();
    let program = Program { folder: workspace.join("fuzz"), name: &name, planted: arguments.planted };
    let built = phase(ui, "build", build::build(&program, ui)).await?;
    if let Some(file) = &arguments.file {
        return fuzzer::repeat(&built, file).await;
    }
    let seeds = program.folder.join("seeds").join(&name);
    phase(ui, "seeds", build::write_seeds(workspace, &seeds, ui)).await?;

    let effort = match (arguments.planted, arguments.runs) {
        (true, _) => Effort::Time(PLANTED),
        (false, Some(runs)) => Effort::Runs(runs),
        (false, None) => Effort::Time(Duration::from_secs(60 * arguments.minutes)),
    };
    // What is repeated exactly, or planted, neither knows what was learnt before nor teaches anything.
    let forgotten = tempfile::tempdir().context("can't make a folder")?;
    let alone = arguments.planted || arguments.runs.is_some();
    let learnt = if alone { forgotten.path().join("learnt") } else { program.folder.join("corpus").join(&name) };
    let findings =
        if arguments.planted { forgotten.path().join("found") } else { program.folder.join("artifacts").join(&name) };
    let job = fuzzer::Job {
        program: &built,
        seeds: &seeds,
        learnt: &learnt,
        findings: &findings,
        dictionary: &program.folder.join("dictionaries").join(format!("{name}.dict")),
        effort,
        repeatable: alone,
    };
    let ended = phase(ui, "fuzz", fuzzer::run(&job, ui)).await?;
    if arguments.planted { judge_planted(&ended) } else { judge(&ended, &name) }
}

/// Shows a step and what came of it.
async fn phase<T: std::fmt::Display>(
    ui: &Ui,
    name: &str,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let began = Instant::now();
    ui.begin(name);
    let done = work.await?;
    ui.end(name, &done.to_string(), began.elapsed());
    Ok(done)
}

fn judge(ended: &Ended, name: &str) -> anyhow::Result<()> {
    let Some(finding) = &ended.finding else { return Ok(()) };
    eprintln!("\n{}\n", finding.report);
    let Some(file) = &finding.file else { bail!("the fuzzer ended without telling why") };
    let file = file.strip_prefix(stack::workspace()).unwrap_or(file).display();
    bail!(
        "a finding: {file}\n  repeat it: cargo xtask fuzz {name} --file {file}\n  \
         then make it a case of crates/media/tests/corpus, see it fail, and mend what is broken"
    )
}

fn judge_planted(ended: &Ended) -> anyhow::Result<()> {
    match &ended.finding {
        Some(finding) if finding.report.contains("planted.rs") => {
            eprintln!("the planted defect was found, as it should be, after {} files", ended.status.files);
            Ok(())
        }
        Some(finding) => bail!("something else was found than what was planted:\n{}", finding.report),
        None => bail!("the planted defect was not found in {}: the fuzzer is blind", seconds(PLANTED)),
    }
}
