//! Watching, retrying and cancelling operations.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tola_catalog::operation::StepOutcome;
use tola_catalog::{
    ChannelId, OperationId, OperationStatus, Problem, ProblemClass, ProductId, StepRecord, Timestamp, code,
};
use tola_store::{CommandRef, Settlement};

use crate::market::listed;
use crate::support::{Actress, Launching, World, origin};

async fn settle(ana: &Actress, operation: &str, status: OperationStatus) {
    let problem = Problem::new(ProblemClass::Transient, code::STEP_FAILED, "It broke.");
    let problem = (status == OperationStatus::Failed).then_some(problem);
    let settlement = Settlement { status, result: None, problem };
    let id = OperationId::parse(operation).unwrap();
    assert!(ana.store.operations(ana.scope()).settle(id, &settlement, Timestamp::from_millis(9)).await.unwrap());
}

async fn failed_operation(ana: &Actress) -> (String, String) {
    let made = ana.registers(json!({})).await;
    let operation = made.text("/operation/id").to_owned();
    settle(ana, &operation, OperationStatus::Failed).await;
    (made.text("/id").to_owned(), operation)
}

#[tokio::test]
async fn an_operation_shows_its_steps() {
    let world = World::new().await;
    let ana = world.merchant();
    let made = ana.registers(json!({})).await;
    let id = OperationId::parse(made.text("/operation/id")).unwrap();
    let step = StepRecord {
        name: "ValidateProduct".into(),
        channel: None,
        attempt: 1,
        started: Timestamp::from_millis(1_000),
        ended: Some(Timestamp::from_millis(1_250)),
        outcome: StepOutcome::Succeeded,
        result: Some("It is complete.".into()),
        problem: None,
    };
    world.store.operations(ana.scope()).step_began(id, &step).await.unwrap();

    let read = ana.get(&format!("/v1/operations/{id}")).await;

    let shown = &read.body["steps"][0];
    assert_eq!(
        (&shown["name"], &shown["attempt"], &shown["duration_ms"]),
        (&json!("ValidateProduct"), &json!(1), &json!(250))
    );
    assert_eq!(shown["outcome"], "SUCCEEDED");
    assert_eq!(read.text("/next"), "Nothing: it runs.");
    assert!(read.body.get("merchant_id").is_none());
}

#[tokio::test]
async fn failed_operations_are_listed_with_what_to_do() {
    let world = World::new().await;
    let ana = world.merchant();
    let (product, operation) = failed_operation(&ana).await;
    ana.registers(json!({})).await;

    let failed = ana.get("/v1/operations?status=FAILED").await;
    let of_product = ana.get(&format!("/v1/operations?product_id={product}&status=FAILED")).await;

    assert_eq!(failed.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(failed.text("/items/0/id"), operation);
    assert_eq!(failed.text("/items/0/problem/code"), "STEP_FAILED");
    assert!(failed.text("/items/0/next").contains("retry"));
    assert_eq!(of_product.body, failed.body);
    assert_eq!(ana.get("/v1/operations?limit=1").await.body["items"].as_array().unwrap().len(), 1);
    let cursor = ana.get("/v1/operations?limit=1").await.text("/next_cursor").to_owned();
    let last = ana.get(&format!("/v1/operations?limit=1&cursor={cursor}")).await;
    assert_eq!((last.text("/items/0/id"), &last.body["next_cursor"]), (operation.as_str(), &Value::Null));
}

#[tokio::test]
async fn what_failed_is_done_again_by_one_operation_however_often_it_is_asked() {
    let world = World::new().await;
    let ana = world.merchant();
    let (_, failed) = failed_operation(&ana).await;
    let path = format!("/v1/operations/{failed}/retry");

    let asked = futures::future::join_all((0..6).map(|_| ana.ask("POST", &path).send())).await;
    let again = ana.post(&path, json!({})).await;

    for answer in asked.iter().chain([&again]) {
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
        assert_eq!(answer.body["id"], again.body["id"]);
        assert_eq!(answer.text("/retry_of"), failed);
    }
    let old = ana.get(&format!("/v1/operations/{failed}")).await;
    assert_eq!(old.body["retried_by"], again.body["id"]);
    assert_eq!(ana.get("/v1/operations").await.body["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_retry_that_died_half_way_goes_on_where_it_was() {
    let world = World::new().await;
    let ana = world.merchant();
    let (_, failed) = failed_operation(&ana).await;
    let path = format!("/v1/operations/{failed}/retry");
    world.launching(Launching::Panics);
    assert_eq!(ana.ask("POST", &path).send().await.refused(), (500, "INTERNAL"));
    let operations = world.store.operations(ana.scope());
    let old = operations.get(OperationId::parse(&failed).unwrap()).await.unwrap().unwrap();

    world.launching(Launching::Works);
    let again = ana.ask("POST", &path).send().await;

    assert_eq!(again.status, StatusCode::ACCEPTED);
    assert_eq!(again.text("/id"), old.retried_by.unwrap().to_string());
    assert_eq!(world.launched().last().unwrap().to_string(), again.text("/id"));
}

#[tokio::test]
async fn a_retry_that_died_before_its_write_goes_on_with_the_same_operation() {
    let world = World::new().await;
    let ana = world.merchant();
    let (_, failed) = failed_operation(&ana).await;
    let chosen = OperationId::new(ulid::Ulid::generate());
    let id = OperationId::parse(&failed).unwrap();
    world.store.operations(ana.scope()).retried_by(id, chosen).await.unwrap();

    let again = ana.ask("POST", &format!("/v1/operations/{failed}/retry")).send().await;

    assert_eq!(again.text("/id"), chosen.to_string());
    assert!(world.launched().contains(&chosen));
}

#[tokio::test]
async fn what_runs_or_succeeded_is_not_retried() {
    let world = World::new().await;
    let ana = world.merchant();
    let operation = ana.registers(json!({})).await.text("/operation/id").to_owned();
    let path = format!("/v1/operations/{operation}/retry");

    assert_eq!(ana.ask("POST", &path).send().await.refused(), (409, "ACTION_NOT_POSSIBLE"));
    settle(&ana, &operation, OperationStatus::Succeeded).await;
    assert_eq!(ana.ask("POST", &path).send().await.refused(), (409, "ACTION_NOT_POSSIBLE"));
    assert_eq!(ana.post(&path, json!({ "force": true })).await.pointer(), "/force");
}

#[tokio::test]
async fn an_operation_of_an_image_is_retried_too() {
    let world = World::new().await;
    let ana = world.merchant();
    let image = ana.has_ready_image().await;
    let intent = &image.intents[0];
    let subject = tola_catalog::operation::Subject::Image(image.id);
    let operation = tola_catalog::Operation::of_intent(intent, image.merchant_id, subject);
    world.store.operations(ana.scope()).ensure(&operation).await.unwrap();
    settle(&ana, &operation.id.to_string(), OperationStatus::Failed).await;

    let retried = ana.ask("POST", &format!("/v1/operations/{}/retry", operation.id)).send().await;

    assert_eq!(retried.status, StatusCode::ACCEPTED, "{retried:?}");
    assert_eq!((retried.text("/kind"), retried.text("/image_id")), ("process_image", image.id.to_string().as_str()));
}

#[tokio::test]
async fn a_cancelled_operation_is_settled_stopped_and_can_be_retried() {
    let world = World::new().await;
    let ana = world.merchant();
    let operation = ana.registers(json!({})).await.text("/operation/id").to_owned();
    let path = format!("/v1/operations/{operation}/cancel");
    world.workflows.stopping_fails.store(true, Ordering::SeqCst);
    let unstopped = ana.ask("POST", &path).send().await;
    assert_eq!(unstopped.refused(), (503, "UNAVAILABLE"), "it may still run, so that nobody is told otherwise");
    world.workflows.stopping_fails.store(false, Ordering::SeqCst);

    let cancelled = ana.ask("POST", &path).send().await;
    let again = ana.ask("POST", &path).send().await;

    assert_eq!((cancelled.status, again.status), (StatusCode::ACCEPTED, StatusCode::ACCEPTED));
    assert_eq!((cancelled.text("/status"), cancelled.text("/problem/code")), ("CANCELLED", "OPERATION_CANCELLED"));
    assert_eq!(cancelled.body, again.body);
    assert_eq!(world.workflows.stopped.lock().unwrap()[0], format!("arn:execution:{operation}"));
    let retried = ana.ask("POST", &format!("/v1/operations/{operation}/retry")).send().await;
    assert_eq!(retried.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn what_a_channel_answered_before_a_cancel_is_taken_over() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.connects("shop").await;
    let id = ana.has_ready_product().await;
    let operation = ana.acts(&id, "publish", json!({ "channels": ["shop"] })).await.accepted();
    let command = CommandRef {
        product_id: ProductId::parse(&id).unwrap(),
        channel_id: ChannelId::parse("shop").unwrap(),
        fence: 1,
    };
    let outcomes = ana.store.outcomes(ana.scope());
    let asked_by = OperationId::parse(&operation).unwrap();
    outcomes.store(&command, asked_by, &listed(1), origin().now).await.unwrap();

    let cancelled = ana.ask("POST", &format!("/v1/operations/{operation}/cancel")).send().await;

    assert_eq!((cancelled.status, cancelled.text("/status")), (StatusCode::ACCEPTED, "CANCELLED"));
    let shown = ana.shown(&id).await;
    let listing = &shown.body["channels"]["shop"];
    assert_eq!((&listing["observed"]["presence"], &listing["command"]["state"]), (&json!("LIVE"), &json!("DONE")));
    assert_eq!(shown.text("/status"), "ACTIVE");
    let history = ana.get(&format!("/v1/products/{id}/history")).await;
    assert_eq!(history.body["items"].as_array().unwrap().last().unwrap()["kind"], "ProductPublished");
}

#[tokio::test]
async fn what_has_ended_is_not_cancelled() {
    let world = World::new().await;
    let ana = world.merchant();
    for status in [OperationStatus::Succeeded, OperationStatus::Failed] {
        let operation = ana.registers(json!({})).await.text("/operation/id").to_owned();
        settle(&ana, &operation, status).await;

        let answer = ana.ask("POST", &format!("/v1/operations/{operation}/cancel")).send().await;

        assert_eq!(answer.refused(), (409, "ACTION_NOT_POSSIBLE"));
    }
    assert!(world.workflows.stopped.lock().unwrap().is_empty());
}
