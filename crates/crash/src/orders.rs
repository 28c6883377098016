//! Orders, and who carries them out.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The variable that names the folder of orders.
const FOLDER: &str = "TOLA_CRASH_POINTS";

/// After how many more commands the process dies; 0 when it does not.
static COMMANDS_LEFT: AtomicU32 = AtomicU32::new(0);

/// Where an invocation dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Before it did anything.
    Before,
    /// When the database has carried out so many of its commands, and before it hears of the last one; at the end, if it
    /// has fewer.
    Command(u32),
    /// When everything is done, and before it answers.
    After,
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Before => f.write_str("before"),
            Self::Command(number) => write!(f, "command-{number}"),
            Self::After => f.write_str("after"),
        }
    }
}

impl Point {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "before" => Some(Self::Before),
            "after" => Some(Self::After),
            other => other.strip_prefix("command-")?.parse().ok().filter(|number| *number > 0).map(Self::Command),
        }
    }
}

/// Orders one invocation of a function to die, by the function's name in AWS; `mark` tells the order from others.
///
/// # Errors
/// When the file can't be written.
pub fn order(folder: &Path, function: &str, point: Point, mark: u32) -> io::Result<()> {
    fs::write(folder.join(format!("{function}@{point}@{mark}")), "")
}

/// The folder of orders, if there is one.
#[expect(clippy::disallowed_methods, reason = "how the local cloud tells its functions, read once")]
pub(crate) fn folder() -> Option<&'static Path> {
    static KNOWN: OnceLock<Option<PathBuf>> = OnceLock::new();
    KNOWN.get_or_init(|| std::env::var_os(FOLDER).map(PathBuf::from)).as_deref()
}

/// Takes an order for this function, which nobody else has then.
#[expect(clippy::disallowed_methods, reason = "what the runtime calls this function, read only where orders are given")]
pub(crate) fn claim() -> Option<Point> {
    let folder = folder()?;
    claim_in(folder, &std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok()?)
}

fn claim_in(folder: &Path, function: &str) -> Option<Point> {
    let orders = fs::read_dir(folder).ok()?.flatten();
    orders.into_iter().find_map(|order| {
        let name = order.file_name().into_string().ok()?;
        let (of, rest) = name.split_once('@')?;
        let point = Point::parse(rest.split('@').next()?)?;
        // Whoever removes it has it: a second one finds it gone.
        (of == function && fs::remove_file(order.path()).is_ok()).then_some(point)
    })
}

/// Has the process die after so many more commands.
pub(crate) fn die_after_commands(number: u32) {
    COMMANDS_LEFT.store(number, Ordering::SeqCst);
}

/// Counts a command, and dies if it was the last one to be carried out.
pub(crate) fn command_ended() {
    let left = COMMANDS_LEFT.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
    if left == Ok(1) {
        die();
    }
}

/// Ends the process as a crash would: nothing is finished, nothing written down.
pub(crate) fn die() -> ! {
    std::process::abort()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_carried_out_once_and_by_whom_it_names() {
        let folder = tempfile::tempdir().unwrap();
        order(folder.path(), "tola-dev-sweep", Point::Command(3), 1).unwrap();

        assert_eq!(claim_in(folder.path(), "tola-dev-api"), None);
        assert_eq!(claim_in(folder.path(), "tola-dev-sweep"), Some(Point::Command(3)));
        assert_eq!(claim_in(folder.path(), "tola-dev-sweep"), None);
    }

    #[test]
    fn points_are_read_as_they_are_written() {
        for point in [Point::Before, Point::Command(7), Point::After] {
            assert_eq!(Point::parse(&point.to_string()), Some(point));
        }
        assert_eq!(Point::parse("command-0"), None);
    }
}
