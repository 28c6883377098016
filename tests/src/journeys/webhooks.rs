//! A merchant's own receiver: signed deliveries, repeated under their ids, and what it says to them.

use serde_json::{Value, json};
use tola_testkit::{FAILED, Merchant, READY, Receiver, SOON, SUCCEEDED, TestStack, eventually};

use super::market::{asks_for, publishes, ready, reconciles};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLDER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

async fn connects_webhook(merchant: &Merchant, receiver: &Receiver) {
    let body = json!({ "type": "webhook", "config": { "url": receiver.url() }, "secret": "shop" });
    let answer = merchant.asks("PUT", "/v1/channels/shop").json(&body).await;
    assert!([200, 201].contains(&answer.status), "{answer}");
    assert_eq!(answer.text("/status"), "ACTIVE", "{answer}");
}

async fn keeps(stack: &TestStack, merchant: &Merchant, secret: &Value) {
    stack.keeps_secret(&format!("tola/dev/channels/{}/shop", merchant.id()), &secret.to_string()).await;
}

#[tokio::test]
async fn a_receiver_gets_what_it_is_to_show_signed_and_once() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    keeps(&stack, &merchant, &json!({ "current": SECRET, "previous": OLDER })).await;
    let receiver = Receiver::start(OLDER).await;
    connects_webhook(&merchant, &receiver).await;
    let product = ready(&merchant, "LAMP-1").await;
    // It is down for a moment, and gets the delivery again under the same id.
    receiver.fails_next(1);

    publishes(&merchant, &product, &["shop"]).await.becomes(SUCCEEDED).await;

    product.becomes("ACTIVE").await;
    let offered = receiver.of(product.id(), "listing.offered");
    assert_eq!(offered.len(), 1, "{offered:#?}");
    assert_eq!(offered[0]["product"]["name"], "Lámpara de mesa");
    let image = offered[0]["product"]["images"][0]["renditions"][0]["url"].as_str().unwrap_or_default().to_owned();
    assert_eq!(stack.fetches(&image).await.status, 200, "a link that works: {image}");

    let price = json!({ "overrides": { "price": { "amount": 9900, "currency": "USD" } } });
    let path = format!("{}/channels/shop", product.path());
    merchant.asks("PUT", &path).header("if-match", "*").json(&price).await.expects(200);
    eventually("the receiver has the other price", SOON, async || {
        let newest = receiver.of(product.id(), "listing.offered").pop().unwrap_or_default();
        if newest["product"]["price"]["amount"] == 9900 { Ok(()) } else { Err(format!("{newest:#}")) }
    })
    .await;

    asks_for(&merchant, &product, "deactivate").await.becomes(SUCCEEDED).await;
    assert_eq!(receiver.of(product.id(), "listing.withdrawn").len(), 1);
    let deliveries = receiver.deliveries();
    assert!(deliveries.iter().all(|delivery| delivery.verified), "{deliveries:#?}");
    let ids: Vec<_> = deliveries.iter().filter(|d| d.body["type"] == "listing.offered").map(|d| &d.id).collect();
    assert_eq!((ids[0], ids[1] == ids[0], ids.len()), (ids[0], true, 3), "{ids:?}");
    let found = reconciles(&merchant, "shop", "").await;
    assert_eq!(found["drifts"], json!([]), "it can't be asked what it has: {found:#}");
}

#[tokio::test]
async fn a_receiver_that_says_no_is_quoted() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    keeps(&stack, &merchant, &json!({ "current": SECRET })).await;
    let receiver = Receiver::start(SECRET).await;
    connects_webhook(&merchant, &receiver).await;
    let product = ready(&merchant, "LAMP-2").await;
    receiver.refuses("We sell no lamps.", "/name");

    let failed = publishes(&merchant, &product, &["shop"]).await.becomes(FAILED).await;

    assert!(failed.text("/problem/message").contains("We sell no lamps."), "{failed}");
    let shown = product.becomes(READY).await;
    let problem = &shown.body["channels"]["shop"]["command"]["problem"];
    assert_eq!((&problem["class"], &problem["pointer"]), (&json!("validation"), &json!("/name")), "{shown}");

    receiver.takes();
    publishes(&merchant, &product, &["shop"]).await.becomes(SUCCEEDED).await;
    product.becomes("ACTIVE").await;
}

#[tokio::test]
async fn a_receiver_that_does_not_know_us_is_broken_until_the_secret_is_right() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let receiver = Receiver::start(SECRET).await;
    let connect = || merchant.asks("PUT", "/v1/channels/shop");
    let body = json!({ "type": "webhook", "config": { "url": receiver.url() }, "secret": "shop" });

    let without = connect().json(&body).await.expects(201);
    assert_eq!((without.text("/status"), without.text("/problem/class")), ("AUTH_BROKEN", "auth"), "{without}");
    keeps(&stack, &merchant, &json!({ "current": OLDER })).await;
    let wrong = merchant.acts("/v1/channels/shop/test").await.expects(200);
    assert_eq!((&wrong.body["connected"], wrong.text("/channel/status")), (&json!(false), "AUTH_BROKEN"), "{wrong}");
    assert!(!wrong.to_string().contains("whsec_"), "a secret is never told");

    keeps(&stack, &merchant, &json!({ "current": SECRET })).await;
    let right = merchant.acts("/v1/channels/shop/test").await.expects(200);
    assert_eq!((&right.body["connected"], right.text("/channel/status")), (&json!(true), "ACTIVE"), "{right}");
    let ghost = json!({ "type": "webhook", "config": { "url": "ftp://example.com", "colour": 1 } });
    assert_eq!(connect().json(&ghost).await.refused(), (422, "INVALID_BODY"));
}
