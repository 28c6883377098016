//! It fails well: whatever a client does wrong is answered with the right 4xx, in the one shape, through the gateway.

use serde_json::{Value, json};
use tola_testkit::{Merchant, Request, TestStack, a_product};

/// What is wrong, how it is asked, and what is answered: status, code, and the pointer of the first detail.
type Case = (&'static str, Request, (u16, &'static str), &'static str);

async fn all_are_refused(cases: Vec<Case>) {
    for (what, request, refusal, pointer) in cases {
        let answer = request.await;
        assert_eq!((answer.refused(), answer.pointer()), (refusal, pointer), "{what}: {answer}");
    }
}

fn registering(merchant: &Merchant, field: &str, value: Value) -> Request {
    merchant.posts("/v1/products", a_product().saying(field, value).body())
}

#[tokio::test]
async fn bodies_that_say_something_wrong() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let wrong = (422, "INVALID_BODY");
    let with = |field, value| registering(&merchant, field, value);

    all_are_refused(vec![
        ("an unknown field", with("colour", json!("red")), wrong, "/colour"),
        ("a wrong type", with("name", json!(7)), wrong, "/name"),
        ("an empty name", with("name", json!("")), wrong, "/name"),
        ("no name", merchant.posts("/v1/products", &json!({ "sku": "LAMP-1" })), wrong, "/name"),
        ("float money", with("price", json!({ "amount": 19.99, "currency": "USD" })), wrong, "/price/amount"),
        ("money in text", with("price", json!({ "amount": "1999", "currency": "USD" })), wrong, "/price/amount"),
        ("negative money", with("price", json!({ "amount": -1, "currency": "USD" })), wrong, "/price/amount"),
        ("an unknown currency", with("price", json!({ "amount": 1, "currency": "ZZZ" })), wrong, "/price/currency"),
        ("no currency", with("price", json!({ "amount": 1 })), wrong, "/price/currency"),
        ("a tag twice", with("tags", json!(["new", "new"])), wrong, "/tags/1"),
        ("a malformed image id", with("images", json!([{ "image_id": "photo" }])), wrong, "/images/0/image_id"),
        ("a status", with("status", json!("READY")), wrong, "/status"),
        ("no object", merchant.posts("/v1/products", &json!([])), wrong, ""),
        (
            "a type of file",
            merchant.posts("/v1/images", &json!({ "content_type": "text/html" })),
            wrong,
            "/content_type",
        ),
    ])
    .await;
}

#[tokio::test]
async fn bodies_that_can_not_be_read() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let post = |content_type, body: &str| merchant.asks("POST", "/v1/products").text(content_type, body);
    let json = "application/json";
    let megabyte = a_product().saying("description", json!("x".repeat(1024 * 1024))).body().to_string();

    all_are_refused(vec![
        ("malformed JSON", post(json, "{\"name\": \"Lamp\","), (400, "MALFORMED_JSON"), ""),
        ("no JSON", post(json, "name=Lamp"), (400, "MALFORMED_JSON"), ""),
        ("an empty body", post(json, ""), (400, "MALFORMED_JSON"), ""),
        ("a form", post("application/x-www-form-urlencoded", "name=Lamp"), (415, "UNSUPPORTED_MEDIA_TYPE"), ""),
        ("1 MB", post(json, &megabyte), (413, "PAYLOAD_TOO_LARGE"), ""),
        ("1 MB with a key", post(json, &megabyte).key("k"), (413, "PAYLOAD_TOO_LARGE"), ""),
    ])
    .await;
}

#[tokio::test]
async fn what_is_taken_already() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let first = merchant.posts("/v1/products", a_product().with_sku("LAMP-1").body()).key("k").await.expects(201);
    let other = merchant.registers(a_product().with_sku("LAMP-2").saying("slug", json!("lamp-2"))).await;
    let slug = first.text("/slug").to_owned();
    let shown = merchant.promises("image/jpeg").await.image;
    merchant.patches(&other, &json!({ "images": [{ "image_id": shown.id() }] })).await.expects(200);

    all_are_refused(vec![
        ("a SKU", registering(&merchant, "sku", json!("LAMP-1")), (409, "SKU_TAKEN"), "/sku"),
        ("a slug", registering(&merchant, "slug", json!(slug)), (409, "SLUG_TAKEN"), "/slug"),
        ("a SKU, by an edit", merchant.patches(&other, &json!({ "sku": "LAMP-1" })), (409, "SKU_TAKEN"), "/sku"),
        ("a slug, by an edit", merchant.patches(&other, &json!({ "slug": slug })), (409, "SLUG_TAKEN"), "/slug"),
        ("a photo, by a product", merchant.asks("DELETE", &shown.path()), (409, "IMAGE_IN_USE"), ""),
        (
            "a key, by another body",
            merchant.posts("/v1/products", a_product().named("Chair").body()).key("k"),
            (422, "IDEMPOTENCY_KEY_REUSED"),
            "/headers/idempotency-key",
        ),
    ])
    .await;
    assert_eq!(merchant.lists("/v1/products", 10, "").await.len(), 2);
}

#[tokio::test]
async fn edits_of_what_somebody_else_edited() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let product = merchant.registers(a_product()).await;
    let tag = product.shown().await.header("etag").to_owned();
    let edit = || merchant.asks("PATCH", &product.path()).json(&json!({ "name": "Lamp" }));
    edit().header("if-match", &tag).await.expects(200);

    all_are_refused(vec![
        ("no If-Match", edit(), (428, "PRECONDITION_REQUIRED"), "/headers/if-match"),
        ("a stale one", edit().header("if-match", &tag), (412, "PRECONDITION_FAILED"), "/headers/if-match"),
        ("nonsense", edit().header("if-match", "tuesday"), (400, "INVALID_PARAMETER"), "/headers/if-match"),
    ])
    .await;
    let revision = format!("\"{}\"", product.shown().await.body["revision"]);
    edit().header("if-match", &revision).await.expects(200);
}

#[tokio::test]
async fn queries_and_cursors() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    for _ in 0..2 {
        merchant.registers(a_product()).await;
    }
    let cursor = merchant.gets("/v1/products?limit=1").await.expects(200).text("/next_cursor").to_owned();
    let get = |query: &str| merchant.gets(&format!("/v1/products?{query}"));
    let (parameter, no_cursor) = ((400, "INVALID_PARAMETER"), (400, "INVALID_CURSOR"));

    all_are_refused(vec![
        ("a limit of nothing", get("limit=0"), parameter, "/query/limit"),
        ("a limit of too much", get("limit=101"), parameter, "/query/limit"),
        ("an unknown status", get("status=SOLD"), parameter, "/query/status"),
        ("an unknown parameter", get("colour=red"), parameter, "/query/colour"),
        ("an invented cursor", get("cursor=nonsense"), no_cursor, "/query/cursor"),
        ("a cursor for another filter", get(&format!("status=READY&cursor={cursor}")), no_cursor, "/query/cursor"),
        (
            "a cursor of another list",
            merchant.gets(&format!("/v1/operations?cursor={cursor}")),
            no_cursor,
            "/query/cursor",
        ),
        ("a forged cursor", get(&format!("cursor=A{}", &cursor[1..])), no_cursor, "/query/cursor"),
    ])
    .await;
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let (no_route, no_method) = ((404, "ROUTE_NOT_FOUND"), (405, "METHOD_NOT_ALLOWED"));
    let nothing = (404, "RESOURCE_NOT_FOUND");

    all_are_refused(vec![
        ("an unknown path", merchant.gets("/v1/lamps"), no_route, ""),
        ("another version", merchant.gets("/v2/products"), no_route, ""),
        ("no path", merchant.gets("/"), no_route, ""),
        ("a wrong method", merchant.asks("PUT", "/v1/products"), no_method, ""),
        ("a method for one thing", merchant.asks("POST", "/v1/products/x"), no_method, ""),
        ("an id of nothing", merchant.gets("/v1/products/product_01JD0000000000000000000ZZZ"), nothing, ""),
        ("no id", merchant.gets("/v1/products/lamp"), nothing, ""),
        ("no id, in odd letters", merchant.gets("/v1/images/not%20an%20id"), nothing, ""),
        ("an id of another kind", merchant.gets("/v1/operations/product_01JD0000000000000000000001"), nothing, ""),
        ("a history of nothing", merchant.gets("/v1/products/product_01JD0000000000000000000ZZZ/history"), nothing, ""),
        ("an unknown SKU", merchant.gets("/v1/products/by-sku/LAMP-1"), nothing, ""),
    ])
    .await;
    let wrong_method = merchant.asks("PUT", "/v1/products").await;
    assert_eq!(wrong_method.header("allow"), "GET, HEAD, POST");
}

#[tokio::test]
async fn people_who_may_not() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let viewer = merchant.viewer();
    let product = merchant.registers(a_product()).await;
    let forbidden = (403, "FORBIDDEN");
    let token = "/headers/authorization";
    let operation = format!("/v1/operations/{}", product.operation().id());

    all_are_refused(vec![
        ("a viewer who registers", viewer.posts("/v1/products", a_product().body()), forbidden, token),
        ("a viewer who edits", viewer.patches(&product, &json!({ "name": "Mine" })), forbidden, token),
        ("a viewer who uploads", viewer.posts("/v1/images", &json!({ "content_type": "image/png" })), forbidden, token),
        ("a viewer who repeats", viewer.acts(&format!("{operation}/retry")), forbidden, token),
        ("a viewer who cancels", viewer.acts(&format!("{operation}/cancel")), forbidden, token),
    ])
    .await;
    viewer.gets(&product.path()).await.expects(200);
    viewer.gets(&operation).await.expects(200);
}
