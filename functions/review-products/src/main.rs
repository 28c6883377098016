//! Wires and serves: see the library.

use review_products::ReviewProducts;
use tola_step::Journal;
use tola_store::{MongoConfig, Store};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    tola_step::serve(ReviewProducts::new(store.clone()), Journal::new(store)).await
}
