//! What merchants do with channels, for the journeys that need some.

use serde_json::{Value, json};
use tola_catalog::{ChannelId, ProductId};
use tola_store::{SandboxEffect, SandboxEntry, SandboxKey, SandboxState};
use tola_testkit::{Merchant, Operation, Product, READY, SOON, a_photo, a_product, eventually};

/// The step that waits for what a channel says of a product that it is offered.
pub(super) const SUBMIT: &str = "Submit the listing";

/// The step that waits for what a channel says of a product that it is to let go.
pub(super) const WITHDRAW: &str = "Withdraw the listing";

/// Connects a sandbox marketplace under this name.
pub(super) async fn connects(merchant: &Merchant, name: &str, config: &Value) {
    let body = json!({ "type": "sandbox", "config": config });
    let answer = merchant.asks("PUT", &format!("/v1/channels/{name}")).json(&body).await;
    assert!([200, 201].contains(&answer.status), "{answer}");
}

/// A product that is READY.
pub(super) async fn ready(merchant: &Merchant, sku: &str) -> Product {
    let photo = merchant.uploads(a_photo(480, 360)).await;
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

/// What the sandbox knows of a product on a channel.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AtTheSandbox {
    /// How its listing stands that is not closed, if it has one.
    pub(super) state: Option<SandboxState>,
    /// Every call about it, and whatever else happened to its listings.
    pub(super) ledger: Vec<SandboxEntry>,
    /// How often the channel was called about no product.
    pub(super) visits: usize,
}

impl AtTheSandbox {
    /// What came of each call.
    pub(super) fn effects(&self) -> Vec<SandboxEffect> {
        self.ledger.iter().map(|entry| entry.effect).collect()
    }

    /// What changed, one after the other.
    pub(super) fn changes(&self) -> Vec<SandboxEffect> {
        self.effects().into_iter().filter(|effect| effect.is_change()).collect()
    }
}

/// What the sandbox knows of a product on a channel.
pub(super) async fn at_the_sandbox(merchant: &Merchant, product: &Product, channel: &str) -> AtTheSandbox {
    let sandbox = merchant.stack().store().await.sandbox(merchant.scope());
    let key = key(product, channel);
    let listing = sandbox.find(&key).await.expect("the sandbox");
    let ledger = sandbox.ledger(&key).await.expect("the ledger");
    let visits = sandbox.visits(&key.channel_id).await.expect("the visits").len();
    AtTheSandbox { state: listing.map(|listing| listing.state), ledger, visits }
}

/// What a product is at the sandbox.
pub(super) fn key(product: &Product, channel: &str) -> SandboxKey {
    let product_id = ProductId::parse(product.id()).expect("a product's id");
    SandboxKey { channel_id: channel_id(channel), product_id }
}

/// A channel's id, as the domain has it.
pub(super) fn channel_id(channel: &str) -> ChannelId {
    ChannelId::parse(channel).expect("a channel's id")
}

/// The attempts of a step at a channel that an operation has on record: their numbers, and how each ended.
pub(super) fn attempts<'a>(operation: &'a Value, step: &str, channel: &str) -> Vec<(u64, &'a str)> {
    let steps = operation["steps"].as_array().into_iter().flatten();
    let of_channel = steps.filter(|record| record["name"] == step && record["channel"] == channel);
    of_channel
        .map(|record| (record["attempt"].as_u64().unwrap_or(0), record["outcome"].as_str().unwrap_or("")))
        .collect()
}
