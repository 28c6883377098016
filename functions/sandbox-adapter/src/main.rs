//! Wires and serves: see the library.

use std::sync::Arc;

use sandbox_adapter::{SandboxAdapter, sandbox_adapter};
use tola_channel::{Harness, WaitingTasks};
use tola_store::{MongoConfig, Store};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    let tasks = WaitingTasks::new(&aws_config::load_from_env().await);
    let harness = Arc::new(Harness::new(SandboxAdapter::new(store.clone()), store, tasks));
    tola_step::batch::serve(move |message| {
        let harness = Arc::clone(&harness);
        async move { sandbox_adapter(message, &harness).await }
    })
    .await
}
