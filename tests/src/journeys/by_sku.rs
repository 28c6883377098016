//! Products that a merchant keeps elsewhere, and sends again and again under their SKUs.

use std::future::IntoFuture as _;

use futures::future::join_all;
use serde_json::{Value, json};
use tola_testkit::{Answer, Merchant, Product, READY, Request, SUCCEEDED, TestStack, a_photo, a_product, kinds};

use super::market::{connects, publishes, shows};

fn puts(merchant: &Merchant, sku: &str, query: &str, body: &Value) -> Request {
    merchant.asks("PUT", &format!("/v1/products/by-sku/{sku}{query}")).json(body)
}

/// What a plan tells of the only channel: what it would be told, and why not.
fn told(plan: &Answer) -> (&str, &Value) {
    (plan.text("/channels/0/action"), &plan.body["channels"][0]["reason"])
}

#[tokio::test]
async fn what_is_sent_again_and_again_is_made_once_and_followed_by_its_channel() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let photo = merchant.uploads(a_photo(480, 360)).await;
    photo.becomes(READY).await;
    let draft = a_product().with(&photo).saying("brand", json!("Lumbre"));

    let plan = puts(&merchant, "LAMP-1", "?dry_run=true", draft.body()).await.expects(200);
    assert_eq!((plan.text("/action"), plan.text("/status")), ("CREATE", READY), "{plan}");
    assert_eq!(merchant.gets("/v1/products/by-sku/LAMP-1").await.status, 404, "a plan makes nothing");
    let made = puts(&merchant, "LAMP-1", "", draft.body()).header("if-none-match", "*").await.expects(201);
    let product = Product::of(&merchant, &made);
    assert_eq!(made.header("location"), product.path());
    product.operation().becomes(SUCCEEDED).await;
    let ready = product.becomes(READY).await;
    assert_eq!(ready.body["completeness"], plan.body["completeness"]);

    let same = puts(&merchant, "LAMP-1", "", draft.body()).await.expects(200);
    assert_eq!((same.header("etag"), same.body.get("operation")), (ready.header("etag"), None), "{same}");
    let late = puts(&merchant, "LAMP-1", "", draft.body()).header("if-none-match", "*").await;
    assert_eq!(late.refused(), (412, "PRECONDITION_FAILED"));

    connects(&merchant, "north", &json!({})).await;
    publishes(&merchant, &product, &["north"]).await.becomes(SUCCEEDED).await;
    let renamed = draft.clone().named("Lámpara de pie").saying("brand", json!(null));
    let plan = puts(&merchant, "LAMP-1", "?dry_run=true", renamed.body()).await.expects(200);
    assert_eq!((plan.text("/action"), told(&plan)), ("UPDATE", ("update", &json!(null))), "{plan}");
    let put = puts(&merchant, "LAMP-1", "", renamed.body()).await.expects(200);
    merchant.operation(put.text("/operation/id")).becomes(SUCCEEDED).await;
    shows(&product, "north", 2).await;

    let bare = json!({ "name": "Lámpara de pie" });
    let plan = puts(&merchant, "LAMP-1", "?dry_run=true", &bare).await.expects(200);
    assert_eq!(told(&plan), ("waits", &json!("The product is not complete.")), "{plan}");

    let told = ["ProductCreated", "ProductReady", "ProductPublished", "ProductUpdated", "ProductPublished"];
    product.tells(&told).await;
    let history = product.history().await;
    let data = &history[3]["data"];
    assert_eq!(data["changed"], json!(["/name", "/brand"]), "{data}");
    let brand = json!({ "pointer": "/brand", "before": "Lumbre", "after": null });
    assert_eq!((&data["changes"][0]["after"], &data["changes"][1]), (&json!("Lámpara de pie"), &brand), "{data}");
    let cause = |event: usize, field: &str| history[event]["cause"][field].as_str().unwrap_or_default();
    assert_eq!((cause(3, "id"), cause(3, "route")), (put.header("x-request-id"), "PUT /v1/products/by-sku/{sku}"));
    assert_eq!((cause(1, "type"), cause(1, "id")), ("operation", product.operation().id()), "it became READY by that");
    assert_eq!(cause(4, "id"), put.text("/operation/id"));
}

#[tokio::test]
async fn of_many_who_send_a_new_product_at_once_one_makes_it() {
    let stack = TestStack::deployed().await;
    let (merchant, other) = (stack.merchant("casa-lumbre"), stack.merchant("taller-norte"));
    let draft = a_product();

    let answers = join_all((0..6).map(|_| puts(&merchant, "LAMP-2", "", draft.body()).into_future())).await;
    let others = puts(&other, "LAMP-2", "", draft.body()).await.expects(201);

    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 201]);
    assert!(answers.iter().all(|answer| answer.text("/id") == answers[0].text("/id")));
    assert_ne!(others.text("/id"), answers[0].text("/id"), "a SKU is its merchant's");
    let made = answers.iter().find(|answer| answer.status == 201).unwrap_or_else(|| panic!("nobody made it"));
    let product = Product::of(&merchant, made);
    product.operation().becomes(SUCCEEDED).await;
    assert_eq!(kinds(&product.history().await), ["ProductCreated"]);
}
