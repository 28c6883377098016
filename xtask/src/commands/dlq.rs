//! `cargo xtask dlq`: the messages that nobody could handle, to be looked at, tried again or thrown away. RUNBOOK.md says
//! which when, and how the same is done on AWS.

use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use clap::Subcommand;
use console::style;
use jiff::Timestamp;
use serde_json::Value;
use tola_local::aws::Aws;
use tola_local::python::Environment;
use tola_local::{Stack, stack};

/// What the name of a queue of dead letters ends with; before it comes the queue's that they come from.
const DEAD_LETTERS: &str = "-dead-letters";
/// How many seconds a message that was looked at is kept from others who look.
const HOLD: &str = "30";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// Another stack's description
    #[arg(long, global = true, env = "TOLA_STACK", default_value_os_t = stack::workspace().join(".local/stack.json"))]
    stack: PathBuf,
}

/// What is done; without a word, all queues are listed.
#[derive(Subcommand)]
enum What {
    /// Print the messages of a queue; they stay there
    Show {
        /// The queue that they come from, such as `relay`
        queue: String,
    },
    /// Send the messages back to the queue that they come from, once their cause is gone
    Redrive {
        /// The queue that they come from, such as `relay`
        queue: String,
    },
    /// Throw a message away
    Discard {
        /// The queue that it comes from, such as `relay`
        queue: String,
        /// The message's id, as `show` prints it
        id: String,
    },
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let letters = Letters::of(&Stack::attach(&arguments.stack)?);
    match arguments.what {
        None => letters.list().await,
        Some(What::Show { queue }) => {
            let messages = letters.take(&queue, usize::MAX).await?;
            messages.iter().for_each(print);
            letters.put_back(&queue, &messages).await
        }
        Some(What::Redrive { queue }) => letters.redrive(&queue).await,
        Some(What::Discard { queue, id }) => letters.discard(&queue, &id).await,
    }
}

/// The dead letters of a stack.
struct Letters {
    aws: Aws,
    folder: PathBuf,
    /// What the names of the stack's queues begin with.
    prefix: String,
}

impl Letters {
    fn of(stack: &Stack) -> Self {
        let info = stack.info();
        let python = Environment::at(&info.processes.workspace.join(".local/venv"));
        let aws = Aws::new(&python, &info.endpoint_url);
        Self { aws, folder: stack.folder().to_owned(), prefix: format!("{}-", info.stack_name) }
    }

    async fn sqs(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let text = self.aws.run(&self.folder, &[&["sqs"], arguments, &["--output", "json"]].concat()).await?;
        // Where there is nothing to tell, nothing is printed.
        Ok(if text.trim().is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }

    async fn queues(&self) -> anyhow::Result<Vec<String>> {
        let listed = self.sqs(&["list-queues", "--queue-name-prefix", &self.prefix]).await?;
        let urls = listed["QueueUrls"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Ok(urls.map(str::to_owned).collect())
    }

    /// The URL of a queue, by its name without the stack's.
    async fn url(&self, name: &str) -> anyhow::Result<String> {
        let queues = self.queues().await?;
        let wanted = format!("/{}{name}", self.prefix);
        if let Some(url) = queues.iter().find(|url| url.ends_with(&wanted)) {
            return Ok(url.clone());
        }
        let known: Vec<_> = queues.iter().filter_map(|url| self.source(url)).collect();
        bail!("there is no queue {}{name}; dead letters come from {}", self.prefix, known.join(", "));
    }

    /// The name of the queue that a queue's dead letters come from, if it is one of dead letters.
    fn source<'a>(&self, url: &'a str) -> Option<&'a str> {
        url.rsplit('/').next()?.strip_prefix(&self.prefix)?.strip_suffix(DEAD_LETTERS)
    }

    async fn list(&self) -> anyhow::Result<()> {
        let mut all = 0;
        for url in self.queues().await? {
            let Some(source) = self.source(&url) else { continue };
            let names = ["--attribute-names", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
            let answer = self.sqs(&[&["get-queue-attributes", "--queue-url", &url], &names[..]].concat()).await?;
            let number = |name: &str| -> u64 {
                answer["Attributes"][name].as_str().and_then(|number| number.parse().ok()).unwrap_or_default()
            };
            let waiting = number("ApproximateNumberOfMessages") + number("ApproximateNumberOfMessagesNotVisible");
            let mark = if waiting == 0 { style("✓").green() } else { style("✗").red() };
            println!("{mark} {source:24} {waiting}");
            all += waiting;
        }
        if all > 0 {
            println!("\ncargo xtask dlq show <queue> prints them; RUNBOOK.md says what to do");
        }
        Ok(())
    }

    /// Takes up to `most` messages of the dead letters of a queue, for as long as somebody looks at them.
    async fn take(&self, queue: &str, most: usize) -> anyhow::Result<Vec<Value>> {
        let url = self.url(&format!("{queue}{DEAD_LETTERS}")).await?;
        let mut taken = Vec::new();
        while taken.len() < most {
            let number = (most - taken.len()).min(10).to_string();
            let ask = ["receive-message", "--queue-url", &url, "--max-number-of-messages", &number];
            let all = ["--visibility-timeout", HOLD, "--attribute-names", "All", "--message-attribute-names", "All"];
            let page = self.sqs(&[&ask[..], &all[..]].concat()).await?;
            let Some(messages) = page["Messages"].as_array().filter(|messages| !messages.is_empty()) else { break };
            taken.extend(messages.iter().cloned());
        }
        Ok(taken)
    }

    /// Lets others see messages at once.
    async fn put_back(&self, queue: &str, messages: &[Value]) -> anyhow::Result<()> {
        let url = self.url(&format!("{queue}{DEAD_LETTERS}")).await?;
        for message in messages {
            let receipt = text(message, "ReceiptHandle");
            let change = ["change-message-visibility", "--queue-url", &url, "--visibility-timeout", "0"];
            self.sqs(&[&change[..], &["--receipt-handle", receipt]].concat()).await?;
        }
        Ok(())
    }

    /// First sent, then deleted: whoever dies in between leaves a message twice, which is done once.
    async fn redrive(&self, queue: &str) -> anyhow::Result<()> {
        let to = self.url(queue).await.with_context(|| {
            format!("what is in {queue}{DEAD_LETTERS} is the report of a call that failed: look at it, and discard it")
        })?;
        let from = self.url(&format!("{queue}{DEAD_LETTERS}")).await?;
        let mut sent = 0;
        loop {
            let messages = self.take(queue, 1).await?;
            let Some(message) = messages.first() else { break };
            let body = text(message, "Body");
            let attributes = sendable(&message["MessageAttributes"]).to_string();
            let send = ["send-message", "--queue-url", &to, "--message-body", body];
            self.sqs(&[&send[..], &["--message-attributes", &attributes]].concat()).await?;
            self.delete(&from, message).await?;
            sent += 1;
        }
        println!("{} {sent} messages are in {queue} again", style("✓").green());
        Ok(())
    }

    async fn discard(&self, queue: &str, id: &str) -> anyhow::Result<()> {
        let messages = self.take(queue, usize::MAX).await?;
        let (chosen, others): (Vec<_>, Vec<_>) =
            messages.into_iter().partition(|message| text(message, "MessageId") == id);
        self.put_back(queue, &others).await?;
        ensure!(!chosen.is_empty(), "there is no message {id} in {queue}{DEAD_LETTERS}");
        let url = self.url(&format!("{queue}{DEAD_LETTERS}")).await?;
        for message in &chosen {
            print(message);
            self.delete(&url, message).await?;
        }
        println!("{} thrown away", style("✓").green());
        Ok(())
    }

    async fn delete(&self, url: &str, message: &Value) -> anyhow::Result<()> {
        let receipt = text(message, "ReceiptHandle");
        self.sqs(&["delete-message", "--queue-url", url, "--receipt-handle", receipt]).await?;
        Ok(())
    }
}

fn text<'a>(message: &'a Value, name: &str) -> &'a str {
    message[name].as_str().unwrap_or_default()
}

/// A message's attributes as they are sent: what is empty is left out.
fn sendable(attributes: &Value) -> Value {
    if attributes.is_object() { attributes.clone() } else { serde_json::json!({}) }
}

fn print(message: &Value) {
    let attributes = &message["Attributes"];
    let millis = text(attributes, "SentTimestamp").parse().unwrap_or_default();
    let sent = Timestamp::from_millisecond(millis).unwrap_or_default();
    let times = text(attributes, "ApproximateReceiveCount");
    println!("{} sent {sent:.0}, received {times} times", style(text(message, "MessageId")).bold());
    let body = text(message, "Body");
    let body = serde_json::from_str::<Value>(body).and_then(|body| serde_json::to_string_pretty(&body));
    println!("{}\n", body.unwrap_or_else(|_| text(message, "Body").to_owned()));
}
