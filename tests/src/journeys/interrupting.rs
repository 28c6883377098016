//! Publications, withdrawals and deletions that somebody stops or cancels while a channel is at them: they say so, hold up
//! nothing, and are completed by whoever asks again.

use serde_json::json;
use tola_store::SandboxEffect::{Closed, Created, Paused};
use tola_store::SandboxState;
use tola_testkit::{
    ABORTED, CANCELLED, FAILED, Merchant, Operation, RUNNING, SUCCEEDED, TWO_MINUTES, TestStack, a_product, kinds,
};

use super::market::{SUBMIT, WITHDRAW, asks_for, at_the_sandbox, connects, publishes, ready, shows, stands};

/// Has an operation's execution stopped while a channel is at it, and waits until the operation says so.
async fn stopped_at(operation: &Operation, step: &str, stack: &TestStack) {
    operation.reaches(step, |record| record["outcome"] == RUNNING).await;
    let execution = operation.execution().await;

    stack.stops(&execution).await;

    stack.execution_becomes(&execution, ABORTED).await;
    let failed = operation.becomes_within(FAILED, TWO_MINUTES).await;
    assert_eq!(failed.text("/problem/code"), "EXECUTION_STOPPED", "{failed}");
}

async fn slow_from_now_on(merchant: &Merchant) {
    connects(merchant, "north", &json!({ "switch": { "slow_ms": 5000 } })).await;
}

#[tokio::test]
async fn a_publish_that_is_stopped_by_hand_is_settled_and_completed_by_a_retry() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    slow_from_now_on(&merchant).await;
    let product = ready(&merchant, "LAMP-1").await;
    let operation = publishes(&merchant, &product, &["north"]).await;

    stopped_at(&operation, SUBMIT, &stack).await;

    operation.retried().await.becomes(SUCCEEDED).await;
    shows(&product, "north", 1).await;
    product.becomes("ACTIVE").await;
    let sandbox = at_the_sandbox(&merchant, &product, "north").await;
    let made = sandbox.changes().into_iter().filter(|effect| *effect == Created).count();
    assert_eq!((sandbox.state, made), (Some(SandboxState::Live), 1), "{sandbox:?}");
    let history = product.history().await;
    assert_eq!(kinds(&history).last(), Some(&"ProductPublished"), "{history:#?}");
}

#[tokio::test]
async fn a_withdrawal_that_is_stopped_by_hand_is_settled_and_completed_by_a_retry() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    let product = ready(&merchant, "LAMP-2").await;
    publishes(&merchant, &product, &["north"]).await.becomes(SUCCEEDED).await;
    slow_from_now_on(&merchant).await;
    let operation = asks_for(&merchant, &product, "deactivate").await;

    stopped_at(&operation, WITHDRAW, &stack).await;

    product.becomes("INACTIVE").await;
    operation.retried().await.becomes(SUCCEEDED).await;
    stands(&product, "north", "PAUSED").await;
    let shown = product.becomes("INACTIVE").await;
    assert_eq!(shown.body["live_on"], json!([]), "{shown}");
    let sandbox = at_the_sandbox(&merchant, &product, "north").await;
    assert_eq!((sandbox.state, sandbox.changes()), (Some(SandboxState::Paused), vec![Created, Paused]));
    let history = product.history().await;
    assert_eq!(kinds(&history).iter().filter(|kind| **kind == "ProductUnpublished").count(), 1, "{history:#?}");
}

#[tokio::test]
async fn a_deletion_that_is_stopped_by_hand_is_settled_and_completed_by_a_retry() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    let product = ready(&merchant, "LAMP-3").await;
    publishes(&merchant, &product, &["north"]).await.becomes(SUCCEEDED).await;
    slow_from_now_on(&merchant).await;
    let asked = merchant.asks("DELETE", &product.path()).header("if-match", "*").await.expects(202);
    let operation = merchant.operation(asked.text("/operation/id"));

    stopped_at(&operation, WITHDRAW, &stack).await;

    assert_eq!(merchant.gets(&product.path()).await.status, 404, "nobody reads what is being deleted");
    let taken = merchant.posts("/v1/products", a_product().with_sku("LAMP-3").body()).await;
    assert_eq!(taken.refused(), (409, "SKU_TAKEN"), "{taken}");
    operation.retried().await.becomes(SUCCEEDED).await;
    merchant.registers(a_product().with_sku("LAMP-3")).await;
    let sandbox = at_the_sandbox(&merchant, &product, "north").await;
    assert_eq!((sandbox.state, sandbox.changes()), (None, vec![Created, Closed]));
    let told = ["ProductCreated", "ProductReady", "ProductPublished", "ProductUnpublished", "ProductDeleted"];
    product.tells(&told).await;
}

#[tokio::test]
async fn a_publish_that_is_cancelled_in_flight_keeps_no_channel_from_following_the_next_edit() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    slow_from_now_on(&merchant).await;
    let product = ready(&merchant, "LAMP-4").await;
    let operation = publishes(&merchant, &product, &["north"]).await;
    operation.reaches(SUBMIT, |record| record["outcome"] == RUNNING).await;

    let cancelled = operation.cancelled().await.expects(202);

    assert_eq!(cancelled.text("/status"), CANCELLED);
    let edited = merchant.patches(&product, &json!({ "name": "A better lamp" })).await.expects(200);
    assert!(edited.body["operation"]["id"].is_string(), "nobody waits for what was cancelled: {edited}");
    shows(&product, "north", 2).await;
    product.becomes("ACTIVE").await;
    let sandbox = at_the_sandbox(&merchant, &product, "north").await;
    let made = sandbox.changes().into_iter().filter(|effect| *effect == Created).count();
    assert_eq!((sandbox.state, made), (Some(SandboxState::Live), 1), "{sandbox:?}");
    assert_eq!(operation.shown().await.text("/status"), CANCELLED, "what follows does not change how it ended");
}

#[tokio::test]
async fn a_publish_that_is_cancelled_leaves_the_product_free_for_whatever_comes_next() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    slow_from_now_on(&merchant).await;
    let product = ready(&merchant, "LAMP-5").await;
    let operation = publishes(&merchant, &product, &["north"]).await;

    operation.cancelled().await.expects(202);

    asks_for(&merchant, &product, "deactivate").await.becomes(SUCCEEDED).await;
    merchant.acts(&format!("{}/reactivate", product.path())).await.expects(200);
    let sandbox = at_the_sandbox(&merchant, &product, "north").await;
    assert_ne!(sandbox.state, Some(SandboxState::Live), "{sandbox:?}");
    assert_eq!(merchant.asks("DELETE", "/v1/channels/north").await.status, 204, "nothing is live or on its way there");
}
