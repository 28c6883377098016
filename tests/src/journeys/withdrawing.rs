//! What is asked while something else is under way, and channels that don't let go.

use serde_json::json;
use tola_store::SandboxEffect::{Created, Paused, Updated};
use tola_store::SandboxState;
use tola_testkit::{FAILED, Merchant, Product, READY, RUNNING, SOON, SUCCEEDED, TestStack, a_product};

use super::market::{SUBMIT, asks_for, at_the_sandbox, connects, publishes, ready, reconciles, shows, stands};

/// On a busy machine a channel may be done with a product before it is edited.
const ATTEMPTS: usize = 5;

#[tokio::test]
async fn of_edits_during_a_publish_the_last_one_wins_and_no_channel_is_called_more_than_needed() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({ "switch": { "slow_ms": 5000 } })).await;
    connects(&merchant, "south", &json!({})).await;

    let product = edited_during_a_publish(&merchant).await;

    for channel in ["north", "south"] {
        shows(&product, channel, 4).await;
        let sandbox = at_the_sandbox(&merchant, &product, channel).await;
        let calls: Vec<_> = sandbox.ledger.iter().map(|entry| (entry.effect, entry.revision)).collect();
        assert_eq!(calls, [(Created, Some(1)), (Updated, Some(4))], "{channel} was called more than needed");
        assert_eq!(sandbox.state, Some(SandboxState::Live));
    }
}

/// A product that was edited three times while south had it and north was still at it.
async fn edited_during_a_publish(merchant: &Merchant) -> Product {
    for attempt in 1..=ATTEMPTS {
        let product = ready(merchant, &format!("LAMP-1-{attempt}")).await;
        let publication = publishes(merchant, &product, &["north", "south"]).await;
        publication.reaches(SUBMIT, |step| step["channel"] == "north" && step["outcome"] == RUNNING).await;
        shows(&product, "south", 1).await;

        for name in ["A lamp", "A better lamp", "The best lamp"] {
            merchant.patches(&product, &json!({ "name": name })).await.expects(200);
        }

        let shown = product.shown().await;
        if shown.body["channels"]["north"]["command"]["state"] == "SUBMITTED" {
            publication.becomes(SUCCEEDED).await;
            return product;
        }
    }
    panic!("{ATTEMPTS} publications were over before the product could be edited");
}

#[tokio::test]
async fn a_withdrawal_that_is_refused_is_told_and_deactivating_again_retries_that_one_alone() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    connects(&merchant, "south", &json!({})).await;
    let product = ready(&merchant, "LAMP-2").await;
    publishes(&merchant, &product, &["north", "south"]).await.becomes(SUCCEEDED).await;
    let stubborn = json!({ "refuse": { "message": "It lies in carts.", "commands": ["withdraw"] } });
    connects(&merchant, "south", &json!({ "switch": stubborn })).await;

    let refused = asks_for(&merchant, &product, "deactivate").await.becomes(FAILED).await;

    assert!(refused.text("/problem/message").contains("It lies in carts."), "{refused}");
    stands(&product, "north", "PAUSED").await;
    stands(&product, "south", "LIVE").await;
    let shown = product.becomes("INACTIVE").await;
    assert_eq!(shown.body["live_on"], json!(["south"]), "a refused withdrawal is never hidden: {shown}");
    assert_eq!(shown.body["channels"]["south"]["command"]["problem"]["message"], "It lies in carts.", "{shown}");
    let north = at_the_sandbox(&merchant, &product, "north").await;

    connects(&merchant, "south", &json!({})).await;
    asks_for(&merchant, &product, "deactivate").await.becomes(SUCCEEDED).await;
    stands(&product, "south", "PAUSED").await;
    assert_eq!(at_the_sandbox(&merchant, &product, "north").await, north, "it had let go before");
}

#[tokio::test]
async fn a_refused_update_leaves_the_old_revision_live() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    let product = ready(&merchant, "LAMP-3").await;
    publishes(&merchant, &product, &["north"]).await.becomes(SUCCEEDED).await;
    let picky = json!({ "refuse": { "message": "Not in these words.", "commands": ["update"] } });
    connects(&merchant, "north", &json!({ "switch": picky })).await;

    let edited = merchant.patches(&product, &json!({ "name": "A lamp!!!" })).await.expects(200);

    merchant.operation(edited.text("/operation/id")).becomes(FAILED).await;
    let shown = product.becomes("ACTIVE").await;
    let listing = &shown.body["channels"]["north"];
    assert_eq!(
        (&listing["observed"]["published_revision"], &shown.body["revision"]),
        (&json!(1), &json!(2)),
        "{shown}"
    );
    assert_eq!(listing["command"]["problem"]["class"], "policy", "{shown}");
    connects(&merchant, "north", &json!({})).await;
    publishes(&merchant, &product, &["north"]).await.becomes(SUCCEEDED).await;
    shows(&product, "north", 2).await;
}

#[tokio::test]
async fn an_answer_that_comes_late_changes_nothing() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({ "switch": { "answer_late_ms": 4000, "answer_twice": true } })).await;
    let product = ready(&merchant, "LAMP-4").await;
    let publication = publishes(&merchant, &product, &["north"]).await;
    publication.reaches("Submit the listing", |step| step["outcome"] == "SUCCEEDED").await;

    // The channel has it, and the workflow was not told: the merchant wants it gone.
    let deactivation = asks_for(&merchant, &product, "deactivate").await;

    deactivation.becomes(SUCCEEDED).await;
    publication.ends_within(SOON).await;
    stands(&product, "north", "PAUSED").await;
    product.becomes("INACTIVE").await;
    let sandbox = at_the_sandbox(&merchant, &product, "north").await;
    assert_eq!((sandbox.state, sandbox.effects()), (Some(SandboxState::Paused), vec![Created, Paused]));
}

#[tokio::test]
async fn what_is_on_its_way_to_a_channel_can_be_unpublished_before_it_is_there() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({ "switch": { "slow_ms": 3000 } })).await;
    let product = ready(&merchant, "LAMP-8").await;
    let publication = publishes(&merchant, &product, &["north"]).await;
    let shown = product.shown().await;
    assert_eq!(shown.text("/status"), READY, "{shown}");

    let unpublication = asks_for(&merchant, &product, "unpublish").await;

    unpublication.becomes(SUCCEEDED).await;
    publication.ends_within(SOON).await;
    let shown = product.becomes(READY).await;
    let listing = &shown.body["channels"]["north"];
    assert_eq!((&listing["desired"], &shown.body["live_on"]), (&json!("OFF"), &json!([])), "{shown}");
    let sandbox = at_the_sandbox(&merchant, &product, "north").await;
    assert_ne!(sandbox.state, Some(SandboxState::Live), "{sandbox:?}");
    let found = reconciles(&merchant, "north", "?dry_run=true").await;
    assert_eq!(found["drifts"], json!([]), "{found:#}");
}

#[tokio::test]
async fn unpublishing_takes_a_product_off_the_channels_that_are_named_and_asking_again_is_the_same_operation() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    connects(&merchant, "south", &json!({})).await;
    let product = ready(&merchant, "LAMP-5").await;
    publishes(&merchant, &product, &["north", "south"]).await.becomes(SUCCEEDED).await;
    let path = format!("{}/unpublish", product.path());

    let one = merchant.posts(&path, &json!({ "channels": ["north"] })).await.expects(202);

    merchant.operation(one.text("/operation/id")).becomes(SUCCEEDED).await;
    stands(&product, "north", "PAUSED").await;
    product.becomes("ACTIVE").await;
    let other = merchant.acts(&path).await.expects(202);
    merchant.operation(other.text("/operation/id")).becomes(SUCCEEDED).await;
    product.becomes(READY).await;
    let again = merchant.acts(&path).await.expects(202);
    assert_eq!(again.text("/operation/id"), other.text("/operation/id"), "{again}");
}

#[tokio::test]
async fn what_cant_be_asked_is_refused_with_a_reason() {
    let stack = TestStack::deployed().await;
    let (merchant, other) = (stack.merchant("casa-lumbre"), stack.merchant("otra-casa"));
    connects(&merchant, "north", &json!({ "switch": { "slow_ms": 3000 } })).await;
    connects(&other, "abroad", &json!({})).await;
    let draft = merchant.registers(a_product().with_sku("LAMP-6").saying("price", json!(null))).await;
    let publish =
        |path: &str, channel: &str| merchant.posts(&format!("{path}/publish"), &json!({ "channels": [channel] }));

    let incomplete = publish(&draft.path(), "north").await;
    assert_eq!((incomplete.refused(), incomplete.pointer()), ((409, "PRODUCT_INCOMPLETE"), "/price"), "{incomplete}");
    let product = ready(&merchant, "LAMP-7").await;
    for channel in ["nowhere", "abroad"] {
        let unknown = publish(&product.path(), channel).await;
        assert_eq!((unknown.refused(), unknown.pointer()), ((422, "UNKNOWN_CHANNEL"), "/channels/0"), "{unknown}");
    }
    assert_eq!(merchant.gets("/v1/channels/abroad").await.status, 404);
    assert_eq!(merchant.acts("/v1/channels/abroad/reconcile").await.status, 404);
    publish(&product.path(), "north").await.expects(202);
    shows(&product, "north", 1).await;
    merchant.asks("DELETE", &product.path()).header("if-match", "*").await.expects(202);
    for action in ["publish", "unpublish", "deactivate", "reactivate"] {
        let body = json!({ "channels": ["north"] });
        let path = format!("{}/{action}", product.path());
        let asked = if action.ends_with("publish") { merchant.posts(&path, &body) } else { merchant.acts(&path) };
        let refused = asked.await;
        assert_eq!(refused.refused(), (409, "ACTION_NOT_POSSIBLE"), "{action}: {refused}");
    }
}
