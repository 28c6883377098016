//! Wires and serves: see the library.

use render_renditions::{RenderConfig, RenderRenditions};
use tola_media::{BucketConfig, ImageBucket};
use tola_step::Journal;
use tola_store::{MongoConfig, Store};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    let bucket = ImageBucket::from_config(&aws_config::load_from_env().await, BucketConfig::from_env()?.name);
    let step = RenderRenditions::new(store.clone(), bucket, RenderConfig::from_env()?);
    tola_step::serve(step, Journal::new(store)).await
}
