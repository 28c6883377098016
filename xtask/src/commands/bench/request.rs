//! Requests as API Gateway hands them to a function (HTTP API, payload 2.0), and answers as it takes them.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tola_catalog::{MerchantId, ProductId};

/// A `GET` of a path below `/v1`, with these headers besides the ones that every client sends.
pub(super) fn get(path: &str, headers: &[(&str, &str)], request_id: &str) -> Vec<u8> {
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
    let event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": all,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "bench",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": {
                "method": "GET",
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "bench/1",
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": "21/Nov/2026:03:24:34 +0000",
            "timeEpoch": 1_795_231_474_000_i64,
        },
        "isBase64Encoded": false,
    });
    event.to_string().into_bytes()
}

/// A merchant who reads a product of the merchant's own.
pub(super) fn read(merchant: MerchantId, product: ProductId, request_id: &str) -> Vec<u8> {
    let identity = [("x-merchant-id", &*merchant.to_string()), ("x-role", "merchant")];
    get(&format!("/v1/products/{product}"), &identity, request_id)
}

/// What a function answered.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status_code: u16,
    /// The headers, whose names are in lower case.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// The body as text.
    #[serde(default)]
    pub(super) body: Option<String>,
}

impl Answer {
    /// Reads what a function gave to the runtime API.
    ///
    /// # Errors
    /// When it is no answer to API Gateway.
    pub(super) fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        let answer: Self = serde_json::from_slice(bytes)
            .with_context(|| format!("not an answer to API Gateway: {}", String::from_utf8_lossy(bytes)))?;
        let headers = answer.headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
        Ok(Self { headers, ..answer })
    }

    /// The body as JSON; `null` when there is none.
    ///
    /// # Errors
    /// When it is something else.
    pub(super) fn json(&self) -> anyhow::Result<Value> {
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
    fn the_event_says_the_path_twice_as_api_gateway_does() {
        let event: Value = serde_json::from_slice(&get("/v1/x", &[("x-role", "viewer")], "one")).unwrap();

        assert_eq!(event["rawPath"], event["requestContext"]["http"]["path"]);
        assert_eq!(event["headers"]["x-role"], "viewer");
        assert_eq!(event["requestContext"]["requestId"], "one");
    }
}
