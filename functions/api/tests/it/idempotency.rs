//! Requests that are repeated with their key come to the same end.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tola_store::{IdempotencyKey, Minted};
use ulid::Ulid;

use crate::support::{Actress, Answer, Launching, World, lamp};

async fn keyed(ana: &Actress, path: &str, key: &str, body: Value) -> Answer {
    ana.ask("POST", path).with("idempotency-key", key).json(body).send().await
}

async fn count(ana: &Actress) -> usize {
    ana.get("/v1/products?limit=100").await.body["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer() {
    let world = World::new().await;
    let ana = world.merchant();

    let first = keyed(&ana, "/v1/products", "k", lamp(json!({ "sku": "S" }))).await;
    let second = keyed(&ana, "/v1/products", "k", lamp(json!({ "sku": "S" }))).await;

    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!((second.status, &second.body), (first.status, &first.body));
    for header in ["location", "etag", "content-type"] {
        assert_eq!(second.header(header), first.header(header), "{header}");
        assert!(!first.header(header).is_empty(), "{header}");
    }
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), ("", "true"));
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
    assert_eq!((count(&ana).await, world.launched().len()), (1, 1));
}

#[tokio::test]
async fn refusals_are_repeated_too() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.registers(json!({ "sku": "S" })).await;

    let first = keyed(&ana, "/v1/products", "k", lamp(json!({ "sku": "S" }))).await;
    let second = keyed(&ana, "/v1/products", "k", lamp(json!({ "sku": "S" }))).await;

    assert_eq!(first.refused(), (409, "SKU_TAKEN"));
    assert_eq!((second.refused(), second.header("idempotency-replayed")), ((409, "SKU_TAKEN"), "true"));
    assert_eq!(first.body, second.body);
}

#[tokio::test]
async fn a_key_serves_one_body_and_each_route() {
    let world = World::new().await;
    let ana = world.merchant();
    keyed(&ana, "/v1/products", "k", lamp(json!({}))).await;

    let other = keyed(&ana, "/v1/products", "k", lamp(json!({ "brand": "Lux" }))).await;
    let image = keyed(&ana, "/v1/images", "k", json!({ "content_type": "image/png" })).await;

    assert_eq!(other.refused(), (422, "IDEMPOTENCY_KEY_REUSED"));
    assert_eq!(other.pointer(), "/headers/idempotency-key");
    assert_eq!(image.status, StatusCode::CREATED);
    assert_eq!(count(&ana).await, 1);
}

#[tokio::test]
async fn keys_are_printable_and_short() {
    let world = World::new().await;
    let ana = world.merchant();
    for key in ["", &"k".repeat(256), "tab\there", "sch\u{f6}n"] {
        let answer = keyed(&ana, "/v1/products", key, lamp(json!({}))).await;
        assert_eq!(
            (answer.refused(), answer.pointer()),
            ((400, "INVALID_PARAMETER"), "/headers/idempotency-key"),
            "{key:?}"
        );
    }
    let twice = ana.ask("POST", "/v1/products").with("idempotency-key", "a");
    let twice = twice.with("idempotency-key", "b").json(lamp(json!({}))).send().await;
    assert_eq!(twice.refused(), (400, "INVALID_PARAMETER"));
    assert_eq!(keyed(&ana, "/v1/products", &"k ".repeat(127), lamp(json!({}))).await.status, StatusCode::CREATED);
    assert_eq!(count(&ana).await, 1);
}

#[tokio::test]
async fn twenty_at_once_make_one_product() {
    let world = World::new().await;
    let ana = world.merchant();

    let answers = futures::future::join_all((0..20).map(|_| keyed(&ana, "/v1/products", "k", lamp(json!({}))))).await;

    for answer in answers.iter().filter(|answer| answer.status != StatusCode::CREATED) {
        assert_eq!(answer.refused(), (409, "IDEMPOTENCY_KEY_IN_FLIGHT"));
        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    }
    assert!(answers.iter().any(|answer| answer.status == StatusCode::CREATED));
    assert_eq!(count(&ana).await, 1);
    assert_eq!(keyed(&ana, "/v1/products", "k", lamp(json!({}))).await.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn a_request_that_died_after_its_write_converges_on_what_it_wrote() {
    let world = World::new().await;
    let ana = world.merchant();
    world.launching(Launching::Panics);
    let body = lamp(json!({ "sku": "S" }));
    let died = keyed(&ana, "/v1/products", "k", body.clone()).await;
    assert_eq!(died.refused(), (500, "INTERNAL"));
    assert!(!died.body.to_string().contains("dies here"), "what it panicked with is for the log");
    assert_eq!(count(&ana).await, 1, "it was written before it died");

    world.launching(Launching::Works);
    let repeated = keyed(&ana, "/v1/products", "k", body.clone()).await;
    let replayed = keyed(&ana, "/v1/products", "k", body).await;

    assert_eq!(repeated.status, StatusCode::CREATED);
    assert_eq!(repeated.text("/operation/status"), "RUNNING");
    assert_eq!(world.launched(), [tola_catalog::OperationId::parse(repeated.text("/operation/id")).unwrap()]);
    assert_eq!((replayed.body, count(&ana).await), (repeated.body, 1));
}

#[tokio::test]
async fn a_key_whose_request_vanished_is_taken_over_with_its_ids() {
    let world = World::new().await;
    let ana = world.merchant();
    let body = json!({ "content_type": "image/png" });
    let key = IdempotencyKey {
        route: "POST /v1/images".into(),
        key: "k".into(),
        body_hash: hex::encode(<sha2::Sha256 as sha2::Digest>::digest(body.to_string())),
    };
    let minted = Minted { resource: Ulid::generate(), operation: Ulid::generate() };
    let long_ago = tola_step::now().before(std::time::Duration::from_secs(60));
    world.store.idempotency(ana.scope()).begin(&key, minted, long_ago).await.unwrap();

    let answer = keyed(&ana, "/v1/images", "k", body).await;

    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.text("/image/id"), format!("image_{}", minted.resource));
}

#[tokio::test]
async fn an_upload_is_signed_anew_and_never_kept() {
    let world = World::new().await;
    let ana = world.merchant();
    let ask = || keyed(&ana, "/v1/images", "k", json!({ "content_type": "image/png" }));

    let first = ask().await;
    let (mut second, deadline) = (ask().await, std::time::Instant::now() + std::time::Duration::from_secs(10));
    while second.body["upload"]["expires_at"] == first.body["upload"]["expires_at"] {
        assert!(std::time::Instant::now() < deadline, "the upload is always the same");
        second = ask().await;
    }

    assert_eq!(second.body["image"], first.body["image"]);
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert!(second.text("/upload/fields/x-amz-signature").len() == 64);
}

#[tokio::test]
async fn nothing_that_a_merchant_writes_is_ever_signed() {
    let world = World::new().await;
    let ana = world.merchant();
    let key = format!("images/{}/ab/320.jpg", ana.identity.merchant_id);

    let made = ana.registers(json!({ "name": key, "attributes": { "url": key, "upload": key } })).await;

    assert_eq!(made.text("/name"), key);
    assert!(!made.body.to_string().contains("X-Amz"));
}

#[tokio::test]
async fn a_failure_on_our_side_is_not_kept() {
    let world = World::new().await;
    let ana = world.merchant();
    let operation = ana.registers(json!({})).await.text("/operation/id").to_owned();
    let path = format!("/v1/operations/{operation}/cancel");
    world.workflows.stopping_fails.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(keyed(&ana, &path, "k", json!({})).await.refused().0, 503);

    world.workflows.stopping_fails.store(false, std::sync::atomic::Ordering::SeqCst);
    let again = keyed(&ana, &path, "k", json!({})).await;

    assert_eq!((again.status, again.header("idempotency-replayed")), (StatusCode::ACCEPTED, ""));
}
