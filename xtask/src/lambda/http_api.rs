//! Requests as API Gateway hands them to a function (HTTP API, payload 2.0), and answers as it takes them.

use std::collections::BTreeMap;

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

/// The route that takes what no other one does.
pub(crate) const DEFAULT_ROUTE: &str = "$default";

/// A request that has come through the gateway.
#[derive(Debug, Clone)]
pub(crate) struct Request<'a> {
    /// `GET`, `POST` …
    pub(crate) method: &'a str,
    /// The path, decoded as the gateway does.
    pub(crate) path: &'a str,
    /// What stands behind the `?`, as it was sent.
    pub(crate) query: &'a str,
    /// Names in lower case; what was sent several times, joined by commas.
    pub(crate) headers: BTreeMap<String, String>,
    /// What was sent.
    pub(crate) body: &'a [u8],
    /// Such as `GET /v1/products/{id}`, or [`DEFAULT_ROUTE`].
    pub(crate) route: &'a str,
    /// The values of the route's parameters, decoded as the path is.
    pub(crate) path_parameters: BTreeMap<String, String>,
    /// What the authorizer found in the token, if it looked at one.
    pub(crate) claims: Option<BTreeMap<String, String>>,
    /// The gateway's number of the request.
    pub(crate) id: &'a str,
}

impl<'a> Request<'a> {
    /// A `GET` of a path, with these headers besides the ones that every client sends.
    pub(crate) fn get(path: &'a str, headers: &[(&str, &str)], id: &'a str) -> Self {
        let mut all = BTreeMap::from([
            ("accept", "application/json"),
            ("accept-encoding", "gzip, deflate, br"),
            ("content-length", "0"),
            ("host", "api.example.com"),
            ("user-agent", "bench/1"),
            ("x-amzn-trace-id", "Root=1-6740a2b2-0123456789abcdef01234567"),
            ("x-forwarded-for", "203.0.113.7"),
            ("x-forwarded-port", "443"),
            ("x-forwarded-proto", "https"),
        ]);
        all.extend(headers.iter().copied());
        let headers = all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (query, body, path_parameters, claims) = ("", b"".as_slice(), BTreeMap::new(), None);
        Self { method: "GET", path, query, headers, body, route: DEFAULT_ROUTE, path_parameters, claims, id }
    }

    /// The event that the function gets.
    pub(crate) fn event(&self) -> Vec<u8> {
        let mut event = json!({
            "version": "2.0",
            "routeKey": self.route,
            "rawPath": self.path,
            "rawQueryString": self.query,
            "headers": self.headers,
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "local",
                "domainName": "api.example.com",
                "domainPrefix": "api",
                "http": {
                    "method": self.method,
                    "path": self.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "203.0.113.7",
                    "userAgent": self.headers.get("user-agent"),
                },
                "requestId": self.id,
                "routeKey": self.route,
                "stage": "$default",
                "time": "21/Nov/2026:03:24:34 +0000",
                "timeEpoch": 1_795_231_474_000_i64,
            },
            "isBase64Encoded": false,
        });
        if let Some(claims) = &self.claims {
            event["requestContext"]["authorizer"] = json!({ "jwt": { "claims": claims, "scopes": null } });
        }
        if !self.path_parameters.is_empty() {
            event["pathParameters"] = json!(self.path_parameters);
        }
        let parameters = parameters(self.query);
        if !parameters.is_empty() {
            event["queryStringParameters"] = json!(parameters);
        }
        match std::str::from_utf8(self.body) {
            Ok("") => {}
            Ok(text) => event["body"] = json!(text),
            Err(_) => {
                event["body"] = json!(BASE64_STANDARD.encode(self.body));
                event["isBase64Encoded"] = json!(true);
            }
        }
        event.to_string().into_bytes()
    }
}

/// The parameters of a query; what is there several times is joined by commas.
fn parameters(query: &str) -> BTreeMap<String, String> {
    let mut parameters = BTreeMap::<String, String>::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        parameters
            .entry(name.into_owned())
            .and_modify(|values| *values = format!("{values},{value}"))
            .or_insert_with(|| value.into_owned());
    }
    parameters
}

/// What a function answered.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status_code: u16,
    /// The headers, whose names are in lower case.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// The body as text.
    #[serde(default)]
    pub(crate) body: Option<String>,
    /// Whether the text stands for bytes.
    #[serde(default)]
    pub(crate) is_base64_encoded: bool,
}

impl Answer {
    /// Reads what a function gave to the runtime API.
    ///
    /// # Errors
    /// When it is no answer to API Gateway.
    pub(crate) fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        let answer: Self = serde_json::from_slice(bytes)
            .with_context(|| format!("not an answer to API Gateway: {}", String::from_utf8_lossy(bytes)))?;
        let headers = answer.headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
        Ok(Self { headers, ..answer })
    }

    /// The body as it goes to the client.
    ///
    /// # Errors
    /// When it is said to stand for bytes, and does not.
    pub(crate) fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        let body = self.body.as_deref().unwrap_or_default();
        if !self.is_base64_encoded {
            return Ok(body.into());
        }
        BASE64_STANDARD.decode(body).context("the body is not base64")
    }

    /// The body as JSON; `null` when there is none.
    ///
    /// # Errors
    /// When it is something else.
    pub(crate) fn json(&self) -> anyhow::Result<Value> {
        match self.body.as_deref() {
            None | Some("") => Ok(Value::Null),
            Some(body) => serde_json::from_str(body).with_context(|| format!("the body is not JSON: {body}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_whatever_the_case_of_its_headers() {
        let answer =
            Answer::parse(br#"{"statusCode":304,"headers":{"ETag":"\"1.2\""},"isBase64Encoded":false}"#).unwrap();

        assert_eq!(answer.status_code, 304);
        assert_eq!(answer.headers["etag"], "\"1.2\"");
        assert_eq!(answer.json().unwrap(), Value::Null);
        assert!(Answer::parse(b"{}").is_err());
    }

    #[test]
    fn bytes_come_back_as_they_were() {
        let answer = Answer::parse(br#"{"statusCode":200,"body":"AP8=","isBase64Encoded":true}"#).unwrap();
        assert_eq!(answer.bytes().unwrap(), [0x00, 0xFF]);

        let request = Request { body: &[0x00, 0xFF], ..Request::get("/v1/x", &[], "one") };
        let event: Value = serde_json::from_slice(&request.event()).unwrap();
        assert_eq!(event["body"], "AP8=");
        assert_eq!(event["isBase64Encoded"], true);
    }

    #[test]
    fn the_event_says_the_path_twice_as_api_gateway_does() {
        let request = Request::get("/v1/x", &[("x-role", "viewer")], "one");
        let event: Value = serde_json::from_slice(&request.event()).unwrap();

        assert_eq!(event["rawPath"], event["requestContext"]["http"]["path"]);
        assert_eq!(event["headers"]["x-role"], "viewer");
        assert_eq!(event["requestContext"]["requestId"], "one");
        assert_eq!(event.get("queryStringParameters"), None);
    }

    #[test]
    fn what_a_query_says_twice_is_joined() {
        let request = Request { query: "a=1&b=x%20y&a=2", ..Request::get("/v1/x", &[], "one") };
        let event: Value = serde_json::from_slice(&request.event()).unwrap();

        assert_eq!(event["queryStringParameters"], json!({ "a": "1,2", "b": "x y" }));
    }
}
