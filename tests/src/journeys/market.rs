//! What merchants do with channels, for the journeys that need some.

use serde_json::{Value, json};
use tola_catalog::{ChannelId, ProductId};
use tola_store::{SandboxKey, SandboxState};
use tola_testkit::{Merchant, Operation, Product, READY, SOON, a_photo, a_product, eventually};

/// Connects a sandbox marketplace under this name.
pub(super) async fn connects(merchant: &Merchant, name: &str, config: &Value) {
    let body = json!({ "type": "sandbox", "config": config });
    let answer = merchant.asks("PUT", &format!("/v1/channels/{name}")).json(&body).await;
    assert!([200, 201].contains(&answer.status), "{answer}");
}

/// A product that is READY.
pub(super) async fn ready(merchant: &Merchant, sku: &str) -> Product {
    let photo = merchant.uploads(a_photo(800, 600)).await;
    let product = merchant.registers(a_product().with_sku(sku).with(&photo)).await;
    product.becomes(READY).await;
    product
}

/// Asks for a product to be offered.
pub(super) async fn publishes(merchant: &Merchant, product: &Product, channels: &[&str]) -> Operation {
    let path = format!("{}/publish", product.path());
    let answer = merchant.posts(&path, &json!({ "channels": channels })).await.expects(202);
    merchant.operation(answer.text("/operation/id"))
}

/// Asks for an action that a workflow carries out.
pub(super) async fn asks_for(merchant: &Merchant, product: &Product, action: &str) -> Operation {
    let answer = merchant.acts(&format!("{}/{action}", product.path())).await.expects(202);
    merchant.operation(answer.text("/operation/id"))
}

/// Waits until a channel shows a revision of the product.
pub(super) async fn shows(product: &Product, channel: &str, revision: u64) -> String {
    eventually(&format!("{channel} shows revision {revision}"), SOON, async || {
        let shown = product.shown().await;
        let observed = &shown.body["channels"][channel]["observed"];
        match (&observed["presence"], &observed["published_revision"]) {
            (presence, published) if presence == "LIVE" && published == revision => {
                Ok(observed["external_id"].as_str().unwrap_or_default().to_owned())
            }
            _ => Err(shown.to_string()),
        }
    })
    .await
}

/// Waits until the product says this of a channel, and returns what it says then.
pub(super) async fn stands(product: &Product, channel: &str, presence: &str) -> Value {
    eventually(&format!("{channel} has it {presence}"), SOON, async || {
        let shown = product.shown().await;
        let observed = &shown.body["channels"][channel]["observed"];
        if observed["presence"] == presence { Ok(observed.clone()) } else { Err(shown.to_string()) }
    })
    .await
}

/// Has a channel reconciled, and returns the operation as it ends.
pub(super) async fn reconciles(merchant: &Merchant, channel: &str, query: &str) -> Value {
    let asked = merchant.acts(&format!("/v1/channels/{channel}/reconcile{query}")).await.expects(202);
    merchant.operation(asked.text("/operation/id")).becomes("SUCCEEDED").await.body
}

/// What a reconciliation found of a product.
pub(super) fn drifts_of<'a>(operation: &'a Value, product: &Product) -> Vec<(&'a str, &'a str)> {
    let drifts = operation["drifts"].as_array().into_iter().flatten();
    let of_product = drifts.filter(|drift| drift["product_id"] == product.id());
    of_product.map(|drift| (drift["kind"].as_str().unwrap_or(""), drift["remedy"].as_str().unwrap_or(""))).collect()
}

/// What the sandbox has of a product on a channel: its listings that are not closed, and how often it was changed.
pub(super) async fn at_the_sandbox(
    merchant: &Merchant,
    product: &Product,
    channel: &str,
) -> (Option<SandboxState>, usize) {
    let sandbox = merchant.stack().store().await.sandbox(merchant.scope());
    let key = SandboxKey {
        channel_id: ChannelId::parse(channel).expect("a channel's id"),
        product_id: ProductId::parse(product.id()).expect("a product's id"),
    };
    let listing = sandbox.find(&key).await.expect("the sandbox");
    (listing.map(|listing| listing.state), sandbox.ledger(&key).await.expect("the ledger").len())
}
