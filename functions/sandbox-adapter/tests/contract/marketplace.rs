//! A sandbox with a database of its own.

use sandbox_adapter::SandboxAdapter;
use serde_json::{Map, Value, json};
use tola_catalog::{Channel, ProductId};
use tola_channel::testing::{Bench, Effect, Fault, Shop, demands};
use tola_contracts::OperationRef;
use tola_local::database::InProcessDatabase;
use tola_store::{MongoConfig, SandboxEffect, SandboxEntry, SandboxKey, SandboxState, Store, TenantScope};

pub(crate) struct Marketplace {
    _database: InProcessDatabase,
    pub(crate) store: Store,
}

pub(crate) async fn marketplace() -> Marketplace {
    let database = InProcessDatabase::start().unwrap();
    let store = Store::connect(&MongoConfig::new(database.uri(), "tola")).await.unwrap();
    store.migrate().await.unwrap();
    Marketplace { _database: database, store }
}

/// A shop whose channel is configured like this.
pub(crate) async fn shop(config: Value) -> Shop<Marketplace> {
    let shop = Shop::open(marketplace().await, Fault::None).await;
    reconfigure(&shop, config).await;
    shop
}

/// Gives the channel of a shop another configuration.
pub(crate) async fn reconfigure(shop: &Shop<Marketplace>, config: Value) {
    shop.reconfigure(|channel| channel.config = object(config)).await;
}

/// What changed about the product of a shop.
pub(crate) async fn effects(shop: &Shop<Marketplace>) -> Vec<SandboxEffect> {
    calls(shop).await.into_iter().map(|(_, effect)| effect).filter(|effect| effect.is_change()).collect()
}

/// Every call about the product of a shop: its fence and what came of it.
pub(crate) async fn calls(shop: &Shop<Marketplace>) -> Vec<(Option<u64>, SandboxEffect)> {
    let ledger = shop.bench().ledger(&shop.channel().await, shop.product_id()).await;
    ledger.into_iter().map(|entry| (entry.fence, entry.effect)).collect()
}

pub(crate) fn scope(channel: &Channel) -> TenantScope {
    TenantScope::of_operation(&OperationRef {
        merchant_id: channel.merchant_id,
        operation_id: tola_catalog::OperationId::new(ulid::Ulid::from_parts(9, 9)),
        correlation_id: "c".into(),
    })
}

pub(crate) fn object(config: Value) -> Map<String, Value> {
    match config {
        Value::Object(config) => config,
        other => panic!("{other} is no config"),
    }
}

impl Marketplace {
    pub(crate) async fn ledger(&self, channel: &Channel, product_id: ProductId) -> Vec<SandboxEntry> {
        let key = SandboxKey { channel_id: channel.id.clone(), product_id };
        self.store.sandbox(scope(channel)).ledger(&key).await.unwrap()
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
        object(match fault {
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

    fn demanding(&self) -> Map<String, Value> {
        object(json!({ "rules": demands() }))
    }

    async fn effects(&self, channel: &Channel, product_id: ProductId) -> Vec<Effect> {
        let changes = self.ledger(channel, product_id).await.into_iter().filter(|entry| entry.effect.is_change());
        let effect = |entry: SandboxEntry| {
            Some(Effect { external_id: entry.external_id?, fence: entry.fence.unwrap_or_default() })
        };
        changes.filter_map(effect).collect()
    }

    async fn shows(&self, channel: &Channel, product_id: ProductId) -> Option<u64> {
        let key = SandboxKey { channel_id: channel.id.clone(), product_id };
        let listing = self.store.sandbox(scope(channel)).find(&key).await.unwrap()?;
        (listing.state == SandboxState::Live).then_some(listing.revision)
    }
}
