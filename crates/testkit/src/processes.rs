//! The processes in which a stack's functions run, to end them in the middle of their work.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use crate::TestStack;

impl TestStack {
    /// Ends every process of a function of this stack, as a crash would, and returns how many there were.
    #[must_use]
    pub fn kills(&self, function: &str) -> usize {
        let name = format!("{}-{function}", self.info().stack_name);
        let found: Vec<Pid> = self.bootstraps().filter(|pid| runs(*pid, &name)).collect();
        found.iter().filter(|pid| kill_process(**pid, Signal::KILL).is_ok()).count()
    }

    /// The processes whose program lies in the stack's folder: no other stack's.
    fn bootstraps(&self) -> impl Iterator<Item = Pid> {
        let folder = self.local().folder().canonicalize().expect("the stack's folder");
        let processes = fs::read_dir("/proc").expect("/proc: these tests need Linux").flatten();
        processes.filter_map(move |process| {
            let program = fs::read_link(process.path().join("exe")).ok()?;
            let pid = process.file_name().to_str()?.parse().ok().and_then(Pid::from_raw)?;
            (program.starts_with(&folder) && program.file_name()? == "bootstrap").then_some(pid)
        })
    }
}

/// Whether a process was told to be that function.
fn runs(pid: Pid, function: &str) -> bool {
    let environment = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())).unwrap_or_default();
    let wanted = format!("AWS_LAMBDA_FUNCTION_NAME={function}");
    environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
}
