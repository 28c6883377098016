use std::time::Duration;

/// Who watches the stack being started: a terminal, or nobody.
pub trait Progress: Send + Sync {
    /// A phase begins. Phases follow one another.
    fn begin(&self, phase: &str);
    /// What the phase is at, such as the crate that compiles.
    fn detail(&self, line: &str);
    /// The phase has ended well; `note` says in a few words what it found or did.
    fn end(&self, phase: &str, note: &str, took: Duration);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn begin(&self, _phase: &str) {}
    fn detail(&self, _line: &str) {}
    fn end(&self, _phase: &str, _note: &str, _took: Duration) {}
}
