//! The embedded database in a process of its own, so that it outlives the command that started it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use crate::cloud::records;
use crate::error::{At as _, tail_of};
use crate::process::{Launch, Record};
use crate::{Error, Result, port};

/// Under which name the process is written down.
const PROCESS: &str = "database";
const READY_WITHIN: Duration = Duration::from_secs(20);
const STOP_WITHIN: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

/// How to run a stack's embedded database.
#[derive(Debug, Clone)]
pub struct Database {
    /// The stack's folder: `database.db` lies in it.
    pub folder: PathBuf,
    /// The port on 127.0.0.1.
    pub port: u16,
    /// The `tola-database` program.
    pub program: PathBuf,
}

impl Database {
    /// Starts the database and waits until it serves. Does nothing when it already runs.
    ///
    /// # Errors
    /// [`Error::PortTaken`], or [`Error::NotReady`] when it died or took longer than 20 seconds.
    pub async fn start(&self) -> Result<()> {
        let records = records(&self.folder);
        if Record::running(&records, PROCESS).is_some() {
            return Ok(());
        }
        port::ensure_free(self.port, "--database-port")?;
        let log = self.log();
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder).at(folder)?;
        }
        let file = self.folder.join("database.db");
        let launch = Launch {
            name: PROCESS,
            program: self.program.clone(),
            arguments: vec![self.port.to_string(), file.to_string_lossy().into_owned()],
            environment: BTreeMap::new(),
            log: &log,
        };
        let record = Record::launch(&records, &launch)?;
        self.ready(&record).await
    }

    /// Stops the database cleanly. Nothing is lost if it can't be: it is crash-safe.
    pub async fn stop(&self) -> bool {
        match self.running() {
            Some(record) => record.stop(STOP_WITHIN).await,
            None => true,
        }
    }

    /// Ends the database as a power cut would.
    ///
    /// # Errors
    /// When it does not go.
    pub async fn kill(&self) -> Result<()> {
        match self.running() {
            Some(record) => record.kill().await,
            None => Ok(()),
        }
    }

    /// Whether the process runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running().is_some()
    }

    fn running(&self) -> Option<Record> {
        Record::running(&records(&self.folder), PROCESS)
    }

    fn log(&self) -> PathBuf {
        self.folder.join("logs").join("database.log")
    }

    async fn ready(&self, record: &Record) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if !record.is_alive() {
                let log = self.log();
                let tail = tail_of(&log, 10);
                return Err(Error::NotReady { what: "the database", reason: "the process ended".into(), log, tail });
            }
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                record.kill().await?;
                let log = self.log();
                let tail = tail_of(&log, 10);
                return Err(Error::NotReady { what: "the database", reason: "it took too long".into(), log, tail });
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
