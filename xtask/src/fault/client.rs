//! A careful client: it repeats what was not answered, with the same key, and takes nothing for done that was not
//! acknowledged.

use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use serde_json::Value;
use tola_testkit::{Answer, Merchant, Request};

use super::timeline::Timeline;

/// How long it goes on asking before it says that nobody answers.
const PATIENCE: Duration = Duration::from_secs(150);
const PAUSE: Duration = Duration::from_millis(300);

/// A client of one merchant. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    merchant: Merchant,
    /// How the timeline calls it.
    name: String,
    timeline: Timeline,
}

impl Client {
    pub(crate) fn new(merchant: Merchant, name: &str, timeline: &Timeline) -> Self {
        Self { merchant, name: name.to_owned(), timeline: timeline.clone() }
    }

    /// The same merchant's, under another name.
    pub(crate) fn named(&self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self.clone() }
    }

    pub(crate) fn merchant(&self) -> &Merchant {
        &self.merchant
    }

    /// Notes something.
    pub(crate) fn tell(&self, what: impl Into<String>) {
        self.timeline.tell(&self.name, what);
    }

    /// Asks until somebody answers who knows: neither `try again`, nor something that stands in for Tola.
    ///
    /// # Errors
    /// When nobody does.
    pub(crate) async fn insists(&self, request: &Request, what: &str) -> anyhow::Result<Answer> {
        let (began, mut asked) = (Instant::now(), 0_u32);
        loop {
            asked += 1;
            let why = match attempt(request).await {
                Ok(answer) => {
                    let again = if asked > 1 { format!(", asked {asked} times") } else { String::new() };
                    self.tell(format!("{what}: {}{again}", brief(&answer)));
                    return Ok(answer);
                }
                Err(why) => why,
            };
            if asked == 1 {
                self.tell(format!("{what}: no answer yet: {}", first_line(&why)));
            }
            if began.elapsed() > PATIENCE {
                bail!("{} got no answer to {what} for {PATIENCE:?}: {why}", self.name);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Reads something that is there.
    ///
    /// # Errors
    /// When nobody answers, or says anything but 200.
    pub(crate) async fn reads(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.looks_at(path).await?;
        answer.ok_or_else(|| anyhow!("{} finds nothing at {path}", self.name))
    }

    /// Reads something, unless it is not there. Looks are no part of the story.
    ///
    /// # Errors
    /// When nobody answers, or says anything but 200 and 404.
    pub(crate) async fn looks_at(&self, path: &str) -> anyhow::Result<Option<Value>> {
        let (request, began) = (self.merchant.gets(path), Instant::now());
        loop {
            match attempt(&request).await {
                Ok(answer) if answer.status == 200 => return Ok(Some(answer.body)),
                Ok(answer) if answer.status == 404 => return Ok(None),
                Ok(answer) => bail!("{} reads {path}: {answer}", self.name),
                Err(why) if began.elapsed() > PATIENCE => bail!("{} can't read {path}: {why}", self.name),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// All items of a list.
    ///
    /// # Errors
    /// As [`Self::reads`].
    pub(crate) async fn lists(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        let first = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = self.reads(&format!("{path}{first}limit=100{cursor}")).await?;
            items.extend(page["items"].as_array().cloned().unwrap_or_default());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(items),
            }
        }
    }
}

/// An answer, unless it says `try again` or does not come from Tola: while the local cloud starts, it knows no such API.
async fn attempt(request: &Request) -> Result<Answer, String> {
    let answer = request.attempt().await?;
    let code = answer.body["error"]["code"].as_str();
    let again = answer.status >= 500
        || answer.status == 429
        || code == Some("IDEMPOTENCY_KEY_IN_FLIGHT")
        || (answer.status >= 400 && code.is_none());
    if again { Err(answer.to_string()) } else { Ok(answer) }
}

/// Status and whatever tells most of an answer.
fn brief(answer: &Answer) -> String {
    let text = |pointer: &str| answer.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let told = [text("/error/code"), text("/error/message"), text("/id"), text("/operation/id")];
    format!("{} {}", answer.status, told.join(" ").trim())
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}
