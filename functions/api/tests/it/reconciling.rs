//! Asking for a channel to be held against what it should have.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tola_catalog::{OperationStatus, Role};

use crate::support::{Launching, World};

#[tokio::test]
async fn one_reconciliation_of_a_channel_runs_at_a_time() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.connects("shop").await;

    let first = ana.post("/v1/channels/shop/reconcile", json!({})).await.accepted();
    let again = ana.post("/v1/channels/shop/reconcile", json!({})).await.accepted();
    let dry = ana.post("/v1/channels/shop/reconcile?dry_run=true", json!({})).await;

    assert_eq!(first, again);
    let dry_id = dry.accepted();
    assert_ne!(first, dry_id, "one that only looks is another thing");
    assert_eq!((dry.text("/operation/kind"), &dry.body["operation"]["dry_run"]), ("reconcile", &json!(true)));
    assert_eq!((dry.text("/operation/channel_id"), &dry.body["operation"]["drifts"]), ("shop", &json!([])));
    assert_eq!(world.launched().len(), 2);
    ana.sees_settled(&first, OperationStatus::Succeeded).await;
    assert_ne!(ana.post("/v1/channels/shop/reconcile", json!({})).await.accepted(), first);
}

#[tokio::test]
async fn a_reconciliation_that_could_not_be_started_is_promised_all_the_same_and_can_be_retried() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.connects("shop").await;
    world.launching(Launching::Fails);

    let id = ana.post("/v1/channels/shop/reconcile?dry_run=true", json!({})).await.accepted();

    let promised = ana.get(&format!("/v1/operations/{id}")).await;
    assert_eq!((promised.text("/status"), &promised.body["execution_arn"]), ("RUNNING", &Value::Null));
    world.launching(Launching::Works);
    ana.sees_settled(&id, OperationStatus::Failed).await;
    let retried = ana.post(&format!("/v1/operations/{id}/retry"), json!({})).await;
    assert_eq!((retried.status, retried.text("/retry_of")), (StatusCode::ACCEPTED, &*id), "{retried:?}");
    assert_eq!((retried.text("/channel_id"), &retried.body["dry_run"]), ("shop", &json!(true)));
}

#[tokio::test]
async fn only_ones_own_channel_is_reconciled() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    ana.connects("shop").await;

    let path = "/v1/channels/shop/reconcile";
    assert_eq!(bob.post(path, json!({})).await.refused(), (404, "RESOURCE_NOT_FOUND"));
    assert_eq!(ana.in_role(Role::Viewer).post(path, json!({})).await.refused(), (403, "FORBIDDEN"));
    assert_eq!(ana.post("/v1/channels/shop/reconcile?dry_run=maybe", json!({})).await.refused().0, 400);
    assert_eq!(world.launched(), []);
}

#[tokio::test]
async fn operations_are_listed_by_the_channels_that_they_call() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    let id = ana.has_live_product(&["shop", "fair"]).await;
    let reconciling = ana.post("/v1/channels/fair/reconcile", json!({})).await.accepted();
    let ids = |answer: crate::support::Answer| {
        let items = answer.body["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };

    assert_eq!(ids(ana.get("/v1/operations?channel=fair").await), ["reconcile", "publish"]);
    assert_eq!(ids(ana.get("/v1/operations?channel=shop").await), ["publish"]);
    assert_eq!(ids(ana.get(&format!("/v1/operations?channel=fair&product_id={id}")).await), ["publish"]);
    ana.sees_settled(&reconciling, OperationStatus::Succeeded).await;
    assert_eq!(ids(ana.get("/v1/operations?channel=fair&status=RUNNING").await), ["publish"]);
    assert_eq!(ids(ana.get("/v1/operations?channel=fair&status=SUCCEEDED").await), ["reconcile"]);
    assert_eq!(ids(bob.get("/v1/operations?channel=fair").await), [""; 0]);
    assert_eq!(ana.get("/v1/operations?channel=No!").await.refused(), (400, "INVALID_PARAMETER"));
    let page = ana.get("/v1/operations?channel=fair&limit=1").await;
    let cursor = page.text("/next_cursor");
    assert_eq!(ids(ana.get(&format!("/v1/operations?channel=fair&limit=1&cursor={cursor}")).await), ["publish"]);
    let other = format!("/v1/operations?channel=shop&limit=1&cursor={cursor}");
    assert_eq!(ana.get(&other).await.refused(), (400, "INVALID_CURSOR"));
}
