//! Zips the bootstraps and lays out the folder that is deployed.
//!
//! `aws cloudformation package` can zip too, but does so slowly and every time; here only what changed is zipped, with
//! fixed times, so that the same bootstrap gives the same zip and CloudFormation sees no change.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::error::At as _;
use crate::{Error, Result};

/// The folders beside `template.yaml` that it may refer to.
const REFERRED: [&str; 2] = ["statemachines", "sam"];

/// A folder that is ready to deploy.
#[derive(Debug)]
pub struct Package {
    /// Where it is; `template.yaml` lies in it.
    pub folder: PathBuf,
    /// Changes whenever something in it does.
    pub fingerprint: String,
}

/// What a zip was made of, so that an unchanged bootstrap is not even read.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Source {
    length: u64,
    modified: u128,
    sha256: String,
}

/// Lays out `folder` from the workspace's template and bootstraps.
///
/// # Errors
/// When a file can't be read or written.
pub fn lay_out(workspace: &Path, bootstraps: &BTreeMap<String, PathBuf>, folder: &Path) -> Result<Package> {
    let code = folder.join("code");
    fs::create_dir_all(&code).at(&code)?;
    let digests = zip_all(bootstraps, &code)?;

    let path = workspace.join("template.yaml");
    let template = fs::read_to_string(&path).at(&path)?;
    let rewritten = with_zips(&template, bootstraps);
    let target = folder.join("template.yaml");
    fs::write(&target, &rewritten).at(&target)?;

    let mut hash = Sha256::new();
    hash.update(&rewritten);
    for (name, digest) in &digests {
        hash.update(format!("{name}={digest}\n"));
    }
    for name in REFERRED {
        let original = workspace.join(name);
        if original.exists() {
            digest_folder(&original, &mut hash)?;
            refer(&original, &folder.join(name))?;
        }
    }
    Ok(Package { folder: folder.to_owned(), fingerprint: hex::encode(hash.finalize()) })
}

/// Zips in as many threads as there are cores: compressing is most of the time of a first deploy.
fn zip_all(bootstraps: &BTreeMap<String, PathBuf>, code: &Path) -> Result<BTreeMap<String, String>> {
    let work = std::sync::Mutex::new(bootstraps.iter());
    let next = || work.lock().ok().and_then(|mut bootstraps| bootstraps.next());
    let worker = || {
        let mut digests = Vec::new();
        while let Some((name, bootstrap)) = next() {
            digests.push((name.clone(), zip_one(name, bootstrap, code)?));
        }
        Ok(digests)
    };
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let results: Vec<Result<Vec<_>>> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        handles.into_iter().filter_map(|handle| handle.join().ok()).collect()
    });
    let mut digests = BTreeMap::new();
    for result in results {
        digests.extend(result?);
    }
    Ok(digests)
}

/// Makes `<name>.zip` unless it holds this bootstrap already; returns the bootstrap's SHA-256.
fn zip_one(name: &str, bootstrap: &Path, code: &Path) -> Result<String> {
    let (zip, note) = (code.join(format!("{name}.zip")), code.join(format!("{name}.json")));
    let metadata = fs::metadata(bootstrap).at(bootstrap)?;
    let modified = metadata.modified().at(bootstrap)?;
    let modified = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let known: Option<Source> = fs::read(&note).ok().and_then(|text| serde_json::from_slice(&text).ok());
    if let Some(known) = known
        && known.length == metadata.len()
        && known.modified == modified
        && zip.exists()
    {
        return Ok(known.sha256);
    }
    let bytes = fs::read(bootstrap).at(bootstrap)?;
    let source = Source { length: metadata.len(), modified, sha256: hex::encode(Sha256::digest(&bytes)) };
    write_zip(&bytes, &zip).at(&zip)?;
    fs::write(&note, serde_json::to_vec(&source).unwrap_or_default()).at(&note)?;
    Ok(source.sha256)
}

fn write_zip(bootstrap: &[u8], path: &Path) -> io::Result<()> {
    // The fastest level: the zip travels no further than to the next process.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1))
        .unix_permissions(0o755);
    let mut zip = ZipWriter::new(File::create(path)?);
    zip.start_file("bootstrap", options)?;
    zip.write_all(bootstrap)?;
    zip.finish()?;
    Ok(())
}

/// Points every `CodeUri: target/lambda/<name>` at the zip of that function.
fn with_zips(template: &str, bootstraps: &BTreeMap<String, PathBuf>) -> String {
    let mut rewritten = String::with_capacity(template.len());
    for line in template.split_inclusive('\n') {
        let function = line.split_once("target/lambda/").and_then(|(before, after)| {
            let key = before.trim_end_matches("./").trim_end_matches(['"', '\'', ' ']);
            let name = after.trim_end().trim_end_matches(['"', '\'', '/']);
            (key.trim_start() == "CodeUri:" && bootstraps.contains_key(name)).then_some((key, name))
        });
        match function {
            Some((key, name)) => rewritten.push_str(&format!("{key} code/{name}.zip\n")),
            None => rewritten.push_str(line),
        }
    }
    rewritten
}

fn digest_folder(folder: &Path, hash: &mut Sha256) -> Result<()> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).at(folder)?.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            digest_folder(&path, hash)?;
        } else {
            hash.update(path.to_string_lossy().as_bytes());
            hash.update(Sha256::digest(fs::read(&path).at(&path)?));
        }
    }
    Ok(())
}

/// Makes `link` refer to `original`, so that relative paths in the template hold in the deployed folder too.
fn refer(original: &Path, link: &Path) -> Result<()> {
    match std::os::unix::fs::symlink(original, link) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map_err(|source| Error::File { path: link.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> (tempfile::TempDir, BTreeMap<String, PathBuf>) {
        let workspace = tempfile::tempdir().unwrap();
        let bootstrap = workspace.path().join("target/lambda/sweep/bootstrap");
        fs::create_dir_all(bootstrap.parent().unwrap()).unwrap();
        fs::write(&bootstrap, "program").unwrap();
        fs::create_dir_all(workspace.path().join("statemachines")).unwrap();
        fs::write(workspace.path().join("statemachines/one.asl.json"), "{}").unwrap();
        fs::write(workspace.path().join("template.yaml"), "      CodeUri: target/lambda/sweep/\n").unwrap();
        (workspace, BTreeMap::from([("sweep".to_owned(), bootstrap)]))
    }

    #[test]
    fn the_fingerprint_moves_with_every_part_and_only_then() {
        let (workspace, bootstraps) = workspace();
        let folder = workspace.path().join("deploy");
        let fingerprint = || lay_out(workspace.path(), &bootstraps, &folder).unwrap().fingerprint;

        let first = fingerprint();
        assert_eq!(fingerprint(), first);
        fs::write(workspace.path().join("statemachines/one.asl.json"), "{ }").unwrap();
        let second = fingerprint();
        assert_ne!(second, first);
        fs::write(&bootstraps["sweep"], "another program").unwrap();
        assert_ne!(fingerprint(), second);
    }

    #[test]
    fn the_template_names_zips_and_the_zip_holds_an_executable() {
        let (workspace, bootstraps) = workspace();
        let folder = workspace.path().join("deploy");

        lay_out(workspace.path(), &bootstraps, &folder).unwrap();

        assert_eq!(fs::read_to_string(folder.join("template.yaml")).unwrap(), "      CodeUri: code/sweep.zip\n");
        assert!(folder.join("statemachines/one.asl.json").exists());
        let mut zip = zip::ZipArchive::new(File::open(folder.join("code/sweep.zip")).unwrap()).unwrap();
        let file = zip.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().unwrap() & 0o777, 0o755);
    }

    #[test]
    fn only_the_code_of_known_functions_is_rewritten() {
        let (_workspace, bootstraps) = workspace();
        let kept = "  Note: see target/lambda/sweep\n  CodeUri: target/lambda/other/\n";

        assert_eq!(with_zips(kept, &bootstraps), kept);
        assert_eq!(with_zips("  CodeUri: \"./target/lambda/sweep\"\n", &bootstraps), "  CodeUri: code/sweep.zip\n");
    }
}
