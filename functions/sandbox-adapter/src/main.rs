//! Wires and serves: see the library.

use sandbox_adapter::{SandboxAdapter, sandbox_adapter};
use tola_channel::{Harness, WaitingTasks};
use tola_store::{MongoConfig, Store};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    let tasks = WaitingTasks::new(&aws_config::load_from_env().await);
    let harness = Harness::new(SandboxAdapter::new(store.clone()), store, tasks);
    tola_channel::serve_with(harness, sandbox_adapter).await
}
