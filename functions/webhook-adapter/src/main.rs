//! Wires and serves: see the library.

use tola_channel::{Harness, WaitingTasks};
use tola_store::{MongoConfig, Store};
use webhook_adapter::{Environment, Images, Poster, SecretsManager, WebhookAdapter};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    let environment = Environment::from_env()?;
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    let aws = aws_config::load_from_env().await;
    let images = Images::new(&aws, environment.images)?;
    let poster = Poster::new(environment.reach)?;
    let adapter = WebhookAdapter::new(SecretsManager::new(&aws), environment.secret_prefix, images, poster);
    tola_channel::serve(Harness::new(adapter, store, WaitingTasks::new(&aws))).await
}
