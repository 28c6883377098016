use std::io;
use std::path::{Path, PathBuf};

/// What can go wrong while the local stack is built, started or deployed. Each message says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else listens where the stack should.
    #[error("port {port} is taken by {owner}; stop it, or choose another port with {flag}")]
    PortTaken {
        /// The port that was asked for.
        port: u16,
        /// Who listens there, as far as this user may know.
        owner: String,
        /// The command line flag that chooses another port.
        flag: &'static str,
    },
    /// No usable Python interpreter.
    #[error(
        "Python 3.10 or newer is needed to run the local cloud, and {found}.\n\
         Install it (Debian/Ubuntu: `apt install python3 python3-venv`, Fedora: `dnf install python3`, \
         macOS: `brew install python`) and try again"
    )]
    PythonMissing {
        /// What was found instead.
        found: String,
    },
    /// Python is there, but can't make virtual environments.
    #[error(
        "{python} can't make a virtual environment: {reason}\n\
         On Debian and Ubuntu the package `python3-venv` is missing"
    )]
    VenvUnavailable {
        /// The interpreter.
        python: PathBuf,
        /// What it said.
        reason: String,
    },
    /// No browser in which a test could look at a page.
    #[error(
        "the tests look at a page in a real browser, and need Chromium and ChromeDriver.\n\
         Install them (Debian: `apt-get install chromium chromium-driver`) and try again"
    )]
    BrowserMissing,
    /// The Python packages could not be downloaded.
    #[error(
        "the Python package registry can't be reached, so the local cloud can't be installed.\n\
         Check the network, the proxy (HTTPS_PROXY) or pip's configuration (`pip config list`).\n\
         What pip said:\n{output}"
    )]
    RegistryUnreachable {
        /// The end of pip's output.
        output: String,
    },
    /// A command that the stack needs has failed.
    #[error("`{command}` failed:\n{output}")]
    CommandFailed {
        /// The command, shortened.
        command: String,
        /// The end of its output.
        output: String,
    },
    /// The functions do not compile.
    #[error("the functions do not build:\n{output}")]
    BuildFailed {
        /// The compiler's errors.
        output: String,
    },
    /// A process was started but never became ready.
    #[error("{what} did not become ready ({reason}); its log is {}:\n{tail}", log.display())]
    NotReady {
        /// Which process.
        what: &'static str,
        /// Whether it died or was too slow.
        reason: String,
        /// Where its whole output is.
        log: PathBuf,
        /// The end of that output.
        tail: String,
    },
    /// CloudFormation refused the template or a resource.
    #[error("the stack {stack} could not be deployed:\n{reasons}")]
    DeployFailed {
        /// The CloudFormation stack.
        stack: String,
        /// One line per failed resource, or what the tool said.
        reasons: String,
    },
    /// The user pool refused something.
    #[error("the user pool: {reason}")]
    UserPool {
        /// What it said.
        reason: String,
    },
    /// There is nothing to attach to.
    #[error("no stack at {}: start one with `cargo xtask up`", path.display())]
    NoStack {
        /// Where its description was expected.
        path: PathBuf,
    },
    /// Another command works on the same stack.
    #[error("another command is working on the stack {name}; wait for it to finish")]
    Busy {
        /// The stack's name.
        name: String,
    },
    /// The database refused something.
    #[error("the database answered with an error: {0}")]
    Database(#[source] Box<mongodb::error::Error>),
    /// The embedded database could not open its file or its socket.
    #[error("the embedded database can't serve {}: {reason}", path.display())]
    DatabaseFile {
        /// The database file.
        path: PathBuf,
        /// What the engine said.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Shorthand for this crate's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<mongodb::error::Error> for Error {
    fn from(error: mongodb::error::Error) -> Self {
        Self::Database(Box::new(error))
    }
}

/// Names the file in an I/O error, because the operating system does not.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T> {
        self.map_err(|source| Error::File { path: path.to_owned(), source })
    }
}

/// The last `lines` lines of `text`, for an error message.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.trim_end().lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// The last lines of the file at `path`, or nothing when it can't be read.
pub(crate) fn tail_of(path: &Path, lines: usize) -> String {
    std::fs::read(path).map(|bytes| tail(&String::from_utf8_lossy(&bytes), lines)).unwrap_or_default()
}
