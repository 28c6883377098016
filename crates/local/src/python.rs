//! Python and the pinned packages that the local cloud is made of, kept in a folder of the project's own.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::Command;

use crate::error::{At as _, tail};
use crate::{Error, Progress, Result};

/// The oldest Python that the pinned packages run on.
const OLDEST: (u32, u32) = (3, 10);
/// Best first; a bare `python` may be Python 2 or a stub that opens a shop.
const NAMES: [&str; 7] = ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python3.14", "python"];

/// A virtual environment that holds exactly what a requirements file says.
#[derive(Debug, Clone)]
pub struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// The environment in `folder`, which was made before.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Makes the environment in `folder` hold the packages of `requirements`. Does nothing when it already does.
    ///
    /// # Errors
    /// [`Error::PythonMissing`], [`Error::VenvUnavailable`], [`Error::RegistryUnreachable`], or
    /// [`Error::CommandFailed`] with what pip said.
    pub async fn ensure(folder: &Path, requirements: &Path, progress: &dyn Progress) -> Result<Self> {
        let environment = Self::at(folder);
        let stamp = folder.join("installed.sha256");
        let wanted = hex::encode(Sha256::digest(std::fs::read(requirements).at(requirements)?));
        let present = || {
            let installed = std::fs::read_to_string(&stamp);
            installed.is_ok_and(|installed| installed == wanted) && environment.program("python").exists()
        };
        if present() {
            return Ok(environment);
        }
        let _lock = lock(folder).await?;
        if present() {
            // Another stack, coming up at the same time, was quicker.
            return Ok(environment);
        }

        let python = find().await?;
        // A half-made or outdated environment is not repaired: pip leaves behind what is no longer wanted.
        if folder.exists() {
            std::fs::remove_dir_all(folder).at(folder)?;
        }
        make(&python, folder).await?;
        environment.install(requirements, progress).await?;
        std::fs::write(&stamp, wanted).at(&stamp)?;
        Ok(environment)
    }

    /// The path of an installed program, such as `aws`.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    async fn install(&self, requirements: &Path, progress: &dyn Progress) -> Result<()> {
        let mut pip = Command::new(self.program("python"));
        // The files name everything with its version. Left to look for what suits, pip may fetch a hundred megabytes of
        // versions that it does not take.
        pip.args(["-m", "pip", "install", "--no-deps", "--no-cache-dir"])
            .args(["--disable-pip-version-check", "--no-input", "--progress-bar", "off"])
            .arg("--requirement")
            .arg(requirements);
        let (success, output) = follow(pip, &self.program("pip"), progress).await?;
        if success {
            return Ok(());
        }
        let output = tail(&output, 12);
        Err(if speaks_of_the_network(&output) {
            Error::RegistryUnreachable { output }
        } else {
            Error::CommandFailed { command: format!("pip install -r {}", requirements.display()), output }
        })
    }
}

/// Waits until nobody else installs into `folder`. Held until the file is dropped.
async fn lock(folder: &Path) -> Result<File> {
    let path = folder.with_extension("lock");
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).at(parent)?;
    }
    let file = File::create(&path).at(&path)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(200)).await,
            Err(TryLockError::Error(source)) => return Err(Error::File { path, source }),
        }
    }
}

/// Finds a Python that is new enough in `PATH`.
async fn find() -> Result<PathBuf> {
    let mut found = "none was found in PATH".to_owned();
    for name in NAMES {
        let probe = "import sys; print(sys.version_info[0], sys.version_info[1], sys.executable)";
        let Ok(output) = Command::new(name).args(["-c", probe]).stdin(Stdio::null()).output().await else { continue };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let Some((version, executable)) = parse_version(&text) else { continue };
        if version >= OLDEST {
            return Ok(executable);
        }
        found = format!("`{name}` is Python {}.{}", version.0, version.1);
    }
    Err(Error::PythonMissing { found })
}

fn parse_version(text: &str) -> Option<((u32, u32), PathBuf)> {
    let mut words = text.trim().splitn(3, ' ');
    let version = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some((version, words.next()?.into()))
}

async fn make(python: &Path, folder: &Path) -> Result<()> {
    let output = Command::new(python).args(["-m", "venv"]).arg(folder).output().await.at(python)?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(Error::VenvUnavailable { python: python.to_owned(), reason: tail(&String::from_utf8_lossy(&said), 8) })
}

/// Runs a command, passing each line of its output on; returns whether it succeeded, and all that it said.
async fn follow(mut command: Command, name: &Path, progress: &dyn Progress) -> Result<(bool, String)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .at(name)?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (out, err) = tokio::join!(collect(out, progress), collect(err, progress));
    let status = child.wait().await.at(name)?;
    Ok((status.success(), [out, err].concat()))
}

async fn collect(stream: Option<impl AsyncRead + Unpin>, progress: &dyn Progress) -> String {
    let mut all = String::new();
    let Some(stream) = stream else { return all };
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        progress.detail(line.trim());
        all.push_str(&line);
        all.push('\n');
    }
    all
}

/// pip tells a missing network and a missing version in the same last line; the lines before tell them apart.
fn speaks_of_the_network(output: &str) -> bool {
    const SIGNS: [&str; 9] = [
        "NewConnectionError",
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "Max retries exceeded",
        "Temporary failure in name resolution",
        "Name or service not known",
        "Connection refused",
        "ProxyError",
        "ConnectionResetError",
    ];
    SIGNS.iter().any(|sign| output.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_with_an_executable_whose_path_has_spaces() {
        let parsed = parse_version("3 11 /opt/my python/bin/python3\n");

        assert_eq!(parsed, Some(((3, 11), "/opt/my python/bin/python3".into())));
        assert_eq!(parse_version("Python was not found"), None);
    }

    #[test]
    fn an_unreachable_registry_is_not_a_missing_version() {
        let offline = "WARNING: Retrying (Retry(total=0)) after connection broken by \
                       'NewConnectionError(...)': /simple/ministack/\n\
                       ERROR: No matching distribution found for ministack==1.5.33";
        let missing = "ERROR: No matching distribution found for ministack==99";

        assert!(speaks_of_the_network(offline));
        assert!(!speaks_of_the_network(missing));
    }
}
