//! Wires and serves: see the library.

use settle_product::SettleProduct;
use tola_step::Journal;
use tola_store::{MongoConfig, Store};
use tola_workflow::{Executions, Launcher, WorkflowConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    let executions = Executions::new(&aws_config::load_from_env().await, WorkflowConfig::from_env()?);
    let launcher = Launcher::new(store.clone(), executions);
    tola_step::serve(SettleProduct::new(store.clone(), launcher), Journal::new(store)).await
}
