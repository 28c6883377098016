//! A copy of the repository, in which something may be taken away.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::mutation::Mutation;

/// The copy.
pub(super) struct Tree {
    workspace: PathBuf,
    folder: PathBuf,
}

impl Tree {
    /// The copy of a repository, below its `target`.
    pub(super) fn of(workspace: &Path) -> Self {
        Self { workspace: workspace.to_owned(), folder: workspace.join("target/mutants") }
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the copy what the repository is now. Files that are the same stay as they are, so that little is built again.
    pub(super) fn restore(&self) -> anyhow::Result<()> {
        let mut git = Command::new("git");
        git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(&self.workspace);
        let listed = git.output().context("can't run git")?;
        ensure!(listed.status.success(), "git can't tell which files belong to the repository");
        let listed = String::from_utf8(listed.stdout).context("a file's name is no text")?;
        for file in listed.split_terminator('\0') {
            // One that is listed may have been deleted.
            if let Ok(content) = fs::read(self.workspace.join(file)) {
                self.put(Path::new(file), &content)?;
            }
        }
        Ok(())
    }

    /// Takes something away.
    pub(super) fn apply(&self, mutation: &Mutation) -> anyhow::Result<()> {
        let file = Path::new(mutation.file);
        let code = fs::read_to_string(self.folder.join(file)).with_context(|| mutation.file.to_owned())?;
        let places = code.matches(mutation.from).count();
        ensure!(places == 1, "{} stands {places} times in {}", mutation.from, mutation.file);
        self.put(file, code.replace(mutation.from, mutation.to).as_bytes())
    }

    fn put(&self, file: &Path, content: &[u8]) -> anyhow::Result<()> {
        let path = self.folder.join(file);
        if fs::read(&path).is_ok_and(|there| there == content) {
            return Ok(());
        }
        fs::create_dir_all(path.parent().unwrap_or(&self.folder)).with_context(|| path.display().to_string())?;
        fs::write(&path, content).with_context(|| path.display().to_string())
    }
}
