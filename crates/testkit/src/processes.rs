//! The processes in which a stack's functions run, to end them in the middle of their work.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use crate::TestStack;

impl TestStack {
    /// Ends every process of a function of this stack, as a crash would, and returns how many there were.
    #[must_use]
    pub fn kills(&self, function: &str) -> usize {
        let name = format!("{}-{function}", self.info().stack_name);
        let found: Vec<Pid> = self.bootstraps().filter(|pid| role(*pid).as_ref() == Some(&name)).collect();
        found.iter().filter(|pid| kill_process(**pid, Signal::KILL).is_ok()).count()
    }

    /// The processes of functions that run now: which function, and the process's id.
    #[must_use]
    pub fn running(&self) -> Vec<(String, i32)> {
        let prefix = format!("{}-", self.info().stack_name);
        let named = |pid: Pid| {
            let name = role(pid)?.strip_prefix(&prefix)?.to_owned();
            Some((name, pid.as_raw_nonzero().get()))
        };
        self.bootstraps().filter_map(named).collect()
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

/// Which function a process was told to be.
fn role(pid: Pid) -> Option<String> {
    let environment = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    let name = variables.find_map(|variable| variable.strip_prefix(b"AWS_LAMBDA_FUNCTION_NAME="))?;
    String::from_utf8(name.to_vec()).ok()
}
