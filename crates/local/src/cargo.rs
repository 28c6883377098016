//! Cargo, called from a program that cargo itself runs.

use tokio::process::Command;

/// A call of cargo that knows nothing of the cargo around it.
///
/// What cargo tells the programs that it runs (`CARGO_PKG_NAME`, `CARGO_MANIFEST_DIR` …) must not reach another cargo:
/// build scripts such as that of `ring` watch those variables, and half of all dependencies would be built anew each
/// time that a build inside and a build outside take turns.
#[must_use]
pub fn cargo() -> Command {
    let mut cargo = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_the_cargo_around) {
            cargo.env_remove(name);
        }
    }
    cargo
}

fn is_of_the_cargo_around(name: &str) -> bool {
    const PREFIXES: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
    name == "CARGO" || name == "CARGO_PRIMARY_PACKAGE" || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_tells_its_programs_is_kept_from_another_cargo() {
        for name in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO"] {
            assert!(is_of_the_cargo_around(name), "{name}");
        }
        for name in ["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_NET_OFFLINE", "PATH"] {
            assert!(!is_of_the_cargo_around(name), "{name}");
        }
    }
}
