//! The function `api`: wires configuration and clients once, then serves.

use std::sync::Arc;

use api::App;
use api::adapters::{AdapterFunctions, BusProbe, DatabaseProbe, QueueProbe};
use api::app::Probe;
use api::config::ApiConfig;
use api::cursor::CursorKey;
use api::signing::Signing;
use lambda_http::tower::util::{MapFuture, MapRequest};
use tola_events::{EventBus, Relay};
use tola_store::{MongoConfig, Store};
use tola_workflow::{Executions, Launcher, WorkflowConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    tola_step::telemetry::init();

    let config = ApiConfig::from_env()?;
    let aws = aws_config::load_from_env().await;
    let store = Store::connect(&MongoConfig::from_env()?).await?;
    let bus = EventBus::new(&aws, tola_events::Config::from_env()?);
    let probes: Vec<Arc<dyn Probe>> = vec![
        Arc::new(DatabaseProbe(store.clone())),
        Arc::new(BusProbe(bus.clone())),
        Arc::new(QueueProbe::new(&aws, config.events_queue_url)),
    ];
    let app = App {
        workflows: Arc::new(Launcher::new(store.clone(), Executions::new(&aws, WorkflowConfig::from_env()?))),
        adapters: Arc::new(AdapterFunctions::new(&aws, config.adapter_prefix)),
        relay: Arc::new(Relay::new(store.clone(), bus)),
        signing: Signing::new(&aws, &config.image_bucket, config.public_s3_endpoint.as_deref(), config.image_base)?,
        probes: probes.into(),
        cursors: CursorKey::new(config.cursor_key.as_bytes()),
        writes: config.writes,
        reconcile_every: config.reconcile_every,
        store,
    };
    let router = api::router(app, config.auth);
    let service = MapRequest::new(router, api::gateway::restore);
    lambda_http::run(MapFuture::new(service, tola_crash::around)).await
}
