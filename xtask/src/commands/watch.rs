//! `cargo xtask watch`: a running machine's states, live in the terminal.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use console::{Term, style};
use jiff::Timestamp;
use serde_json::Value;
use tola_local::{Stack, stack};

use crate::watch::draw::{Snapshot, draw};
use crate::watch::fetch;
use crate::watch::machine::State;

const POLL: Duration = Duration::from_millis(300);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// An operation's id (operation_…), or an execution's ARN
    what: String,
    /// Another stack's description
    #[arg(long, env = "TOLA_STACK", default_value_os_t = stack::workspace().join(".local/stack.json"))]
    stack: PathBuf,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let stack = Stack::attach(&arguments.stack)?;
    let info = stack.info();
    let arn = if arguments.what.starts_with("arn:") {
        arguments.what.clone()
    } else {
        execution_of(stack.info(), &arguments.what).await?
    };
    let client = fetch::client(info);
    let mut canvas = Canvas::default();
    let mut states: Option<Vec<State>> = None;
    let last = loop {
        let mut snapshot = fetch::snapshot(&client, &arn, states.take()).await?;
        if !arguments.what.starts_with("arn:") {
            snapshot.records = fetch::records(&fetch::operation(info, &arguments.what).await?);
        }
        canvas.show(&snapshot)?;
        if snapshot.is_over() {
            break snapshot;
        }
        states = Some(snapshot.states);
        tokio::time::sleep(POLL).await;
    };
    if !arguments.what.starts_with("arn:") {
        advise(&fetch::operation(info, &arguments.what).await?);
    }
    if last.status != "SUCCEEDED" {
        bail!("the execution ended as {}", last.status);
    }
    Ok(())
}

/// The execution of an operation; waits for it, because an operation may be accepted before its execution starts.
async fn execution_of(info: &tola_local::StackInfo, id: &str) -> anyhow::Result<String> {
    let mut told = false;
    loop {
        let operation = fetch::operation(info, id).await?;
        if let Some(arn) = field(&operation, "execution_arn").and_then(Value::as_str) {
            return Ok(arn.to_owned());
        }
        if let Some(status) = field(&operation, "status").and_then(Value::as_str)
            && status != "RUNNING"
        {
            advise(&operation);
            bail!("the operation is {status} and never had an execution");
        }
        if !told {
            eprintln!("accepted; waiting for its execution to start …");
            told = true;
        }
        tokio::time::sleep(POLL).await;
    }
}

/// A field of the operation, whether the API wraps it or not.
fn field<'a>(operation: &'a Value, name: &str) -> Option<&'a Value> {
    operation.get("operation").unwrap_or(operation).get(name)
}

/// What the operation says to do next.
fn advise(operation: &Value) {
    let text = |pointer: &str| operation.get("operation").unwrap_or(operation).pointer(pointer)?.as_str();
    if let Some(problem) = text("/problem/message") {
        println!("{} {problem}", style("Problem:").red());
    }
    if let Some(next) = text("/next").or_else(|| text("/next/message")).or_else(|| text("/problem/remedy")) {
        println!("{} {next}", style("Next:").cyan());
    }
}

/// Redraws on a terminal; elsewhere prints each line when it is first seen to be final.
#[derive(Default)]
struct Canvas {
    drawn: usize,
    said: Vec<String>,
}

impl Canvas {
    fn show(&mut self, snapshot: &Snapshot) -> std::io::Result<()> {
        let lines = draw(snapshot, Timestamp::now());
        let terminal = Term::stdout();
        if terminal.is_term() {
            terminal.clear_last_lines(self.drawn)?;
            for line in &lines {
                terminal.write_line(&console::truncate_str(line, usize::from(terminal.size().1), "…"))?;
            }
            self.drawn = lines.len();
            return Ok(());
        }
        for line in lines {
            let is_final = snapshot.is_over() || !["⟳", "○", "RUNNING"].iter().any(|mark| line.contains(mark));
            if is_final && !self.said.contains(&line) {
                println!("{line}");
                self.said.push(line);
            }
        }
        Ok(())
    }
}
