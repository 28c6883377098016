//! Requests as API Gateway hands them over (payload format 2.0).

use axum::http::StatusCode;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::World;

fn event(body: &str) -> String {
    json!({
        "version": "2.0",
        "routeKey": "POST /v1/products",
        "rawPath": "/v1/products",
        "rawQueryString": "",
        "headers": {
            "content-type": "application/json",
            "x-merchant-id": "merchant_01JD0000000000000000000001",
            "x-role": "merchant",
            "host": "api.example.com",
        },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "api",
            "domainName": "api.example.com",
            "http": { "method": "POST", "path": "/v1/products", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t" },
            "requestId": "gw-request-1=",
            "routeKey": "POST /v1/products",
            "stage": "$default",
            "time": "21/Nov/2026:00:00:00 +0000",
            "timeEpoch": 1_795_219_200_000_i64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
    .to_string()
}

#[tokio::test]
async fn the_gateways_request_id_is_the_requests_id() {
    let world = World::new().await;
    for (body, status) in [("{\"name\":\"Lamp\"}", StatusCode::CREATED), ("{", StatusCode::BAD_REQUEST)] {
        let request = lambda_http::request::from_str(&event(body)).unwrap();

        let response = world.router.clone().oneshot(request).await.unwrap();

        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["x-request-id"], "gw-request-1=");
        let answer: Value = serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
        match status {
            StatusCode::CREATED => assert_eq!(answer["operation"]["correlation_id"], "gw-request-1="),
            _ => assert_eq!(answer["error"]["request_id"], "gw-request-1="),
        }
    }
}
