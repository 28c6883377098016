//! Where the kernel holds no limits that one could ask for, the files are judged all the same.

use std::{process::ExitStatus, time::Duration};

pub(crate) fn set(_memory: u64, _seconds: u64) {}

pub(crate) fn time() -> Duration {
    Duration::ZERO
}

pub(crate) fn peak_memory() -> u64 {
    0
}

pub(crate) fn was_too_busy(_status: ExitStatus) -> bool {
    false
}
