//! A merchant's access to the API: whatever is not answered, or answered with "try again", is asked again, for as long as
//! there is hope.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tola_demo::File;

/// How long it goes on asking before it says that nobody answers.
const PATIENCE: Duration = Duration::from_secs(150);
/// How long it waits for something that a workflow does.
const WORK: Duration = Duration::from_secs(180);
const FIRST_PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The longest that it waits because it was told to.
const LONGEST_TOLD: Duration = Duration::from_secs(60);

/// Access to the API. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    url: String,
    headers: HeaderMap,
}

/// An answer that is not "try again".
#[derive(Debug)]
pub(super) struct Answer {
    asked: String,
    pub(super) status: u16,
    pub(super) body: Value,
}

/// Why it is to be asked again, and when, if that was said.
#[derive(Debug)]
struct Later {
    why: String,
    wait: Option<Duration>,
}

impl Api {
    /// Access for whoever these headers make somebody.
    ///
    /// # Errors
    /// When they are no headers.
    pub(crate) fn new(http: &reqwest::Client, url: &str, headers: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let header = |(name, value): (&String, &String)| -> anyhow::Result<(HeaderName, HeaderValue)> {
            Ok((name.parse()?, value.parse()?))
        };
        let headers = headers.iter().map(header).collect::<Result<_, _>>().context("a demo user has a wrong header")?;
        Ok(Self { http: http.clone(), url: url.to_owned(), headers })
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.ask(Method::GET, path, None, None).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.ask(Method::PUT, path, Some(body), None).await
    }

    pub(super) async fn patch(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.ask(Method::PATCH, path, Some(body), None).await
    }

    pub(super) async fn post(&self, path: &str, body: Option<&Value>, key: Option<&str>) -> anyhow::Result<Answer> {
        self.ask(Method::POST, path, body, key).await
    }

    /// Reads something again and again until it is as it is waited for; nothing, if that takes too long.
    pub(super) async fn until(&self, path: &str, is_it: impl Fn(&Value) -> bool) -> anyhow::Result<Option<Value>> {
        let (began, mut pause) = (Instant::now(), FIRST_PAUSE);
        while began.elapsed() < WORK {
            let shown = self.get(path).await?;
            // What has just begun may not be there yet.
            if shown.status != 404 {
                let shown = shown.expects(&[200])?;
                if is_it(&shown) {
                    return Ok(Some(shown));
                }
            }
            tokio::time::sleep(pause).await;
            pause = longer(pause).min(4 * FIRST_PAUSE);
        }
        Ok(None)
    }

    /// All items of a list.
    pub(super) async fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let mut page = self.get(&format!("{path}?limit=100{cursor}")).await?.expects(&[200])?;
            if let Some(Value::Array(found)) = page.get_mut("items").map(Value::take) {
                items.extend(found);
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(items),
            }
        }
    }

    /// Fills in an upload form, which nobody but its signature says who may.
    pub(super) async fn upload(&self, form: &Value, file: &File) -> anyhow::Result<()> {
        let url = form["url"].as_str().context("the upload form says not where it goes")?;
        let attempt = async || {
            let fields = form["fields"].as_object().into_iter().flatten();
            let filled = fields.fold(Form::new(), |filled, (name, value)| {
                filled.text(name.clone(), value.as_str().unwrap_or_default().to_owned())
            });
            let part = Part::bytes(file.bytes.clone()).file_name(file.name.clone()).mime_str(file.content_type);
            let part = part.map_err(|error| Later::after(&error))?;
            let sent = self.http.post(url).multipart(filled.part("file", part)).send().await;
            let response = sent.map_err(|error| Later::after(&error))?;
            let (status, wait) = (response.status(), told(response.headers()));
            let text = response.text().await.map_err(|error| Later::after(&error))?;
            if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
                return Err(Later { why: format!("{status} {text}"), wait });
            }
            Ok((status, text))
        };
        let (status, text) = insist(&file.name, attempt).await?;
        if !status.is_success() {
            bail!("the bucket refuses {}: {status} {text}", file.name);
        }
        Ok(())
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>, key: Option<&str>) -> anyhow::Result<Answer> {
        let asked = format!("{method} {path}");
        let attempt = async || {
            let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
            request = request.headers(self.headers.clone());
            if let Some(body) = body {
                request = request.json(body);
            }
            if let Some(key) = key {
                request = request.header("idempotency-key", key);
            }
            let response = request.send().await.map_err(|error| Later::after(&error))?;
            let (status, wait) = (response.status(), told(response.headers()));
            let text = response.text().await.map_err(|error| Later::after(&error))?;
            let body: Value = serde_json::from_str(&text).unwrap_or_default();
            if is_to_be_repeated(status, body["error"]["code"].as_str()) {
                return Err(Later { why: format!("{status} {text}"), wait });
            }
            Ok(Answer { asked: asked.clone(), status: status.as_u16(), body })
        };
        insist(&asked, attempt).await
    }
}

impl Answer {
    /// The body, if the status is one of these.
    ///
    /// # Errors
    /// When it is not, with what the API says.
    pub(super) fn expects(self, statuses: &[u16]) -> anyhow::Result<Value> {
        if statuses.contains(&self.status) {
            return Ok(self.body);
        }
        bail!("{}", self.in_words())
    }

    /// What the API says where it refuses.
    pub(super) fn in_words(&self) -> String {
        let error = &self.body["error"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (code, message) = (text(&error["code"]), text(&error["message"]));
        let details = error["details"].as_array().into_iter().flatten();
        let details = details.map(|detail| format!("; {} {}", text(&detail["pointer"]), text(&detail["message"])));
        format!("{}: {} {code} {message}{}", self.asked, self.status, details.collect::<String>())
    }
}

impl Later {
    fn after(error: &reqwest::Error) -> Self {
        Self { why: format!("{error:?}"), wait: None }
    }
}

/// Tries again and again: when it was told to, or else after growing pauses that are not the same for all.
async fn insist<T>(what: &str, mut attempt: impl AsyncFnMut() -> Result<T, Later>) -> anyhow::Result<T> {
    let (began, mut pause) = (Instant::now(), FIRST_PAUSE);
    loop {
        let later = match attempt().await {
            Ok(answer) => return Ok(answer),
            Err(later) => later,
        };
        if began.elapsed() > PATIENCE {
            bail!("no answer to {what} for {} s: {}", PATIENCE.as_secs(), later.why);
        }
        let wait = later.wait.unwrap_or(pause).min(LONGEST_TOLD);
        tokio::time::sleep(wait.mul_f64(1.0 + fastrand::f64() / 4.0)).await;
        pause = longer(pause);
    }
}

fn longer(pause: Duration) -> Duration {
    (pause * 3 / 2).min(LONGEST_PAUSE)
}

/// How long a server asks to be left alone.
fn told(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Whether somebody else is to be heard first: the API is not there, is busy, or has this very request in hand. What stands
/// in for the API while the local cloud starts has no code of ours.
fn is_to_be_repeated(status: StatusCode, code: Option<&str>) -> bool {
    let in_flight = code == Some("IDEMPOTENCY_KEY_IN_FLIGHT");
    // The gateway refuses without a code, too; whom it does not know now, it will not know later.
    let unknown = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    let no_answer_of_ours = !status.is_success() && code.is_none() && !unknown;
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS || in_flight || no_answer_of_ours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_try_again_is_repeated_and_what_is_an_answer_is_not() {
        let repeated = |status, code| is_to_be_repeated(StatusCode::from_u16(status).unwrap(), code);

        for (status, code) in [
            (429, Some("TOO_MANY_WRITES")),
            (503, Some("UNAVAILABLE")),
            (409, Some("IDEMPOTENCY_KEY_IN_FLIGHT")),
            (404, None),
            (502, None),
        ] {
            assert!(repeated(status, code), "{status} {code:?}");
        }
        for (status, code) in
            [(200, None), (404, Some("RESOURCE_NOT_FOUND")), (409, Some("ACTION_NOT_POSSIBLE")), (401, None)]
        {
            assert!(!repeated(status, code), "{status} {code:?}");
        }
    }

    #[test]
    fn a_server_says_in_seconds_when_to_come_again() {
        let said = |text: &str| told(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]));

        assert_eq!(said("3"), Some(Duration::from_secs(3)));
        assert_eq!(said("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(told(&HeaderMap::new()), None);
    }
}
