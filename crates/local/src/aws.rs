//! The AWS command line interface, held to the local cloud: it can't reach a real account from here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::process::Command;

use crate::error::{At as _, tail};
use crate::python::Environment;
use crate::{Error, Result};

/// The region that the local cloud plays.
pub const REGION: &str = "us-east-1";

/// Runs `aws` commands against one endpoint.
#[derive(Debug, Clone)]
pub struct Aws {
    program: PathBuf,
    endpoint: String,
}

impl Aws {
    /// Uses the `aws` of a Python environment on the local cloud at `endpoint`.
    #[must_use]
    pub fn new(python: &Environment, endpoint: &str) -> Self {
        Self { program: python.program("aws"), endpoint: endpoint.to_owned() }
    }

    /// Runs a command in `folder` and returns what it printed.
    ///
    /// # Errors
    /// [`Error::CommandFailed`] with what it complained about.
    pub async fn run(&self, folder: &Path, arguments: &[&str]) -> Result<String> {
        // Said twice: for queues it overlooks the environment's.
        let output = Command::new(&self.program)
            .args(["--endpoint-url", &self.endpoint])
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .envs(environment(&self.endpoint))
            .kill_on_drop(true)
            .output()
            .await
            .at(&self.program)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = [output.stdout, output.stderr].concat();
        Err(Error::CommandFailed {
            command: format!("aws {}", arguments.iter().take(2).copied().collect::<Vec<_>>().join(" ")),
            output: tail(&String::from_utf8_lossy(&said), 30),
        })
    }

    /// Runs a command that prints JSON.
    ///
    /// # Errors
    /// As [`Aws::run`], and [`Error::Malformed`] when it printed something else.
    pub async fn json(&self, folder: &Path, arguments: &[&str]) -> Result<Value> {
        let text = self.run(folder, &[arguments, &["--output", "json"]].concat()).await?;
        serde_json::from_str(&text)
            .map_err(|error| Error::Malformed { path: self.program.clone(), reason: error.to_string() })
    }
}

/// What a program needs to speak to the local cloud, and nothing by which it could find another.
#[must_use]
pub fn environment(endpoint: &str) -> BTreeMap<String, String> {
    let fixed = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_PAGER", ""),
        ("LANG", "C.UTF-8"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ];
    fixed.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}
