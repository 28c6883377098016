//! How much a merchant may write: a token for each write, from the merchant's own bucket, so that one merchant at its
//! limit slows no other.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tola_catalog::quota::{Allowance, Quota};
use tola_catalog::{Identity, code};
use tola_step::now;
use tola_store::TenantScope;

use crate::app::App;
use crate::error::ApiError;
use crate::identity::Policy;

/// The one bucket that each merchant has so far.
const WRITES: &str = "writes";
/// As the IETF's draft of rate limit headers has them: what the limit is, and what is left of it.
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// The layer. Reads, and requests that no route takes, pass through.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let admitted = (request.extensions().get::<Identity>(), request.extensions().get::<Policy>());
    let (Some(identity), Some(Policy::Write)) = admitted else { return next.run(request).await };
    let quotas = app.store.quotas(TenantScope::of_identity(identity));
    let allowance = match quotas.take(WRITES, app.writes, now()).await {
        Ok(allowance) => allowance,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let mut response = match allowance.next_in {
        None => next.run(request).await,
        Some(wait) => too_many(wait).into_response(),
    };
    for (name, value) in described(app.writes, allowance) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn too_many(wait: Duration) -> ApiError {
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, code::TOO_MANY_WRITES).retry_after(seconds(wait).max(1))
}

fn described(quota: Quota, allowance: Allowance) -> [(HeaderName, String); 2] {
    let window = seconds(Duration::from_micros(quota.window().unsigned_abs()));
    [
        (POLICY, format!("\"{WRITES}\";q={};w={window}", quota.burst)),
        (LEFT, format!("\"{WRITES}\";r={};t={}", allowance.remaining, seconds(allowance.full_in))),
    ]
}

/// In whole seconds, rounded up: a moment too early would be refused again.
fn seconds(time: Duration) -> u64 {
    time.as_micros().div_ceil(1_000_000).try_into().unwrap_or(u64::MAX)
}
