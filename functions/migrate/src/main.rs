//! Wires and serves: see the library.

use lambda_runtime::{LambdaEvent, service_fn};
use migrate::{Request, Response, migrate, respond};
use tola_store::{MongoConfig, Store};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Request>| {
        let store = store.clone();
        tola_step::measure::invocation(async move {
            let url = event.payload.response_url.clone().filter(|url| !url.is_empty());
            let response = migrate(event.payload, &store).await;
            if let Some(url) = url {
                respond(&url, &response)?;
            }
            Ok::<Response, lambda_runtime::Error>(response)
        })
    }))
    .await
}
