//! A merchant's receiver, as README.md asks for one: it verifies signatures by itself, knows deliveries by their ids, and
//! can be told to misbehave.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::task::JoinSet;

/// A request that came in, whatever was made of it.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) headers: HashMap<String, String>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) body: Value,
    pub(crate) verified: bool,
}

/// A delivery that changed something.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) product_id: String,
    pub(crate) external_id: String,
    pub(crate) fence: u64,
}

#[derive(Default)]
struct Shelf {
    secrets: Vec<String>,
    seen: HashSet<String>,
    tries: HashMap<String, u32>,
    changes: Vec<Change>,
    shown: HashMap<String, u64>,
    received: Vec<Received>,
    script: VecDeque<Response>,
}

/// A receiver that listens until it is dropped.
pub(crate) struct Receiver {
    pub(crate) origin: String,
    shelf: Arc<Mutex<Shelf>>,
    _server: JoinSet<()>,
}

impl Receiver {
    /// A receiver that knows these secrets.
    pub(crate) async fn start(secrets: &[&str]) -> Self {
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        let app = Router::new().route("/{mode}", post(receive)).with_state(Arc::clone(&shelf));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        let receiver = Self { origin, shelf, _server: server };
        receiver.accept(secrets);
        receiver
    }

    /// Knows these secrets from now on, and no other.
    pub(crate) fn accept(&self, secrets: &[&str]) {
        self.shelf().secrets = secrets.iter().map(|&secret| secret.to_owned()).collect();
    }

    /// Answers the next request at `/script` like this.
    pub(crate) fn answers(&self, response: Response) {
        self.shelf().script.push_back(response);
    }

    pub(crate) fn changes(&self) -> Vec<Change> {
        self.shelf().changes.clone()
    }

    pub(crate) fn shows(&self, product_id: &str) -> Option<u64> {
        self.shelf().shown.get(product_id).copied()
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.shelf().received.clone()
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap()
    }
}

async fn receive(
    State(shelf): State<Arc<Mutex<Shelf>>>,
    Path(mode): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    if mode == "slow" {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut shelf = shelf.lock().unwrap();
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    let first = {
        let tries = shelf.tries.entry(mode.clone()).or_default();
        *tries += 1;
        *tries == 1
    };
    let verified = shelf.secrets.iter().any(|secret| verifies(secret, &headers, &bytes));
    let named = headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    shelf.received.push(Received { headers: named.collect(), bytes: bytes.to_vec(), body: body.clone(), verified });
    if !verified || mode == "stranger" {
        return says(StatusCode::UNAUTHORIZED, &json!({ "error": { "message": "Who are you?" } }));
    }
    match mode.as_str() {
        "fails-first" if first => says(StatusCode::INTERNAL_SERVER_ERROR, &Value::Null),
        "throttles-first" if first => {
            Response::builder().status(429).header("retry-after", "7").body(Body::empty()).unwrap()
        }
        "refuses" => says(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "error": { "message": "Not today." } })),
        "loses-first" if first => {
            shelf.take(&body);
            // The head of an answer, and then the connection breaks.
            let lost = futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("lost"))]);
            Response::new(Body::from_stream(lost))
        }
        "script" => shelf.script.pop_front().unwrap(),
        _ => shelf.take(&body),
    }
}

impl Shelf {
    /// Does what a delivery asks for, unless that is done.
    fn take(&mut self, body: &Value) -> Response {
        let id = body["delivery_id"].as_str().unwrap();
        let Some(product_id) = body["listing"]["product_id"].as_str() else {
            assert_eq!(body["type"], "ping");
            return says(StatusCode::OK, &Value::Null);
        };
        let external_id = format!("at-{product_id}");
        let answer = json!({ "external_id": external_id });
        if !self.seen.insert(id.to_owned()) {
            return says(StatusCode::ALREADY_REPORTED, &answer);
        }
        if body["type"] == "listing.offered" {
            self.shown.insert(product_id.to_owned(), body["product"]["revision"].as_u64().unwrap());
        } else {
            self.shown.remove(product_id);
        }
        let fence = body["listing"]["fence"].as_u64().unwrap();
        self.changes.push(Change { product_id: product_id.to_owned(), external_id, fence });
        says(StatusCode::OK, &answer)
    }
}

pub(crate) fn says(status: StatusCode, body: &Value) -> Response {
    Response::builder().status(status).body(Body::from(body.to_string())).unwrap()
}

/// Verifies a signature as README.md tells receivers to.
fn verifies(secret: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| headers[name].to_str().unwrap();
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let content = [header("webhook-id").as_bytes(), b".", header("webhook-timestamp").as_bytes(), b".", body].concat();
    header("webhook-signature").split(' ').any(|signature| {
        let Some(signature) = signature.strip_prefix("v1,") else { return false };
        let mac = Hmac::<Sha256>::new_from_slice(&key).unwrap().chain_update(&content);
        mac.verify_slice(&STANDARD.decode(signature).unwrap()).is_ok()
    })
}
