//! A world for one test, and merchants who act in it.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use api::adapters::DatabaseProbe;
use api::app::{Adapters, Failure, Probe, Relay, Workflows};
use api::cursor::CursorKey;
use api::signing::Signing;
use api::{App, AuthMode, router};
use aws_config::{Region, SdkConfig};
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use futures::FutureExt;
use futures::future::BoxFuture;
use http_body_util::BodyExt;
use mongodb::Database;
use mongodb::bson::{Document, doc};
use sandbox_adapter::SandboxAdapter;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tola_catalog::image::{Placeholder, UploadedFile};
use tola_catalog::operation::{Intent, Subject};
use tola_catalog::quota::Quota;
use tola_catalog::{Actor, Identity, Image, ImageId, MerchantId, Operation, Origin, ProductId, Rendition, Role};
use tola_catalog::{OperationId, Timestamp};
use tola_channel::{Harness, Replies, Reply};
use tola_contracts::StepError;
use tola_contracts::channel::inquiry::{Finding, Inquiry};
use tola_contracts::message::AggregateRef;
use tola_local::InProcessDatabase;
use tola_store::schema::{IDEMPOTENCY, QUOTAS};
use tola_store::{MongoConfig, Store, SystemScope, TenantScope};
use tower::ServiceExt;
use ulid::Ulid;

use super::contract;
use crate::commands::Commands;

/// What the played workflows do when something is launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Launching {
    Works,
    Fails,
    Panics,
}

pub(crate) struct FakeWorkflows {
    store: Store,
    pub(crate) launching: Mutex<Launching>,
    pub(crate) launched: Mutex<Vec<OperationId>>,
    pub(crate) stopped: Mutex<Vec<String>>,
    pub(crate) stopping_fails: AtomicBool,
}

impl Workflows for FakeWorkflows {
    fn launch<'a>(
        &'a self,
        scope: TenantScope,
        subject: Subject,
        intent: &'a Intent,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        async move {
            let launching = *self.launching.lock().unwrap();
            match launching {
                Launching::Works => {}
                Launching::Fails => return Err("no answer".into()),
                Launching::Panics => panic!("the function dies here"),
            }
            let operations = self.store.operations(scope);
            operations.ensure(&Operation::of_intent(intent, scope.merchant_id(), subject)).await?;
            operations.started(intent.operation_id, &format!("arn:execution:{}", intent.operation_id)).await?;
            match subject {
                Subject::Product(id) => self.store.products(scope).pull_intent(id, intent.operation_id).await?,
                Subject::Image(id) => self.store.images(scope).pull_intent(id, intent.operation_id).await?,
            }
            self.launched.lock().unwrap().push(intent.operation_id);
            Ok(())
        }
        .boxed()
    }

    fn begin<'a>(&'a self, scope: TenantScope, operation: &'a Operation) -> BoxFuture<'a, Result<(), Failure>> {
        async move {
            if *self.launching.lock().unwrap() == Launching::Fails {
                return Err("no answer".into());
            }
            self.store.operations(scope).ensure(operation).await?;
            self.store.operations(scope).started(operation.id, &format!("arn:execution:{}", operation.id)).await?;
            self.launched.lock().unwrap().push(operation.id);
            Ok(())
        }
        .boxed()
    }

    fn stop<'a>(&'a self, execution: &'a str, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        async move {
            if self.stopping_fails.load(Ordering::SeqCst) {
                return Err("no answer".into());
            }
            self.stopped.lock().unwrap().push(execution.to_owned());
            Ok(())
        }
        .boxed()
    }
}

/// The sandbox's adapter, called in process; there is no other one.
pub(crate) struct SandboxAlone {
    harness: Harness<SandboxAdapter, Nobody>,
    pub(crate) silent: AtomicBool,
}

/// No workflow waits for an answer.
struct Nobody;

impl Replies for Nobody {
    async fn send(&self, _: &str, _: &Reply) -> Result<(), StepError> {
        panic!("questions are not answered to workflows")
    }
}

impl Adapters for SandboxAlone {
    fn ask<'a>(
        &'a self,
        channel_type: &'a str,
        inquiry: &'a Inquiry,
    ) -> BoxFuture<'a, Result<Option<Finding>, Failure>> {
        async move {
            if self.silent.load(Ordering::SeqCst) {
                return Err("no answer".into());
            }
            match channel_type {
                "sandbox" => Ok(Some(self.harness.answer(inquiry, tola_step::now()).await?)),
                _ => Ok(None),
            }
        }
        .boxed()
    }
}

pub(crate) struct FakeRelay {
    store: Store,
    pub(crate) hangs: AtomicBool,
}

impl Relay for FakeRelay {
    fn drain(&self, aggregate: AggregateRef) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            if self.hangs.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            let outboxes = self.store.outboxes(SystemScope::named("relay"));
            let events = outboxes.undelivered(aggregate).await?;
            outboxes.record(&events).await?;
            let ids: Vec<_> = events.into_iter().map(|event| event.event_id).collect();
            Ok(outboxes.remove(aggregate, &ids).await?)
        }
        .boxed()
    }
}

pub(crate) struct FakeProbe(pub(crate) &'static str, pub(crate) AtomicBool);

impl Probe for FakeProbe {
    fn name(&self) -> &'static str {
        self.0
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Failure>> {
        async move { if self.1.load(Ordering::SeqCst) { Ok(()) } else { Err("no sign of life".into()) } }.boxed()
    }
}

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) workflows: Arc<FakeWorkflows>,
    pub(crate) relay: Arc<FakeRelay>,
    pub(crate) adapters: Arc<SandboxAlone>,
    pub(crate) bus: Arc<FakeProbe>,
    pub(crate) router: Router,
    /// The same, for requests whose token the gateway has verified.
    pub(crate) verified: Router,
    commands: Option<Commands>,
    database: Option<InProcessDatabase>,
    /// The way past the API into its database.
    behind: OnceCell<Database>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::in_process(None).await
    }

    /// A world in which a test hears what is asked of the database.
    pub(crate) async fn overheard() -> Self {
        Self::in_process(Some(Commands::default())).await
    }

    async fn in_process(commands: Option<Commands>) -> Self {
        let database = InProcessDatabase::start().unwrap();
        let config = MongoConfig::new(database.uri(), "tola");
        let store = match &commands {
            Some(commands) => Store::observed(&config, commands.observer()).await,
            None => Store::connect(&config).await,
        };
        let store = store.unwrap();
        store.migrate().await.unwrap();
        Self { commands, ..Self::of(store, Some(database)) }
    }

    /// A world whose database does not answer.
    pub(crate) async fn without_database() -> Self {
        let uri = "mongodb://127.0.0.1:1/?directConnection=true&retryWrites=false";
        let config = MongoConfig { patience: std::time::Duration::from_millis(100), ..MongoConfig::new(uri, "tola") };
        Self::of(Store::connect(&config).await.unwrap(), None)
    }

    fn of(store: Store, database: Option<InProcessDatabase>) -> Self {
        let workflows = Arc::new(FakeWorkflows {
            store: store.clone(),
            launching: Mutex::new(Launching::Works),
            launched: Mutex::default(),
            stopped: Mutex::default(),
            stopping_fails: AtomicBool::new(false),
        });
        let relay = Arc::new(FakeRelay { store: store.clone(), hangs: AtomicBool::new(false) });
        let harness = Harness::new(SandboxAdapter::new(store.clone()), store.clone(), Nobody);
        let adapters = Arc::new(SandboxAlone { harness, silent: AtomicBool::new(false) });
        let bus = Arc::new(FakeProbe("bus", AtomicBool::new(true)));
        let queue = Arc::new(FakeProbe("queue", AtomicBool::new(true)));
        let probes: Vec<Arc<dyn Probe>> = vec![Arc::new(DatabaseProbe(store.clone())), bus.clone(), queue];
        let app = App {
            store: store.clone(),
            workflows: workflows.clone(),
            adapters: adapters.clone(),
            relay: relay.clone(),
            signing: Signing::new(&aws(), "pictures", Some("http://localhost:4566"), None).unwrap(),
            probes: probes.into(),
            cursors: CursorKey::new(&[7; 32]),
            writes: Quota { burst: 1_000, per_second: 100 },
            reconcile_every: std::time::Duration::from_secs(3_600),
        };
        let verified = router(app.clone(), AuthMode::Cognito);
        let router = router(app, AuthMode::Header);
        Self {
            store,
            workflows,
            relay,
            adapters,
            bus,
            router,
            verified,
            commands: None,
            database,
            behind: OnceCell::new(),
        }
    }

    pub(crate) fn commands(&self) -> &Commands {
        self.commands.as_ref().unwrap()
    }

    pub(crate) fn merchant(&self) -> Actress {
        let identity =
            Identity { merchant_id: MerchantId::new(Ulid::generate()), role: Role::Merchant, subject: "ana".into() };
        Actress { router: self.router.clone(), store: self.store.clone(), identity }
    }

    async fn behind(&self) -> &Database {
        let connect = async || {
            let uri = self.database.as_ref().unwrap().uri();
            mongodb::Client::with_uri_str(uri).await.unwrap().database("tola")
        };
        self.behind.get_or_init(connect).await
    }

    /// As if nobody had written anything lately.
    pub(crate) async fn forgets_quotas(&self) {
        self.behind().await.collection::<Document>(QUOTAS).drop().await.unwrap();
    }

    /// As if whoever has a key and no answer had died long ago.
    pub(crate) async fn leases_end(&self) {
        let keys = self.behind().await.collection::<Document>(IDEMPOTENCY);
        let past = doc! { "$set": { "lease_until": origin().now.to_string() } };
        keys.update_many(doc! { "answer": { "$exists": false } }, past).await.unwrap();
    }

    /// As if everybody who has a key had died long ago, just before the answer was kept.
    pub(crate) async fn forgets_answers(&self) {
        let keys = self.behind().await.collection::<Document>(IDEMPOTENCY);
        keys.update_many(doc! {}, doc! { "$unset": { "answer": 1 } }).await.unwrap();
        self.leases_end().await;
    }

    /// Every document of a merchant, with the name of its collection.
    pub(crate) async fn documents_of(&self, merchant: MerchantId) -> Vec<(String, Document)> {
        let by_merchant = |name: &str| match name {
            IDEMPOTENCY => keys_of(merchant),
            _ => doc! { "merchant_id": merchant.to_string() },
        };
        self.found(by_merchant).await
    }

    /// The ids that were minted for what a merchant sent with a key: of a resource, and of an operation.
    pub(crate) async fn minted_for(&self, merchant: MerchantId) -> Vec<(String, String)> {
        let keys = self.behind().await.collection::<Document>(IDEMPOTENCY).find(keys_of(merchant)).await.unwrap();
        let keys: Vec<Document> = futures::TryStreamExt::try_collect(keys).await.unwrap();
        let id = |key: &Document, field| key.get_str(field).unwrap().to_owned();
        keys.iter().map(|key| (id(key, "resource"), id(key, "operation"))).collect()
    }

    /// Every document, with the name of its collection.
    pub(crate) async fn documents(&self) -> Vec<(String, Document)> {
        self.found(|_| doc! {}).await
    }

    async fn found(&self, filter: impl Fn(&str) -> Document) -> Vec<(String, Document)> {
        let (database, mut documents) = (self.behind().await, Vec::new());
        for name in database.list_collection_names().await.unwrap() {
            let cursor = database.collection::<Document>(&name).find(filter(&name)).await.unwrap();
            let found: Vec<Document> = futures::TryStreamExt::try_collect(cursor).await.unwrap();
            documents.extend(found.into_iter().map(|document| (name.clone(), document)));
        }
        documents
    }

    pub(crate) fn launching(&self, launching: Launching) {
        *self.workflows.launching.lock().unwrap() = launching;
    }

    pub(crate) fn launched(&self) -> Vec<OperationId> {
        self.workflows.launched.lock().unwrap().clone()
    }
}

/// A key says in its own id whose it is.
fn keys_of(merchant: MerchantId) -> Document {
    doc! { "_id": { "$gte": format!("{merchant} "), "$lt": format!("{merchant}!") } }
}

fn aws() -> SdkConfig {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    SdkConfig::builder()
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// Somebody who sends requests.
#[derive(Clone)]
pub(crate) struct Actress {
    router: Router,
    pub(crate) store: Store,
    pub(crate) identity: Identity,
}

impl Actress {
    pub(crate) fn in_role(&self, role: Role) -> Self {
        Self { identity: Identity { role, ..self.identity.clone() }, ..self.clone() }
    }

    pub(crate) fn scope(&self) -> TenantScope {
        TenantScope::of_identity(&self.identity)
    }

    pub(crate) fn ask(&self, method: &str, path: &str) -> Ask {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-merchant-id", self.identity.merchant_id.to_string())
            .header("x-role", self.identity.role.name())
            .header("x-subject", &self.identity.subject);
        Ask { router: self.router.clone(), request, body: Body::empty() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path).json(body).send().await
    }

    /// Registers a lamp with these values besides.
    pub(crate) async fn registers(&self, more: Value) -> Answer {
        self.post("/v1/products", lamp(more)).await
    }

    pub(crate) async fn patches(&self, id: &str, if_match: &str, body: Value) -> Answer {
        self.ask("PATCH", &format!("/v1/products/{id}")).with("if-match", if_match).json(body).send().await
    }

    pub(crate) async fn promises_image(&self) -> String {
        let answer = self.post("/v1/images", json!({ "content_type": "image/jpeg" })).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.body);
        answer.body["image"]["id"].as_str().unwrap().to_owned()
    }

    /// Plays upload and process-image: the image is READY afterwards.
    pub(crate) async fn has_ready_image(&self) -> Image {
        let id = ImageId::parse(&self.promises_image().await).unwrap();
        let key = format!("images/{}/ab/320.jpg", self.identity.merchant_id);
        let images = self.store.images(self.scope());
        let outcome = images.change(id, |image: &mut Image| {
            let _ = image.arrive(None, OperationId::new(Ulid::generate()), &origin());
            Ok::<_, tola_store::Error>(image.finish(file(), placeholder(), vec![rendition(&key)], &origin()))
        });
        outcome.await.unwrap().document().unwrap()
    }

    /// Plays the register workflow: the product takes over what came of the image.
    pub(crate) async fn absorbs(&self, product: &str, image: &Image) {
        let id = ProductId::parse(product).unwrap();
        let products = self.store.products(self.scope());
        let absorbed = products
            .change(id, |product| Ok::<_, tola_store::Error>(product.absorb(std::slice::from_ref(image), &origin())));
        assert!(absorbed.await.unwrap().moved());
    }
}

pub(crate) fn origin() -> Origin {
    let now = Timestamp::from_millis(1_700_000_000_000);
    Origin { now, actor: Actor::system("test"), correlation_id: "c".into(), cause: None }
}

fn file() -> UploadedFile {
    UploadedFile { content_type: "image/jpeg".into(), width: 400, height: 300, bytes: 9 }
}

fn placeholder() -> Placeholder {
    Placeholder { blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj".into(), colour: "#c86432".into() }
}

fn rendition(key: &str) -> Rendition {
    Rendition {
        name: "320.jpg".into(),
        content_type: "image/jpeg".into(),
        width: 320,
        height: 240,
        bytes: 7,
        key: key.into(),
    }
}

pub(crate) fn lamp(more: Value) -> Value {
    let mut body = json!({
        "name": "Lamp",
        "description": "It shines.",
        "price": { "amount": 1999, "currency": "USD" },
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// A request that is being written.
pub(crate) struct Ask {
    router: Router,
    request: axum::http::request::Builder,
    body: Body,
}

impl Ask {
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn with_bytes(mut self, name: &str, value: &[u8]) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.request.headers_mut().unwrap().remove(name);
        self
    }

    pub(crate) fn json(self, body: Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    pub(crate) fn raw(mut self, content_type: &str, body: impl Into<Body>) -> Self {
        self.request = self.request.header("content-type", content_type);
        self.body = body.into();
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let request = self.request.body(self.body).unwrap();
        let (method, path) = (request.method().clone(), request.uri().to_string());
        let response = self.router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let is_json = parts.headers.get("content-type").is_some_and(|value| value == "application/json");
        let body = match bytes.is_empty() {
            true => Value::Null,
            false if is_json => serde_json::from_slice(&bytes).unwrap(),
            false => String::from_utf8_lossy(&bytes).into(),
        };
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        contract::holds(&method, &path, &answer);
        answer
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {:#}", self.body))
    }

    /// Its status and code, in the error shape.
    #[track_caller]
    pub(crate) fn refused(&self) -> (u16, &str) {
        let error = self.body["error"].as_object().unwrap_or_else(|| panic!("no error: {self:?}"));
        let keys = ["code", "message", "request_id", "details", "missing"];
        let all = if error["code"] == "PRODUCT_INCOMPLETE" { &keys[..] } else { &keys[..4] };
        assert_eq!(error.keys().collect::<Vec<_>>(), all);
        assert!(!error["message"].as_str().unwrap().is_empty());
        assert!(error["details"].is_array());
        assert!(!self.header("x-request-id").is_empty());
        (self.status.as_u16(), error["code"].as_str().unwrap())
    }

    /// Where the first value at fault is.
    pub(crate) fn pointer(&self) -> &str {
        self.body["error"]["details"][0]["pointer"].as_str().unwrap_or_default()
    }
}
