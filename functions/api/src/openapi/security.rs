//! How callers say who they are.

use aide::openapi::{ApiKeyLocation, ReferenceOr, SecurityRequirement, SecurityScheme};
use indexmap::IndexMap;

use crate::identity::{AuthMode, Policy};

const TOKEN: &str = "accessToken";
/// The headers that are believed in development: name of the scheme, header, and what it says.
const HEADERS: [(&str, &str, &str); 2] = [
    ("merchant", "X-Merchant-Id", "The merchant that calls. Believed as it is: for development only."),
    ("role", "X-Role", "The caller's role: `admin`, `merchant` or `viewer`. Believed as it is: for development only."),
];

pub(super) fn schemes(auth: AuthMode) -> IndexMap<String, ReferenceOr<SecurityScheme>> {
    match auth {
        AuthMode::Cognito => {
            let description = "An access token of the user pool, with the scope that the route names: `tola/read` or \
                               `tola/write`. The merchant and the role are in the token.";
            let scheme = SecurityScheme::Http {
                scheme: "bearer".to_owned(),
                bearer_format: Some("JWT".to_owned()),
                description: Some(description.to_owned()),
                extensions: IndexMap::new(),
            };
            IndexMap::from([(TOKEN.to_owned(), ReferenceOr::Item(scheme))])
        }
        AuthMode::Header => {
            let scheme = |(name, header, description): (&str, &str, &str)| {
                let scheme = SecurityScheme::ApiKey {
                    location: ApiKeyLocation::Header,
                    name: header.to_owned(),
                    description: Some(description.to_owned()),
                    extensions: IndexMap::new(),
                };
                (name.to_owned(), ReferenceOr::Item(scheme))
            };
            HEADERS.into_iter().map(scheme).collect()
        }
    }
}

/// What a route of this policy asks for.
pub(super) fn required(policy: Policy, auth: AuthMode) -> Vec<SecurityRequirement> {
    let Some(scope) = policy.scope() else { return Vec::new() };
    vec![match auth {
        AuthMode::Cognito => IndexMap::from([(TOKEN.to_owned(), vec![scope.name().to_owned()])]),
        AuthMode::Header => HEADERS.into_iter().map(|(name, ..)| (name.to_owned(), Vec::new())).collect(),
    }]
}
