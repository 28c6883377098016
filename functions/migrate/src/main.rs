//! Wires and serves: see the library.

use std::time::{Duration, Instant, SystemTime};

use lambda_runtime::{LambdaEvent, service_fn};
use migrate::{Request, Response, migrate, respond};
use tola_store::{MongoConfig, Store};

/// What is kept of the time for the answer.
const SPARE: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Request>| {
        let store = store.clone();
        tola_step::measure::invocation(async move {
            let url = event.payload.response_url.clone().filter(|url| !url.is_empty());
            let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
            let until = Instant::now() + left.saturating_sub(SPARE);
            let response = migrate(event.payload, &store, until).await;
            if let Some(url) = url {
                respond(&url, &response)?;
            }
            Ok::<Response, lambda_runtime::Error>(response)
        })
    }))
    .await
}
