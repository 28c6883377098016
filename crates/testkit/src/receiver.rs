//! A merchant's own receiver of webhooks, as their documentation asks for one: it verifies signatures by itself and drops
//! deliveries that it has seen.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::task::JoinSet;

/// A request that came in.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its id, as its header says.
    pub id: String,
    /// Whether one of its signatures is right.
    pub verified: bool,
    /// What it says.
    pub body: Value,
}

#[derive(Default)]
struct Shelf {
    secret: String,
    deliveries: Vec<Delivery>,
    kept: Vec<Value>,
    seen: BTreeSet<String>,
    failures: u32,
    refusal: Option<Value>,
}

/// A receiver that listens on this machine until it is dropped.
pub struct Receiver {
    url: String,
    shelf: Arc<Mutex<Shelf>>,
    _server: JoinSet<()>,
}

impl Receiver {
    /// A receiver that knows one secret, `whsec_…`.
    pub async fn start(secret: &str) -> Self {
        let shelf = Arc::new(Mutex::new(Shelf { secret: secret.to_owned(), ..Shelf::default() }));
        let app = Router::new().route("/hook", post(receive)).with_state(Arc::clone(&shelf));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.expect("a receiver") });
        Self { url, shelf, _server: server }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Fails the next deliveries of listings, before it keeps anything of them.
    pub fn fails_next(&self, times: u32) {
        self.shelf().failures = times;
    }

    /// Refuses listings from now on.
    pub fn refuses(&self, message: &str, pointer: &str) {
        self.shelf().refusal = Some(json!({ "error": { "message": message, "pointer": pointer } }));
    }

    /// Takes listings again.
    pub fn takes(&self) {
        self.shelf().refusal = None;
    }

    /// Every request so far.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shelf().deliveries.clone()
    }

    /// What it has kept of a product, of one type: each delivery once.
    #[must_use]
    pub fn of(&self, product: &str, kind: &str) -> Vec<Value> {
        let is = |body: &&Value| body["listing"]["product_id"] == product && body["type"] == kind;
        self.shelf().kept.iter().filter(is).cloned().collect()
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn receive(State(shelf): State<Arc<Mutex<Shelf>>>, headers: HeaderMap, bytes: Bytes) -> Response {
    let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let id = header(&headers, "webhook-id").to_owned();
    let verified = verifies(&shelf.secret, &headers, &bytes);
    shelf.deliveries.push(Delivery { id: id.clone(), verified, body: body.clone() });
    if !verified {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if body["type"] == "ping" {
        return StatusCode::NO_CONTENT.into_response();
    }
    if shelf.failures > 0 {
        shelf.failures -= 1;
        return StatusCode::BAD_GATEWAY.into_response();
    }
    if let Some(refusal) = &shelf.refusal {
        return (StatusCode::UNPROCESSABLE_ENTITY, refusal.to_string()).into_response();
    }
    if !shelf.seen.insert(id) {
        return StatusCode::ALREADY_REPORTED.into_response();
    }
    shelf.kept.push(body);
    StatusCode::NO_CONTENT.into_response()
}

/// Verifies one of the signatures, as <https://www.standardwebhooks.com> says.
fn verifies(secret: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let key = secret.strip_prefix("whsec_").and_then(|key| STANDARD.decode(key).ok()).unwrap_or_default();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any key will do");
    mac.update(format!("{}.{}.", header(headers, "webhook-id"), header(headers, "webhook-timestamp")).as_bytes());
    mac.update(body);
    let wanted = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    header(headers, "webhook-signature").split(' ').any(|signature| signature == wanted)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
