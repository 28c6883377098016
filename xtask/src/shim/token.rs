//! Access tokens of the user pool's form that nobody has signed: signatures are the gateway's, which the end-to-end tests
//! hold to them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use tola_catalog::{MerchantId, Role};

/// The token of somebody who works for a merchant.
pub(super) fn issue(merchant: MerchantId, role: Role) -> String {
    let claims = json!({
        "sub": format!("{}-of-{merchant}", role.name()),
        "token_use": "access",
        "scope": "tola/read tola/write",
        "role": role.name(),
        "merchant_id": merchant,
    });
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(&claims))
}

/// The claims of a token, as text, as the gateway hands them on.
pub(super) fn claims(authorization: &str) -> Option<BTreeMap<String, String>> {
    let token = authorization.strip_prefix("Bearer ")?;
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let claims: Map<String, Value> = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(claims.into_iter().map(|(name, value)| (name, text(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_issued_is_read_and_nothing_else_is() {
        let merchant = MerchantId::parse("merchant_01JD0000000000000000000001").unwrap();

        let claims = claims(&format!("Bearer {}", issue(merchant, Role::Viewer))).unwrap();

        assert_eq!(claims["role"], "viewer");
        assert_eq!(claims["merchant_id"], merchant.to_string());
        for other in ["", "Bearer ", "Bearer abc", "Bearer a.b.c", "Basic e30.e30.", "Bearer .MQ."] {
            assert_eq!(super::claims(other), None, "{other}");
        }
    }
}
