//! Access tokens, whose claims the gateway hands over once it has verified them.

use axum::http::StatusCode;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::World;

const OURS: &str = "merchant_01JD0000000000000000000001";
const THEIRS: &str = "merchant_01JD0000000000000000000002";

fn merchant() -> Value {
    json!({ "token_use": "access", "sub": "u-1", "scope": "openid tola/read tola/write", "role": "merchant", "merchant_id": OURS })
}

/// The claims of a merchant with others besides; null takes one away.
fn with(changes: &Value) -> Value {
    let mut claims = merchant();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

/// What somebody in a role may show whose merchant is this one.
pub(crate) fn claims_of(role: &str, merchant: &str) -> Value {
    with(&json!({ "role": role, "merchant_id": merchant }))
}

pub(crate) struct Heard {
    status: StatusCode,
    body: Value,
}

impl Heard {
    pub(crate) fn refused(&self) -> (u16, &str, &str) {
        let detail = &self.body["error"]["details"][0]["pointer"];
        (self.status.as_u16(), self.body["error"]["code"].as_str().unwrap(), detail.as_str().unwrap_or_default())
    }
}

pub(crate) async fn asks(world: &World, method: &str, path: &str, claims: Option<&Value>, headers: Value) -> Heard {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut event = json!({
        "version": "2.0", "routeKey": format!("{method} {path}"), "rawPath": path, "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000", "apiId": "api", "domainName": "api.example.com", "requestId": "r-1",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t" },
            "stage": "$default", "time": "21/Nov/2026:00:00:00 +0000", "timeEpoch": 1_795_219_200_000_i64,
        },
        "body": "{\"name\":\"Lamp\"}", "isBase64Encoded": false,
    });
    event["headers"]["content-type"] = "application/json".into();
    event["headers"]["host"] = "api.example.com".into();
    if let Some(claims) = claims {
        event["requestContext"]["authorizer"] = json!({ "jwt": { "claims": claims, "scopes": null } });
    }
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    let response = world.verified.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Heard { status, body: serde_json::from_slice(&body).unwrap() }
}

#[tokio::test]
async fn a_token_says_whose_products_they_are_and_who_made_them() {
    let world = World::new().await;

    let made = asks(&world, "POST", "/v1/products", Some(&merchant()), json!({})).await;

    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.body["merchant_id"], OURS);
    let history = format!("/v1/products/{}/history", made.body["id"].as_str().unwrap());
    let history = asks(&world, "GET", &history, Some(&merchant()), json!({})).await;
    assert_eq!(history.body["items"][0]["actor"], json!({ "type": "user", "id": "u-1" }));
}

#[tokio::test]
async fn a_token_that_does_not_open_is_refused_with_the_reason() {
    let world = World::new().await;
    let viewer = json!({ "role": "viewer", "scope": "tola/read" });
    for (what, claims, expected) in [
        ("an ID token", with(&json!({ "token_use": "id" })), (401, "UNAUTHENTICATED", "/headers/authorization")),
        ("no use", with(&json!({ "token_use": null })), (401, "UNAUTHENTICATED", "/headers/authorization")),
        ("nobody's", with(&json!({ "sub": null })), (401, "UNAUTHENTICATED", "/headers/authorization")),
        ("no scope", with(&json!({ "scope": null })), (403, "FORBIDDEN", "/headers/authorization")),
        (
            "another scope",
            with(&json!({ "scope": "openid tola/writes" })),
            (403, "FORBIDDEN", "/headers/authorization"),
        ),
        ("to read alone", with(&json!({ "scope": "tola/read" })), (403, "FORBIDDEN", "/headers/authorization")),
        ("no role", with(&json!({ "role": null })), (403, "FORBIDDEN", "/headers/authorization")),
        ("an odd role", with(&json!({ "role": "root" })), (403, "FORBIDDEN", "/headers/authorization")),
        ("no merchant", with(&json!({ "merchant_id": null })), (403, "FORBIDDEN", "/headers/authorization")),
        ("an odd merchant", with(&json!({ "merchant_id": "me" })), (403, "FORBIDDEN", "/headers/authorization")),
        ("a viewer", with(&viewer), (403, "FORBIDDEN", "/headers/authorization")),
        ("a viewer with a scope too many", with(&json!({ "role": "viewer" })), (403, "FORBIDDEN", "")),
    ] {
        let heard = asks(&world, "POST", "/v1/products", Some(&claims), json!({})).await;

        assert_eq!(heard.refused(), expected, "{what}: {}", heard.body);
    }
    let nobody = asks(&world, "POST", "/v1/products", None, json!({ "x-merchant-id": OURS, "x-role": "admin" })).await;
    assert_eq!(nobody.refused(), (401, "UNAUTHENTICATED", "/headers/authorization"), "headers alone say nothing");
    let list = asks(&world, "GET", "/v1/products", Some(&with(&viewer)), json!({})).await;
    assert_eq!((list.status, &list.body["items"]), (StatusCode::OK, &json!([])));
}

#[tokio::test]
async fn an_admin_acts_for_any_merchant_and_others_for_their_own() {
    let world = World::new().await;
    let admin = with(&json!({ "role": "admin", "merchant_id": null }));
    let (ours, theirs) = (json!({ "x-merchant-id": OURS }), json!({ "x-merchant-id": THEIRS }));

    let for_nobody = asks(&world, "POST", "/v1/products", Some(&admin), json!({})).await;
    assert_eq!(for_nobody.refused(), (403, "FORBIDDEN", "/headers/x-merchant-id"));
    let odd = asks(&world, "POST", "/v1/products", Some(&admin), json!({ "x-merchant-id": "me" })).await;
    assert_eq!(odd.refused(), (400, "INVALID_PARAMETER", "/headers/x-merchant-id"));
    let made = asks(&world, "POST", "/v1/products", Some(&admin), theirs.clone()).await;
    assert_eq!((made.status, made.body["merchant_id"].as_str()), (StatusCode::CREATED, Some(THEIRS)));
    let listed = asks(&world, "GET", &format!("/v1/products?merchant={THEIRS}"), Some(&admin), json!({})).await;
    assert_eq!(listed.body["items"].as_array().unwrap().len(), 1);
    let path = format!("/v1/products?merchant={THEIRS}");
    let odd = asks(&world, "GET", &path, Some(&admin), json!({ "x-merchant-id": "me" })).await;
    assert_eq!(odd.refused(), (400, "INVALID_PARAMETER", "/headers/x-merchant-id"), "whatever the query says");

    let own = asks(&world, "GET", "/v1/products", Some(&merchant()), ours).await;
    assert_eq!(own.status, StatusCode::OK);
    for (path, headers) in [("/v1/products".to_owned(), theirs), (format!("/v1/products?merchant={THEIRS}"), json!({}))]
    {
        assert_eq!(asks(&world, "GET", &path, Some(&merchant()), headers).await.refused().1, "FORBIDDEN");
    }
}
