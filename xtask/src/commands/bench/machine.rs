//! The machine that everything runs on, and who runs on which of its cores.

use std::fs;
use std::process::Stdio;

use serde::Serialize;
use tokio::process::Command;

/// What figures depend on, besides the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Machine {
    /// The processor, in its maker's words.
    pub(super) processor: String,
    /// How many cores this process may use.
    pub(super) cores: usize,
    /// How busy the machine was with other things when the run began: the load of the last minute.
    pub(super) load: String,
}

impl Machine {
    /// This machine, now.
    pub(super) fn look() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Self {
            processor: processor(&read("/proc/cpuinfo")).unwrap_or("an unknown processor").to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            load: read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
        }
    }
}

fn processor(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

/// One core for the process that is measured, the others for whatever serves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cores {
    measured: usize,
    others: Vec<usize>,
}

impl Cores {
    /// Divides the cores that this process may use; `None` with one core, or without `taskset`.
    pub(super) async fn divide() -> Option<Self> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
        let mut others = cores_of(list.trim())?;
        let measured = others.pop()?;
        let there = run(&["--version".to_owned()]).await;
        (there && !others.is_empty()).then_some(Self { measured, others })
    }

    /// The core of the process that is measured.
    pub(super) fn measured(&self) -> usize {
        self.measured
    }

    /// Keeps a process with all its threads off the core of the one that is measured; returns whether it is.
    pub(super) async fn keep_off(&self, pid: u32) -> bool {
        let others: Vec<String> = self.others.iter().map(ToString::to_string).collect();
        run(&["--all-tasks".into(), "--pid".into(), "--cpu-list".into(), others.join(","), pid.to_string()]).await
    }
}

async fn run(arguments: &[String]) -> bool {
    let mut taskset = Command::new("taskset");
    taskset.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    taskset.status().await.is_ok_and(|status| status.success())
}

/// Reads the kernel's lists of cores, such as `0-2,5`.
fn cores_of(list: &str) -> Option<Vec<usize>> {
    let mut cores = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        cores.extend(first.parse::<usize>().ok()?..=last.parse::<usize>().ok()?);
    }
    Some(cores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cores_have_ranges() {
        assert_eq!(cores_of("0-2,5,8-9"), Some(vec![0, 1, 2, 5, 8, 9]));
        assert_eq!(cores_of("3"), Some(vec![3]));
        assert_eq!(cores_of("all"), None);
    }

    #[test]
    fn the_processor_is_named_by_its_first_core() {
        let cpuinfo = "processor\t: 0\nmodel name\t: Quick (R) 9\nprocessor\t: 1\nmodel name\t: Slow\n";

        assert_eq!(processor(cpuinfo), Some("Quick (R) 9"));
        assert_eq!(processor("processor\t: 0\n"), None);
    }
}
