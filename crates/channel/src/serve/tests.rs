use lambda_runtime::Diagnostic;
use serde_json::json;
use tola_catalog::operation::{Intent, StepOutcome, Subject};
use tola_catalog::{Actor, MerchantId, Operation, OperationKind};
use tola_contracts::OperationRef;
use tola_contracts::channel::{ChannelCommand, CommandAnswer};
use tola_store::TenantScope;
use ulid::Ulid;

use super::*;
use crate::room::{Room, fault, room};
use crate::testing::{Fault, Shop, Told};

async fn shop() -> Shop<Room> {
    Shop::open(room().await, Fault::None).await
}

/// What the function answers.
async fn answer(shop: &Shop<Room>, payload: Value) -> Result<Value, StepError> {
    handle(shop.harness(), &deliver, payload).await
}

fn message(id: &str, body: &Value) -> Value {
    json!({ "messageId": id, "body": body.to_string() })
}

fn inquiry(command: &ChannelCommand, question: &Value) -> Value {
    json!({
        "merchant_id": command.operation.merchant_id,
        "channel_id": command.channel_id,
        "correlation_id": "c",
        "question": question,
    })
}

/// A question as the state machine asks it.
fn call(operation: &OperationRef, input: &Value) -> Value {
    let context = json!({ "execution": "arn", "state": "Survey the listings", "retries": 0 });
    json!({ "operation": operation, "context": context, "input": input })
}

#[tokio::test]
async fn each_message_is_carried_out_and_poison_comes_back() {
    let shop = shop().await;
    let command = shop.publish().await;
    let good = serde_json::to_value(&command).unwrap();
    let batch = json!({ "Records": [message("poison", &json!({})), message("good", &good)] });

    let left = answer(&shop, batch).await.unwrap();

    assert_eq!(left, json!({ "batchItemFailures": [{ "itemIdentifier": "poison" }] }));
    assert_eq!(shop.harness().replies().last(), Ok(CommandAnswer::Stored));
    assert_eq!(shop.fences().await, [command.fence]);
}

#[tokio::test]
async fn a_message_may_be_taken_in_another_way() {
    let shop = shop().await;
    let command = serde_json::to_value(shop.publish().await).unwrap();
    let twice = |harness: Arc<Harness<_, Told>>, message: SqsMessage| async move {
        harness.deliver(&message).await?;
        harness.deliver(&message).await.map(|_| ())
    };

    handle(shop.harness(), &twice, json!({ "Records": [message("m", &command)] })).await.unwrap();

    assert_eq!(shop.harness().replies().count(), 2);
}

#[tokio::test]
async fn a_question_is_answered_with_what_was_found() {
    let shop = shop().await;
    let command = shop.publish().await;

    let found = answer(&shop, inquiry(&command, &json!({ "ask": "CONNECT", "config": {} }))).await.unwrap();
    assert_eq!(found, json!({ "finding": "CONNECTED" }));

    let ask = json!({ "ask": "SURVEY", "product_ids": [command.product_id] });
    let found = answer(&shop, inquiry(&command, &ask)).await.unwrap();
    let expected = json!({
        "finding": "SURVEYED",
        "listings": [{ "product_id": command.product_id, "standing": null }],
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_workflows_question_is_recorded_in_its_operation() {
    let shop = shop().await;
    let command = shop.publish().await;
    let scope = TenantScope::of_operation(&command.operation);
    let intent = Intent {
        operation_id: command.operation.operation_id,
        kind: OperationKind::Publish,
        requested_at: shop.now(),
        requested_by: Actor::system("test"),
        correlation_id: "c".into(),
        channels: vec![],
        retry_of: None,
    };
    let subject = Subject::Product(command.product_id);
    let operation = Operation::of_intent(&intent, command.operation.merchant_id, subject);
    let operations = shop.harness().store.operations(scope);
    operations.ensure(&operation).await.unwrap();

    let ask = json!({ "ask": "SURVEY", "product_ids": [command.product_id] });
    let found = answer(&shop, call(&command.operation, &inquiry(&command, &ask))).await.unwrap();

    assert_eq!((&found["finding"], found["summary"].is_string()), (&json!("SURVEYED"), true));
    shop.reconfigure(|channel| channel.config = fault("look fails")).await;
    let mut again = call(&command.operation, &inquiry(&command, &ask));
    again["context"]["retries"] = json!(1);
    let error = answer(&shop, again).await.unwrap_err();
    assert_eq!(Diagnostic::from(Failure(error)).error_type, "TRANSIENT");
    let steps = operations.get(operation.id).await.unwrap().unwrap().steps;
    let seen: Vec<_> = steps.iter().map(|step| (step.name.as_str(), step.attempt, step.outcome)).collect();
    let name = "Survey the listings";
    assert_eq!(seen, [(name, 1, StepOutcome::Succeeded), (name, 2, StepOutcome::Failed)]);
}

#[tokio::test]
async fn a_workflow_asks_about_its_own_merchant_alone() {
    let shop = shop().await;
    let command = shop.publish().await;
    let foreign = OperationRef { merchant_id: MerchantId::new(Ulid::from_parts(8, 8)), ..command.operation.clone() };

    let error = answer(&shop, call(&foreign, &inquiry(&command, &json!({ "ask": "LIST" })))).await.unwrap_err();

    assert_eq!(error.kind, StepErrorKind::InvalidInput);
}

#[tokio::test]
async fn what_is_neither_is_refused() {
    let shop = shop().await;
    let command = shop.publish().await;
    let mut wrong = inquiry(&command, &json!({ "ask": "CONNECT", "config": {} }));
    wrong["channel_id"] = json!("No Id: hunter2");
    let payloads = [
        json!({}),
        json!([]),
        json!(null),
        json!("Records"),
        json!(command.product_id),
        inquiry(&command, &json!({ "ask": "WHY" })),
        wrong,
        json!({ "Records": 7 }),
        json!({ "operation": command.operation, "input": {} }),
    ];
    for payload in payloads {
        let error = answer(&shop, payload.clone()).await.unwrap_err();

        assert_eq!(error.kind, StepErrorKind::InvalidInput, "{payload}");
        assert!(!error.message.contains("hunter2"), "{error}");
    }
    assert_eq!(shop.harness().replies().count(), 0);
}
