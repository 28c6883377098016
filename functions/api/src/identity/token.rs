//! Who calls, by the access token that the gateway has verified.
//!
//! The gateway checks signature, issuer, client and time. It takes an ID token for an access token, and knows nothing of
//! roles: that is checked here, and what is refused here is told in the API's own error shape.

use std::collections::HashMap;

use axum::http::StatusCode;
use lambda_http::request::RequestContext;
use tola_catalog::identity::Scope;
use tola_catalog::{MerchantId, Role, code};

use super::User;
use crate::error::ApiError;

const POINTER: &str = "/headers/authorization";

/// Who sends a request whose token is good for `scope`.
pub(super) fn of_claims(context: Option<&RequestContext>, scope: Scope) -> Result<User, ApiError> {
    let claims = claims(context).ok_or_else(|| {
        unauthenticated("send an access token: `Authorization: Bearer …`, for a path that the API has")
    })?;
    let claim = |name| claims.get(name).map(String::as_str).filter(|text| !text.is_empty());
    if claim("token_use") != Some("access") {
        return Err(unauthenticated("this is no access token; an ID token says who somebody is, and opens nothing"));
    }
    let subject = claim("sub").ok_or_else(|| unauthenticated("the token does not say whose it is"))?;
    let granted = claim("scope").unwrap_or_default();
    if !granted.split(' ').any(|granted| granted == scope.name()) {
        return Err(forbidden(format!("the token lacks the scope {}", scope.name())));
    }
    let role = claim("role").and_then(Role::parse);
    let role = role.ok_or_else(|| forbidden("the token names no role: admin, merchant or viewer"))?;
    let merchant = claim("merchant_id").map(MerchantId::parse).transpose();
    let merchant_id = merchant.map_err(|_| forbidden("the token names no merchant that there could be"))?;
    if merchant_id.is_none() && role != Role::Admin {
        return Err(forbidden("the token names no merchant"));
    }
    Ok(User { merchant_id, role, subject: subject.to_owned() })
}

fn claims(context: Option<&RequestContext>) -> Option<&HashMap<String, String>> {
    let RequestContext::ApiGatewayV2(context) = context? else { return None };
    Some(&context.authorizer.as_ref()?.jwt.as_ref()?.claims)
}

fn unauthenticated(message: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, code::UNAUTHENTICATED).at(POINTER, code::UNAUTHENTICATED, message)
}

fn forbidden(message: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, code::FORBIDDEN).at(POINTER, code::FORBIDDEN, message)
}
