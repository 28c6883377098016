//! The one layer behind every POST, and behind every other route that is declared to take a key: the ids that a request uses
//! are minted before its first write, and with an `Idempotency-Key` they and the answer are kept, so that a repeated request
//! comes to the same end.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tola_catalog::{Identity, ImageId, MerchantId, OperationId, ProductId, code};
use tola_step::now;
use tola_store::{Begun, Idempotency, IdempotencyKey, Minted, StoredAnswer, TenantScope};
use ulid::Ulid;

use crate::app::App;
use crate::body::buffer;
use crate::error::{ApiError, chain, finish};
use crate::identity::one;
use crate::request::{RequestIds, guarded};
use crate::routes;

const KEY: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const KEPT: [HeaderName; 4] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG, header::ALLOW];

/// The longest key, in characters.
pub(crate) const MAX_KEY: usize = 255;

/// How long the handler may take: less than the whole request, so that a key is given free before that ends.
const PATIENCE: Duration = Duration::from_secs(8);

/// The largest answer of ours, in bytes: above a product with everything that it may have.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// The ids that a request uses: the same ones if it is repeated with its key.
#[derive(Debug, Clone, Copy)]
pub struct Ids {
    minted: Minted,
    keyed: bool,
    resumed: bool,
}

impl Ids {
    pub(crate) fn fresh() -> Self {
        let minted = Minted { resource: tola_step::new_id(), operation: tola_step::new_id() };
        Self { minted, keyed: false, resumed: false }
    }

    /// Of a product that is created.
    pub fn product(self) -> ProductId {
        ProductId::new(self.minted.resource)
    }

    /// Of an image that is created.
    pub fn image(self) -> ImageId {
        ImageId::new(self.minted.resource)
    }

    /// Of the operation that is started.
    pub fn operation(self) -> OperationId {
        OperationId::new(self.minted.operation)
    }

    /// Of a change of what is there: it is told from others that say the same.
    pub fn change(self) -> Ulid {
        self.minted.resource
    }

    /// Whether the request has a key, so that it may be repeated.
    pub fn is_keyed(self) -> bool {
        self.keyed
    }

    /// Whether the request was sent before and came to no answer: what it asks for may have been done.
    pub fn is_resumed(self) -> bool {
        self.resumed
    }
}

impl<S: Sync> FromRequestParts<S> for Ids {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // A request of another route has no key: its ids are its own.
        Ok(parts.extensions.get::<Self>().copied().unwrap_or_else(Self::fresh))
    }
}

/// The layer. Requests of routes that take no key, and those that no route takes, pass through.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let found = (request.extensions().get::<Identity>(), request.extensions().get::<RequestIds>());
    let (Some(identity), Some(ids)) = found else { return next.run(request).await };
    if !takes_key(&request) {
        return next.run(request).await;
    }
    let (scope, ids) = (TenantScope::of_identity(identity), ids.clone());
    once(&app, scope, &ids, request, next).await.unwrap_or_else(IntoResponse::into_response)
}

fn takes_key(request: &Request) -> bool {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let route = path.and_then(|path| routes::find(request.method(), path));
    request.method() == Method::POST || route.is_some_and(|route| route.keyed)
}

async fn once(
    app: &App,
    scope: TenantScope,
    ids: &RequestIds,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let key = key(request.headers())?;
    let (parts, body) = request.into_parts();
    let body = buffer(body).await?;
    let Some(key) = key else {
        let answer = answer(parts, body, Ids::fresh(), ids, next).await?;
        return signed(app, scope.merchant_id(), answer).await;
    };
    let key = IdempotencyKey {
        route: format!("{} {}", parts.method, parts.uri.path()),
        key,
        body_hash: hash(parts.uri.query(), &body),
    };
    let records = app.store.idempotency(scope);
    let begun = records.begin(&key, Ids::fresh().minted, now()).await?;
    match begun {
        Begun::Proceed(minted) | Begun::Resume(minted) => {
            let resumed = matches!(begun, Begun::Resume(_));
            let answer = answer(parts, body, Ids { minted, keyed: true, resumed }, ids, next).await?;
            keep(&records, &key, &answer).await;
            signed(app, scope.merchant_id(), answer).await
        }
        Begun::Replay(answer) => {
            let mut response = signed(app, scope.merchant_id(), answer).await?;
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            Ok(response)
        }
        Begun::OtherBody => Err(refused(StatusCode::UNPROCESSABLE_ENTITY, code::IDEMPOTENCY_KEY_REUSED)),
        Begun::InFlight { retry_after } => {
            let seconds = retry_after.as_millis().div_ceil(1_000).try_into().unwrap_or(1).max(1);
            Err(refused(StatusCode::CONFLICT, code::IDEMPOTENCY_KEY_IN_FLIGHT).retry_after(seconds))
        }
    }
}

/// What tells one request of a route from another: with another query it asks for something else, too.
fn hash(query: Option<&str>, body: &[u8]) -> String {
    let mut hash = Sha256::new_with_prefix(body);
    if let Some(query) = query {
        // No body has a zero byte: JSON escapes it.
        hash.update([0]);
        hash.update(query);
    }
    hex::encode(hash.finalize())
}

fn refused(status: StatusCode, code: tola_catalog::Code) -> ApiError {
    ApiError::new(status, code).at(format!("/headers/{KEY}"), code, code.cause)
}

fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    if !headers.contains_key(KEY) {
        return Ok(None);
    }
    match one(headers, KEY) {
        Some(key) if (1..=MAX_KEY).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => {
            let message = format!("an Idempotency-Key has 1 to {MAX_KEY} printable ASCII characters");
            Err(ApiError::invalid_parameter(format!("/headers/{KEY}"), message))
        }
    }
}

/// The handler's answer, written and unsigned.
async fn answer(
    mut parts: Parts,
    body: Bytes,
    minted: Ids,
    ids: &RequestIds,
    next: Next,
) -> Result<StoredAnswer, ApiError> {
    parts.extensions.insert(minted);
    let request = Request::from_parts(parts, Body::from(body));
    let response = finish(guarded(PATIENCE, next.run(request)).await, ids);
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_ANSWER).await.map_err(ApiError::internal)?;
    let kept =
        parts.headers.iter().filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    Ok(StoredAnswer {
        status: parts.status.as_u16(),
        headers: kept.collect(),
        body: String::from_utf8(body.into()).map_err(ApiError::internal)?,
    })
}

/// Keeps the answer, unless it is one that a repeated request may well not get; then the key is given free.
async fn keep(records: &Idempotency, key: &IdempotencyKey, answer: &StoredAnswer) {
    let done = if matches!(answer.status, 401 | 429 | 500..) {
        records.release(key, now()).await
    } else {
        let is_kept = |(name, _): &&(String, String)| KEPT.iter().any(|kept| kept.as_str() == name);
        let headers = answer.headers.iter().filter(is_kept).cloned().collect();
        records.finish(key, &StoredAnswer { headers, ..answer.clone() }).await
    };
    if let Err(error) = done {
        tracing::warn!(why = chain(&error), "the answer is not kept: who repeats the request repeats the work");
    }
}

/// The answer as it goes out: with uploads and links signed for now.
async fn signed(app: &App, merchant: MerchantId, answer: StoredAnswer) -> Result<Response, ApiError> {
    let status = StatusCode::from_u16(answer.status).map_err(ApiError::internal)?;
    // Most answers have nothing to sign, and go out as they are. A merchant's text that looks like it changes nothing:
    // what is signed is found by its place.
    let may_sign =
        status.is_success() && ["\"upload\":", "\"renditions\":[{"].iter().any(|mark| answer.body.contains(mark));
    let body = if may_sign {
        let mut body: Value = serde_json::from_str(&answer.body).map_err(ApiError::internal)?;
        app.signing.signer(now()).await?.sign(merchant, &mut body)?;
        body.to_string()
    } else {
        answer.body
    };
    let mut response = (status, body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value))
            && name != header::CONTENT_LENGTH
        {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}
