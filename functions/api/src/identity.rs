//! Who calls, and whether they may: one layer that makes the identity, and the extractor by which handlers get it.

use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use lambda_http::request::RequestContext;
use tola_catalog::identity::Scope;
use tola_catalog::{Actor, Cause, Identity, MerchantId, Origin, Role, Timestamp, code};
use tola_store::TenantScope;

use crate::error::ApiError;
use crate::params::Params;
use crate::request::{ForMerchant, RequestIds};
use crate::routes;

mod token;

/// Names the merchant that an admin acts for.
const MERCHANT_HEADER: &str = "x-merchant-id";
const MERCHANT_POINTER: &str = "/headers/x-merchant-id";

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

impl Policy {
    /// What a caller's token has to be good for.
    pub fn scope(self) -> Option<Scope> {
        match self {
            Self::Public => None,
            Self::Read => Some(Scope::Read),
            Self::Write => Some(Scope::Write),
        }
    }
}

/// How the API learns who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMode {
    /// From the access token of a user pool, which the gateway has verified: signature, issuer, client and time.
    Cognito,
    /// It believes `X-Merchant-Id`, `X-Role` and, if given, `X-Subject`. For development.
    Header,
}

/// Who sent a request, and which request it is.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The verified identity.
    pub identity: Identity,
    ids: RequestIds,
    /// Method and path of the route that it takes.
    route: String,
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
        let cause = Cause::Request { id: self.ids.request.clone(), route: self.route.clone() };
        Origin { now, actor, correlation_id: self.ids.correlation.clone(), cause: Some(cause) }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let identity = parts.extensions.get::<Identity>().cloned();
        let ids = parts.extensions.get::<RequestIds>().cloned();
        let path = parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
        let route = format!("{} {path}", parts.method);
        identity
            .zip(ids)
            .map(|(identity, ids)| Self { identity, ids, route })
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
    let Some(scope) = route.policy.scope() else {
        let params = Params::read(request.uri(), route.parameters)?;
        request.extensions_mut().insert(params);
        return Ok(None);
    };
    let user = match mode {
        AuthMode::Cognito => token::of_claims(request.extensions().get::<RequestContext>(), scope)?,
        AuthMode::Header => of_headers(request.headers())?,
    };
    if !user.role.has(scope) {
        let message = format!("the role {} may read, and not write", user.role.name());
        return Err(ApiError::new(StatusCode::FORBIDDEN, code::FORBIDDEN).saying(message));
    }
    let mut params = Params::read(request.uri(), route.parameters)?;
    let identity = user.acting(request.headers(), params.take("merchant").as_deref())?;
    let merchant = ForMerchant(identity.merchant_id);
    request.extensions_mut().insert(params);
    request.extensions_mut().insert(identity);
    request.extensions_mut().insert(route.policy);
    Ok(Some(merchant))
}

/// Somebody whose identity is verified.
struct User {
    /// The merchant that the user belongs to; an admin may belong to none.
    merchant_id: Option<MerchantId>,
    role: Role,
    subject: String,
}

impl User {
    /// The user at work for a merchant: its own, or, for an admin, the one that the request names.
    fn acting(self, headers: &HeaderMap, query: Option<&str>) -> Result<Identity, ApiError> {
        // Both are read, whichever of them counts: what can't be a merchant is refused wherever it stands.
        let in_query = query.map(|text| self.chosen("/query/merchant", text)).transpose()?;
        let header = headers.contains_key(MERCHANT_HEADER).then(|| one(headers, MERCHANT_HEADER).unwrap_or_default());
        let in_header = header.map(|text| self.chosen(MERCHANT_POINTER, text)).transpose()?;
        let merchant_id = in_query.or(in_header).or(self.merchant_id).ok_or_else(|| {
            let error = ApiError::new(StatusCode::FORBIDDEN, code::FORBIDDEN);
            let message = "an admin says for which merchant: send X-Merchant-Id, a merchant's id";
            error.at(MERCHANT_POINTER, code::FORBIDDEN, message)
        })?;
        Ok(Identity { merchant_id, role: self.role, subject: self.subject })
    }

    fn chosen(&self, pointer: &str, text: &str) -> Result<MerchantId, ApiError> {
        let named = MerchantId::parse(text);
        if self.role != Role::Admin && named.as_ref().ok() != self.merchant_id.as_ref() {
            let error = ApiError::new(StatusCode::FORBIDDEN, code::FORBIDDEN);
            return Err(error.at(pointer, code::FORBIDDEN, "only an admin may choose the merchant"));
        }
        named.map_err(|error| ApiError::invalid_parameter(pointer, error.to_string()))
    }
}

fn of_headers(headers: &HeaderMap) -> Result<User, ApiError> {
    let refuse = |header: &str, message: &str| {
        let error = ApiError::new(StatusCode::UNAUTHORIZED, code::UNAUTHENTICATED);
        error.at(format!("/headers/{header}"), code::UNAUTHENTICATED, message)
    };
    let merchant = one(headers, MERCHANT_HEADER).and_then(|text| MerchantId::parse(text).ok());
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
    Ok(User { merchant_id: Some(merchant_id), role, subject })
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
