//! Says in an access token for which merchant it is good, and what its bearer may do: a trigger of the user pool, called
//! before each token. Repeating it grants the same.
//!
//! The user pool keeps both as attributes of the user, which only whoever administers the pool can write. Without them, or
//! with something else in them, nobody signs in.

use std::collections::HashMap;

use aws_lambda_events::cognito::{
    ClaimsAndScopeOverrideDetailsV2, CognitoAccessTokenGenerationV2, CognitoEventUserPoolsPreTokenGenV2,
};
use lambda_runtime::Diagnostic;
use tola_catalog::identity::Scope;
use tola_catalog::{MerchantId, Role};

/// What the user pool sends, and is sent back.
pub type Event = CognitoEventUserPoolsPreTokenGenV2;

/// The user's attribute that names the merchant.
const MERCHANT: &str = "custom:merchant_id";

/// The user's attribute that names the role.
const ROLE: &str = "custom:role";

/// Why somebody gets no token. It is shown to whoever signs in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody has said what the user may do.
    #[error(
        "Nobody has given this user a role yet: whoever administers the users sets {ROLE} to admin, merchant or viewer."
    )]
    NoRole,
    /// The user is nobody's.
    #[error("This user belongs to no merchant yet: whoever administers the users sets {MERCHANT} to a merchant's id.")]
    NoMerchant,
}

impl From<Refusal> for Diagnostic {
    fn from(refusal: Refusal) -> Self {
        Self { error_type: "NotAuthorized".into(), error_message: refusal.to_string() }
    }
}

/// Adds the claims and scopes of the user to the access token.
///
/// # Errors
/// [`Refusal`], and the user pool issues no token.
pub fn grant(mut event: Event) -> Result<Event, Refusal> {
    let attribute = |name| event.request.user_attributes.get(name).map(String::as_str).unwrap_or_default();
    let role = Role::parse(attribute(ROLE)).ok_or(Refusal::NoRole)?;
    let merchant = match attribute(MERCHANT) {
        // An admin may belong to nobody, and says each time for whom it acts.
        "" if role == Role::Admin => None,
        id => Some(MerchantId::parse(id).map_err(|_| Refusal::NoMerchant)?),
    };
    let mut claims = HashMap::from([("role".to_owned(), role.name().into())]);
    if let Some(merchant) = merchant {
        claims.insert("merchant_id".to_owned(), merchant.to_string().into());
    }
    let (granted, refused): (Vec<Scope>, Vec<Scope>) = Scope::ALL.into_iter().partition(|scope| role.has(*scope));
    let names = |scopes: Vec<Scope>| scopes.into_iter().map(|scope| scope.name().to_owned()).collect();
    let mut token = CognitoAccessTokenGenerationV2::default();
    token.claims_to_add_or_override = claims;
    token.scopes_to_add = names(granted);
    // What a client may ask for is the same for all users: a viewer's token is cut down to what viewers may do.
    token.scopes_to_suppress = names(refused);
    let mut details = ClaimsAndScopeOverrideDetailsV2::default();
    details.access_token_generation = Some(token);
    // As they are: an empty list would take all groups away.
    details.group_override_details = event.request.group_configuration.clone();
    event.response.claims_and_scope_override_details = Some(details);
    Ok(event)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const OF: &str = "merchant_01JD0000000000000000000001";

    fn of(attributes: &Value) -> Result<Value, Refusal> {
        let event = json!({
            "version": "2", "triggerSource": "TokenGeneration_Authentication", "region": "us-east-1",
            "userPoolId": "us-east-1_x", "userName": "u", "callerContext": { "awsSdkVersion": "1", "clientId": "c" },
            "request": { "userAttributes": attributes, "scopes": ["openid"] },
            "response": { "claimsAndScopeOverrideDetails": null },
        });
        let granted = grant(serde_json::from_value(event).unwrap())?;
        let answer = serde_json::to_value(granted).unwrap();
        Ok(answer["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"].clone())
    }

    #[test]
    fn a_merchant_may_read_and_write_its_own_catalog() {
        let token = of(&json!({ MERCHANT: OF, ROLE: "merchant", "email": "a@b.example" })).unwrap();

        assert_eq!(token["claimsToAddOrOverride"], json!({ "merchant_id": OF, "role": "merchant" }));
        assert_eq!(token["scopesToAdd"], json!(["tola/read", "tola/write"]));
        assert_eq!(token["scopesToSuppress"], json!([]));
    }

    #[test]
    fn a_viewer_may_not_write_whatever_its_client_asks_for() {
        let token = of(&json!({ MERCHANT: OF, ROLE: "viewer" })).unwrap();

        assert_eq!(token["scopesToAdd"], json!(["tola/read"]));
        assert_eq!(token["scopesToSuppress"], json!(["tola/write"]));
    }

    #[test]
    fn an_admin_may_belong_to_nobody() {
        let token = of(&json!({ ROLE: "admin" })).unwrap();

        assert_eq!(token["claimsToAddOrOverride"], json!({ "role": "admin" }));
    }

    #[test]
    fn whoever_has_no_role_or_no_merchant_gets_no_token() {
        assert_eq!(of(&json!({ MERCHANT: OF })), Err(Refusal::NoRole));
        assert_eq!(of(&json!({ MERCHANT: OF, ROLE: "owner" })), Err(Refusal::NoRole));
        assert_eq!(of(&json!({ ROLE: "merchant" })), Err(Refusal::NoMerchant));
        assert_eq!(of(&json!({ MERCHANT: "me", ROLE: "viewer" })), Err(Refusal::NoMerchant));
        assert_eq!(of(&json!({ MERCHANT: "me", ROLE: "admin" })), Err(Refusal::NoMerchant));
    }
}
