//! The gateway's part: routes, tokens, and the translation of requests and answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::pool::Pool;
use super::routes::{Routes, decoded};
use super::token;
use crate::lambda::http_api::{Answer, Request};

/// What the gateway lets through.
const MOST_BYTES: usize = 10 * 1024 * 1024;
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// The gateway before the API.
pub(super) struct Gateway {
    routes: Routes,
    api: Pool,
    count: AtomicU64,
}

impl Gateway {
    pub(super) fn new(routes: Routes, api: Pool) -> Self {
        Self { routes, api, count: AtomicU64::new(0) }
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new().fallback(pass).with_state(self)
    }

    async fn handle(&self, request: HttpRequest) -> Response {
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, MOST_BYTES).await else {
            return refusal(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
        };
        let (method, sent) = (parts.method.as_str(), parts.uri.path());
        let taken = self.routes.take(method, sent);
        let headers = joined(&parts.headers);
        let claims = headers.get("authorization").and_then(|value| token::claims(value));
        if taken.verifies && claims.is_none() {
            let mut refusal = refusal(StatusCode::UNAUTHORIZED, "Unauthorized");
            refusal.headers_mut().insert("www-authenticate", HeaderValue::from_static("Bearer"));
            return refusal;
        }
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let event = Request {
            method,
            path: &decoded(sent),
            query: parts.uri.query().unwrap_or_default(),
            headers,
            body: &body,
            route: &taken.key,
            path_parameters: taken.parameters,
            claims: claims.filter(|_| taken.verifies),
            id: &format!("request-{number}="),
        };
        match self.answer(&event).await {
            Ok(response) => response,
            Err(error) => {
                eprintln!("{method} {sent}: {error:#}");
                refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }
        }
    }

    async fn answer(&self, request: &Request<'_>) -> anyhow::Result<Response> {
        let answer = Answer::parse(&self.api.invoke(request.event()).await?)?;
        let mut response = Response::new(Body::from(Bytes::from(answer.bytes()?)));
        *response.status_mut() = StatusCode::from_u16(answer.status_code)?;
        for (name, value) in &answer.headers {
            // As long as the body is, and not as long as it would have been after a HEAD.
            if name != "content-length" {
                response.headers_mut().insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
            }
        }
        Ok(response)
    }
}

async fn pass(State(gateway): State<Arc<Gateway>>, request: HttpRequest) -> Response {
    gateway.handle(request).await
}

/// Headers as the gateway hands them on: one value for each name.
fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut all = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        all.entry(name.as_str().to_owned())
            .and_modify(|values| *values = format!("{values},{value}"))
            .or_insert_with(|| value.into_owned());
    }
    all
}

fn refusal(status: StatusCode, message: &str) -> Response {
    (status, JSON, serde_json::json!({ "message": message }).to_string()).into_response()
}
