//! Wires and serves: see the library.

use std::sync::Arc;

use ingest_upload::ingest_upload;
use tola_media::{BucketConfig, ImageBucket};
use tola_store::{MongoConfig, Store};
use tola_workflow::{Executions, Launcher, WorkflowConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    let aws = aws_config::load_from_env().await;
    let launcher = Launcher::new(store.clone(), Executions::new(&aws, WorkflowConfig::from_env()?));
    let bucket = Arc::new(ImageBucket::from_config(&aws, BucketConfig::from_env()?.name));
    tola_step::batch::serve(move |message| {
        let (store, launcher, bucket) = (store.clone(), launcher.clone(), Arc::clone(&bucket));
        async move { ingest_upload(message, &store, &launcher, &bucket).await }
    })
    .await
}
