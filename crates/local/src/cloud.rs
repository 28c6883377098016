//! The local cloud as a process: one MiniStack per stack, with its state in the stack's folder.
//!
//! It keeps its state only when it is stopped cleanly; what must not be lost is in the database.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::error::{At as _, tail_of};
use crate::process::{Launch, Record};
use crate::python::Environment;
use crate::{Error, Result, aws, port};

/// Runs the cloud and writes down what roles were allowed and denied.
const TELLING: &str = include_str!("decisions.py");
/// Under which name the process is written down.
pub const PROCESS: &str = "cloud";
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Writing the state down takes longer the more of it there is.
const STOP_WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// How to run a local cloud.
#[derive(Debug, Clone)]
pub struct Cloud {
    /// The stack's folder: state, objects and log live below it.
    pub folder: PathBuf,
    /// The port on 127.0.0.1 at which every service answers.
    pub port: u16,
    /// Whether roles and queue policies are enforced, as AWS does.
    pub enforce_permissions: bool,
}

impl Cloud {
    /// The URL of every AWS service. An address and not a name: with it the SDKs put S3 buckets into the path, and no
    /// machine needs to resolve `bucket.localhost`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        endpoint(self.port)
    }

    /// Where the process writes its log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.join("logs").join("cloud.log")
    }

    /// Where it writes what roles were allowed and denied, while it enforces permissions.
    #[must_use]
    pub fn decisions(&self) -> PathBuf {
        decisions(&self.folder)
    }

    /// Starts the cloud and waits until it serves. Does nothing when it already runs.
    ///
    /// # Errors
    /// [`Error::PortTaken`], or [`Error::NotReady`] when it died or took longer than a minute.
    pub async fn start(&self, python: &Environment) -> Result<()> {
        let records = records(&self.folder);
        if Record::running(&records, PROCESS).is_some() {
            return Ok(());
        }
        port::ensure_free(self.port, "--port")?;
        // What a crash left behind: unpacked functions of an earlier run.
        let temporary = self.folder.join("tmp");
        if temporary.exists() {
            fs::remove_dir_all(&temporary).at(&temporary)?;
        }
        for folder in [&temporary, &self.folder.join("logs"), &self.state(), &self.objects()] {
            fs::create_dir_all(folder).at(folder)?;
        }
        let log = self.log();
        let launch = Launch {
            name: PROCESS,
            program: python.program("python"),
            arguments: self.arguments()?,
            environment: self.environment(&temporary),
            log: &log,
        };
        self.forget_unless_stopped_cleanly()?;
        let record = Record::launch(&records, &launch)?;
        self.ready(&record).await
    }

    /// Stops the cloud cleanly, so that it writes its state down. Returns whether it managed to.
    pub async fn stop(&self) -> bool {
        let Some(record) = Record::running(&records(&self.folder), PROCESS) else { return true };
        let clean = record.stop(STOP_WITHIN).await;
        // Without the mark the next start assumes the worst, which is right if it can't be written.
        clean && fs::write(self.clean(), "").is_ok()
    }

    /// Whether the process runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        Record::running(&records(&self.folder), PROCESS).is_some()
    }

    async fn ready(&self, record: &Record) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if answers(self.port).await {
                return Ok(());
            }
            let reason = if !record.is_alive() {
                "the process ended"
            } else if Instant::now() >= deadline {
                "it took more than a minute"
            } else {
                tokio::time::sleep(POLL).await;
                continue;
            };
            record.stop(Duration::from_secs(1)).await;
            let log = self.log();
            let tail = tail_of(&log, 20);
            return Err(Error::NotReady { what: "the local cloud", reason: reason.into(), log, tail });
        }
    }

    fn arguments(&self) -> Result<Vec<String>> {
        if !self.enforce_permissions {
            return Ok(["-m", "ministack"].map(str::to_owned).into());
        }
        let program = self.folder.join("cloud").join("decisions.py");
        fs::write(&program, TELLING).at(&program)?;
        Ok([program, self.decisions()].map(|path| path.to_string_lossy().into_owned()).into())
    }

    /// The whole environment of the process. Short on purpose: it reaches every function.
    fn environment(&self, temporary: &Path) -> BTreeMap<String, String> {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let mut environment = aws::environment(&self.endpoint());
        environment.extend(
            [
                ("BIND_HOST", "127.0.0.1".into()),
                ("GATEWAY_PORT", self.port.to_string()),
                ("HOME", path(temporary)),
                ("TMPDIR", path(temporary)),
                ("LAMBDA_EXECUTOR", "local".into()),
                // Both open fixed ports, at which a second stack would stumble.
                ("IOT_MTLS_ENABLED", "0".into()),
                ("SFTP_ENABLED", "0".into()),
                ("PERSIST_STATE", "1".into()),
                ("STATE_DIR", path(&self.state())),
                ("S3_PERSIST", "1".into()),
                ("S3_DATA_DIR", path(&self.objects())),
                // Where a test orders functions to die; see `tola-crash`.
                ("TOLA_CRASH_POINTS", path(&crash_points(&self.folder))),
                // Whoever the trigger of the user pool refuses gets no token, as on AWS.
                ("MINISTACK_COGNITO_PRETOKEN_STRICT", "1".into()),
                ("AUTH", self.enforce_permissions.to_string()),
                ("PYTHONUNBUFFERED", "1".into()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        environment
    }

    /// After a crash the cloud knows only what it knew at its last clean stop, so what was deployed since is unknown.
    fn forget_unless_stopped_cleanly(&self) -> Result<()> {
        let forgotten = if self.clean().exists() { self.clean() } else { self.deployed() };
        match fs::remove_file(&forgotten) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).at(&forgotten),
            _ => Ok(()),
        }
    }

    /// Says what was deployed last; absent when the cloud may know less than that.
    #[must_use]
    pub fn deployed(&self) -> PathBuf {
        self.folder.join("cloud").join("deployed")
    }

    /// Exists between a clean stop and the next start.
    fn clean(&self) -> PathBuf {
        self.folder.join("cloud").join("stopped-cleanly")
    }

    fn state(&self) -> PathBuf {
        self.folder.join("cloud").join("state")
    }

    fn objects(&self) -> PathBuf {
        self.folder.join("cloud").join("objects")
    }
}

/// The URL of a local cloud on `port`.
#[must_use]
pub fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Where the cloud of the stack in `folder` writes what roles were allowed and denied.
#[must_use]
pub fn decisions(folder: &Path) -> PathBuf {
    folder.join("decisions.jsonl")
}

/// Where functions of the stack in `folder` are ordered to die, as `tola-crash` has it.
#[must_use]
pub fn crash_points(folder: &Path) -> PathBuf {
    folder.join("crash-points")
}

/// Where the processes of the stack in `folder` are written down.
#[must_use]
pub fn records(folder: &Path) -> PathBuf {
    folder.join("pids")
}

/// Whether the cloud on `port` says that it is ready.
async fn answers(port: u16) -> bool {
    let exchange = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(b"GET /_ministack/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
        let mut answer = [0_u8; 12];
        stream.read_exact(&mut answer).await?;
        std::io::Result::Ok(answer.ends_with(b" 200"))
    };
    matches!(tokio::time::timeout(Duration::from_secs(2), exchange).await, Ok(Ok(true)))
}
