//! A stack that one test has for itself, and may break.

use std::ops::Deref;
use std::time::Duration;
use std::{fs, thread};

use tokio::sync::{Semaphore, SemaphorePermit};
use tola_local::{Options, Progress, Stack};

use crate::TestStack;

/// Each takes a Python process, a database and a dozen functions: two cores carry two beside the shared one.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// A stack that one test has for itself: fresh, on free ports, and stopped when it is dropped, even by a panic.
pub struct OwnStack {
    stack: TestStack,
    _permit: SemaphorePermit<'static>,
}

impl OwnStack {
    /// Starts a stack. What an interrupted run left behind under that name is stopped first.
    pub async fn start(name: &str) -> Self {
        let permit = AT_ONCE.acquire().await.expect("the semaphore is never closed");
        let options = Options { fresh: true, ..Options::new(name) };
        let stack = Stack::start(options, &Told).await.unwrap_or_else(|error| panic!("the stack {name}: {error}"));
        Self { stack: TestStack::of(stack).await, _permit: permit }
    }
}

impl Deref for OwnStack {
    type Target = TestStack;

    fn deref(&self) -> &TestStack {
        &self.stack
    }
}

impl Drop for OwnStack {
    fn drop(&mut self) {
        let stack = self.stack.local().clone();
        // A runtime of its own: this one may be on its way down.
        let stopped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(stack.stop()))
        });
        let stopped = stopped.join();
        // After a failure the logs are wanted.
        if !thread::panicking() && matches!(stopped, Ok(Ok(_))) {
            let _ = fs::remove_dir_all(self.stack.local().folder());
        }
    }
}

/// Tells the phases to who reads the output of a failed test.
struct Told;

impl Progress for Told {
    fn begin(&self, _phase: &str) {}

    fn detail(&self, _line: &str) {}

    fn end(&self, phase: &str, note: &str, took: Duration) {
        println!("{phase}: {note} ({took:.1?})");
    }
}
