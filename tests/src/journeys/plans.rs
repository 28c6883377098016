//! What a merchant is told before anything is done: dry runs, which do nothing.

use serde_json::{Value, json};
use tola_store::SandboxEffect::{Created, Looked, Paused, Updated};
use tola_store::SandboxState;
use tola_testkit::{DRAFT, FAILED, Receiver, SUCCEEDED, TestStack, a_product, kinds, now};

use super::market::{at_the_sandbox, connects, drifts_of, key, publishes, ready, reconciles, shows, stands};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[tokio::test]
async fn a_plan_says_what_publishing_would_come_to_at_each_channel_and_does_nothing() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let receiver = Receiver::start(SECRET).await;
    let secret = json!({ "current": SECRET }).to_string();
    stack.keeps_secret(&format!("tola/dev/channels/{}/shop", merchant.id()), &secret).await;
    let webhook = json!({ "type": "webhook", "config": { "url": receiver.url() }, "secret": "shop" });
    merchant.asks("PUT", "/v1/channels/shop").json(&webhook).await.expects(201);
    connects(&merchant, "north", &json!({})).await;
    connects(&merchant, "south", &json!({})).await;
    connects(&merchant, "west", &json!({ "required_attributes": ["colour", "weight"] })).await;
    let product = ready(&merchant, "LAMP-1").await;
    publishes(&merchant, &product, &["north", "south"]).await.becomes(SUCCEEDED).await;
    // South does not take the edit, and stays behind.
    let picky = json!({ "refuse": { "message": "Not in these words.", "commands": ["update"] } });
    connects(&merchant, "south", &json!({ "switch": picky })).await;
    let edited = merchant.patches(&product, &json!({ "attributes": { "weight": 2 } })).await.expects(200);
    merchant.operation(edited.text("/operation/id")).becomes(FAILED).await;
    shows(&product, "north", 2).await;
    let state = async || {
        let mut sandboxes = Vec::new();
        for channel in ["north", "south", "west"] {
            sandboxes.push(at_the_sandbox(&merchant, &product, channel).await);
        }
        let operations = merchant.lists("/v1/operations", 100, "").await.len();
        let etag = product.shown().await.header("etag").to_owned();
        (etag, operations, product.history().await, sandboxes, receiver.deliveries().len())
    };
    let before = state().await;

    let body = json!({ "channels": ["north", "south", "west", "shop"] });
    let plan = merchant.posts(&format!("{}/publish?dry_run=true", product.path()), &body).await.expects(200);

    let planned = |field: &str| -> Vec<Value> {
        plan.body["channels"].as_array().into_iter().flatten().map(|channel| channel[field].clone()).collect()
    };
    assert_eq!(planned("channel"), ["north", "south", "west", "shop"]);
    assert_eq!(planned("action"), ["nothing", "update", "create", "create"], "{plan}");
    let missing = planned("missing");
    assert_eq!((&missing[0], &missing[1], &missing[3]), (&json!([]), &json!([]), &json!([])), "{plan}");
    assert_eq!((missing[2][0]["pointer"].as_str(), &missing[2][1]), (Some("/attributes/colour"), &json!(null)));
    assert_eq!((&plan.body["dry_run"], &plan.body["revision"]), (&json!(true), &json!(2)), "{plan}");
    let irreversible = plan.body["irreversible"].as_array().cloned().unwrap_or_default();
    assert_eq!(irreversible.len(), 1, "{plan}");
    assert!(irreversible[0].as_str().is_some_and(|step| step.starts_with("shop: ")), "{plan}");
    assert_eq!(state().await, before, "a plan does nothing");

    // What was planned is what is done.
    publishes(&merchant, &product, &["north", "shop"]).await.becomes(SUCCEEDED).await;
    assert_eq!(at_the_sandbox(&merchant, &product, "north").await.effects(), [Created, Updated]);
    assert_eq!(receiver.of(product.id(), "listing.offered").len(), 1);
}

#[tokio::test]
async fn a_plan_of_what_is_incomplete_says_what_it_lacks_everywhere_and_here() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "west", &json!({ "required_attributes": ["colour"] })).await;
    let product = merchant.registers(a_product().saying("price", json!(null))).await;
    product.operation().becomes(SUCCEEDED).await;

    let path = format!("{}/publish?dry_run=true", product.path());
    let plan = merchant.posts(&path, &json!({ "channels": ["west"] })).await.expects(200);

    let pointers = |missing: &Value| -> Vec<String> {
        let gaps = missing.as_array().into_iter().flatten();
        gaps.map(|gap| gap["pointer"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(pointers(&plan.body["missing"]), ["/price", "/images"], "{plan}");
    assert_eq!(pointers(&plan.body["channels"][0]["missing"]), ["/attributes/colour"], "{plan}");
    assert_eq!((plan.text("/channels/0/action"), plan.text("/status")), ("create", DRAFT), "{plan}");
}

#[tokio::test]
async fn a_reconciliation_in_a_dry_run_says_what_it_would_do_and_only_looks() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    let product = ready(&merchant, "LAMP-2").await;
    publishes(&merchant, &product, &["north"]).await.becomes(SUCCEEDED).await;
    // Somebody hides it at the marketplace itself.
    let sandbox = stack.store().await.sandbox(merchant.scope());
    sandbox.pause(&key(&product, "north"), 99, now()).await.expect("a listing");
    let etag = product.shown().await.header("etag").to_owned();
    let history = product.history().await;

    let dry = reconciles(&merchant, "north", "?dry_run=true").await;

    assert_eq!(drifts_of(&dry, &product), [("HIDDEN", "PUBLISH")], "{dry:#}");
    assert_eq!(dry["result"], "1 listing compared: 1 differ, 1 would be mended.", "{dry:#}");
    assert_eq!(dry["drifts"][0].get("operation_id"), None, "{dry:#}");
    assert_eq!((product.shown().await.header("etag"), product.history().await), (etag.as_str(), history));
    stands(&product, "north", "LIVE").await;
    let seen = at_the_sandbox(&merchant, &product, "north").await;
    assert_eq!((seen.state, seen.effects()), (Some(SandboxState::Paused), vec![Created, Paused, Looked]));

    let found = reconciles(&merchant, "north", "").await;

    assert_eq!(drifts_of(&found, &product), [("HIDDEN", "PUBLISH")], "{found:#}");
    let mending = found["drifts"][0]["operation_id"].as_str().unwrap_or_default();
    merchant.operation(mending).becomes(SUCCEEDED).await;
    shows(&product, "north", 1).await;
    let seen = at_the_sandbox(&merchant, &product, "north").await;
    assert_eq!((seen.state, seen.changes()), (Some(SandboxState::Live), vec![Created, Paused, Updated]));
    assert!(kinds(&product.history().await).contains(&"ProductDrifted"));
}
