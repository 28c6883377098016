//! Registering, reading and listing products.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tola_catalog::Role;

use crate::support::{Launching, World};

#[tokio::test]
async fn a_new_product_is_answered_whole_with_its_operation() {
    let world = World::new().await;
    let ana = world.merchant();

    let made = ana.registers(json!({ "sku": "L-1", "tags": ["light"], "attributes": { "watts": 7 } })).await;

    assert_eq!(made.status, StatusCode::CREATED);
    let id = made.text("/id");
    assert_eq!(made.header("location"), format!("/v1/products/{id}"));
    assert_eq!(made.header("etag"), "\"1.2\"");
    assert_eq!((made.text("/status"), made.text("/slug"), made.text("/sku")), ("DRAFT", "lamp", "L-1"));
    assert_eq!(made.body["price"], json!({ "amount": 1999, "currency": "USD" }));
    assert_eq!(made.body["completeness"]["missing"][0]["pointer"], "/images");
    assert_eq!(made.text("/operation/status"), "RUNNING");
    assert_eq!(made.text("/operation/product_id"), id);
    assert_eq!(made.body["last_operation"]["register"], made.body["operation"]["id"]);
    for internal in ["outbox", "intents", "event_count", "_id", "canonical"] {
        assert!(made.body.get(internal).is_none(), "{internal} is nobody's business");
    }

    assert_eq!(world.launched().len(), 1);
    let read = ana.get(made.header("location")).await;
    assert_eq!(read.status, StatusCode::OK);
    assert_eq!(read.text("/id"), id);
    assert_eq!(ana.get("/v1/products/by-sku/L-1").await.text("/id"), id);
    assert_eq!(ana.get("/v1/products/by-slug/lamp").await.text("/id"), id);
    let operation = ana.get(&format!("/v1/operations/{}", made.text("/operation/id"))).await;
    assert!(operation.text("/execution_arn").starts_with("arn:"));
}

#[tokio::test]
async fn what_is_written_is_acknowledged_even_if_its_workflow_does_not_start() {
    let world = World::new().await;
    let ana = world.merchant();
    world.launching(Launching::Fails);

    let made = ana.registers(json!({})).await;

    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.text("/operation/status"), "RUNNING");
    let id = tola_catalog::ProductId::parse(made.text("/id")).unwrap();
    let product = world.store.products(ana.scope()).get(id).await.unwrap().unwrap();
    assert_eq!(product.intents.len(), 1, "the sweep finds what is to be started");
}

#[tokio::test]
async fn a_reader_who_has_it_already_gets_304() {
    let world = World::new().await;
    let ana = world.merchant();
    let made = ana.registers(json!({})).await;
    let path = made.header("location");

    for (tags, expected) in [
        (made.header("etag"), 304),
        ("W/\"1.2\"", 304),
        ("\"0.9\", \"1.2\"", 304),
        ("*", 304),
        ("\"1.1\"", 200),
        ("\"1\"", 200),
        ("nonsense", 200),
    ] {
        let answer = ana.ask("GET", path).with("if-none-match", tags).send().await;
        assert_eq!(answer.status.as_u16(), expected, "{tags}");
        assert_eq!(answer.header("etag"), "\"1.2\"");
    }
}

#[tokio::test]
async fn names_alike_get_slugs_of_their_own_and_chosen_slugs_and_skus_are_unique() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    ana.registers(json!({ "sku": "A" })).await;

    let second = ana.registers(json!({ "sku": "B" })).await;
    assert_eq!(second.status, StatusCode::CREATED);
    assert!(second.text("/slug").starts_with("lamp-"));
    let history = ana.get(&format!("/v1/products/{}/history", second.text("/id"))).await;
    assert_eq!(history.body["items"][0]["data"]["slug"], second.body["slug"], "the event tells the slug that it got");

    let chosen = ana.registers(json!({ "slug": "lamp" })).await;
    assert_eq!((chosen.refused(), chosen.pointer()), ((409, "SLUG_TAKEN"), "/slug"));
    let same_sku = ana.registers(json!({ "sku": "A" })).await;
    assert_eq!((same_sku.refused(), same_sku.pointer()), ((409, "SKU_TAKEN"), "/sku"));
    assert_eq!(bob.registers(json!({ "sku": "A", "slug": "lamp" })).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn pages_hold_every_product_once_newest_first() {
    let world = World::new().await;
    let ana = world.merchant();
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(ana.registers(json!({})).await.text("/id").to_owned());
    }
    made.sort();
    made.reverse();

    let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = ana.get(&format!("/v1/products?limit=2{cursor}")).await;
        assert_eq!(page.status, StatusCode::OK, "{:?}", page.body);
        let items = page.body["items"].as_array().unwrap().clone();
        assert!(!items.is_empty(), "no page is empty but that of an empty list");
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        pages += 1;
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }

    assert_eq!((seen, pages), (made, 3));
    assert_eq!(ana.get("/v1/products?limit=5").await.body["next_cursor"], Value::Null);
    assert_eq!(ana.get("/v1/products?status=READY").await.body["items"], json!([]));
    assert_eq!(ana.get("/v1/products?status=DRAFT&channel=shop").await.body["items"], json!([]));
}

#[tokio::test]
async fn a_ready_product_shows_links_and_a_thumbnail() {
    let world = World::new().await;
    let ana = world.merchant();
    let image = ana.has_ready_image().await;
    let made = ana.registers(json!({ "images": [{ "image_id": image.id, "alt": "A lamp" }] })).await;
    assert_eq!(made.body["images"][0]["status"], "PENDING");
    ana.absorbs(made.text("/id"), &image).await;

    let read = ana.get(made.header("location")).await;

    assert_eq!(read.text("/status"), "READY");
    let rendition = &read.body["images"][0]["renditions"][0];
    let url = rendition["url"].as_str().unwrap();
    let expected = format!("http://localhost:4566/pictures/images/{}/ab/320.jpg?X-Amz-", ana.identity.merchant_id);
    assert!(url.starts_with(&expected), "{url}");
    assert_eq!((&rendition["width"], &rendition["name"]), (&json!(320), &json!("320.jpg")));
    let list = ana.get("/v1/products?status=READY").await;
    assert_eq!(list.body["items"][0]["thumbnail"]["url"], url, "a link is the same within the hour");
    assert_eq!(list.body["items"][0]["thumbnail"]["alt"], "A lamp");
    assert!(list.body["items"][0].get("description").is_none(), "items are slim");
}

#[tokio::test]
async fn history_tells_delivered_and_undelivered_events_once_and_in_order() {
    let world = World::new().await;
    let ana = world.merchant();
    let made = ana.registers(json!({})).await;
    let id = made.text("/id");
    ana.patches(id, "*", json!({ "name": "Big lamp" })).await;
    world.relay.hangs.store(true, std::sync::atomic::Ordering::SeqCst);
    let edited = ana.patches(id, "*", json!({ "name": "Huge lamp" })).await;
    assert_eq!(edited.status, StatusCode::OK, "a relay that hangs holds no answer up for long");

    let path = format!("/v1/products/{id}/history");
    let whole = ana.get(&path).await;
    let first = ana.get(&format!("{path}?limit=2")).await;
    let rest = ana.get(&format!("{path}?limit=2&cursor={}", first.text("/next_cursor"))).await;

    let told = |answer: &crate::support::Answer| -> Vec<(u64, String)> {
        let items = answer.body["items"].as_array().unwrap().iter();
        items.map(|e| (e["sequence"].as_u64().unwrap(), e["kind"].as_str().unwrap().to_owned())).collect()
    };
    let (created, updated) = ("ProductCreated".to_owned(), "ProductUpdated".to_owned());
    assert_eq!(told(&whole), [(1, created), (2, updated.clone()), (3, updated)]);
    assert_eq!([told(&first), told(&rest)].concat(), told(&whole));
    assert_eq!(rest.body["next_cursor"], Value::Null);
    assert_eq!(whole.body["items"][1]["actor"], json!({ "type": "user", "id": "ana" }));
    assert_eq!(whole.body["items"][1]["data"]["changed"], json!(["/name"]));
}

#[tokio::test]
async fn requests_keep_the_correlation_id_that_they_bring() {
    let world = World::new().await;
    let ana = world.merchant();

    let made =
        ana.ask("POST", "/v1/products").with("x-correlation-id", "order-7").json(json!({ "name": "A" })).send().await;
    let other = ana.ask("GET", "/v1/products").with("x-correlation-id", "not sane").send().await;

    assert_eq!((made.header("x-correlation-id"), made.text("/operation/correlation_id")), ("order-7", "order-7"));
    assert_eq!(other.header("x-correlation-id"), other.header("x-request-id"));
}

#[tokio::test]
async fn an_admin_chooses_the_merchant_of_a_list() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    ana.registers(json!({})).await;
    let path = format!("/v1/products?merchant={}", ana.identity.merchant_id);

    assert_eq!(bob.in_role(Role::Admin).get(&path).await.body["items"].as_array().unwrap().len(), 1);
    let refused = bob.get(&path).await;
    assert_eq!((refused.refused(), refused.pointer()), ((403, "FORBIDDEN"), "/query/merchant"));
    let nonsense = bob.in_role(Role::Admin).get("/v1/products?merchant=bob").await;
    assert_eq!(nonsense.refused(), (400, "INVALID_PARAMETER"));
    assert_eq!(bob.in_role(Role::Admin).get("/v1/health?merchant=x").await.refused().0, 400);
}

#[tokio::test]
async fn health_says_what_does_not_answer_and_asks_for_no_identity() {
    let world = World::new().await;
    let anybody = world.merchant();
    let ask = || anybody.ask("GET", "/v1/health").without("x-merchant-id").without("x-role").send();

    assert_eq!(ask().await.status, StatusCode::OK);
    world.bus.1.store(false, std::sync::atomic::Ordering::SeqCst);
    let failing = ask().await;

    assert_eq!(failing.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(failing.text("/status"), "failing");
    assert_eq!((failing.text("/checks/bus/status"), failing.text("/checks/queue/status")), ("failing", "ok"));
    assert!(failing.body["checks"]["bus"]["duration_ms"].is_u64());
    assert!(!failing.body.to_string().contains("sign of life"), "why is for the log");
}
