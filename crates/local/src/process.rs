//! Processes that outlive the command that started them, found again by what is written down about them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde::{Deserialize, Serialize};

use crate::error::At as _;
use crate::{Error, Result};

const POLL: Duration = Duration::from_millis(25);
/// How long the system may take to bury a process that was killed.
const AFTER_KILL: Duration = Duration::from_secs(5);

/// What to start.
#[derive(Debug)]
pub struct Launch<'a> {
    /// Under which name it is written down.
    pub name: &'static str,
    /// The executable.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its whole environment: nothing is inherited.
    pub environment: BTreeMap<String, String>,
    /// Where its output goes; the file is begun anew.
    pub log: &'a Path,
}

/// A process that was started, as written to `<name>.json` in the folder of process records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pid: i32,
    /// When the system says it began: a process id alone may belong to somebody else by now.
    began: String,
}

impl Record {
    /// Starts a process in a group of its own, so that neither Ctrl-C nor a closed terminal reaches it, and writes it
    /// down in `folder`.
    ///
    /// # Errors
    /// When the program can't be started or the record not be written.
    pub fn launch(folder: &Path, launch: &Launch<'_>) -> Result<Self> {
        let log = File::create(launch.log).at(launch.log)?;
        let mut child = Command::new(&launch.program)
            .args(&launch.arguments)
            .env_clear()
            .envs(&launch.environment)
            .stdin(Stdio::null())
            .stderr(log.try_clone().at(launch.log)?)
            .stdout(log)
            .process_group(0)
            .spawn()
            .at(&launch.program)?;
        let pid = i32::try_from(child.id()).unwrap_or_default();
        let record = Self { pid, began: began(pid).unwrap_or_default() };
        // A child that nobody waits for stays a zombie for as long as this process lives.
        std::thread::spawn(move || child.wait());

        fs::create_dir_all(folder).at(folder)?;
        let path = record_path(folder, launch.name);
        fs::write(&path, serde_json::to_vec(&record).unwrap_or_default()).at(&path)?;
        Ok(record)
    }

    /// Finds the process `name` of `folder`, if it was started and still runs.
    #[must_use]
    pub fn running(folder: &Path, name: &str) -> Option<Self> {
        let text = fs::read(record_path(folder, name)).ok()?;
        let record: Self = serde_json::from_slice(&text).ok()?;
        record.is_alive().then_some(record)
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Whether exactly this process still runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        began(self.pid).is_some_and(|began| began == self.began)
    }

    /// Asks the process to end, waits up to `patience`, then ends it and whatever it left behind in its group.
    /// Returns whether it ended by itself. A process that is gone already has ended well.
    pub async fn stop(&self, patience: Duration) -> bool {
        if !self.is_alive() {
            return true;
        }
        self.signal(Signal::TERM);
        let ended = self.gone_within(patience).await;
        self.kill_group();
        if !ended {
            self.gone_within(AFTER_KILL).await;
        }
        ended
    }

    /// Ends the process and its group at once, as a power cut would, and waits until it is gone.
    ///
    /// # Errors
    /// [`Error::CommandFailed`] when it is still there after five seconds.
    pub async fn kill(&self) -> Result<()> {
        if !self.is_alive() {
            return Ok(());
        }
        self.signal(Signal::KILL);
        self.kill_group();
        if self.gone_within(AFTER_KILL).await {
            return Ok(());
        }
        Err(Error::CommandFailed { command: format!("kill -9 {}", self.pid), output: "it is still running".into() })
    }

    async fn gone_within(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.is_alive() {
            if Instant::now() >= deadline {
                return false;
            }
            tokio::time::sleep(POLL).await;
        }
        true
    }

    fn signal(&self, signal: Signal) {
        // Failure means that it is gone, which is what every caller goes on to check.
        if self.is_alive()
            && let Some(pid) = Pid::from_raw(self.pid)
        {
            let _ = kill_process(pid, signal);
        }
    }

    fn kill_group(&self) {
        // No process id is given again while a group of that name has members, so this hits nobody else.
        if let Some(pid) = Pid::from_raw(self.pid) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

fn record_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.json"))
}

/// When the process began, in the system's own words; `None` when there is no such process or it is a zombie.
fn began(pid: i32) -> Option<String> {
    if cfg!(target_os = "linux") {
        return from_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?);
    }
    let output = Command::new("ps").args(["-o", "stat=,lstart=", "-p", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let (state, began) = text.trim().split_once(char::is_whitespace)?;
    (!state.starts_with('Z')).then(|| began.trim().to_owned())
}

/// Reads the state and the start time from `/proc/<pid>/stat`, whose second field may hold spaces and brackets.
fn from_stat(stat: &str) -> Option<String> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    let began = fields.nth(18)?;
    (!matches!(state, "Z" | "X")).then(|| began.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(folder: &Path, script: &str) -> Record {
        let log = folder.join("log");
        let launch = Launch {
            name: "sleeper",
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            environment: BTreeMap::from([("PATH".into(), "/usr/bin:/bin".into())]),
            log: &log,
        };
        Record::launch(folder, &launch).unwrap()
    }

    #[tokio::test]
    async fn a_process_is_found_again_and_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let record = sleeper(folder.path(), "exec sleep 60");

        assert_eq!(Record::running(folder.path(), "sleeper"), Some(record.clone()));
        assert!(record.stop(Duration::from_secs(5)).await);
        assert_eq!(Record::running(folder.path(), "sleeper"), None);
        assert!(record.stop(Duration::from_secs(5)).await, "stopping twice is stopping once");
    }

    #[tokio::test]
    async fn one_that_will_not_listen_is_ended_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let record = sleeper(folder.path(), "trap '' TERM; echo ready; while :; do sleep 0.1; done");
        let deadline = Instant::now() + Duration::from_secs(5);
        while fs::read_to_string(folder.path().join("log")).unwrap().is_empty() {
            assert!(Instant::now() < deadline, "the script never began");
            tokio::time::sleep(POLL).await;
        }

        assert!(!record.stop(Duration::from_millis(200)).await);
        assert!(!record.is_alive());
    }

    #[test]
    fn a_zombie_and_a_stranger_with_the_same_id_are_not_the_process() {
        let alive = "42 (a ) name) S 1 42 42 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 7777 0";
        assert_eq!(from_stat(alive).as_deref(), Some("7777"));
        assert_eq!(from_stat(&alive.replace(") S", ") Z")), None);

        let me = i32::try_from(std::process::id()).unwrap();
        assert!(!Record { pid: me, began: "another life".into() }.is_alive());
    }
}
