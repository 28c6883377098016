//! The adapter contract, held by the sandbox, and what the sandbox does besides.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is a test's report")]

use aws_lambda_events::sqs::SqsMessage;
use sandbox_adapter::{SandboxAdapter, SandboxConfig, sandbox_adapter};
use serde_json::{Map, Value, json};
use tola_catalog::listing::{ChannelOutcome, Seen};
use tola_catalog::{Channel, MerchantId, ProblemClass, ProductId};
use tola_channel::Adapter;
use tola_channel::testing::{Bench, Effect, Fault, Shop};
use tola_contracts::OperationRef;
use tola_contracts::channel::CommandAnswer;
use tola_local::database::InProcessDatabase;
use tola_store::{MongoConfig, SandboxEffect, SandboxEntry, SandboxKey, Store, TenantScope};

struct Marketplace {
    _database: InProcessDatabase,
    store: Store,
}

async fn marketplace() -> Marketplace {
    let database = InProcessDatabase::start().unwrap();
    let store = Store::connect(&MongoConfig::new(database.uri(), "tola")).await.unwrap();
    store.migrate().await.unwrap();
    Marketplace { _database: database, store }
}

impl Marketplace {
    async fn ledger(&self, channel: &Channel, product_id: ProductId) -> Vec<SandboxEntry> {
        let key = SandboxKey { channel_id: channel.id.clone(), product_id };
        self.store.sandbox(scope(channel)).ledger(&key).await.unwrap()
    }
}

fn scope(channel: &Channel) -> TenantScope {
    TenantScope::of_operation(&OperationRef {
        merchant_id: channel.merchant_id,
        operation_id: tola_catalog::OperationId::new(ulid::Ulid::from_parts(9, 9)),
        correlation_id: "c".into(),
    })
}

fn config(config: Value) -> Map<String, Value> {
    match config {
        Value::Object(config) => config,
        other => panic!("{other} is no config"),
    }
}

impl Bench for Marketplace {
    type Adapter = SandboxAdapter;

    fn store(&self) -> Store {
        self.store.clone()
    }

    fn adapter(&self) -> SandboxAdapter {
        SandboxAdapter::new(self.store.clone())
    }

    fn config(&self, fault: Fault) -> Map<String, Value> {
        config(match fault {
            Fault::None => json!({}),
            Fault::FailsFirst => json!({ "switch": { "fail_transient": 1 } }),
            Fault::LosesFirstAnswer => json!({ "switch": { "lose_answer": 1 } }),
            Fault::Refuses => json!({ "switch": { "refuse": { "message": "Not today." } } }),
            Fault::RefusesCredentials => {
                json!({ "switch": { "refuse": { "class": "auth", "message": "Who are you?" } } })
            }
            Fault::Slow => json!({ "switch": { "slow_ms": 100 } }),
            Fault::ThrottlesFirst => json!({ "switch": { "throttle": { "seconds": 7, "times": 1 } } }),
        })
    }

    async fn effects(&self, channel: &Channel, product_id: ProductId) -> Vec<Effect> {
        let ledger = self.ledger(channel, product_id).await;
        ledger.into_iter().map(|entry| Effect { external_id: entry.external_id, fence: entry.fence }).collect()
    }
}

tola_channel::contract_tests!(marketplace);

#[tokio::test]
async fn a_pause_is_reversible_and_the_ledger_tells_every_call() {
    let shop = Shop::open(marketplace().await, Fault::None).await;
    let first = shop.publish().await;
    shop.carry_out(&first).await;
    let command = shop.deactivate().await;
    shop.carry_out(&command).await;
    let again = shop.publish_again().await;
    let outcome = shop.carry_out(&again).await;

    let ledger = shop.bench().ledger(&shop.channel().await, first.product_id).await;
    let effects: Vec<_> = ledger.iter().map(|entry| entry.effect).collect();
    assert_eq!(effects, [SandboxEffect::Created, SandboxEffect::Paused, SandboxEffect::Updated]);
    assert!(ledger.iter().all(|entry| entry.external_id == ledger[0].external_id && entry.revision == 1));
    assert!(matches!(outcome, ChannelOutcome::Listed(standing) if standing.external_id == ledger[0].external_id));
}

#[tokio::test]
async fn a_closed_listing_never_comes_back() {
    let bench = marketplace().await;
    let (store, product_id) = (bench.store(), ProductId::new(ulid::Ulid::from_parts(3, 3)));
    let shop = Shop::open(bench, Fault::None).await;
    let channel = shop.channel().await;
    let sandbox = store.sandbox(scope(&channel));
    let key = SandboxKey { channel_id: channel.id, product_id };

    let first = sandbox.offer(&key, 1, json!({}), 1, shop.now()).await.unwrap();
    assert!(sandbox.close(&key, 2, shop.now()).await.unwrap());
    assert!(!sandbox.close(&key, 3, shop.now()).await.unwrap());
    assert_eq!(sandbox.find(&key).await.unwrap(), None);
    let second = sandbox.offer(&key, 1, json!({}), 4, shop.now()).await.unwrap();

    assert_ne!(first.external_id, second.external_id);
    let fences: Vec<_> = sandbox.ledger(&key).await.unwrap().into_iter().map(|entry| entry.fence).collect();
    assert_eq!(fences, [1, 2, 4]);
}

#[tokio::test]
async fn another_merchants_scope_sees_no_listing() {
    let shop = Shop::open(marketplace().await, Fault::None).await;
    let command = shop.publish().await;
    shop.carry_out(&command).await;
    let channel = shop.channel().await;
    let foreign = Channel { merchant_id: MerchantId::new(ulid::Ulid::from_parts(8, 8)), ..channel.clone() };
    let key = SandboxKey { channel_id: channel.id, product_id: command.product_id };
    let sandbox = shop.bench().store.sandbox(scope(&foreign));

    assert_eq!(sandbox.find(&key).await.unwrap(), None);
    assert_eq!(sandbox.ledger(&key).await.unwrap(), []);
    assert!(!sandbox.close(&key, 9, shop.now()).await.unwrap());
    assert_eq!(shop.fences().await, [command.fence]);
}

#[tokio::test]
async fn a_missing_attribute_is_named() {
    let shop = Shop::open(marketplace().await, Fault::None).await;
    shop.reconfigure(|channel| channel.config = config(json!({ "required_attributes": ["watts", "colour"] }))).await;
    let command = shop.publish().await;

    let ChannelOutcome::Refused { problem, seen: Seen::NotLooked } = shop.carry_out(&command).await else {
        panic!("it was not refused");
    };
    assert_eq!(problem.pointer.as_deref(), Some("/attributes/colour"));
    assert_eq!(problem.class, ProblemClass::Validation);

    // An attribute that only this channel has is enough.
    shop.override_with("/attributes/colour", "red").await;
    let command = shop.publish().await;
    shop.carry_out(&command).await;
    assert!(shop.listing().await.is_live());
}

#[tokio::test]
async fn a_refusal_can_be_about_some_commands_only() {
    let shop = Shop::open(marketplace().await, Fault::None).await;
    let refuse = json!({ "switch": { "refuse": { "code": "IN_CARTS", "message": "It lies in carts.", "commands": ["withdraw"] } } });
    shop.reconfigure(|channel| channel.config = config(refuse)).await;
    let command = shop.publish().await;
    assert!(matches!(shop.carry_out(&command).await, ChannelOutcome::Listed(_)));

    let command = shop.deactivate().await;
    let outcome = shop.carry_out(&command).await;

    assert!(matches!(outcome, ChannelOutcome::Refused { problem, .. } if problem.code == "IN_CARTS"));
    assert!(shop.listing().await.is_live(), "a refused withdrawal is never hidden");
}

#[tokio::test]
async fn a_config_that_is_not_as_the_schema_says_is_a_refusal() {
    let shop = Shop::open(marketplace().await, Fault::None).await;
    shop.reconfigure(|channel| channel.config = config(json!({ "switch": { "slow": true } }))).await;
    let command = shop.publish().await;

    let outcome = shop.carry_out(&command).await;

    assert!(matches!(outcome, ChannelOutcome::Refused { problem, .. } if problem.code == "CHANNEL_MISCONFIGURED"));
}

#[tokio::test]
async fn an_answer_that_comes_twice_has_one_effect() {
    let shop = Shop::open(marketplace().await, Fault::None).await;
    shop.reconfigure(|channel| channel.config = config(json!({ "switch": { "answer_twice": true, "slow_ms": 1 } })))
        .await;
    let command = shop.publish().await;
    let mut message = SqsMessage::default();
    message.message_id = Some("m".into());
    message.body = Some(serde_json::to_string(&command).unwrap());

    sandbox_adapter(message, shop.harness()).await.unwrap();

    assert_eq!(shop.harness().replies().count(), 2);
    assert_eq!(shop.harness().replies().last(), Ok(CommandAnswer::Stored));
    assert_eq!(shop.fences().await, [command.fence]);
}

#[tokio::test]
async fn a_message_of_another_form_goes_back_to_the_queue() {
    let shop = Shop::open(marketplace().await, Fault::None).await;
    let mut message = SqsMessage::default();
    message.body = Some(r#"{"task_token":"t"}"#.into());

    let error = sandbox_adapter(message, shop.harness()).await.unwrap_err();

    assert_eq!(error.kind, tola_contracts::StepErrorKind::InvalidInput);
    assert_eq!(shop.harness().replies().count(), 0);
}

#[test]
fn the_schema_describes_the_config() {
    let schema = SandboxAdapter::config_schema();

    assert_eq!(schema["additionalProperties"], json!(false));
    for name in ["required_attributes", "switch"] {
        assert!(schema["properties"][name].is_object(), "{schema}");
    }
    assert!(schema["properties"]["switch"]["properties"]["lose_answer"].is_object(), "complete in itself: {schema}");
    assert_eq!(serde_json::from_value::<SandboxConfig>(json!({})).unwrap(), SandboxConfig::default());
}
