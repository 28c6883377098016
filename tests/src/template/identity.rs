//! Who may call, and who says so.

use serde_json::{Value, json};

use super::Subject;
use crate::cloudformation::{listed, referred};

/// Every route wants an access token of the user pool, but those that the code declares public.
pub(super) fn authorized(subject: &Subject) -> Vec<String> {
    let conditional = |then: Value, otherwise: Value| json!({ "Fn::If": ["VerifiesIdentity", then, otherwise] });
    let kind = conditional("JWT".into(), "NONE".into());
    let authorizer = conditional(json!({ "Ref": "HttpApiAuthorizer" }), json!({ "Ref": "AWS::NoValue" }));
    let mut found = Vec::new();
    for route in subject.template.of_type("AWS::ApiGatewayV2::Route") {
        let key = route.text("/RouteKey").unwrap_or_default();
        let pair = key.split_once(' ').map(|(method, path)| (method.to_owned(), path.to_owned()));
        let is_open = route.property("/AuthorizationType").is_none() && route.property("/AuthorizerId").is_none();
        let is_closed =
            route.property("/AuthorizationType") == Some(&kind) && route.property("/AuthorizerId") == Some(&authorizer);
        match pair.is_some_and(|pair| subject.public.contains(&pair)) {
            true if !is_open => found.push(format!("{} is public and wants a token", route.id)),
            false if !is_closed => found.push(format!("{} takes anybody", route.id)),
            _ => {}
        }
    }
    found
}

/// Nobody makes a user of himself, or chooses whose data to see; and the claims come from our function.
pub(super) fn guarded(subject: &Subject) -> Vec<String> {
    let template = &subject.template;
    let mut found = Vec::new();
    for pool in template.of_type("AWS::Cognito::UserPool") {
        if pool.property("/AdminCreateUserConfig/AllowAdminCreateUserOnly") != Some(&json!(true)) {
            found.push(format!("anybody may sign up at {}", pool.id));
        }
        let trigger = pool.property("/LambdaConfig/PreTokenGenerationConfig/LambdaArn").and_then(referred);
        if trigger != Some("GrantClaims") {
            found.push(format!("nobody grants claims in the tokens of {}", pool.id));
        }
    }
    for client in template.of_type("AWS::Cognito::UserPoolClient") {
        let writable = listed(client.property("/WriteAttributes"));
        // Without a list, a client may write every attribute.
        if writable.is_empty()
            || writable.iter().any(|name| name.as_str().is_none_or(|name| name.starts_with("custom:")))
        {
            found.push(format!("users of {} may write what they may do", client.id));
        }
    }
    found
}
