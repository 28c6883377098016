//! `cargo xtask permissions`: takes one permission after the other away from a running stack, and sees it missed.
//!
//! First each test runs alone, to learn which permissions it needs. Then, for each permission, the quickest such tests run
//! without it, until in one of them a call is denied: which fails the test, or all tests together. Half an hour and more, so not for CI: there, a call that is denied fails the tests (see
//! [`crate::permissions`]).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use console::style;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::process::Command;
use tola_local::{Stack, stack};

use crate::permissions::{Decisions, Permission, Policy, aws, granted, roles};
use crate::signals::interrupted;
use crate::ui::seconds;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only permissions whose line contains this, such as `SweepRole` or `s3:GetObject`
    filter: Option<String>,
    /// Learn anew which test needs what; otherwise what was learnt on this stack before is used
    #[arg(long)]
    learn: bool,
    /// Learn only from tests whose name contains this; may be repeated
    #[arg(long, default_values = ["journeys::", "faults::leftovers"])]
    tests: Vec<String>,
    /// How many seconds a test waits for what does not come: longer than anything takes that has what it needs
    #[arg(long, default_value_t = 40)]
    patience: u64,
    /// Another stack's description
    #[arg(long, env = "TOLA_STACK", default_value_os_t = stack::workspace().join(".local/stack.json"))]
    stack: PathBuf,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let attached = Stack::attach(&arguments.stack)?;
    // The description may be a copy; what is needed here lies beside the original.
    let stack = Stack::named(&attached.info().processes.workspace, &attached.info().name)?;
    let tests = Tests { program: program().await?, stack, patience: arguments.patience };
    ensure!(tests.stack.is_running(), "the stack does not run; start it with `cargo xtask up --detach`");
    let written = tests.stack.folder().join("permissions.json");
    let mut learnt = fs::read(&written).map_or_else(|_| Ok(Vec::new()), |known| serde_json::from_slice(&known))?;
    if arguments.learn || learnt.is_empty() {
        tests.learn(&arguments.tests, &mut learnt, &written).await?;
    }
    let granted = granted(&tests.stack).await?;
    let asked = |permission: &Permission| {
        arguments.filter.as_ref().is_none_or(|filter| permission.to_string().contains(filter.as_str()))
    };
    let mut unmissed = Vec::new();
    for (permission, policy) in granted.iter().filter(|(permission, _)| asked(permission)) {
        if let Some(reason) = permission.is_held_elsewhere() {
            println!("{} {permission}: {reason}", style("–").dim());
            continue;
        }
        let mut outcome = Err("no test needs it".to_owned());
        // What an earlier test had left running may have needed it, and not the test that ran then.
        for test in quickest(&learnt, permission).into_iter().take(MOST_TESTS) {
            outcome = tests.without(permission, policy, test).await?;
            if outcome.is_ok() {
                break;
            }
        }
        match outcome {
            Ok(evidence) => println!("{} {permission}: {evidence}", style("✓").green()),
            Err(reason) => {
                println!("{} {permission}: {reason}", style("✗").red());
                unmissed.push(permission.to_string());
            }
        }
    }
    ensure!(unmissed.is_empty(), "{} permissions are not missed", unmissed.len());
    Ok(())
}

/// A test, and what it needs.
#[derive(Debug, Serialize, Deserialize)]
struct Learnt {
    test: String,
    took: Duration,
    needs: BTreeSet<Permission>,
}

/// How many tests are tried, until one misses the permission.
const MOST_TESTS: usize = 4;

fn quickest<'a>(learnt: &'a [Learnt], permission: &Permission) -> Vec<&'a Learnt> {
    let mut needing: Vec<_> = learnt.iter().filter(|learnt| learnt.needs.contains(permission)).collect();
    needing.sort_by_key(|learnt| learnt.took);
    needing
}

/// The end-to-end tests and the stack that they run on.
struct Tests {
    program: PathBuf,
    stack: Stack,
    patience: u64,
}

impl Tests {
    /// Adds what tests need to what was learnt before.
    async fn learn(&self, filters: &[String], learnt: &mut Vec<Learnt>, written: &Path) -> anyhow::Result<()> {
        let roles = roles(&self.stack).await?;
        for test in self.names(filters).await? {
            Decisions::forget(&self.stack)?;
            let began = Instant::now();
            let failure = self.run(&test).await?;
            let took = began.elapsed();
            let needs = Decisions::read(&self.stack, &roles)?.needed();
            eprintln!("{:>8}  {} permissions  {test}", seconds(took), needs.len());
            learnt.retain(|learnt| learnt.test != test);
            match failure {
                // Nothing could be told from its failing again.
                Some(failure) => eprintln!("          it fails with all of them: {failure}"),
                None => learnt.push(Learnt { test, took, needs }),
            }
            fs::write(written, serde_json::to_vec_pretty(learnt)?)?;
        }
        Ok(())
    }

    /// What came of a test without one permission: how it failed, or that it did not.
    async fn without(
        &self,
        taken: &Permission,
        policy: &Policy,
        learnt: &Learnt,
    ) -> anyhow::Result<Result<String, String>> {
        let roles = roles(&self.stack).await?;
        Decisions::forget(&self.stack)?;
        self.put(policy, &policy.without(taken)).await?;
        let failure = tokio::select! {
            failure = self.run(&learnt.test) => failure,
            failure = interrupted() => failure,
        };
        self.put(policy, &policy.document).await.context("the permission could not be given back")?;

        let denied = Decisions::read(&self.stack, &roles)?.denied();
        let about = format!("{} was denied {} ", taken.role, taken.action);
        let denied = denied.iter().find(|denied| denied.starts_with(&about));
        Ok(match (failure?, denied) {
            (Some(failure), Some(_)) => Ok(format!("{} fails: {failure}", learnt.test)),
            (Some(failure), None) => Err(format!("{} fails, but nothing was denied: {failure}", learnt.test)),
            // All tests together fail: no call of theirs may be denied.
            (None, Some(_)) => Ok(format!("something else does it in {}; the denied call is found", learnt.test)),
            (None, None) => Err(format!("{} succeeds", learnt.test)),
        })
    }

    async fn put(&self, policy: &Policy, document: &Value) -> anyhow::Result<()> {
        let is_empty = document["Statement"].as_array().is_some_and(Vec::is_empty);
        let document = document.to_string();
        let (role, name) = (&policy.role, &policy.name);
        let of = ["--role-name", role, "--policy-name", name];
        // There is no policy that says nothing.
        let command = if is_empty {
            [&["iam", "delete-role-policy"], &of[..]].concat()
        } else {
            [&["iam", "put-role-policy"], &of[..], &["--policy-document", &document]].concat()
        };
        aws(&self.stack).run(self.stack.folder(), &command).await?;
        Ok(())
    }

    async fn names(&self, filters: &[String]) -> anyhow::Result<Vec<String>> {
        let output = self.command().args(["--list", "--format", "terse"]).args(filters).output().await?;
        let text = String::from_utf8(output.stdout)?;
        let names: Vec<_> = text.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect();
        ensure!(!names.is_empty(), "no test is called {}", filters.join(" or "));
        Ok(names)
    }

    /// Runs one test, and says how it failed.
    async fn run(&self, test: &str) -> anyhow::Result<Option<String>> {
        let output = self.command().args(["--exact", test]).output().await?;
        if output.status.success() {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut lines = text.lines().skip_while(|line| !line.contains("panicked at")).skip(1);
        Ok(Some(console::truncate_str(lines.next().unwrap_or("it ended without a word"), 160, "…").into_owned()))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(stack::workspace().join("tests")).env("TOLA_STACK", self.stack.description());
        command.env("TOLA_PATIENCE_SECONDS", self.patience.to_string());
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}

/// Builds the end-to-end tests, and says where they are.
async fn program() -> anyhow::Result<PathBuf> {
    let mut cargo = tola_local::cargo();
    cargo.args(["test", "--workspace", "--test", "tola", "--no-run", "--message-format", "json-render-diagnostics"]);
    let output = cargo.current_dir(stack::workspace()).stderr(Stdio::inherit()).output().await?;
    ensure!(output.status.success(), "the tests can't be built");
    let messages = String::from_utf8(output.stdout)?;
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut programs = messages.filter(|message| message["target"]["name"] == "tola");
    let program = programs.find_map(|message| message["executable"].as_str().map(PathBuf::from));
    let Some(program) = program else { bail!("cargo does not say where it put the tests") };
    Ok(program)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn permission(action: &str, resource: &str) -> Permission {
        Permission {
            role: "SweepRole".into(),
            statement: "DeleteFiles".into(),
            action: action.into(),
            resource: resource.into(),
        }
    }

    #[test]
    fn the_quickest_of_the_tests_that_need_a_permission_is_taken() {
        let learnt = |test: &str, seconds, needs: &[Permission]| Learnt {
            test: test.into(),
            took: Duration::from_secs(seconds),
            needs: needs.iter().cloned().collect(),
        };
        let (delete, tag) = (permission("s3:DeleteObject", "a"), permission("s3:PutObjectTagging", "a"));
        let known = [
            learnt("slow", 9, std::slice::from_ref(&delete)),
            learnt("quick", 3, std::slice::from_ref(&delete)),
            learnt("none", 1, &[]),
        ];

        assert_eq!(quickest(&known, &delete)[0].test, "quick");
        assert!(quickest(&known, &tag).is_empty());
    }

    #[test]
    fn a_policy_without_a_permission_has_all_others() {
        let statement =
            json!({ "Sid": "DeleteFiles", "Action": ["s3:DeleteObject", "s3:GetObject"], "Resource": ["a", "b"] });
        let other = json!({ "Sid": "Other", "Action": "s3:DeleteObject", "Resource": "a" });
        let document = json!({ "Version": "2012-10-17", "Statement": [statement, other] });
        let policy = Policy { role: "sweep".into(), name: "files".into(), document };

        let left = policy.without(&permission("s3:DeleteObject", "a"));

        let part =
            |action: &str, resources: &[&str]| json!({ "Sid": "DeleteFiles", "Action": action, "Resource": resources });
        let parts = json!([part("s3:DeleteObject", &["b"]), part("s3:GetObject", &["a", "b"]), other]);
        assert_eq!(left["Statement"], parts);
    }
}
