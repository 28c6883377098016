//! How the workflow is told, and whoever calls the function.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use sandbox_adapter::sandbox_adapter;
use serde_json::json;
use tola_catalog::listing::ChannelOutcome;
use tola_contracts::channel::{ChannelCommand, CommandAnswer};

use crate::marketplace::shop;

fn message(command: &ChannelCommand) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some("m".into());
    message.body = Some(serde_json::to_string(command).unwrap());
    message
}

#[tokio::test]
async fn an_answer_that_comes_twice_has_one_effect() {
    let shop = shop(json!({ "switch": { "answer_twice": true, "slow_ms": 1 } })).await;
    let command = shop.publish().await;

    sandbox_adapter(Arc::clone(shop.harness()), message(&command)).await.unwrap();

    assert_eq!(shop.harness().replies().count(), 2);
    assert_eq!(shop.harness().replies().last(), Ok(CommandAnswer::Stored));
    assert_eq!(shop.fences().await, [command.fence]);
}

#[tokio::test]
async fn an_answer_that_comes_late_is_stored_before() {
    let shop = shop(json!({ "switch": { "answer_late_ms": 30_000 } })).await;
    let command = shop.publish().await;

    let late = tokio::time::timeout(
        Duration::from_millis(500),
        sandbox_adapter(Arc::clone(shop.harness()), message(&command)),
    );

    assert!(late.await.is_err(), "the workflow still waits");
    assert_eq!(shop.harness().replies().count(), 0);
    assert!(matches!(shop.outcome(&command).await, Some(ChannelOutcome::Listed(_))));
}

#[tokio::test]
async fn a_message_of_another_form_goes_back_to_the_queue() {
    let shop = shop(json!({})).await;
    let mut message = SqsMessage::default();
    message.body = Some(r#"{"task_token":"t"}"#.into());

    let error = sandbox_adapter(Arc::clone(shop.harness()), message).await.unwrap_err();

    assert_eq!(error.kind, tola_contracts::StepErrorKind::InvalidInput);
    assert_eq!(shop.harness().replies().count(), 0);
}

#[tokio::test]
async fn one_function_takes_messages_and_questions() {
    let shop = shop(json!({})).await;
    let command = shop.publish().await;
    let batch = json!({ "Records": [message(&command), { "messageId": "poison", "body": "{}" }] });

    let left = tola_channel::handle(shop.harness(), &sandbox_adapter, batch).await.unwrap();

    assert_eq!(left, json!({ "batchItemFailures": [{ "itemIdentifier": "poison" }] }));
    assert_eq!(shop.harness().replies().last(), Ok(CommandAnswer::Stored));
    let inquiry = json!({
        "merchant_id": command.operation.merchant_id,
        "channel_id": command.channel_id,
        "correlation_id": "c",
        "question": { "ask": "SURVEY", "product_ids": [command.product_id] },
    });
    let finding = tola_channel::handle(shop.harness(), &sandbox_adapter, inquiry).await.unwrap();
    assert_eq!(finding["listings"][0]["standing"]["revision"], json!(1), "{finding}");
}
