//! Wires and serves: see the library.

use relay_outbox::relay_outbox;
use tola_events::{Config, EventBus, Relay};
use tola_store::{MongoConfig, Store};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    let bus = EventBus::new(&aws_config::load_from_env().await, Config::from_env()?);
    let relay = Relay::new(store, bus);
    tola_step::batch::serve(move |message| {
        let relay = relay.clone();
        async move { relay_outbox(message, &relay).await }
    })
    .await
}
