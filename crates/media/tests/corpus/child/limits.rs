//! Limits that the kernel holds.

use std::{os::unix::process::ExitStatusExt, process::ExitStatus, time::Duration};

use rustix::{
    process::{Resource, Rlimit, Signal, setrlimit},
    time::{ClockId, clock_gettime},
};

/// From here on there is no more memory than that, whether it is touched or not, and no more seconds of a core since the
/// process began.
pub(crate) fn set(memory: u64, seconds: u64) {
    for (resource, limit) in [(Resource::Data, memory), (Resource::Cpu, seconds)] {
        setrlimit(resource, Rlimit { current: Some(limit), maximum: None }).unwrap();
    }
}

/// How long the process has kept cores busy.
pub(crate) fn time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap()
}

/// The most that was in memory at once, in bytes.
pub(crate) fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Whether a process was ended because its seconds were over.
pub(crate) fn was_too_busy(status: ExitStatus) -> bool {
    status.signal() == Some(Signal::XCPU.as_raw())
}
