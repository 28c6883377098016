//! Who takes part: Tola's API, and its peer.

use std::path::Path;

use tola_local::python::Environment;

use crate::lambda::{Program, environment};

/// Tola's API as it is deployed.
pub(super) fn tola(bootstrap: &Path, folder: &Path, mongodb_uri: &str, core: Option<usize>) -> Program {
    Program {
        name: "Tola",
        program: bootstrap.to_owned(),
        arguments: Vec::new(),
        folder: folder.to_owned(),
        environment: environment::of_the_api(mongodb_uri),
        log: folder.join("tola.log"),
        core,
    }
}

/// The peer, run by the client that AWS itself runs Python functions with.
pub(super) fn peer(
    python: &Environment,
    source: &Path,
    folder: &Path,
    mongodb_uri: &str,
    core: Option<usize>,
) -> Program {
    Program {
        name: "FastAPI",
        program: python.program("python"),
        arguments: ["-m", "awslambdaric", "app.handler"].map(Into::into).into(),
        folder: source.to_owned(),
        environment: environment::of("bench", mongodb_uri),
        log: folder.join("peer.log"),
        core,
    }
}
