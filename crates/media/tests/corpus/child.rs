//! The process that renders one file, under limits.

use std::{
    io::Read,
    process::ExitCode,
    sync::mpsc::{RecvTimeoutError, channel},
    time::Duration,
};

use tola_media::{RenderError, Rendered, render};

use crate::{
    case::{End, Planted},
    families, verdict,
};

#[cfg(target_os = "linux")]
mod limits;
#[cfg(not(target_os = "linux"))]
#[path = "child/no_limits.rs"]
mod limits;

pub(crate) use limits::was_too_busy;

/// What makes this program that process.
pub(crate) const ARGUMENT: &str = "--child";

/// What a file may take, in bytes.
pub(crate) const MAX_MEMORY: u64 = 512 << 20;

/// How long a file may keep a core busy. Other processes may make it take longer.
pub(crate) const MAX_SECONDS: u64 = 5;

/// How long a file may take at all.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(30);

/// How the process ends when that is over.
pub(crate) const TOO_LONG: i32 = 42;

/// Renders what comes on standard input, and judges it as the case of this name says. On standard output goes what it
/// took: milliseconds of a core, and bytes.
pub(crate) fn main(name: &str) -> ExitCode {
    let case = families::all().into_iter().find(|case| case.name() == name).unwrap();
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).unwrap();
    // What is planted shall not take its time.
    let planted = matches!(case.end, End::Noticed(_));
    let (seconds, wait) = if planted { (1, MAX_WAIT / 60) } else { (MAX_SECONDS, MAX_WAIT) };
    limits::set(MAX_MEMORY, seconds);
    let wait = if matches!(case.end, End::Noticed(Planted::Work)) { MAX_WAIT } else { wait };
    let rendered = within(wait, || {
        misbehave(&case.end);
        render(&bytes)
    });
    let (time, memory) = (limits::time(), limits::peak_memory());
    // To judge takes time and memory, too.
    limits::set(4 * MAX_MEMORY, 10 * MAX_SECONDS);
    println!("{} {memory}", time.as_millis());
    verdict::judge(&case, &bytes, rendered);
    ExitCode::SUCCESS
}

/// Runs `work`. If it takes longer than that, the whole process ends.
fn within(time: Duration, work: impl FnOnce() -> Result<Rendered, RenderError>) -> Result<Rendered, RenderError> {
    let (done, wait) = channel::<()>();
    let watch = std::thread::spawn(move || {
        if wait.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
            std::process::exit(TOO_LONG);
        }
    });
    let result = work();
    drop(done);
    watch.join().unwrap();
    result
}

/// What must be noticed.
fn misbehave(end: &End) {
    match end {
        End::Noticed(Planted::Memory) => {
            std::hint::black_box(vec![1_u8; MAX_MEMORY as usize]);
        }
        End::Noticed(Planted::Work) => (0..u64::MAX).for_each(|n| {
            std::hint::black_box(n);
        }),
        End::Noticed(Planted::Waiting) => std::thread::park(),
        End::Noticed(Planted::Panic) => panic!("planted"),
        End::Noticed(Planted::Answer) | End::Ready(_) | End::Rejected(_) => {}
    }
}
