//! A whole Tola on this machine: database, local cloud, `template.yaml` deployed, demo data.
//!
//! Everything that a stack owns lies in `.local/<name>`; its processes outlive whoever started them. Several stacks
//! with different names and ports live side by side.

mod builder;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cloud::Cloud;
use crate::database::process::Database;
use crate::demo::{Merchant, Tokens};
use crate::error::At as _;
use crate::python::Environment;
use crate::{Error, Progress, Result};

const DESCRIPTION: &str = "stack.json";

/// How a stack shall be.
#[derive(Debug, Clone)]
pub struct Options {
    /// Names the folder below `.local`.
    pub name: String,
    /// The repository: where `template.yaml`, `functions/` and `sam/` are.
    pub workspace: PathBuf,
    /// Where every AWS service answers; 0 picks a free port.
    pub cloud_port: u16,
    /// Where the embedded database answers; 0 picks a free port.
    pub database_port: u16,
    /// A database to use instead of the embedded one.
    pub mongodb_uri: Option<String>,
    /// Whether roles and queue policies are enforced, as AWS does.
    pub enforce_permissions: bool,
    /// `dev`, `staging` or `prod`.
    pub stage: String,
    /// Template parameters that replace or join those that the stack sets itself.
    pub parameters: BTreeMap<String, String>,
    /// Forget what an earlier run left behind.
    pub fresh: bool,
}

impl Options {
    /// A stack of this repository on free ports, keeping its state.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            workspace: workspace(),
            cloud_port: 0,
            database_port: 0,
            mongodb_uri: None,
            enforce_permissions: true,
            stage: "dev".into(),
            parameters: BTreeMap::new(),
            fresh: false,
        }
    }
}

/// What others need to know to use a stack; the contents of `.local/<name>/stack.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackInfo {
    /// The stack's name.
    pub name: String,
    /// The base of the HTTP API: `/v1/…` follows.
    pub api_url: String,
    /// Where every AWS service answers.
    pub endpoint_url: String,
    /// The database's connection string.
    pub mongodb_uri: String,
    /// The database's name.
    pub mongodb_database: String,
    /// The region that the local cloud plays.
    pub region: String,
    /// The name of the CloudFormation stack.
    pub stack_name: String,
    /// All outputs of the template.
    pub outputs: BTreeMap<String, String>,
    /// The demo merchants.
    pub merchants: Vec<Merchant>,
    /// How to be each demo user.
    pub tokens: Tokens,
    /// How the processes are run, to stop and start them again.
    pub processes: Processes,
}

/// How a stack's processes are run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processes {
    /// The repository that was deployed.
    pub workspace: PathBuf,
    /// The local cloud's port.
    pub cloud_port: u16,
    /// The embedded database's port; `None` when the stack uses another database.
    pub database_port: Option<u16>,
    /// The program that serves the embedded database.
    pub database_program: Option<PathBuf>,
    /// Whether roles and queue policies are enforced.
    pub enforce_permissions: bool,
}

/// A stack that runs, or ran.
#[derive(Debug, Clone)]
pub struct Stack {
    folder: PathBuf,
    info: StackInfo,
}

impl Stack {
    /// Brings a stack up: builds, starts and deploys what is not built, started or deployed yet.
    ///
    /// # Errors
    /// Any [`Error`]; each says what to do.
    pub async fn start(options: Options, progress: &dyn Progress) -> Result<Self> {
        builder::start(options, progress).await
    }

    /// Finds a stack by its `stack.json`, whether it runs or not.
    ///
    /// # Errors
    /// [`Error::NoStack`], or [`Error::Malformed`] when it was written by another version.
    pub fn attach(path: &Path) -> Result<Self> {
        let text = fs::read(path).map_err(|_| Error::NoStack { path: path.to_owned() })?;
        let info = serde_json::from_slice(&text)
            .map_err(|error| Error::Malformed { path: path.to_owned(), reason: error.to_string() })?;
        let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        Ok(Self { folder, info })
    }

    /// Finds the stack `name` of a repository.
    ///
    /// # Errors
    /// As [`Stack::attach`].
    pub fn named(workspace: &Path, name: &str) -> Result<Self> {
        Self::attach(&folder(workspace, name).join(DESCRIPTION))
    }

    /// Writes `stack.json`.
    fn save(&self) -> Result<()> {
        let path = self.description();
        let text = serde_json::to_string_pretty(&self.info)
            .map_err(|error| Error::Malformed { path: path.clone(), reason: error.to_string() })?;
        fs::write(&path, text + "\n").at(&path)
    }

    /// What others need to know to use the stack.
    #[must_use]
    pub fn info(&self) -> &StackInfo {
        &self.info
    }

    /// The folder that holds everything the stack owns.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the stack's description is, for [`Stack::attach`].
    #[must_use]
    pub fn description(&self) -> PathBuf {
        self.folder.join(DESCRIPTION)
    }

    /// The stack's local cloud.
    #[must_use]
    pub fn cloud(&self) -> Cloud {
        Cloud {
            folder: self.folder.clone(),
            port: self.info.processes.cloud_port,
            enforce_permissions: self.info.processes.enforce_permissions,
        }
    }

    /// The stack's embedded database, unless it uses another.
    #[must_use]
    pub fn database(&self) -> Option<Database> {
        let Processes { database_port: Some(port), database_program: Some(program), .. } = &self.info.processes else {
            return None;
        };
        Some(Database { folder: self.folder.clone(), port: *port, program: program.clone() })
    }

    /// Whether all of the stack's processes run.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.cloud().is_running() && self.database().is_none_or(|database| database.is_running())
    }

    /// Ends the embedded database as a power cut would.
    ///
    /// # Errors
    /// When it does not go.
    pub async fn kill_database(&self) -> Result<()> {
        match self.database() {
            Some(database) => database.kill().await,
            None => Ok(()),
        }
    }

    /// Starts the embedded database again, on the same port and file.
    ///
    /// # Errors
    /// [`Error::PortTaken`] or [`Error::NotReady`].
    pub async fn start_database(&self) -> Result<()> {
        match self.database() {
            Some(database) => database.start().await,
            None => Ok(()),
        }
    }

    /// Stops the local cloud cleanly.
    pub async fn stop_cloud(&self) -> bool {
        self.cloud().stop().await
    }

    /// Starts the local cloud again, on the same port and with the state of its last clean stop.
    ///
    /// # Errors
    /// [`Error::PortTaken`] or [`Error::NotReady`].
    pub async fn start_cloud(&self) -> Result<()> {
        let folder = python_folder(&self.info.processes.workspace);
        self.cloud().start(&Environment::at(&folder)).await
    }

    /// Stops everything: first the cloud, whose functions write to the database, then the database. Returns whether
    /// the cloud managed to write its state down.
    pub async fn stop(&self) -> bool {
        let clean = self.stop_cloud().await;
        if let Some(database) = self.database() {
            database.stop().await;
        }
        clean
    }
}

/// The repository that this crate was built in.
#[must_use]
pub fn workspace() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR"));
    crates.ancestors().nth(2).unwrap_or(crates).to_owned()
}

/// The folder of the stack `name`.
#[must_use]
pub fn folder(workspace: &Path, name: &str) -> PathBuf {
    workspace.join(".local").join(name)
}

/// Where the Python packages of every stack are.
fn python_folder(workspace: &Path) -> PathBuf {
    workspace.join(".local").join("venv")
}
