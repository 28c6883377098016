//! Wires and serves: see the library.

use find_ghosts::FindGhosts;
use tola_step::Journal;
use tola_store::{MongoConfig, Store};
use tola_workflow::{Executions, Launcher, Reconciler, WorkflowConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    let executions = Executions::new(&aws_config::load_from_env().await, WorkflowConfig::from_env()?);
    let reconciler = Reconciler::new(store.clone(), Launcher::new(store.clone(), executions));
    tola_step::serve(FindGhosts::new(store.clone(), reconciler), Journal::new(store)).await
}
