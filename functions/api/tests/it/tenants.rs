//! Merchants never see, change or learn of each other's data.

use serde_json::{Value, json};

use crate::support::{Actress, World};

/// Ids of things that are not there, which look as those that are.
const NO_PRODUCT: &str = "product_01JD0000000000000000000ZZZ";
const NO_IMAGE: &str = "image_01JD0000000000000000000ZZZ";
const NO_OPERATION: &str = "operation_01JD0000000000000000000ZZZ";

/// A path of a route, of what is named.
fn filled(pattern: &str, product: &str, image: &str, operation: &str, named: &str) -> String {
    let id = match pattern.split('/').nth(2) {
        Some("images") => image,
        Some("operations") => operation,
        Some("channels") => named,
        _ => product,
    };
    let path = pattern.replace("{id}", id).replace("{channel_id}", "shop");
    path.replace("{sku}", named).replace("{slug}", named)
}

/// The answer to a request without what differs from one request to the next.
async fn told(actress: &Actress, method: &str, path: &str) -> (u16, Value) {
    let body = match method {
        "PATCH" => json!({ "name": "Mine" }),
        "PUT" => json!({ "overrides": { "name": "Mine" } }),
        _ if path.contains("publish") => json!({ "channels": ["shop"] }),
        _ => json!({}),
    };
    let mut answer = actress.ask(method, path).with("if-match", "*").json(body).send().await;
    if let Some(error) = answer.body.get_mut("error").and_then(Value::as_object_mut) {
        error.remove("request_id");
    }
    (answer.status.as_u16(), answer.body)
}

/// Every route that names something, as a merchant to whom it does not belong: the answer is that to an id of nothing, and
/// nothing has changed.
#[tokio::test]
async fn another_merchants_ids_are_not_found_anywhere() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    let image = ana.promises_image().await;
    let made = ana.registers(json!({ "sku": "lamp", "slug": "lamp", "images": [{ "image_id": image }] })).await;
    let (product, operation) = (made.text("/id"), made.text("/operation/id"));
    ana.puts("lamp", json!({ "type": "sandbox", "config": {} })).await;
    ana.connects("shop").await;
    let before = world.documents_of(ana.identity.merchant_id).await;
    assert!(before.len() >= 5, "a product, an image, an operation and two channels: {before:#?}");

    let mut tried = 0;
    for (method, pattern, policy) in api::ROUTES.iter().filter(|(_, pattern, _)| pattern.contains('{')) {
        if *pattern == "/v1/channels/{id}" && *method == "PUT" {
            continue; // A channel's name is its merchant's: who puts one makes one.
        }
        if *pattern == "/v1/public/merchants/{id}/products" {
            continue; // It names a merchant, and is empty.
        }
        let foreign = filled(pattern, product, &image, operation, "lamp");
        let absent = filled(pattern, NO_PRODUCT, NO_IMAGE, NO_OPERATION, "none");

        let (to_foreign, to_absent) = (told(&bob, method, &foreign).await, told(&bob, method, &absent).await);

        assert_eq!(to_foreign.0, 404, "{method} {foreign} ({policy:?}): {}", to_foreign.1);
        assert_eq!(to_foreign, to_absent, "{method} {pattern} tells that it is there");
        tried += 1;
    }
    assert_eq!(tried, api::ROUTES.iter().filter(|(_, pattern, _)| pattern.contains('{')).count() - 2);
    for path in ["/v1/products", "/v1/channels", "/v1/operations"] {
        assert_eq!(bob.get(path).await.body["items"], json!([]), "{path}");
        let named = bob.get(&format!("{path}?merchant={}", ana.identity.merchant_id)).await;
        assert_eq!(named.refused(), (403, "FORBIDDEN"), "{path}");
    }
    assert_eq!(bob.get(&format!("/v1/operations?product_id={product}")).await.body["items"], json!([]));
    assert_eq!(world.documents_of(ana.identity.merchant_id).await, before);
}

#[tokio::test]
async fn another_merchants_image_is_unknown() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    let (hers, his) = (ana.promises_image().await, bob.promises_image().await);
    let images = json!([{ "image_id": his }, { "image_id": hers }]);

    let created = bob.registers(json!({ "images": images })).await;
    let existing = bob.registers(json!({})).await;
    let edited = bob.patches(existing.text("/id"), "*", json!({ "images": images })).await;

    for answer in [created, edited] {
        assert_eq!((answer.refused(), answer.pointer()), ((422, "UNKNOWN_IMAGE"), "/images/1/image_id"));
        assert_eq!(answer.body["error"]["details"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn keys_of_two_merchants_are_two() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());

    let mut ids = Vec::new();
    for actress in [&ana, &bob] {
        let ask = actress.ask("POST", "/v1/products").with("idempotency-key", "k");
        let made = ask.json(json!({ "name": "Lamp" })).send().await;
        assert_eq!(made.header("idempotency-replayed"), "");
        ids.push(made.text("/id").to_owned());
    }

    assert_ne!(ids[0], ids[1]);
}
