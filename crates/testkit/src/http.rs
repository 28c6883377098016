//! Requests as a client sends them, and answers that a test reads.

use std::future::IntoFuture;

use futures::future::BoxFuture;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::Session;

/// A request; awaiting it sends it.
#[derive(Debug, Clone)]
#[must_use = "a request is sent by awaiting it"]
pub struct Request {
    client: reqwest::Client,
    method: Method,
    url: String,
    path: String,
    headers: HeaderMap,
    session: Option<Session>,
    body: Option<Vec<u8>>,
}

impl Request {
    pub(crate) fn new(client: &reqwest::Client, method: &str, base: &str, path: &str) -> Self {
        Self {
            client: client.clone(),
            method: method.parse().expect("an HTTP method"),
            url: format!("{base}{path}"),
            path: path.to_owned(),
            headers: HeaderMap::new(),
            session: None,
            body: None,
        }
    }

    /// In somebody's name: with an access token, unless it gets another `Authorization`.
    pub fn by(mut self, session: &Session) -> Self {
        self.session = Some(session.clone());
        self
    }

    /// With a header, which replaces one of that name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header's name");
        self.headers.insert(name, HeaderValue::from_str(value).expect("a header's value"));
        self
    }

    /// Without a header.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// With an `Idempotency-Key`.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.text("application/json", &body.to_string())
    }

    /// With any body.
    pub fn text(mut self, content_type: &str, body: &str) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_str(content_type).expect("a content type"));
        self.body = Some(body.as_bytes().to_vec());
        self
    }

    /// Sends it.
    ///
    /// # Errors
    /// What the client says when there is no answer.
    pub async fn attempt(&self) -> Result<Answer, String> {
        let asked = format!("{} {}", self.method, self.path);
        let mut headers = self.headers.clone();
        if let Some(session) = self.session.as_ref().filter(|_| !headers.contains_key(AUTHORIZATION)) {
            let token = session.tokens().await.map_err(|error| format!("{asked}: {error}"))?;
            let bearer = HeaderValue::from_str(&format!("Bearer {}", token.access)).expect("a token");
            headers.insert(AUTHORIZATION, bearer);
        }
        let mut request = self.client.request(self.method.clone(), &self.url).headers(headers);
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        let failed = |error: reqwest::Error| format!("{asked}: {error:?}");
        let response = request.send().await.map_err(failed)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.map_err(failed)?.to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { asked, status, headers, body, bytes })
    }
}

impl IntoFuture for Request {
    type Output = Answer;
    type IntoFuture = BoxFuture<'static, Answer>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.attempt().await.unwrap_or_else(|error| panic!("no answer to {error}")) })
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked, for messages.
    pub asked: String,
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, if it is JSON; otherwise null.
    pub body: Value,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The same answer, if it has this status.
    pub fn expects(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// A header's text, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The text at a JSON pointer.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("no text at {pointer} of {self}"))
    }

    /// Status and code of an answer that says what went wrong, if it has the shape of all of them: a code, a message,
    /// a request id that is the header's, and details with a code and a message each.
    #[must_use]
    pub fn refused(&self) -> (u16, &str) {
        for pointer in ["/error/code", "/error/message", "/error/request_id"] {
            assert!(!self.text(pointer).is_empty(), "{pointer} is empty in {self}");
        }
        assert_eq!(self.text("/error/request_id"), self.header("x-request-id"), "{self}");
        assert_eq!(self.header("content-type"), "application/json", "{self}");
        let details = self.body["error"]["details"].as_array();
        for detail in details.unwrap_or_else(|| panic!("no details in {self}")) {
            let is_text = |field: &str| detail[field].as_str().is_some_and(|text| !text.is_empty());
            assert!(is_text("code") && is_text("message"), "{self}");
        }
        (self.status, self.text("/error/code"))
    }

    /// The pointer of the first detail, or nothing.
    #[must_use]
    pub fn pointer(&self) -> &str {
        self.body.pointer("/error/details/0/pointer").and_then(Value::as_str).unwrap_or_default()
    }

    /// The items of a page.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        self.body["items"].as_array().unwrap_or_else(|| panic!("no items in {self}"))
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text: String = String::from_utf8_lossy(&self.bytes).chars().take(2_000).collect();
        write!(f, "the answer to {}: {} {text}", self.asked, self.status)
    }
}
