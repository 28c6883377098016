//! The adapter contract, held by the webhook.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use rustls::RootCertStore;
use serde_json::{Map, Value, json};
use tola_catalog::{Channel, ProductId};
use tola_channel::testing::{Bench, Effect, Fault, demands};
use tola_local::database::InProcessDatabase;
use tola_media::PublicBase;
use tola_store::{MongoConfig, Store};
use webhook_adapter::{
    ImageSource, Images, Poster, Reach, SecretError, SecretText, Secrets, SystemNames, WebhookAdapter,
};

use crate::receiver::Receiver;

pub(crate) const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
pub(crate) const OTHER: &str = "whsec_ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4";

/// Secrets in memory, and how often each was read.
#[derive(Clone, Default)]
pub(crate) struct Vault(Arc<Mutex<HashMap<String, Result<String, SecretError>>>>, Arc<Mutex<Vec<String>>>);

impl Vault {
    /// Puts a secret in the place of whatever is there.
    pub(crate) fn put(&self, name: &str, secret: Result<&str, SecretError>) {
        self.0.lock().unwrap().insert(name.to_owned(), secret.map(ToOwned::to_owned));
    }

    pub(crate) fn reads(&self) -> Vec<String> {
        self.1.lock().unwrap().clone()
    }
}

impl Secrets for Vault {
    async fn read(&self, name: &str) -> Result<SecretText, SecretError> {
        self.1.lock().unwrap().push(name.to_owned());
        let held = self.0.lock().unwrap().get(name).cloned();
        held.unwrap_or(Err(SecretError::Missing)).map(SecretText::new)
    }
}

/// A merchant's shop behind a URL.
pub(crate) struct Street {
    _database: InProcessDatabase,
    store: Store,
    pub(crate) receiver: Receiver,
    pub(crate) vault: Vault,
}

/// The full name of the secret of the contract tests' channel, which names none: its own.
pub(crate) const SECRET_NAME: &str = "tola/test/channels/merchant_00000000010000000000000001/shop";

pub(crate) async fn street() -> Street {
    let database = InProcessDatabase::start().unwrap();
    let store = Store::connect(&MongoConfig::new(database.uri(), "tola")).await.unwrap();
    store.migrate().await.unwrap();
    let vault = Vault::default();
    vault.put(SECRET_NAME, Ok(SECRET));
    Street { _database: database, store, receiver: Receiver::start(&[SECRET]).await, vault }
}

pub(crate) fn images() -> Images {
    let base = PublicBase::parse("https://cdn.example/").unwrap();
    Images::new(&SdkConfig::builder().build(), ImageSource::Public(base)).unwrap()
}

pub(crate) fn poster() -> Poster {
    Poster::with(Reach::Anywhere, SystemNames, RootCertStore::empty()).unwrap()
}

pub(crate) fn adapter(vault: &Vault, poster: Poster) -> WebhookAdapter<Vault> {
    WebhookAdapter::new(vault.clone(), "tola/test/channels/", images(), poster)
}

impl Street {
    /// The config of a channel that delivers to this path of the receiver.
    pub(crate) fn path(&self, path: &str) -> Map<String, Value> {
        let Value::Object(config) = json!({ "url": format!("{}/{path}", self.receiver.origin) }) else { panic!() };
        config
    }
}

impl Bench for Street {
    type Adapter = WebhookAdapter<Vault>;

    fn store(&self) -> Store {
        self.store.clone()
    }

    fn adapter(&self) -> WebhookAdapter<Vault> {
        adapter(&self.vault, poster())
    }

    fn config(&self, fault: Fault) -> Map<String, Value> {
        self.path(match fault {
            Fault::None => "well",
            Fault::FailsFirst => "fails-first",
            Fault::LosesFirstAnswer => "loses-first",
            Fault::Refuses => "refuses",
            Fault::RefusesCredentials => "stranger",
            Fault::Slow => "slow",
            Fault::ThrottlesFirst => "throttles-first",
        })
    }

    fn demanding(&self) -> Map<String, Value> {
        let mut config = self.path("well");
        config.insert("rules".to_owned(), demands());
        config
    }

    async fn effects(&self, _: &Channel, product_id: ProductId) -> Vec<Effect> {
        let changes = self.receiver.changes().into_iter().filter(|change| change.product_id == product_id.to_string());
        changes.map(|change| Effect { external_id: change.external_id, fence: change.fence }).collect()
    }

    async fn shows(&self, _: &Channel, product_id: ProductId) -> Option<u64> {
        self.receiver.shows(&product_id.to_string())
    }
}

tola_channel::contract_tests!(street);
