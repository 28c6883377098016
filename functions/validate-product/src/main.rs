//! Wires and serves: see the library.

use tola_step::Journal;
use tola_store::{MongoConfig, Store};
use validate_product::ValidateProduct;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    tola_step::serve(ValidateProduct::new(store.clone()), Journal::new(store)).await
}
