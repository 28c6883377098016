//! The browser in which tests look at pages: Chromium, and what drives it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::geteuid;
use tokio::process::Command;

use crate::error::{At as _, tail};
use crate::{Error, Progress, Result};

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const DRIVER: &str = "chromedriver";

/// Chromium and its driver, of one version.
#[derive(Debug, Clone)]
pub struct Browser {
    /// The browser.
    pub program: PathBuf,
    /// ChromeDriver, which speaks WebDriver.
    pub driver: PathBuf,
}

impl Browser {
    /// The browser of this machine.
    ///
    /// # Errors
    /// [`Error::BrowserMissing`].
    pub fn find() -> Result<Self> {
        let program = NAMES.iter().find_map(|name| found(name));
        program.zip(found(DRIVER)).map(|(program, driver)| Self { program, driver }).ok_or(Error::BrowserMissing)
    }

    /// The browser of this machine. Where there is none it is installed, as far as one may without asking: as root of a
    /// Debian, which in practice is a container.
    ///
    /// # Errors
    /// [`Error::BrowserMissing`], or [`Error::CommandFailed`] with what apt-get said.
    pub async fn ensure(progress: &dyn Progress) -> Result<Self> {
        if let Ok(browser) = Self::find() {
            return Ok(browser);
        }
        let apt = found("apt-get").filter(|_| geteuid().is_root()).ok_or(Error::BrowserMissing)?;
        progress.detail("apt-get install chromium chromium-driver");
        run(&apt, &["update", "--quiet=2"]).await?;
        run(&apt, &["install", "--yes", "--quiet=2", "--no-install-recommends", "chromium", "chromium-driver"]).await?;
        Self::find()
    }
}

async fn run(apt: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(apt);
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.at(apt)?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let output = tail(&String::from_utf8_lossy(&said), 8);
    Err(Error::CommandFailed { command: format!("apt-get {}", arguments.join(" ")), output })
}

#[expect(clippy::disallowed_methods, reason = "where the system keeps its programs")]
fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
