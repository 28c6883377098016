//! Runs libFuzzer and understands what it says.

use std::collections::VecDeque;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tola_local::Progress as _;

use super::build::{Built, MAX_LENGTH};
use crate::ui::Ui;

/// What a file may take: megabytes and seconds.
const LIMITS: [&str; 2] = ["-rss_limit_mb=512", "-timeout=5"];

/// How many of the last lines are kept, to tell what happened before the end.
const KEPT: usize = 60;

/// How often a line is written where no line can move.
const PULSE: Duration = Duration::from_secs(60);

/// How much is tried.
#[derive(Debug, Clone, Copy)]
pub(super) enum Effort {
    /// So many files.
    Runs(u64),
    /// So long.
    Time(Duration),
}

/// What the fuzzer is asked to do.
pub(super) struct Job<'a> {
    pub(super) program: &'a Built,
    pub(super) seeds: &'a Path,
    /// Where files are kept that reach something new.
    pub(super) learnt: &'a Path,
    pub(super) findings: &'a Path,
    pub(super) dictionary: &'a Path,
    pub(super) effort: Effort,
    /// With the same random numbers each time.
    pub(super) repeatable: bool,
}

/// How it went.
pub(super) struct Ended {
    pub(super) status: Status,
    pub(super) finding: Option<Finding>,
    first_coverage: u64,
}

/// What is wrong.
pub(super) struct Finding {
    /// What causes it.
    pub(super) file: Option<PathBuf>,
    /// The fuzzer's own words.
    pub(super) report: String,
}

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// Tried so far.
    pub(super) files: u64,
    /// Edges between blocks of code that were reached so far.
    coverage: u64,
    per_second: u64,
}

impl Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} files, {} a second, coverage {}", self.files, self.per_second, self.coverage)
    }
}

impl Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = if self.finding.is_some() { "a finding" } else { "nothing found" };
        write!(f, "{}, from {}; {found}", self.status, self.first_coverage)
    }
}

/// Runs the fuzzer until it has done enough, or finds something.
pub(super) async fn run(job: &Job<'_>, ui: &Ui) -> anyhow::Result<Ended> {
    for folder in [job.learnt, job.findings] {
        std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    }
    let mut command = Command::new(&job.program.0);
    command.args([job.learnt, job.seeds]).args(LIMITS).arg(format!("-max_len={MAX_LENGTH}"));
    command.arg(format!("-dict={}", job.dictionary.display()));
    command.arg(format!("-artifact_prefix={}/", job.findings.display()));
    command.arg(match job.effort {
        Effort::Runs(runs) => format!("-runs={runs}"),
        Effort::Time(time) => format!("-max_total_time={}", time.as_secs()),
    });
    if job.repeatable {
        command.arg("-seed=20261121");
    }
    let mut child = command.stderr(Stdio::piped()).kill_on_drop(true).spawn().context("can't run the fuzzer")?;
    let stderr = child.stderr.take().context("the fuzzer has no output")?;
    let heard = listen(stderr, ui).await?;
    let finding = (!child.wait().await?.success()).then(|| heard.finding());
    Ok(Ended { status: heard.status, finding, first_coverage: heard.first_coverage })
}

/// Tries one file, and shows what it does.
pub(super) async fn repeat(program: &Built, file: &Path) -> anyhow::Result<()> {
    let status = Command::new(&program.0).args(LIMITS).arg(file).status().await.context("can't run the fuzzer")?;
    if !status.success() {
        bail!("{} is still a finding", file.display());
    }
    Ok(())
}

/// What the fuzzer said.
#[derive(Default)]
struct Heard {
    status: Status,
    first_coverage: u64,
    last: VecDeque<String>,
}

impl Heard {
    fn line(&mut self, line: String) {
        match status(&line) {
            Some(status) => {
                self.status = status;
                if self.first_coverage == 0 {
                    self.first_coverage = status.coverage;
                }
                // What was said before the fuzzer went on was not the end.
                self.last.clear();
            }
            None => self.last.push_back(line),
        }
        if self.last.len() > KEPT {
            self.last.pop_front();
        }
    }

    fn finding(&self) -> Finding {
        let file =
            self.last.iter().find_map(|line| line.split_once("Test unit written to ").map(|(_, file)| file.into()));
        Finding { file, report: self.last.iter().map(String::as_str).collect::<Vec<_>>().join("\n") }
    }
}

async fn listen(output: impl tokio::io::AsyncRead + Unpin, ui: &Ui) -> anyhow::Result<Heard> {
    let mut heard = Heard::default();
    let mut lines = BufReader::new(output).split(b'\n');
    let mut told = Instant::now();
    // Not every line is text: the fuzzer shows bytes.
    while let Some(line) = lines.next_segment().await? {
        heard.line(String::from_utf8_lossy(&line).into_owned());
        ui.detail(&heard.status.to_string());
        if !console::user_attended_stderr() && told.elapsed() > PULSE {
            eprintln!("  {}", heard.status);
            told = Instant::now();
        }
    }
    Ok(heard)
}

/// `#183162 NEW cov: 6088 ft: 17731 corp: 2264/8269Kb lim: 32180 exec/s: 1513 rss: 113Mb …`
fn status(line: &str) -> Option<Status> {
    let files = line.strip_prefix('#')?.split_whitespace().next()?.parse().ok()?;
    let number = |name: &str| line.split_once(name)?.1.split_whitespace().next()?.parse().ok();
    Some(Status { files, coverage: number("cov: ")?, per_second: number("exec/s: ")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_it_is_is_read_from_the_fuzzers_lines() {
        let line = "#183162\tDONE   cov: 6088 ft: 17731 corp: 2264/8269Kb lim: 32180 exec/s: 1513 rss: 113Mb";

        assert_eq!(status(line), Some(Status { files: 183_162, coverage: 6088, per_second: 1513 }));
        assert_eq!(status("#465\tINITED exec/s: 0 rss: 42Mb"), None);
        assert_eq!(status("thread '<unnamed>' panicked at crates/media"), None);
    }

    #[test]
    fn a_finding_is_what_was_said_last() {
        let mut heard = Heard::default();
        for line in [
            "a warning at the beginning",
            "#2\tINITED cov: 10 ft: 17 corp: 1/1b exec/s: 0 rss: 42Mb",
            "#9\tNEW    cov: 30 ft: 17 corp: 2/2b exec/s: 5 rss: 42Mb",
            "thread '<unnamed>' panicked at crates/media/src/pixels/jpeg/scan.rs:1:1:",
            "artifact_prefix='artifacts/'; Test unit written to artifacts/crash-1",
        ] {
            heard.line(line.to_owned());
        }

        let finding = heard.finding();

        assert_eq!(finding.file, Some("artifacts/crash-1".into()));
        assert!(finding.report.starts_with("thread"), "{}", finding.report);
        let ended = Ended { status: heard.status, finding: Some(finding), first_coverage: heard.first_coverage };
        assert_eq!(ended.to_string(), "9 files, 5 a second, coverage 30, from 10; a finding");
    }
}
