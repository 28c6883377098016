//! Mistakes of clients: each gets the right 4xx, in the one shape, with a pointer where one applies.

use axum::http::StatusCode;
use serde_json::json;
use tola_catalog::Role;

use crate::support::{World, lamp};

#[tokio::test]
async fn what_is_wrong_with_a_body_is_pointed_at() {
    let world = World::new().await;
    let ana = world.merchant();
    let image = ana.promises_image().await;
    let twice = json!([{ "image_id": image }, { "image_id": image }]);
    let cases = [
        (json!({ "colour": "red" }), "/colour", "unknown field"),
        (json!({ "name": 7 }), "/name", "wrong type"),
        (json!({ "name": "" }), "/name", "too short"),
        (json!({ "name": null }), "/name", "null"),
        (json!({ "price": { "amount": 19.99, "currency": "USD" } }), "/price/amount", "float money"),
        (json!({ "price": { "amount": "1999", "currency": "USD" } }), "/price/amount", "text money"),
        (json!({ "price": { "amount": -1, "currency": "USD" } }), "/price/amount", "negative money"),
        (json!({ "price": { "amount": 1, "currency": "ZZZ" } }), "/price/currency", "unknown currency"),
        (json!({ "price": { "amount": 1 } }), "/price/currency", "missing currency"),
        (json!({ "price": { "amount": 1, "currency": "USD", "vat": 1 } }), "/price/vat", "unknown field within"),
        (json!({ "sku": "has space" }), "/sku", "malformed sku"),
        (json!({ "slug": "Not A Slug" }), "/slug", "malformed slug"),
        (json!({ "tags": ["a", "a"] }), "/tags/1", "a tag twice"),
        (json!({ "attributes": { "a.b": 1 } }), "/attributes/a.b", "malformed key"),
        (json!({ "attributes": { "a": {} } }), "/attributes/a", "an object as attribute"),
        (json!({ "images": [{ "image_id": "nonsense" }] }), "/images/0/image_id", "malformed id"),
        (json!({ "images": [{}] }), "/images/0/image_id", "missing id"),
        (json!({ "images": twice }), "/images/1/image_id", "an image twice"),
        (json!({ "images": vec![json!({ "image_id": image }); 21] }), "/images", "too many images"),
        (json!({ "status": "ACTIVE" }), "/status", "what is not the merchant's to say"),
    ];
    let existing = ana.registers(json!({})).await;
    for (body, pointer, what) in cases {
        let created = ana.registers(body.clone()).await;
        assert_eq!(
            (created.refused(), created.pointer()),
            ((422, "INVALID_BODY"), pointer),
            "creating: {what}: {body}"
        );

        let edited = ana.patches(existing.text("/id"), "*", body.clone()).await;
        assert_eq!((edited.refused(), edited.pointer()), ((422, "INVALID_BODY"), pointer), "editing: {what}: {body}");
    }
    let nameless = ana.post("/v1/products", json!({ "sku": "x" })).await;
    assert_eq!((nameless.refused(), nameless.pointer()), ((422, "INVALID_BODY"), "/name"));
    let array = ana.post("/v1/products", json!([])).await;
    assert_eq!((array.refused(), array.pointer()), ((422, "INVALID_BODY"), ""));
}

#[tokio::test]
async fn what_is_no_json_is_told_where_it_stops_being_that() {
    let world = World::new().await;
    let ana = world.merchant();
    for (method, path) in [("POST", "/v1/products"), ("POST", "/v1/images")] {
        for text in ["", "{", "{\"name\": \"a\",\n}", "name=Lamp", "{\"colour\": 1, oops", "\u{0}"] {
            let answer = ana.ask(method, path).raw("application/json", text).send().await;
            assert_eq!(answer.refused(), (400, "MALFORMED_JSON"), "{text:?}");
            assert!(answer.text("/error/message").starts_with("line "), "{:?}", answer.body);
        }
    }
}

#[tokio::test]
async fn large_bodies_and_other_types_are_refused() {
    let world = World::new().await;
    let ana = world.merchant();
    let mega = lamp(json!({ "description": "x".repeat(1024 * 1024) })).to_string();

    for (method, path) in [("POST", "/v1/products"), ("POST", "/v1/images")] {
        let large = ana.ask(method, path).raw("application/json", mega.clone()).send().await;
        assert_eq!(large.refused(), (413, "PAYLOAD_TOO_LARGE"));
    }
    let id = ana.registers(json!({})).await.text("/id").to_owned();
    let patch = ana.ask("PATCH", &format!("/v1/products/{id}")).with("if-match", "*");
    assert_eq!(patch.raw("application/json", mega).send().await.refused(), (413, "PAYLOAD_TOO_LARGE"));
    let form = ana.ask("POST", "/v1/products").raw("application/x-www-form-urlencoded", "name=Lamp").send().await;
    assert_eq!(form.refused(), (415, "UNSUPPORTED_MEDIA_TYPE"));
}

#[tokio::test]
async fn parameters_are_read_strictly() {
    let world = World::new().await;
    let ana = world.merchant();
    for (query, pointer) in [
        ("limit=0", "/query/limit"),
        ("limit=101", "/query/limit"),
        ("limit=ten", "/query/limit"),
        ("limit=1&limit=2", "/query/limit"),
        ("status=ready", "/query/status"),
        ("stauts=READY", "/query/stauts"),
        ("channel=No%20Channel", "/query/channel"),
    ] {
        let answer = ana.get(&format!("/v1/products?{query}")).await;
        assert_eq!((answer.refused(), answer.pointer()), ((400, "INVALID_PARAMETER"), pointer), "{query}");
    }
    for query in ["status=DONE", "product_id=x", "limit=-1", "kind=register"] {
        assert_eq!(ana.get(&format!("/v1/operations?{query}")).await.refused(), (400, "INVALID_PARAMETER"), "{query}");
    }
    let made = ana.registers(json!({})).await;
    assert_eq!(ana.get(&format!("{}?fields=name", made.header("location"))).await.refused().0, 400);
    assert_eq!(ana.post("/v1/products?dry_run=true", lamp(json!({}))).await.refused(), (400, "INVALID_PARAMETER"));
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_alone() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    for _ in 0..3 {
        ana.registers(json!({})).await;
        bob.registers(json!({})).await;
    }
    let cursor = ana.get("/v1/products?status=DRAFT&limit=1").await.text("/next_cursor").to_owned();
    assert_eq!(ana.get(&format!("/v1/products?status=DRAFT&limit=2&cursor={cursor}")).await.status, StatusCode::OK);

    let mut forged = cursor.clone();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'B' } else { 'A' });
    for (actress, path) in [
        (&ana, format!("/v1/products?cursor={cursor}")),
        (&ana, format!("/v1/products?status=READY&cursor={cursor}")),
        (&bob, format!("/v1/products?status=DRAFT&cursor={cursor}")),
        (&ana, format!("/v1/operations?cursor={cursor}")),
        (&ana, format!("/v1/products?status=DRAFT&cursor={forged}")),
        (&ana, "/v1/products?status=DRAFT&cursor=%F0%9F%99%88".to_owned()),
        (&ana, "/v1/products?status=DRAFT&cursor=".to_owned()),
    ] {
        let answer = actress.get(&path).await;
        assert_eq!((answer.refused(), answer.pointer()), ((400, "INVALID_CURSOR"), "/query/cursor"), "{path}");
    }
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_say_so() {
    let world = World::new().await;
    let ana = world.merchant();

    for path in ["/", "/v1", "/v1/product", "/v1/products/", "/v2/products", "/v1/products/a/b/c"] {
        assert_eq!(ana.get(path).await.refused(), (404, "ROUTE_NOT_FOUND"), "{path}");
    }
    for (method, path, allow) in [
        ("PUT", "/v1/products", "GET, HEAD, POST"),
        ("PUT", "/v1/products/x", "DELETE, GET, HEAD, PATCH"),
        ("PATCH", "/v1/channels/x", "DELETE, GET, HEAD, PUT"),
        ("GET", "/v1/products/x/publish", "POST"),
        ("GET", "/v1/images", "POST"),
        ("POST", "/v1/health", "GET, HEAD"),
        ("OPTIONS", "/v1/operations", "GET, HEAD"),
        ("POST", "/v1/images/x", "DELETE, GET, HEAD"),
    ] {
        let answer = ana.ask(method, path).send().await;
        assert_eq!((answer.refused(), answer.header("allow")), ((405, "METHOD_NOT_ALLOWED"), allow), "{method} {path}");
    }
    for path in ["/v1/products/x", "/v1/products/product_x", "/v1/images/%00", "/v1/operations/x", "/v1/products/%ff"] {
        assert_eq!(ana.get(path).await.refused(), (404, "RESOURCE_NOT_FOUND"), "{path}");
    }
    assert_eq!(ana.get("/v1/products/by-sku/none").await.refused(), (404, "RESOURCE_NOT_FOUND"));
    assert_eq!(ana.get("/v1/products/by-slug/NOT%20ONE").await.refused(), (404, "RESOURCE_NOT_FOUND"));
}

#[tokio::test]
async fn who_does_not_say_who_they_are_gets_401() {
    let world = World::new().await;
    let ana = world.merchant();
    for header in ["x-merchant-id", "x-role"] {
        for path in ["/v1/products", "/v1/operations/x"] {
            let answer = ana.ask("GET", path).without(header).send().await;
            assert_eq!(answer.refused(), (401, "UNAUTHENTICATED"));
            assert_eq!(answer.pointer(), format!("/headers/{header}"));
        }
        let nonsense = ana.ask("GET", "/v1/products").without(header).with(header, "root").send().await;
        assert_eq!(nonsense.refused(), (401, "UNAUTHENTICATED"));
        let twice = ana.ask("GET", "/v1/products").with(header, "admin").send().await;
        assert_eq!(twice.refused(), (401, "UNAUTHENTICATED"), "of two nobody can say which one is meant");
    }
}

#[tokio::test]
async fn a_viewer_reads_and_does_not_write() {
    let world = World::new().await;
    let ana = world.merchant();
    let viewer = ana.in_role(Role::Viewer);
    let made = ana.registers(json!({})).await;

    assert_eq!(viewer.get(made.header("location")).await.status, StatusCode::OK);
    for route in api::ROUTES {
        let (method, path) = (route.method, route.path.replace("{id}", "x"));
        let answer = viewer.ask(method, &path).json(json!({})).send().await;
        let refused = answer.status == StatusCode::FORBIDDEN;
        assert_eq!(refused, route.policy == api::Policy::Write, "{method} {path}: {answer:?}");
        if refused {
            assert_eq!(answer.refused(), (403, "FORBIDDEN"));
        }
    }
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_worth_another_try() {
    let world = World::without_database().await;
    let ana = world.merchant();

    let read = ana.get("/v1/products").await;
    let keyed = ana.ask("POST", "/v1/products").with("idempotency-key", "k").json(lamp(json!({}))).send().await;
    let unkeyed = ana.registers(json!({})).await;

    for answer in [read, keyed, unkeyed] {
        assert_eq!(answer.refused(), (503, "UNAVAILABLE"));
        assert!(!answer.header("retry-after").is_empty());
        assert!(!answer.body.to_string().contains("127.0.0.1"), "what lies behind is for the log");
    }
    assert_eq!(ana.get("/v1/health").await.text("/checks/database/status"), "failing");
}

#[tokio::test]
async fn too_many_undelivered_events_stop_edits_for_a_while() {
    let world = World::new().await;
    let ana = world.merchant();
    let made = ana.registers(json!({})).await;
    let (id, products) = (tola_catalog::ProductId::parse(made.text("/id")).unwrap(), world.store.products(ana.scope()));
    for n in 1..100 {
        let edit = tola_catalog::product::Edit {
            name: Some(tola_catalog::text::Name::parse(&format!("Lamp {n}")).unwrap()),
            ..Default::default()
        };
        let operation = tola_catalog::OperationId::new(ulid::Ulid::generate());
        let edited = products.change(id, |product| {
            Ok::<_, tola_store::Error>(product.edit(edit.clone(), operation, &crate::support::origin()).unwrap())
        });
        assert!(edited.await.unwrap().moved());
    }

    let answer = ana.patches(made.text("/id"), "*", json!({ "name": "One too many" })).await;

    assert_eq!(answer.refused(), (503, "TOO_MANY_PENDING_EVENTS"));
    assert!(!answer.header("retry-after").is_empty());
}
