//! What a process has used so far, from `/proc`.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, ensure};

/// Clock ticks per second in `/proc`: part of the kernel's interface, and the same on every architecture of AWS.
const TICKS_PER_SECOND: u32 = 100;

/// What a process has used so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Time on a processor, in user and kernel mode, of all threads; exact to 10 ms.
    pub(crate) cpu: Duration,
    /// The most memory that it ever held, in bytes: code, libraries and heap.
    pub(crate) peak_memory: u64,
}

impl Usage {
    /// What the process `pid` has used.
    ///
    /// # Errors
    /// When it is gone, has processes of its own, which would not be counted, or `/proc` is not Linux's.
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let read = |name: &str| {
            let path = format!("/proc/{pid}/{name}");
            fs::read_to_string(&path).with_context(|| format!("can't read {path}"))
        };
        // Kernels may be built without this file.
        let children = read(&format!("task/{pid}/children")).unwrap_or_default();
        ensure!(children.trim().is_empty(), "{pid} has processes of its own: {}", children.trim());
        let cpu = cpu_of(&read("stat")?).with_context(|| format!("/proc/{pid}/stat can't be understood"))?;
        let peak = peak_of(&read("status")?).with_context(|| format!("/proc/{pid}/status has no VmHWM"))?;
        Ok(Self { cpu, peak_memory: peak })
    }
}

/// `utime` and `stime`, the 14th and 15th field. The second field may hold spaces and brackets.
fn cpu_of(stat: &str) -> Option<Duration> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(Duration::from_secs(1) * user.checked_add(system)? / TICKS_PER_SECOND)
}

/// `VmHWM`, which the kernel gives in KiB.
fn peak_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_kernel_time_are_added_whatever_the_name() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 5417 0 12 0 150 25 7 8 20 0 3 0 7777 1 2 3";

        assert_eq!(cpu_of(stat), Some(Duration::from_millis(1_750)));
        assert_eq!(cpu_of("42 (gone"), None);
        assert_eq!(cpu_of("42 (short) S 1 2 3"), None);
    }

    #[test]
    fn the_peak_is_given_in_bytes() {
        let status = "Name:\tapi\nVmPeak:\t  999 kB\nVmHWM:\t   14980 kB\nVmRSS:\t   14000 kB\n";

        assert_eq!(peak_of(status), Some(14_980 * 1024));
        assert_eq!(peak_of("Name:\tzombie\n"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_uses_memory() {
        let usage = Usage::of(std::process::id()).unwrap();

        assert!(usage.peak_memory > 1024 * 1024, "{usage:?}");
    }
}
