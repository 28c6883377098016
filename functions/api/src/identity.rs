//! Who calls, and whether they may: one layer that makes the identity, and the extractor by which handlers get it.

use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tola_catalog::{Actor, Identity, MerchantId, Origin, Role, Timestamp, code};
use tola_store::TenantScope;

use crate::error::ApiError;
use crate::params::Params;
use crate::request::{ForMerchant, RequestIds};
use crate::routes;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Anybody.
    Public,
    /// Whoever has an identity.
    Read,
    /// Those whose role may change things.
    Write,
}

/// How the API learns who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMode {
    /// It believes `X-Merchant-Id`, `X-Role` and, if given, `X-Subject`. For development.
    Header,
}

/// Who sent a request, and which request it is.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The verified identity.
    pub identity: Identity,
    ids: RequestIds,
}

impl Caller {
    /// The merchant's documents.
    pub fn scope(&self) -> TenantScope {
        TenantScope::of_identity(&self.identity)
    }

    /// The merchant.
    pub fn merchant_id(&self) -> MerchantId {
        self.identity.merchant_id
    }

    /// The circumstances of a change that this request makes.
    pub fn origin(&self, now: Timestamp) -> Origin {
        let actor = Actor::User { id: self.identity.subject.clone() };
        Origin { now, actor, correlation_id: self.ids.correlation.clone() }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let identity = parts.extensions.get::<Identity>().cloned();
        let ids = parts.extensions.get::<RequestIds>().cloned();
        identity
            .zip(ids)
            .map(|(identity, ids)| Self { identity, ids })
            .ok_or_else(|| ApiError::internal("a handler wants an identity, and its route is public"))
    }
}

/// The layer that lets a request pass to its handler: its parameters are known, it says who sends it, and its role may.
pub async fn gate(mode: AuthMode, mut request: Request, next: Next) -> Response {
    match admit(mode, &mut request) {
        Ok(merchant) => {
            let mut response = next.run(request).await;
            if let Some(merchant) = merchant {
                response.extensions_mut().insert(merchant);
            }
            response
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn admit(mode: AuthMode, request: &mut Request) -> Result<Option<ForMerchant>, ApiError> {
    let path = request.extensions().get::<MatchedPath>().cloned();
    // No path, or no such method: the fallbacks answer.
    let Some(route) = path.and_then(|path| routes::find(request.method(), path.as_str())) else { return Ok(None) };
    if route.policy == Policy::Public {
        let params = Params::read(request.uri(), route.parameters)?;
        request.extensions_mut().insert(params);
        return Ok(None);
    }
    let mut identity = match mode {
        AuthMode::Header => of_headers(request.headers())?,
    };
    if route.policy == Policy::Write && !identity.role.may_write() {
        let message = format!("the role {} may read, and not write", identity.role.name());
        return Err(ApiError::new(StatusCode::FORBIDDEN, code::FORBIDDEN).saying(message));
    }
    let mut params = Params::read(request.uri(), route.parameters)?;
    if let Some(merchant) = params.take("merchant") {
        identity.merchant_id = other_merchant(&identity, &merchant)?;
    }
    let merchant = ForMerchant(identity.merchant_id);
    request.extensions_mut().insert(params);
    request.extensions_mut().insert(identity);
    Ok(Some(merchant))
}

fn other_merchant(identity: &Identity, merchant: &str) -> Result<MerchantId, ApiError> {
    if identity.role != Role::Admin {
        let error = ApiError::new(StatusCode::FORBIDDEN, code::FORBIDDEN);
        return Err(error.at("/query/merchant", code::FORBIDDEN, "only an admin may choose the merchant"));
    }
    MerchantId::parse(merchant).map_err(|error| ApiError::invalid_parameter("/query/merchant", error.to_string()))
}

fn of_headers(headers: &HeaderMap) -> Result<Identity, ApiError> {
    let refuse = |header: &str, message: &str| {
        let error = ApiError::new(StatusCode::UNAUTHORIZED, code::UNAUTHENTICATED);
        error.at(format!("/headers/{header}"), code::UNAUTHENTICATED, message)
    };
    let merchant = one(headers, "x-merchant-id").and_then(|text| MerchantId::parse(text).ok());
    let role = one(headers, "x-role").and_then(Role::parse);
    let merchant_id = merchant.ok_or_else(|| refuse("x-merchant-id", "send X-Merchant-Id, a merchant's id"))?;
    let role = role.ok_or_else(|| refuse("x-role", "send X-Role: admin, merchant or viewer"))?;
    let subject = match headers.contains_key("x-subject") {
        false => role.name().to_owned(),
        true => one(headers, "x-subject")
            .filter(|text| (1..=128).contains(&text.len()))
            .ok_or_else(|| refuse("x-subject", "X-Subject has 1 to 128 printable ASCII characters"))?
            .to_owned(),
    };
    Ok(Identity { merchant_id, role, subject })
}

/// The value of a header that is there exactly once: of two, nobody could say which one is meant.
pub(crate) fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    (values.next().is_none() && !value.contains('\t')).then_some(value)
}

/// Whether a method only reads; `HEAD` is answered as `GET` is.
pub(crate) fn as_declared(method: &Method) -> &str {
    if method == Method::HEAD { "GET" } else { method.as_str() }
}
