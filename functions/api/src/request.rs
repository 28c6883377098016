//! What surrounds every request: its ids, its end in bounded time whatever happens, and its line in the log.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use lambda_http::RequestExt as _;
use lambda_http::request::RequestContext;
use tola_catalog::MerchantId;

use crate::error::{ApiError, finish};

/// How long a request may take: less than the function's timeout, so that it ends with an answer of ours.
const PATIENCE: Duration = Duration::from_secs(9);

const REQUEST_ID: &str = "x-request-id";
const CORRELATION_ID: &str = "x-correlation-id";

/// The longest correlation id that is taken over, in characters.
const MAX_CORRELATION_ID: usize = 128;

/// The ids by which a request is found again.
#[derive(Debug, Clone)]
pub struct RequestIds {
    /// API Gateway's, or one of our own where there is none.
    pub request: String,
    /// What API request, executions and events have in common: the client's, or else the request's id.
    pub correlation: String,
}

/// The merchant that a request turned out to be for: on the answer, for the log.
#[derive(Debug, Clone, Copy)]
pub struct ForMerchant(pub MerchantId);

impl RequestIds {
    fn of(request: &Request) -> Self {
        let id = match request.extensions().get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
            _ => None,
        };
        let id = id.filter(|id| is_sane(id)).unwrap_or_else(|| tola_step::new_id().to_string());
        let correlation = correlation(request.headers()).unwrap_or_else(|| id.clone());
        Self { request: id, correlation }
    }
}

fn correlation(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CORRELATION_ID)?.to_str().ok()?;
    is_sane(text).then(|| text.to_owned())
}

/// An id that can stand in logs, headers and events without surprises.
fn is_sane(id: &str) -> bool {
    (1..=MAX_CORRELATION_ID).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/=+@".contains(&b))
}

/// The outermost layer.
pub async fn context(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let ids = RequestIds::of(&request);
    let method = request.method().clone();
    let invocation = request.lambda_context_ref().map(|context| context.request_id.clone());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    request.extensions_mut().insert(ids.clone());

    let mut response = finish(guarded(PATIENCE, next.run(request)).await, &ids);

    for (name, id) in [(REQUEST_ID, &ids.request), (CORRELATION_ID, &ids.correlation)] {
        if let Ok(value) = HeaderValue::from_str(id) {
            response.headers_mut().insert(name, value);
        }
    }
    let merchant = response.extensions().get::<ForMerchant>().map(|merchant| merchant.0.to_string());
    tracing::info!(
        http.method = %method,
        http.route = route.as_deref().unwrap_or("none"),
        http.status = response.status().as_u16(),
        duration_ms = started.elapsed().as_secs_f64() * 1_000.0,
        merchant.id = merchant.as_deref(),
        request_id = ids.request,
        invocation_id = invocation,
        correlation.id = ids.correlation,
        "answered a request"
    );
    tola_step::measure::ended(started, !response.status().is_server_error());
    response
}

/// An answer in bounded time: a panic becomes 500, and a wait without end 503, in the shape of all errors.
pub async fn guarded(patience: Duration, answer: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(tola_step::patience(patience), AssertUnwindSafe(answer).catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => ApiError::internal(format!("it panicked: {}", words(panic.as_ref()))).into_response(),
        Err(elapsed) => ApiError::unavailable(elapsed).into_response(),
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sane_correlation_id_is_taken_over() {
        let given = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CORRELATION_ID, HeaderValue::from_bytes(text.as_bytes()).unwrap());
            correlation(&headers)
        };

        assert_eq!(given("order-17:a/b=="), Some("order-17:a/b==".to_owned()));
        assert_eq!(given("two words"), None);
        assert_eq!(given(""), None);
        assert_eq!(given("ä"), None);
        assert_eq!(given(&"x".repeat(129)), None);
    }
}
