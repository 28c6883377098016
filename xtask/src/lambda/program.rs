//! A program that is started as Lambda starts it, and driven through the runtime API.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::runtime_api::{Answered, RuntimeApi};
use super::usage::Usage;

/// How long a process may take to ask for its first event. Lambda gives ten seconds; a busy machine gets some more.
const INIT_PATIENCE: Duration = Duration::from_secs(30);
const ANSWER_PATIENCE: Duration = Duration::from_secs(15);
/// How much of a log an error shows.
const LOG_TAIL: usize = 12;

/// How to start it.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// What people call it.
    pub(crate) name: &'static str,
    /// The executable.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<OsString>,
    /// Where it is started.
    pub(crate) folder: PathBuf,
    /// Its whole environment, but for the address of the runtime API: nothing is inherited.
    pub(crate) environment: BTreeMap<String, String>,
    /// Where its output goes.
    pub(crate) log: PathBuf,
    /// The only core that it may use, if cores can be chosen.
    pub(crate) core: Option<usize>,
}

/// A process that waits for its next event. It ends with this value.
pub(crate) struct Running {
    name: &'static str,
    log: PathBuf,
    child: Child,
    api: RuntimeApi,
    /// From the start of the process until it asked for its first event.
    pub(crate) init: Duration,
}

impl Program {
    /// Starts a new process and waits until it asks for its first event.
    ///
    /// # Errors
    /// When it can't be started, ends, gives up or takes longer than 30 seconds; with the end of its log.
    pub(crate) async fn start(&self) -> anyhow::Result<Running> {
        let api = RuntimeApi::start().await?;
        let log = File::create(&self.log).with_context(|| format!("can't write {}", self.log.display()))?;
        let mut command = self.command();
        command
            .current_dir(&self.folder)
            .env_clear()
            .envs(&self.environment)
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .kill_on_drop(true);
        let began = Instant::now();
        let child = command.spawn().with_context(|| format!("can't start {}", self.program.display()))?;
        let mut running = Running { name: self.name, log: self.log.clone(), child, api, init: Duration::ZERO };
        running.init = running.first_poll().await? - began;
        Ok(running)
    }

    /// `taskset` becomes the program that it starts, so that the process stays the same.
    fn command(&self) -> Command {
        let Some(core) = self.core else {
            let mut command = Command::new(&self.program);
            command.args(&self.arguments);
            return command;
        };
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", &core.to_string()]).arg(&self.program).args(&self.arguments);
        command
    }
}

impl Running {
    /// Hands an event to the process and waits for the answer.
    ///
    /// # Errors
    /// When it ends, fails or takes longer than 15 seconds; with the end of its log.
    pub(crate) async fn invoke(&mut self, event: Vec<u8>) -> anyhow::Result<Answered> {
        let answered = tokio::select! {
            answered = timeout(ANSWER_PATIENCE, self.api.invoke(event)) => answered.unwrap_or_else(|_| Err(anyhow!("no answer came"))),
            _ = self.child.wait() => Err(anyhow!("the process ended")),
        };
        answered.with_context(|| self.described())
    }

    /// What the process has used so far.
    ///
    /// # Errors
    /// When it is gone, or has processes work for it that would not be counted.
    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        let Some(pid) = self.child.id() else { bail!("{} has ended", self.name) };
        Usage::of(pid)
    }

    /// Ends the process as Lambda does, without asking, and waits until it is gone.
    pub(crate) async fn end(mut self) {
        // It may have ended by itself.
        let _ = self.child.kill().await;
    }

    async fn first_poll(&mut self) -> anyhow::Result<Instant> {
        let polled = tokio::select! {
            polled = timeout(INIT_PATIENCE, self.api.polled()) => polled.unwrap_or_else(|_| Err(anyhow!("it never asked for an event"))),
            _ = self.child.wait() => Err(anyhow!("the process ended before it asked for an event")),
        };
        polled.with_context(|| self.described())
    }

    fn described(&self) -> String {
        format!("{}; the end of its log is:\n{}\n", self.name, tail(&self.log))
    }
}

fn tail(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n")
}
