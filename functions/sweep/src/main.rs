//! Wires and serves: see the library.

use std::sync::Arc;
use std::time::Instant;

use futures::future::BoxFuture;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::de::IgnoredAny;
use sweep::{RelayQueue, Sweep, Swept};
use tola_media::{BucketConfig, ImageBucket};
use tola_step::measure;
use tola_store::{MongoConfig, Store};
use tola_workflow::{Executions, Launcher, Settler, WorkflowConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    let aws = aws_config::load_from_env().await;
    let executions = Executions::new(&aws, WorkflowConfig::from_env()?);
    let sweep = Arc::new(Sweep {
        launcher: Launcher::new(store.clone(), executions.clone()),
        settler: Settler::new(store.clone(), executions),
        queue: RelayQueue::from_env(&aws)?,
        bucket: ImageBucket::from_config(&aws, BucketConfig::from_env()?.name),
        reconcile_every: sweep::reconcile_every()?,
        store,
    });
    lambda_runtime::run(service_fn(move |_: LambdaEvent<IgnoredAny>| {
        let sweep = Arc::clone(&sweep);
        // Boxed, since the futures of database and AWS calls nest deeper than the compiler follows a layout.
        let work: BoxFuture<'static, Swept> = Box::pin(async move { sweep.run(tola_step::now()).await });
        async move {
            let began = Instant::now();
            let swept = tola_crash::around(work).await;
            // It always answers; whether it came to a good end is what the alarm on a silent sweep asks.
            measure::ended(began, swept.is_well());
            Ok::<Swept, lambda_runtime::Error>(swept)
        }
    }))
    .await
}
