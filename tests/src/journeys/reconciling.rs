//! Channels drift: they lose listings, change them, take their time with them; and what is recorded follows.

use serde_json::{Value, json};
use tola_testkit::{FAILED, READY, SUCCEEDED, TestStack, now};

use super::market::{asks_for, connects, drifts_of, key, publishes, ready, reconciles, shows, stands};

#[tokio::test]
async fn what_a_channel_loses_or_changes_is_told_and_brought_back() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    let (lost, edited) = (ready(&merchant, "LAMP-1").await, ready(&merchant, "LAMP-2").await);
    publishes(&merchant, &lost, &["north"]).await.becomes(SUCCEEDED).await;
    let before = shows(&lost, "north", 1).await;
    connects(&merchant, "north", &json!({ "switch": { "vanish": 1 } })).await;

    let dry = reconciles(&merchant, "north", "?dry_run=true").await;

    assert_eq!(drifts_of(&dry, &lost), [("VANISHED", "PUBLISH")], "{dry:#}");
    stands(&lost, "north", "LIVE").await;
    connects(&merchant, "north", &json!({})).await;
    let found = reconciles(&merchant, "north", "").await;
    assert_eq!(drifts_of(&found, &lost), [("VANISHED", "PUBLISH")], "{found:#}");
    let mending = merchant.operation(found["drifts"][0]["operation_id"].as_str().unwrap_or_default());
    mending.becomes(SUCCEEDED).await;
    assert_ne!(shows(&lost, "north", 1).await, before, "it is another listing");

    publishes(&merchant, &edited, &["north"]).await.becomes(SUCCEEDED).await;
    let kept = shows(&edited, "north", 1).await;
    connects(&merchant, "north", &json!({ "switch": { "edit_by_hand": 1 } })).await;
    let found = reconciles(&merchant, "north", "").await;
    assert_eq!(drifts_of(&found, &edited), [("CHANGED_BY_HAND", "PUBLISH")], "{found:#}");
    for drift in found["drifts"].as_array().into_iter().flatten() {
        merchant.operation(drift["operation_id"].as_str().unwrap_or_default()).becomes(SUCCEEDED).await;
    }
    assert_eq!(shows(&edited, "north", 1).await, kept, "an edit by hand is written over");
    connects(&merchant, "north", &json!({})).await;
    let found = reconciles(&merchant, "north", "").await;
    assert_eq!(found["drifts"], json!([]), "everything is as it should be: {found:#}");
    assert!(found["result"].as_str().is_some_and(|told| told.starts_with("2 listings compared")), "{found:#}");
    let history = lost.history().await;
    assert!(tola_testkit::kinds(&history).contains(&"ProductDrifted"), "{history:#?}");
}

#[tokio::test]
async fn a_listing_that_nobody_knows_is_told_and_left_alone() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({ "switch": { "ghosts": 3 } })).await;

    let found = reconciles(&merchant, "north", "").await;

    let drifts: Vec<_> = found["drifts"].as_array().into_iter().flatten().collect();
    assert_eq!(drifts.len(), 3, "{found:#}");
    assert!(drifts.iter().all(|drift| drift["kind"] == "GHOST" && drift["remedy"] == "REPORT"), "{found:#}");
}

#[tokio::test]
async fn a_listing_in_the_place_of_the_one_that_is_known_is_taken_over_and_shown_again() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    let product = ready(&merchant, "LAMP-8").await;
    publishes(&merchant, &product, &["north"]).await.becomes(SUCCEEDED).await;
    let asked = reconciles(&merchant, "north", "").await;
    // Between the look at what is known and the list of what there is, somebody put a hidden one there instead.
    let other = json!({ "external_id": "made by hand", "revision": 1, "visibility": "HIDDEN" });
    let listed = json!({
        "operation": { "merchant_id": merchant.id(), "operation_id": asked["id"], "correlation_id": "test" },
        "context": { "execution": asked["execution_arn"], "state": "Find listings that nobody knows", "retries": 1 },
        "input": {
            "channel_id": "north", "dry_run": false, "next": null, "as_of": "2099-01-01T00:00:00.000Z",
            "entries": [{ "key": product.id(), "standing": other }],
            "totals": { "compared": 1, "drifted": 0, "mended": 0, "told": "" },
        },
    });

    let found = stack.invokes("find-ghosts", &listed).await;

    assert_eq!((&found["totals"]["drifted"], &found["totals"]["mended"]), (&json!(1), &json!(1)), "{found:#}");
    let told = merchant.operation(asked["id"].as_str().unwrap_or_default()).shown().await.body;
    assert_eq!(drifts_of(&told, &product), [("GHOST", "PUBLISH")], "{told:#}");
    merchant.operation(told["drifts"][0]["operation_id"].as_str().unwrap_or_default()).becomes(SUCCEEDED).await;
    shows(&product, "north", 1).await;
}

#[tokio::test]
async fn a_listing_under_review_goes_live_when_the_channel_has_made_up_its_mind() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({ "moderation": { "seconds": 3600 } })).await;
    let product = ready(&merchant, "LAMP-3").await;

    publishes(&merchant, &product, &["north"]).await.becomes(SUCCEEDED).await;

    stands(&product, "north", "UNDER_REVIEW").await;
    product.becomes(READY).await;
    let asked = merchant.gets("/v1/channels/north").await.expects(200);
    assert!(asked.body["reconcile_due_at"].is_string(), "it is looked at again soon: {asked}");
    connects(&merchant, "north", &json!({ "moderation": { "seconds": 0 } })).await;
    reconciles(&merchant, "north", "").await;
    stands(&product, "north", "LIVE").await;
    product.becomes("ACTIVE").await;
}

#[tokio::test]
async fn a_listing_that_a_channel_takes_and_does_not_show_is_a_refusal_until_something_changes() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let strict = |seconds: u32| json!({ "moderation": { "seconds": seconds, "rejects": "No lamps here." } });
    // One channel says so at once, the other takes its time.
    connects(&merchant, "north", &strict(0)).await;
    connects(&merchant, "south", &strict(3600)).await;
    let product = ready(&merchant, "LAMP-4").await;

    let failed = publishes(&merchant, &product, &["north"]).await.becomes(FAILED).await;

    assert!(failed.text("/problem/message").contains("north"), "{failed}");
    let shown = product.becomes(READY).await;
    let listing = &shown.body["channels"]["north"];
    assert_eq!(listing["observed"]["presence"], "PAUSED", "{shown}");
    let told = |listing: &Value| (listing["command"]["state"].clone(), listing["command"]["problem"]["class"].clone());
    assert_eq!(told(listing), (json!(FAILED), json!("policy")), "{shown}");
    for _ in 0..2 {
        let found = reconciles(&merchant, "north", "").await;
        assert_eq!(drifts_of(&found, &product), [], "it is not tried again and again: {found:#}");
    }

    publishes(&merchant, &product, &["south"]).await.becomes(SUCCEEDED).await;
    stands(&product, "south", "UNDER_REVIEW").await;
    connects(&merchant, "south", &strict(0)).await;
    let found = reconciles(&merchant, "south", "").await;
    assert_eq!(drifts_of(&found, &product), [("REJECTED", "REPORT")], "{found:#}");
    let shown = product.becomes(READY).await;
    assert_eq!(told(&shown.body["channels"]["south"]), (json!(FAILED), json!("policy")), "{shown}");

    // The merchant does something about it, and by then the channels are of another mind.
    connects(&merchant, "north", &json!({})).await;
    connects(&merchant, "south", &json!({})).await;
    merchant.patches(&product, &json!({ "name": "A certified lamp" })).await.expects(200);
    shows(&product, "north", 2).await;
    shows(&product, "south", 2).await;
    product.becomes("ACTIVE").await;
}

#[tokio::test]
async fn refused_credentials_break_one_channel_and_its_repair_brings_what_it_missed() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    connects(&merchant, "south", &json!({})).await;
    let product = ready(&merchant, "LAMP-5").await;
    let broken = json!({ "refuse": { "class": "auth", "message": "Who are you?", "commands": ["publish", "update"] } });
    connects(&merchant, "south", &json!({ "switch": broken })).await;

    let operation = publishes(&merchant, &product, &["north", "south"]).await;

    let failed = operation.becomes(FAILED).await;
    assert!(failed.text("/problem/message").contains("south"), "{failed}");
    shows(&product, "north", 1).await;
    let channel = merchant.gets("/v1/channels/south").await.expects(200);
    assert_eq!((channel.text("/status"), channel.text("/problem/class")), ("AUTH_BROKEN", "auth"), "{channel}");
    let again = publishes(&merchant, &product, &["south"]).await.becomes(FAILED).await;
    assert!(again.text("/problem/code").contains("AUTH"), "nothing is tried there: {again}");

    connects(&merchant, "south", &json!({})).await;

    assert_eq!(merchant.gets("/v1/channels/south").await.expects(200).text("/status"), "ACTIVE");
    // The sweep finds it within a minute; a test need not wait for that.
    stack.sweeps().await;
    shows(&product, "south", 1).await;
}

#[tokio::test]
async fn a_channel_that_was_paused_gets_what_it_missed_when_it_is_resumed() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    let product = ready(&merchant, "LAMP-6").await;
    publishes(&merchant, &product, &["north"]).await.becomes(SUCCEEDED).await;
    let body = json!({ "type": "sandbox", "config": {}, "paused": true });
    merchant.asks("PUT", "/v1/channels/north").json(&body).await.expects(200);
    let edited = merchant.patches(&product, &json!({ "name": "A better lamp" })).await.expects(200);
    let refused = merchant.operation(edited.text("/operation/id")).becomes(FAILED).await;
    assert_eq!(refused.text("/problem/code"), "CHANNEL_PAUSED", "{refused}");
    shows(&product, "north", 1).await;

    connects(&merchant, "north", &json!({})).await;
    stack.sweeps().await;

    shows(&product, "north", 2).await;
}

#[tokio::test]
async fn a_listing_that_came_back_by_itself_is_taken_away_again() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    let product = ready(&merchant, "LAMP-7").await;
    publishes(&merchant, &product, &["north"]).await.becomes(SUCCEEDED).await;
    asks_for(&merchant, &product, "deactivate").await.becomes(SUCCEEDED).await;
    stands(&product, "north", "PAUSED").await;
    // Somebody shows it again at the marketplace itself.
    let sandbox = stack.store().await.sandbox(merchant.scope());
    sandbox.offer(&key(&product, "north"), 1, json!({}), 99, now()).await.expect("a listing");

    let found = reconciles(&merchant, "north", "").await;

    assert_eq!(drifts_of(&found, &product), [("UNWANTED", "WITHDRAW")], "{found:#}");
    merchant.operation(found["drifts"][0]["operation_id"].as_str().unwrap_or_default()).becomes(SUCCEEDED).await;
    stands(&product, "north", "PAUSED").await;
}
