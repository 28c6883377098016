//! The stack of those who break things.

use std::fs::File;
use std::io::Write as _;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use std::{fs, thread};

use tokio::sync::{Mutex, MutexGuard};
use tola_local::{Options, Progress, Stack, cloud};

use crate::TestStack;
use crate::stack::described;

/// Where a stack keeps its zipped functions.
const CODE: &str = "deploy/code";

/// Who breaks a stack is alone with it.
static ALONE: Mutex<()> = Mutex::const_new(());
/// To start a stack takes half a minute, so that those who wait for it go on with the same one.
static RUNNING: Mutex<Weak<Running>> = Mutex::const_new(Weak::new());
static STARTED: AtomicU32 = AtomicU32::new(0);

/// A stack that one test has for itself for as long as it holds this, and may break. When nobody wants it any more it is
/// stopped, even by a panic.
pub struct OwnStack {
    stack: TestStack,
    running: Arc<Running>,
    _alone: MutexGuard<'static, ()>,
}

impl OwnStack {
    /// Waits for the stack, and heals what the test before may have left broken.
    pub async fn take() -> Self {
        let running = Running::found_or_started().await;
        let alone = ALONE.lock().await;
        running.stack.start_database().await.unwrap_or_else(|error| panic!("the database: {error}"));
        // With clients of its own: connections belong to the runtime of one test.
        Self { stack: TestStack::of(running.stack.clone()).await, running, _alone: alone }
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
        if thread::panicking() {
            println!("the logs are in {}", self.running.logs().display());
            self.running.keep.store(true, Ordering::SeqCst);
        }
    }
}

struct Running {
    stack: Stack,
    keep: AtomicBool,
}

impl Running {
    async fn found_or_started() -> Arc<Self> {
        let mut known = RUNNING.lock().await;
        if let Some(running) = known.upgrade() {
            return running;
        }
        // Never the name of one that may be on its way down.
        let name = format!("faults-{}", STARTED.fetch_add(1, Ordering::SeqCst) + 1);
        let options = Options::new(&name);
        forget(&options).await;
        take_over_code(&options);
        let stack = Stack::start(options, &Told).await.unwrap_or_else(|error| panic!("the stack {name}: {error}"));
        let running = Arc::new(Self { stack, keep: AtomicBool::new(false) });
        *known = Arc::downgrade(&running);
        running
    }

    fn logs(&self) -> PathBuf {
        self.stack.folder().join("logs")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let stack = self.stack.clone();
        // In a runtime of its own: that of the test may be on its way down.
        let stopped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(stack.stop()))
        });
        let stopped = matches!(stopped.join(), Ok(Ok(_)));
        hand_over_decisions(&self.stack);
        if stopped && !self.keep.load(Ordering::SeqCst) {
            let _ = fs::remove_dir_all(self.stack.folder());
        }
    }
}

/// Adds what the stack's roles were allowed and denied to what those of the journeys' stack were: what only happens after
/// a fault is needed as well.
fn hand_over_decisions(stack: &Stack) {
    let Some(of_journeys) = described().and_then(|description| Some(cloud::decisions(description.parent()?))) else {
        return;
    };
    let decisions = fs::read(cloud::decisions(stack.folder())).unwrap_or_default();
    let file = File::options().create(true).append(true).open(of_journeys);
    // One write, so that no line of the other cloud comes in between.
    let _ = file.and_then(|mut file| file.write_all(&decisions));
}

/// Stops and removes what an interrupted run left behind under that name.
async fn forget(options: &Options) {
    let folder = tola_local::stack::folder(&options.workspace, &options.name);
    if let Ok(stack) = Stack::named(&options.workspace, &options.name) {
        stack.stop().await;
    }
    let _ = fs::remove_dir_all(folder);
}

/// Copies the zipped functions of the stack that the journeys use: zipping them anew takes longer than anything else.
/// Those that are out of date are zipped anew all the same.
fn take_over_code(options: &Options) {
    let Some(zipped) = described().and_then(|description| Some(description.parent()?.join(CODE))) else { return };
    let folder = tola_local::stack::folder(&options.workspace, &options.name).join(CODE);
    let Ok(files) = fs::read_dir(zipped) else { return };
    fs::create_dir_all(&folder).expect("a folder for the code");
    for file in files.flatten() {
        fs::copy(file.path(), folder.join(file.file_name())).expect("a copy of the code");
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
