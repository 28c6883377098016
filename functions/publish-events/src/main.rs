//! Wires and serves: see the library.

use publish_events::PublishEvents;
use tola_events::{Config, EventBus, Relay};
use tola_step::Journal;
use tola_store::{MongoConfig, Store};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    let bus = EventBus::new(&aws_config::load_from_env().await, Config::from_env()?);
    tola_step::serve(PublishEvents::new(Relay::new(store.clone(), bus)), Journal::new(store)).await
}
