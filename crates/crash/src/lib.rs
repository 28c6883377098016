//! Points at which a function dies when somebody wants it to: before an invocation, after one of its database commands,
//! after its work and before its answer. Only builds with debug assertions have them: a release passes everything
//! through, and a test looks for what is left in it.
//!
//! Who wants a function dead puts an order into the folder that `TOLA_CRASH_POINTS` names: an empty file whose name says
//! which function, where, and anything that tells it from others, such as `tola-dev-sweep@after@1`. The invocation that
//! removes the file dies: however many run at once, each order kills one of them.
//!
//! It is no more than the standard library, so that whoever depends on it links nothing.

#[cfg(debug_assertions)]
mod orders;

#[cfg(debug_assertions)]
pub use orders::{Point, order};

use std::future::Future;

/// An invocation, which dies where an order says.
#[cfg(debug_assertions)]
pub async fn around<F: Future>(work: F) -> F::Output {
    let order = orders::claim();
    if order == Some(Point::Before) {
        orders::die();
    }
    if let Some(Point::Command(number)) = order {
        orders::die_after_commands(number);
    }
    let outcome = work.await;
    // An invocation with fewer commands dies at its end: each order that was claimed is carried out.
    if order.is_some() {
        orders::die();
    }
    outcome
}

/// An invocation.
#[cfg(not(debug_assertions))]
pub fn around<F: Future>(work: F) -> F {
    work
}

/// Counts a command that the database has carried out.
pub fn command_ended() {
    #[cfg(debug_assertions)]
    orders::command_ended();
}

/// Whether anybody may give orders: whoever counts commands for it need not otherwise.
#[must_use]
pub fn is_armed() -> bool {
    #[cfg(debug_assertions)]
    return orders::folder().is_some();
    #[cfg(not(debug_assertions))]
    return false;
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::*;

    /// What no build without orders has to know.
    const NAME: &[u8] = b"TOLA_CRASH_POINTS";

    /// This crate, compiled as a release or as a development build has it.
    fn compiled(arguments: &[&str]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let object = folder.path().join("crash.o");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
        let status = Command::new(option_env!("RUSTC").unwrap_or("rustc"))
            .args(["--edition", "2024", "--crate-type", "lib", "--emit", "obj", "-o"])
            .args([object.as_path(), source.as_path()])
            .args(arguments)
            .status();
        assert!(status.unwrap().success());
        std::fs::read(object).unwrap()
    }

    fn knows_orders(object: &[u8]) -> bool {
        object.windows(NAME.len()).any(|window| window == NAME)
    }

    #[test]
    fn a_release_contains_no_crash_points() {
        assert!(!knows_orders(&compiled(&["-C", "opt-level=3"])));
        assert!(knows_orders(&compiled(&["-C", "debug-assertions=on"])), "what is looked for would be found");
    }

    #[test]
    fn no_profile_of_a_release_has_debug_assertions() {
        let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml")).unwrap();

        assert!(!manifest.contains("debug-assertions"), "they bring the crash points along");
    }

    #[test]
    fn without_a_folder_nobody_gives_orders() {
        assert!(!is_armed());
    }
}
