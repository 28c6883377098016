//! The catalog's documents in MongoDB.
//!
//! Three rules hold everywhere in here. No repository can be had without a scope: a [`TenantScope`] sees one merchant's
//! documents, and a [`SystemScope`] is named where it is used. A change is one conditional write of one document, with
//! version, events, outbox and intents in it. And every query has a shape that is listed in [`schema`], with an index.

mod aggregate;
mod categories;
mod channels;
mod config;
mod derive;
mod document;
mod error;
mod events;
mod idempotency;
mod images;
mod merchants;
mod migrate;
mod operations;
mod outbox;
mod outcomes;
mod product_list;
mod products;
mod quotas;
mod references;
mod sandbox;
pub mod schema;
mod scope;
mod showcase;
mod sweep;

use mongodb::bson::doc;
use mongodb::event::EventHandler;
use mongodb::event::command::CommandEvent;
use mongodb::options::{ClientOptions, ServerApi, ServerApiVersion};
use mongodb::{Client, Database};
use tola_catalog::{CategoryTree, Product};

pub use aggregate::{Aggregates, Outcome, Saved};
pub use categories::Categories;
pub use channels::Channels;
pub use config::MongoConfig;
pub use derive::Derived;
pub use error::{Duplicate, Error};
pub use events::History;
pub use idempotency::{Begun, Idempotency, IdempotencyKey, Minted, StoredAnswer};
pub use images::Images;
pub use merchants::{MerchantRecord, Merchants};
pub use operations::{OperationFilter, Operations, Settlement};
pub use outbox::Outboxes;
pub use outcomes::{CommandRef, Outcomes, StoredOutcome};
pub use product_list::{OrderBy, Position, PriceRange, ProductFilter, ProductOrder};
pub use products::Products;
pub use quotas::Quotas;
pub use references::References;
pub use sandbox::{Sandbox, SandboxEffect, SandboxEntry, SandboxKey, SandboxListing, SandboxState};
pub use scope::{SystemScope, TenantScope};
pub use showcase::Showcase;
pub use sweep::{Leftovers, UnstartedIntent};

/// The database, and the way to every repository. Cloning it shares its connections.
#[derive(Clone)]
pub struct Store {
    database: Database,
}

impl Store {
    /// Prepares a client; the first query connects.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the URI can't be read.
    pub async fn connect(config: &MongoConfig) -> Result<Self, Error> {
        Self::of(config, options(config).await?)
    }

    /// The same, with an observer of every command: for tests of what is asked of the database.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the URI can't be read.
    pub async fn observed(config: &MongoConfig, observer: EventHandler<CommandEvent>) -> Result<Self, Error> {
        let mut options = options(config).await?;
        options.command_event_handler = Some(observer);
        Self::of(config, options)
    }

    fn of(config: &MongoConfig, options: ClientOptions) -> Result<Self, Error> {
        let client = Client::with_options(options).map_err(Error::Configuration)?;
        Ok(Self { database: client.database(&config.database) })
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// When there is none.
    pub async fn ping(&self) -> Result<(), Error> {
        self.database.run_command(doc! { "ping": 1 }).await?;
        Ok(())
    }

    /// The merchant's products.
    pub fn products(&self, scope: TenantScope) -> Products {
        Products::new(&self.database, scope)
    }

    /// The merchant's images.
    pub fn images(&self, scope: TenantScope) -> Images {
        Images::new(&self.database, scope)
    }

    /// The merchant's operations.
    pub fn operations(&self, scope: TenantScope) -> Operations {
        Operations::new(&self.database, scope)
    }

    /// The merchant's channels.
    pub fn channels(&self, scope: TenantScope) -> Channels {
        Channels::new(&self.database, scope)
    }

    /// The merchant's categories.
    pub fn categories(&self, scope: TenantScope) -> Categories {
        Categories::new(&self.database, scope)
    }

    /// The merchant's categories if a product is `filed`, that is in one of them; otherwise none are read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn categories_if(&self, filed: bool, scope: TenantScope) -> Result<CategoryTree, Error> {
        if filed { self.categories(scope).get().await } else { Ok(CategoryTree::new(scope.merchant_id())) }
    }

    /// The same for this product.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn categories_of(&self, scope: TenantScope, product: &Product) -> Result<CategoryTree, Error> {
        self.categories_if(product.is_filed(), scope).await
    }

    /// What came of commands at the merchant's channels.
    pub fn outcomes(&self, scope: TenantScope) -> Outcomes {
        Outcomes::new(&self.database, scope)
    }

    /// The merchant's listings on the sandbox marketplace.
    pub fn sandbox(&self, scope: TenantScope) -> Sandbox {
        Sandbox::new(&self.database, scope)
    }

    /// What happened to the merchant's products and images.
    pub fn history(&self, scope: TenantScope) -> History {
        History::new(&self.database, scope)
    }

    /// The merchant's token buckets.
    pub fn quotas(&self, scope: TenantScope) -> Quotas {
        Quotas::new(&self.database, scope)
    }

    /// The merchant's idempotency keys.
    pub fn idempotency(&self, scope: TenantScope) -> Idempotency {
        Idempotency::new(&self.database, scope)
    }

    /// Every merchant's record.
    pub fn merchants(&self, scope: SystemScope) -> Merchants {
        Merchants::new(&self.database, scope)
    }

    /// What everybody may see.
    pub fn showcase(&self, scope: SystemScope) -> Showcase {
        Showcase::new(&self.database, scope)
    }

    /// Undelivered events of every merchant.
    pub fn outboxes(&self, scope: SystemScope) -> Outboxes {
        Outboxes::new(&self.database, scope)
    }

    /// What was left undone, of every merchant.
    pub fn leftovers(&self, scope: SystemScope) -> Leftovers {
        Leftovers::new(&self.database, scope)
    }
}

async fn options(config: &MongoConfig) -> Result<ClientOptions, Error> {
    let mut options = ClientOptions::parse(&config.uri).await.map_err(Error::Configuration)?;
    options.app_name = Some("tola".to_owned());
    options.max_pool_size = Some(config.pool);
    options.max_idle_time = Some(config.idle);
    options.server_selection_timeout = Some(config.patience);
    options.connect_timeout = Some(config.patience);
    if tola_crash::is_armed() {
        options.command_event_handler = Some(EventHandler::callback(|event| {
            if matches!(event, CommandEvent::Succeeded(_)) {
                tola_crash::command_ended();
            }
        }));
    }
    if config.stable_api {
        options.server_api = Some(ServerApi::builder().version(ServerApiVersion::V1).build());
    }
    Ok(options)
}
