//! What browsers are told about every answer. Which pages may call is the gateway's business (`CorsOrigins` in the template).

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{self, HeaderName};
use axum::middleware::Next;
use axum::response::Response;

/// Headers of every answer. An API's answers are data: no page shows them as its own, no browser guesses what they are,
/// and what belongs to a merchant is kept by nobody on the way.
const ALWAYS: [(HeaderName, HeaderValue); 4] = [
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// The layer that adds them.
pub async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // What has an ETag may be kept by its merchant's own client, which asks before it uses it.
    let keeping = if headers.contains_key(header::ETAG) { "private, no-cache" } else { "no-store" };
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(keeping));
    for (name, value) in ALWAYS {
        // The page of the contract says for itself what it may do.
        headers.entry(name).or_insert(value);
    }
    response
}
