//! `cargo xtask logs`: what a deployed function has written.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use console::style;
use jiff::Timestamp;
use serde_json::Value;
use tola_local::aws::Aws;
use tola_local::python::Environment;
use tola_local::{Stack, stack};

const POLL: Duration = Duration::from_secs(1);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The function, such as `api` or `validate-product`
    function: String,
    /// Go on as more is written
    #[arg(long, short)]
    follow: bool,
    /// How far to look back, in minutes
    #[arg(long, default_value_t = 15)]
    minutes: i64,
    /// Another stack's description
    #[arg(long, env = "TOLA_STACK", default_value_os_t = stack::workspace().join(".local/stack.json"))]
    stack: PathBuf,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let stack = Stack::attach(&arguments.stack)?;
    let info = stack.info();
    let python = Environment::at(&info.processes.workspace.join(".local/venv"));
    let aws = Aws::new(&python, &info.endpoint_url);
    let group = format!("/aws/lambda/{}-{}", info.stack_name, arguments.function);
    let mut since = Timestamp::now().as_millisecond() - arguments.minutes * 60_000;
    let mut seen = HashSet::new();
    loop {
        let events = events(&aws, stack.folder(), &group, since).await?;
        for event in events.as_array().into_iter().flatten() {
            // Events of the last millisecond come again with the next question, and carry no id of their own here.
            since = since.max(event["timestamp"].as_i64().unwrap_or_default());
            if seen.insert(event.to_string() + &event["timestamp"].to_string() + &event["message"].to_string()) {
                print_event(event);
            }
        }
        if !arguments.follow {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn events(aws: &Aws, folder: &Path, group: &str, since: i64) -> anyhow::Result<Value> {
    let since = since.to_string();
    let question = ["logs", "filter-log-events", "--log-group-name", group, "--start-time", &since];
    let answer = aws.json(folder, &question).await.with_context(|| format!("can't read the log group {group}"))?;
    Ok(answer["events"].clone())
}

fn print_event(event: &Value) {
    let message = event["message"].as_str().unwrap_or_default().trim_end();
    let at = event["timestamp"].as_i64().and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or_default();
    println!("{} {message}", style(at.strftime("%H:%M:%S")).dim());
}
