//! Merchants never see, change or learn of each other's data.

use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn another_merchants_ids_are_not_found_anywhere() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    let image = ana.promises_image().await;
    let made = ana.registers(json!({ "sku": "A", "images": [{ "image_id": image }] })).await;
    let (product, operation) = (made.text("/id"), made.text("/operation/id"));
    ana.connects("shop").await;

    let mut tried = 0;
    // A channel's name is its merchant's: who puts one makes one.
    let foreign = |(method, path): (&str, &str)| path.contains('{') && method != "PUT";
    for (method, path, _) in api::ROUTES.iter().filter(|(method, path, _)| foreign((method, path))) {
        let id = if path.contains("images") {
            &image
        } else if path.contains("operations") {
            operation
        } else if path.contains("channels") {
            "shop"
        } else {
            product
        };
        let path = path.replace("{id}", id).replace("{sku}", "A").replace("{slug}", "lamp");
        let body = match *method {
            "PATCH" => json!({ "name": "Mine" }),
            _ if path.ends_with("/publish") => json!({ "channels": ["shop"] }),
            _ => json!({}),
        };
        let answer = bob.ask(method, &path).with("if-match", "*").json(body).send().await;

        assert_eq!(answer.refused(), (404, "RESOURCE_NOT_FOUND"), "{method} {path}");
        tried += 1;
    }
    assert!(tried >= 16);
    assert_eq!(bob.get("/v1/products").await.body["items"], json!([]));
    assert_eq!(bob.get("/v1/channels").await.body["items"], json!([]));
    assert_eq!(bob.get("/v1/operations").await.body["items"], json!([]));
    assert_eq!(bob.get(&format!("/v1/operations?product_id={product}")).await.body["items"], json!([]));
    assert_eq!(ana.get(made.header("location")).await.text("/name"), "Lamp");
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
