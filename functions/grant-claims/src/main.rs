//! Wires and serves: see the library.

use grant_claims::{Event, grant};
use lambda_runtime::{LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tola_step::telemetry::init();
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Event>| {
        let granted = async { grant(event.payload) };
        tola_step::measure::invocation(granted).await.map_err(|refusal| {
            tracing::warn!(why = %refusal, "no token");
            refusal
        })
    }))
    .await
}
