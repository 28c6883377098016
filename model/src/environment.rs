//! What one execution environment of every function holds: clients of its own, behind one gate.

use std::convert::Infallible;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use api::app::{Adapters, App, Failure as Unanswered};
use api::cursor::CursorKey;
use api::signing::Signing;
use api::{AuthMode, router};
use aws_lambda_events::sqs::SqsMessage;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use futures::FutureExt as _;
use futures::future::{BoxFuture, LocalBoxFuture};
use http_body_util::BodyExt as _;
use render_renditions::{RenderConfig, RenderRenditions};
use sandbox_adapter::{SandboxAdapter, sandbox_adapter};
use serde_json::{Value, json};
use sweep::{RelayQueue, Sweep, Swept};
use tola_asl::Failure;
use tola_catalog::quota::Quota;
use tola_catalog::{MerchantId, Timestamp};
use tola_channel::{Harness, WaitingTasks};
use tola_contracts::StepError;
use tola_contracts::channel::inquiry::{Finding, Inquiry};
use tola_events::{Config, EventBus, Relay};
use tola_media::{ImageBucket, RenditionFormat};
use tola_step::{Journal, Step};
use tola_store::{MongoConfig, Store};
use tola_workflow::{Executions, Launcher, Reconciler, Settler, WorkflowConfig};
use tower::ServiceExt as _;

use crate::cloud::SharedCloud;
use crate::database::{Database, Socket};
use crate::gate::Gate;

/// Longer than any story lasts: nobody reconciles by himself.
const NEVER: Duration = Duration::from_secs(10_000 * 3600);

/// One environment, which does one thing at a time.
pub(crate) struct Environment {
    pub(crate) gate: Gate,
    pub(crate) functions: Rc<Functions>,
    _socket: Socket,
}

/// Everything that can be called.
pub(crate) struct Functions {
    pub(crate) store: Store,
    router: Router,
    launcher: Launcher,
    settler: Settler,
    relay: Relay,
    harness: SandboxHarness,
    sweep: Sweep,
    bucket: ImageBucket,
}

type SandboxHarness = Arc<Harness<SandboxAdapter, WaitingTasks>>;

/// A request that somebody makes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) merchant_id: MerchantId,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    /// `null` for none.
    pub(crate) body: Value,
    /// Its `Idempotency-Key`.
    pub(crate) key: Option<String>,
}

/// The one channel type that there is.
struct Sandbox(SandboxHarness);

impl Adapters for Sandbox {
    fn ask<'a>(
        &'a self,
        channel_type: &'a str,
        inquiry: &'a Inquiry,
    ) -> BoxFuture<'a, Result<Option<Finding>, Unanswered>> {
        async move {
            if channel_type == "sandbox" { Ok(Some(self.0.answer(inquiry, tola_step::now()).await?)) } else { Ok(None) }
        }
        .boxed()
    }
}

impl Environment {
    /// An environment whose socket to the database is the one at `path`.
    pub(crate) async fn new(path: &Path, database: &Database, cloud: &SharedCloud) -> Self {
        let gate = Gate::default();
        let socket = Socket::open(path, database, &gate).expect("a socket");
        // One connection: who asks for several things at once gets them one after the other, in the same order each time.
        let config = MongoConfig { pool: 1, ..MongoConfig::new(socket.uri(), "tola") };
        let store = Store::connect(&config).await.expect("the database");
        Self { functions: Rc::new(Functions::new(store, cloud, &gate)), gate, _socket: socket }
    }
}

impl Functions {
    fn new(store: Store, cloud: &SharedCloud, gate: &Gate) -> Self {
        let aws = cloud.config(gate);
        let machine = |variable: &str| variable.trim_end_matches("_ARN").replace('_', "-").to_lowercase();
        let arn = |variable: &str| format!("arn:aws:states:us-east-1:000000000000:stateMachine:{}", machine(variable));
        let Ok(config) = WorkflowConfig::by(|variable| Ok::<_, Infallible>(arn(variable)));
        let executions = Executions::new(&aws, config);
        let launcher = Launcher::new(store.clone(), executions.clone());
        let settler = Settler::new(store.clone(), executions);
        let relay = Relay::new(store.clone(), EventBus::new(&aws, Config { name: "catalog".into() }));
        let harness =
            Arc::new(Harness::new(SandboxAdapter::new(store.clone()), store.clone(), WaitingTasks::new(&aws)));
        let bucket = ImageBucket::from_config(&aws, "images");
        let sweep = Sweep {
            store: store.clone(),
            launcher: launcher.clone(),
            settler: settler.clone(),
            queue: RelayQueue::new(&aws, "https://sqs/relay".into()),
            bucket: bucket.clone(),
            reconcile_every: NEVER,
        };
        let app = App {
            store: store.clone(),
            workflows: Arc::new(launcher.clone()),
            adapters: Arc::new(Sandbox(Arc::clone(&harness))),
            relay: Arc::new(relay.clone()),
            signing: Signing::new(&aws, "images", Some("http://localhost:4566"), None).expect("signing"),
            probes: Vec::new().into(),
            cursors: CursorKey::new(&[7; 32]),
            writes: Quota { burst: 100_000, per_second: 1_000 },
            reconcile_every: NEVER,
        };
        Self { store, router: router(app, AuthMode::Header), launcher, settler, relay, harness, sweep, bucket }
    }

    /// The API's answer to a request.
    pub(crate) async fn request(&self, asked: Asked) -> (u16, Value) {
        let mut request = Request::builder()
            .method(asked.method)
            .uri(asked.path)
            .header("x-merchant-id", asked.merchant_id.to_string())
            .header("x-role", "merchant")
            .header("if-match", "*")
            .header("content-type", "application/json");
        if let Some(key) = asked.key {
            request = request.header("idempotency-key", key);
        }
        let body = if asked.body.is_null() { Body::empty() } else { Body::from(asked.body.to_string()) };
        let request = request.body(body).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// What a function that a machine calls says.
    pub(crate) async fn call(&self, function: &str, payload: Value) -> Result<Value, Failure> {
        let (store, launcher) = (self.store.clone(), self.launcher.clone());
        let reconciler = || Reconciler::new(store.clone(), launcher.clone());
        let bucket = || self.bucket.clone();
        match function {
            "ValidateProductArn" => self.step(validate_product::ValidateProduct::new(store), payload).await,
            "TransitionStatusArn" => self.step(transition_status::TransitionStatus::new(store), payload).await,
            "PublishEventsArn" => self.step(publish_events::PublishEvents::new(self.relay.clone()), payload).await,
            "SettleOperationArn" => self.step(settle_operation::SettleOperation::new(store), payload).await,
            "InspectImageArn" => self.step(inspect_image::InspectImage::new(store, bucket()), payload).await,
            "RenderRenditionsArn" => {
                let config = RenderConfig { formats: vec![RenditionFormat::Jpeg] };
                self.step(RenderRenditions::new(store, bucket(), config), payload).await
            }
            "RecordImageArn" => self.step(record_image::RecordImage::new(store), payload).await,
            "RecordRejectionArn" => self.step(record_rejection::RecordRejection::new(store), payload).await,
            "ReviewProductsArn" => self.step(review_products::ReviewProducts::new(store), payload).await,
            "AdvanceProductsArn" => self.step(advance_products::AdvanceProducts::new(store), payload).await,
            "PlanPublicationArn" => self.step(plan_publication::PlanPublication::new(store), payload).await,
            "RecordListingArn" => self.step(record_listing::RecordListing::new(store), payload).await,
            "SettleProductArn" => self.step(settle_product::SettleProduct::new(store, launcher), payload).await,
            "PlanWithdrawalArn" => self.step(plan_withdrawal::PlanWithdrawal::new(store), payload).await,
            "PurgeImagesArn" => self.step(purge_images::PurgeImages::new(store), payload).await,
            "PurgeProductArn" => self.step(purge_product::PurgeProduct::new(store), payload).await,
            "PlanReconciliationArn" => self.step(plan_reconciliation::PlanReconciliation::new(store), payload).await,
            "ReconcileListingsArn" => {
                let step = reconcile_listings::ReconcileListings::new(store.clone(), reconciler());
                self.step(step, payload).await
            }
            "FindGhostsArn" => {
                let step = find_ghosts::FindGhosts::new(store.clone(), reconciler());
                self.step(step, payload).await
            }
            "AdapterPrefixsandbox-adapter" => {
                let journal = Journal::new(store);
                let handled: LocalBoxFuture<'_, _> =
                    Box::pin(tola_step::handle(self.harness.as_ref(), &journal, payload));
                told(handled.await)
            }
            other => panic!("nobody plays {other}"),
        }
    }

    /// Whether a function took its message: one that it did not take comes again.
    pub(crate) async fn takes(&self, function: Consumer, body: &str) -> bool {
        let taken: Result<(), StepError> = match function {
            Consumer::Adapter => sandbox_adapter(Arc::clone(&self.harness), message(body)).await,
            Consumer::Relay => relay_outbox::relay_outbox(message(body), &self.relay).await,
            Consumer::Settler => settle_execution::settle_execution(message(body), &self.settler).await,
            Consumer::Ingest => {
                ingest_upload::ingest_upload(message(body), &self.store, &self.launcher, &self.bucket).await
            }
        };
        taken.is_ok()
    }

    /// What a sweep finds and does.
    pub(crate) fn sweep(&self, now: Timestamp) -> LocalBoxFuture<'_, Swept> {
        Box::pin(self.sweep.run(now))
    }

    async fn step<S: Step>(&self, step: S, payload: Value) -> Result<Value, Failure> {
        let journal = Journal::new(self.store.clone());
        // Boxed, since the futures of database and AWS calls nest deeper than the compiler follows a layout.
        let handled: LocalBoxFuture<'_, _> = Box::pin(tola_step::handle(&step, &journal, payload));
        told(handled.await)
    }
}

/// A function that is given messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Consumer {
    /// `sandbox-adapter`.
    Adapter,
    /// `relay-outbox`.
    Relay,
    /// `settle-execution`.
    Settler,
    /// `ingest-upload`.
    Ingest,
}

/// An answer as Lambda hands it to Step Functions.
fn told<T: serde::Serialize>(answer: Result<T, StepError>) -> Result<Value, Failure> {
    match answer {
        Ok(answer) => Ok(json!({ "StatusCode": 200, "Payload": answer })),
        Err(error) => {
            let cause = json!({ "errorType": error.kind.name(), "errorMessage": error.message });
            Err(Failure { error: error.kind.name().to_owned(), cause: cause.to_string() })
        }
    }
}

fn message(body: &str) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some("one".to_owned());
    message.body = Some(body.to_owned());
    message
}
