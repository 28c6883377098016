//! Channels with more listings than fit on a page, and listings of ours that Tola did not make.

use serde_json::{Value, json};
use tola_store::SandboxEffect::{Created, Looked, Paused, Updated, Vanished};
use tola_store::SandboxState;
use tola_testkit::{Merchant, Product, READY, SUCCEEDED, TestStack, a_photo, live_on, now};

use super::market::{
    asks_for, at_the_sandbox, channel_id, connects, drifts_of, key, publishes, ready, reconciles, shows, stands,
};

/// One more than are compared at once.
const MANY: usize = 51;
const PLAN: &str = "Plan a page of listings";

/// Products that are live on north, and of which the marketplace knows, but for those at `lost`.
async fn live_on_north(merchant: &Merchant, lost: &[usize]) -> Vec<Product> {
    let photo = merchant.uploads(a_photo(320, 240)).await;
    photo.becomes(READY).await;
    let store = merchant.stack().store().await;
    let (sandbox, products) = (store.sandbox(merchant.scope()), store.products(merchant.scope()));
    let mut live = Vec::new();
    for number in 0..MANY {
        let mut document = merchant.wrote_ready(&photo).await;
        let product = merchant.product(&document.id.to_string());
        let external_id = if lost.contains(&number) {
            format!("sandbox_lost_{number}")
        } else {
            let listing = sandbox.offer(&key(&product, "north"), 1, json!({}), 1, now()).await.expect("a listing");
            listing.external_id
        };
        live_on(&mut document, &channel_id("north"), &external_id);
        // Told long ago.
        document.outbox.clear();
        document.outbox_due_at = None;
        products.insert(&document).await.expect("a document");
        live.push(product);
    }
    live
}

#[tokio::test]
async fn a_channel_with_more_than_a_page_of_listings_is_compared_to_the_last_one() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    // Ids rise: the first is on the first page, and the last is alone on the second.
    let lost = [0, MANY - 1];
    let products = live_on_north(&merchant, &lost).await;

    let dry = reconciles(&merchant, "north", "?dry_run=true").await;

    assert_eq!(dry["result"], "51 listings compared: 2 differ, 2 would be mended.", "{dry:#}");
    for number in lost {
        assert_eq!(drifts_of(&dry, &products[number]), [("VANISHED", "PUBLISH")], "{number}: {dry:#}");
    }
    let pages = dry["steps"].as_array().into_iter().flatten().filter(|step| step["name"] == PLAN);
    let told: Vec<_> = pages.map(|step| step["result"].as_str().unwrap_or_default()).collect();
    assert_eq!(told.last(), Some(&"One listing is to be looked at."), "of the last page: {dry:#}");
    for (number, product) in products.iter().enumerate() {
        let seen = at_the_sandbox(&merchant, product, "north").await.effects();
        assert_eq!(seen, if lost.contains(&number) { vec![Looked] } else { vec![Created, Looked] }, "{number}");
    }

    let found = reconciles(&merchant, "north", "").await;

    assert_eq!(found["result"], "51 listings compared: 2 differed, 2 being mended.", "{found:#}");
    mended(&merchant, &found).await;
    for number in lost {
        shows(&products[number], "north", 1).await;
        assert_eq!(at_the_sandbox(&merchant, &products[number], "north").await.changes(), [Created]);
    }
    let again = reconciles(&merchant, "north", "").await;
    assert_eq!(again["result"], "51 listings compared: the channel has what it should have.", "{again:#}");
}

#[tokio::test]
async fn a_listing_of_a_known_product_that_tola_did_not_make_is_taken_over_and_taken_away() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    let photo = merchant.uploads(a_photo(320, 240)).await;
    photo.becomes(READY).await;
    // Nobody wrote to it for a minute, and nobody wanted it there.
    let product = merchant.left(&merchant.wrote_ready(&photo).await).await;
    let sandbox = stack.store().await.sandbox(merchant.scope());
    let made = sandbox.offer(&key(&product, "north"), 1, json!({}), 99, now()).await.expect("a listing");

    let dry = reconciles(&merchant, "north", "?dry_run=true").await;
    assert_eq!(drifts_of(&dry, &product), [("GHOST", "WITHDRAW")], "{dry:#}");
    assert_eq!(product.shown().await.body["channels"], json!({}), "a dry run takes nothing over");
    let found = reconciles(&merchant, "north", "").await;

    assert_eq!(drifts_of(&found, &product), [("GHOST", "WITHDRAW")], "{found:#}");
    mended(&merchant, &found).await;
    let observed = stands(&product, "north", "PAUSED").await;
    assert_eq!(observed["external_id"], made.external_id.as_str(), "{observed}");
    let seen = at_the_sandbox(&merchant, &product, "north").await;
    assert_eq!((seen.state, seen.changes()), (Some(SandboxState::Paused), vec![Created, Paused]));
    assert_eq!(product.shown().await.text("/status"), READY);
    // It is the product's from now on: publishing shows it again, instead of making another.
    publishes(&merchant, &product, &["north"]).await.becomes(SUCCEEDED).await;
    assert_eq!(shows(&product, "north", 1).await, made.external_id);
    asks_for(&merchant, &product, "deactivate").await.becomes(SUCCEEDED).await;
}

#[tokio::test]
async fn a_listing_that_took_the_place_of_ours_is_taken_over_where_the_product_is_wanted() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    let product = ready(&merchant, "LAMP-1").await;
    publishes(&merchant, &product, &["north"]).await.becomes(SUCCEEDED).await;
    let ours = shows(&product, "north", 1).await;
    let (sandbox, key) = (stack.store().await.sandbox(merchant.scope()), key(&product, "north"));
    sandbox.lose(&key, now()).await.expect("the sandbox");
    let theirs = sandbox.offer(&key, 1, json!({ "name": "Theirs" }), 99, now()).await.expect("a listing").external_id;
    assert_ne!(ours, theirs);

    let found = reconciles(&merchant, "north", "").await;

    assert_eq!(drifts_of(&found, &product), [("GHOST", "PUBLISH")], "{found:#}");
    mended(&merchant, &found).await;
    assert_eq!(shows(&product, "north", 1).await, theirs, "no third listing is made");
    let seen = at_the_sandbox(&merchant, &product, "north").await;
    assert_eq!((seen.state, seen.changes()), (Some(SandboxState::Live), vec![Created, Vanished, Created, Updated]));
}

/// Waits until what a reconciliation asked for is done.
async fn mended(merchant: &Merchant, found: &Value) {
    for drift in found["drifts"].as_array().into_iter().flatten() {
        merchant.operation(drift["operation_id"].as_str().unwrap_or_default()).becomes(SUCCEEDED).await;
    }
}
