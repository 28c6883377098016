//! The files that the tests read.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_owned()
}

/// The text of a file of the repository.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The folders below `functions/`.
pub(crate) fn functions() -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("functions")).expect("functions/ is there");
    let is_package = |path: &PathBuf| path.join("Cargo.toml").exists();
    entries.flatten().map(|entry| entry.path()).filter(is_package).map(|path| file_name(&path)).collect()
}

/// The names of the machines: the files `statemachines/<name>.asl.json`.
pub(crate) fn machines() -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("statemachines")).expect("statemachines/ is there");
    let name = |path: PathBuf| file_name(&path).strip_suffix(".asl.json").map(str::to_owned);
    entries.flatten().filter_map(|entry| name(entry.path())).collect()
}

/// `validate-product` → `ValidateProduct`: a folder's logical id.
pub(crate) fn logical_id(folder: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    folder.split('-').filter(|word| !word.is_empty()).map(capital).collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().expect("it has a name").to_string_lossy().into_owned()
}
