//! JSON answers.
//!
//! Written by `sonic-rs`: most of an answer are links with a session token, and it looks for characters to escape in
//! sixteen bytes at once, where `serde_json` looks at each.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::ApiError;

/// Room for a product with two photos and their signed links, so that writing it seldom moves it.
const USUAL_BYTES: usize = 24 * 1024;

/// An answer in JSON.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut text = Vec::with_capacity(USUAL_BYTES);
        match sonic_rs::to_writer(&mut text, &self.0) {
            Ok(()) => ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response(),
            Err(error) => ApiError::internal(error).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};

    use super::*;

    #[tokio::test]
    async fn what_is_written_is_what_is_read() {
        let value = json!({
            "text": "\"quotes\", \\, \u{0}\u{1f}\t\r\n, é, 木, 🪑, \u{2028}", "empty": "", "null": null, "list": [1, -2, 0.5, true],
            "large": u64::MAX, "long": "x\"".repeat(100),
        });

        let response = Json(&value).into_response();

        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        let text = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), value);
    }
}
