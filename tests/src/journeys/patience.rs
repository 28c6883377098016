//! Channels that ask to be called later.

use serde_json::{Value, json};
use tola_catalog::Timestamp;
use tola_store::SandboxEffect::{Created, Looked, SentAway};
use tola_store::SandboxState;
use tola_testkit::{FAILED, SUCCEEDED, TestStack};

use super::market::{SUBMIT, at_the_sandbox, attempts, connects, publishes, ready, shows};

#[tokio::test]
async fn a_channel_that_asks_for_patience_gets_it_and_is_called_again_with_the_same_fence() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({ "switch": { "throttle": { "seconds": 2, "times": 2 } } })).await;
    connects(&merchant, "south", &json!({})).await;
    let product = ready(&merchant, "LAMP-1").await;

    let operation = publishes(&merchant, &product, &["north", "south"]).await;

    shows(&product, "south", 1).await;
    let operation = operation.becomes(SUCCEEDED).await;
    let shown = product.becomes("ACTIVE").await;
    shows(&product, "north", 1).await;
    assert_eq!(attempts(&operation.body, SUBMIT, "south"), [(1, SUCCEEDED)], "{operation}");
    assert_eq!(attempts(&operation.body, SUBMIT, "north"), [(1, FAILED), (2, FAILED), (3, SUCCEEDED)], "{operation}");
    let steps = operation.body["steps"].as_array().into_iter().flatten();
    let records: Vec<_> = steps.filter(|step| step["name"] == SUBMIT && step["channel"] == "north").collect();
    for pair in records.windows(2) {
        assert_eq!(pair[0]["problem"]["class"], "throttled", "{operation}");
        let waited = at(&pair[1]["started"]).since(at(&pair[0]["ended"]));
        assert!(waited.as_millis() >= 2_000, "it came again after {waited:?}: {operation}");
    }

    let sandbox = at_the_sandbox(&merchant, &product, "north").await;
    let command = &shown.body["channels"]["north"]["command"];
    let calls = &sandbox.ledger;
    assert_eq!(sandbox.effects(), [SentAway, SentAway, Created], "whoever is asked to wait need not look first");
    assert!(calls.iter().all(|call| call.fence == calls[0].fence && call.fence.is_some()), "{calls:?} of {command}");
    assert_eq!((sandbox.state, sandbox.changes()), (Some(SandboxState::Live), vec![Created]));
}

#[tokio::test]
async fn a_channel_that_takes_so_many_calls_gets_all_products_in_its_own_time() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({ "rate_limit": { "calls": 1, "seconds": 6 } })).await;
    let mut products = Vec::new();
    for sku in ["LAMP-1", "LAMP-2", "LAMP-3"] {
        products.push(ready(&merchant, sku).await);
    }

    let mut operations = Vec::new();
    for product in &products {
        operations.push(publishes(&merchant, product, &["north"]).await);
    }

    let mut sent_away = 0;
    for (product, operation) in products.iter().zip(&operations) {
        operation.becomes(SUCCEEDED).await;
        shows(product, "north", 1).await;
        let sandbox = at_the_sandbox(&merchant, product, "north").await;
        assert_eq!(sandbox.changes(), [Created]);
        assert!(!sandbox.effects().contains(&Looked), "{:?}", sandbox.ledger);
        sent_away += sandbox.effects().iter().filter(|effect| **effect == SentAway).count();
    }
    assert!(sent_away > 0, "three products were published in three windows, and nobody had to wait");
}

fn at(time: &Value) -> Timestamp {
    Timestamp::parse(time.as_str().unwrap_or_default()).expect("a time")
}
