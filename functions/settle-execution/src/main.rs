//! Wires and serves: see the library.

use settle_execution::settle_execution;
use tola_store::{MongoConfig, Store};
use tola_workflow::{Executions, Settler, WorkflowConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    let executions = Executions::new(&aws_config::load_from_env().await, WorkflowConfig::from_env()?);
    let settler = Settler::new(store, executions);
    tola_step::batch::serve(move |message| {
        let settler = settler.clone();
        async move { settle_execution(message, &settler).await }
    })
    .await
}
