//! A product's life, as its merchant brings it about and sees it: once without a fault, and then once for every fault of
//! every task.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tola_catalog::image::{Placeholder, UploadedFile};
use tola_catalog::{
    Actor, ChannelId, Identity, Image, ImageId, MerchantId, OperationId, Origin, ProductId, Rendition, Role,
};
use tola_store::{SandboxEffect, SandboxKey, TenantScope};
use tower::ServiceExt as _;
use ulid::Ulid;

use crate::faults::{self, Fault, Faults, Place, Planned};
use crate::world::{Ground, World};

/// How often a merchant tries again what failed.
const PATIENCE: usize = 4;
const CHANNEL: &str = "north";

/// What happens, and what the merchant then sees: the product's status, and how it stands on the channel.
const CHAPTERS: [(&str, &str, &str); 10] = [
    ("register without a price", "DRAFT", "ABSENT"),
    ("register", "READY", "ABSENT"),
    ("publish", "ACTIVE", "LIVE"),
    ("edit", "ACTIVE", "LIVE"),
    ("reconcile", "ACTIVE", "LIVE"),
    ("reconcile with another password", "ACTIVE", "LIVE"),
    ("unpublish", "READY", "PAUSED"),
    ("publish", "ACTIVE", "LIVE"),
    ("deactivate", "INACTIVE", "PAUSED"),
    ("delete", "GONE", "ABSENT"),
];

/// What is to be the same whatever goes wrong: what changed at the channel, and what happened to the product in its
/// merchant's eyes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    changes: Vec<SandboxEffect>,
    told: Vec<String>,
}

/// A merchant in a world.
struct Story {
    world: World,
    identity: Identity,
    product: String,
    /// What goes wrong, for whoever reads a failure.
    what: String,
}

impl Story {
    async fn begin(ground: &Ground, planned: &[Planned]) -> Self {
        let world = World::on(ground, Faults::planned(planned));
        let merchant_id = MerchantId::new(Ulid::generate());
        let identity = Identity { merchant_id, role: Role::Merchant, subject: "ana".into() };
        let what = format!("{planned:?}");
        let story = Self { world, identity, product: String::new(), what };
        story.connects().await;
        story
    }

    async fn connects(&self) {
        let config = json!({ "type": "sandbox", "config": {} });
        self.asks("PUT", &format!("/v1/channels/{CHANNEL}"), &config).await;
    }

    /// At the marketplace, which then does not know us any more.
    async fn changes_the_password(&self) {
        let channels = self.world.store.channels(self.scope());
        let before = channels.get(&channel()).await.expect("the database").expect("the channel");
        let mut after = before.clone();
        let refuse = json!({ "refuse": { "class": "auth", "message": "Who are you?" } });
        after.config.insert("switch".to_owned(), refuse);
        let _ = channels.save(&before, &after).await.expect("the database");
    }

    /// Tells the story, and returns what was to be seen after each chapter. It ends with the chapter after the one in which
    /// the last thing went wrong; if nothing is to, it is told to its end.
    async fn tell(&mut self) -> Vec<Seen> {
        let (mut seen, mut is_last) = (Vec::new(), false);
        let is_plain = self.world.faults.are_over();
        for (number, (action, status, presence)) in CHAPTERS.into_iter().enumerate() {
            self.does(action, number).await;
            self.world.settles().await;
            for _ in 0..PATIENCE {
                if !self.tries_again().await {
                    break;
                }
                self.world.settles().await;
            }
            let (shown, stands) = self.sees().await;
            let what = &self.what;
            assert_eq!((shown.as_str(), stands.as_str()), (status, presence), "{what}, after {action} ({number})");
            self.nothing_is_left().await;
            seen.push(self.seen().await);
            if is_last {
                break;
            }
            is_last = !is_plain && self.world.faults.are_over();
        }
        seen
    }

    async fn does(&mut self, action: &str, number: usize) {
        let path = format!("/v1/products/{}", self.product);
        let channels = json!({ "channels": [CHANNEL] });
        match action {
            "register" => {
                let body = json!({
                    "name": "Lamp", "description": "It shines.", "price": { "amount": 1999, "currency": "USD" },
                    "images": [{ "image_id": self.has_an_image().await }],
                });
                let registered = self.asks("POST", "/v1/products", &body).await;
                registered["id"].as_str().expect("an id").clone_into(&mut self.product);
            }
            "register without a price" => {
                let registered = self.asks("POST", "/v1/products", &json!({ "name": "Draft" })).await;
                registered["id"].as_str().expect("an id").clone_into(&mut self.product);
            }
            "reconcile with another password" => {
                self.changes_the_password().await;
                _ = self.asks("POST", &format!("/v1/channels/{CHANNEL}/reconcile"), &json!({})).await;
                self.world.settles().await;
                self.connects().await;
            }
            "edit" => _ = self.asks("PATCH", &path, &json!({ "name": format!("Lamp {number}") })).await,
            "reconcile" => _ = self.asks("POST", &format!("/v1/channels/{CHANNEL}/reconcile"), &json!({})).await,
            "delete" => _ = self.asks("DELETE", &path, &Value::Null).await,
            "publish" | "unpublish" => _ = self.asks("POST", &format!("{path}/{action}"), &channels).await,
            _ => _ = self.asks("POST", &format!("{path}/{action}"), &json!({})).await,
        }
    }

    /// Retries whatever failed and was not retried. Returns whether there was anything.
    async fn tries_again(&self) -> bool {
        let failed = self.asks("GET", "/v1/operations?status=FAILED&limit=100", &Value::Null).await;
        let mut again = false;
        for operation in failed["items"].as_array().into_iter().flatten() {
            if operation["retried_by"].is_null() {
                let id = operation["id"].as_str().unwrap_or_default();
                let (status, answer) = self.sends("POST", &format!("/v1/operations/{id}/retry"), &json!({})).await;
                // What it was for has come about another way, or is no more to be had.
                assert!([202, 409].contains(&status), "{}: {answer}", self.what);
                again |= status == 202;
            }
        }
        again
    }

    async fn sees(&self) -> (String, String) {
        let (status, shown) = self.sends("GET", &format!("/v1/products/{}", self.product), &Value::Null).await;
        if status == 404 {
            return ("GONE".into(), "ABSENT".into());
        }
        let text = |pointer: &str| shown.pointer(pointer).and_then(Value::as_str).unwrap_or("ABSENT").to_owned();
        let (revision, published) = (&shown["revision"], &shown["channels"][CHANNEL]["observed"]["published_revision"]);
        let presence = text(&format!("/channels/{CHANNEL}/observed/presence"));
        if presence == "LIVE" {
            assert_eq!(published, revision, "{}: {shown:#}", self.what);
        }
        (text("/status"), presence)
    }

    /// No operation runs, no document promises anything or has anything to tell.
    async fn nothing_is_left(&self) {
        let running = self.asks("GET", "/v1/operations?status=RUNNING", &Value::Null).await;
        assert_eq!(running["items"], json!([]), "{}", self.what);
        let id = ProductId::parse(&self.product).expect("an id");
        if let Some(product) = self.world.store.products(self.scope()).get(id).await.expect("the database") {
            assert!(product.intents.is_empty() && product.outbox.is_empty(), "{}: {product:#?}", self.what);
        }
    }

    /// Holds what is to be seen against itself, and returns it.
    async fn seen(&self) -> Seen {
        let history = self.asks("GET", &format!("/v1/products/{}/history?limit=100", self.product), &Value::Null).await;
        let mut events = history["items"].as_array().cloned().unwrap_or_default();
        events.sort_by_key(|event| event["sequence"].as_u64());
        let sequences: Vec<_> = events.iter().filter_map(|event| event["sequence"].as_u64()).collect();
        let wanted: Vec<_> = (1..=sequences.len() as u64).collect();
        assert_eq!(sequences, wanted, "{}: history has gaps", self.what);
        let bus = self.world.cloud.get().bus.clone();
        let told: BTreeMap<_, _> = bus.iter().map(|event| (event["event_id"].to_string(), event)).collect();
        for event in &events {
            let same = told.get(&event["event_id"].to_string());
            assert!(same.is_some_and(|told| told["data"] == event["data"]), "{}: not told: {event}", self.what);
        }
        let changes = self.changes().await;
        let told = events.iter().filter_map(|event| event["kind"].as_str()).map(str::to_owned).collect();
        Seen { changes, told }
    }

    /// What changed at the channel, of which no fence may have changed anything twice.
    async fn changes(&self) -> Vec<SandboxEffect> {
        let product_id = ProductId::parse(&self.product).expect("an id");
        let key = SandboxKey { channel_id: channel(), product_id };
        let ledger = self.world.store.sandbox(self.scope()).ledger(&key).await.expect("the ledger");
        let mut fences = BTreeSet::new();
        let changes = ledger.iter().filter(|entry| entry.effect.is_change());
        for entry in changes.clone() {
            let fence = entry.fence.expect("a fence");
            assert!(fences.insert(fence), "{}: fence {fence} changed something twice: {ledger:#?}", self.what);
        }
        changes.map(|entry| entry.effect).collect()
    }

    async fn asks(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.sends(method, path, body).await;
        assert!(status < 400, "{}: {method} {path}: {status} {answer}", self.what);
        answer
    }

    async fn sends(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-merchant-id", self.identity.merchant_id.to_string())
            .header("x-role", "merchant")
            .header("if-match", "*")
            .header("content-type", "application/json");
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = request.body(body).expect("a request");
        let response = self.world.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    fn scope(&self) -> TenantScope {
        TenantScope::of_identity(&self.identity)
    }

    /// An image as its workflow leaves it.
    async fn has_an_image(&self) -> String {
        let id = ImageId::new(Ulid::generate());
        let actor = Actor::system("story");
        let origin = Origin { now: tola_step::now(), actor, correlation_id: "story".into() };
        let mut image = Image::awaiting_upload(id, self.identity.merchant_id, "image/jpeg", origin.now);
        let file = UploadedFile { content_type: "image/jpeg".into(), width: 400, height: 300, bytes: 9 };
        let placeholder = Placeholder { blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj".into(), colour: "#c86432".into() };
        let rendition = Rendition {
            name: "320.jpg".into(),
            content_type: "image/jpeg".into(),
            width: 320,
            height: 240,
            bytes: 7,
            key: format!("images/{}/ab/320.jpg", self.identity.merchant_id),
        };
        let _ = image.arrive(None, OperationId::new(Ulid::generate()), &origin);
        let _ = image.finish(file, placeholder, vec![rendition], &origin);
        image.intents.clear();
        image.outbox.clear();
        image.outbox_due_at = None;
        self.world.store.images(self.scope()).insert(&image).await.expect("an image");
        id.to_string()
    }
}

fn channel() -> ChannelId {
    ChannelId::parse(CHANNEL).expect("a channel's id")
}

/// A story that was told.
#[derive(Debug, Clone)]
struct Told {
    /// What was to be seen after each chapter.
    seen: Vec<Seen>,
    /// How often each task was called.
    calls: BTreeMap<Place, usize>,
    somebody_died: bool,
}

/// Tells a story in a world of its own: in one that others have been in, every question would find more to look at.
fn tell(planned: &[Planned]) -> Told {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let ground = Ground::new().await;
        let mut story = Story::begin(&ground, planned).await;
        let seen = story.tell().await;
        let faults = &story.world.faults;
        assert!(faults.are_over(), "{planned:?}: it did not come to that");
        Told { seen, calls: faults.calls().clone(), somebody_died: faults.somebody_died }
    })
}

/// Tasks whose calls differ from each other: a listing is made, changed, shown again, hidden, closed.
const EVERY_CALL: [&str; 4] =
    ["Submit the listing", "Withdraw the listing", "Record the listing", "Bring the product to rest"];

/// What leads to a task, and what is to be seen if nothing else goes wrong.
struct Way {
    route: Vec<Planned>,
    told: Told,
}

#[test]
fn whatever_goes_wrong_with_any_task_of_any_machine_comes_to_the_same_end() {
    let oracle = tell(&[]);
    assert_eq!(oracle.seen[CHAPTERS.len() - 1].changes.len(), 6, "{oracle:?}");
    let ways = ways(&oracle);
    let unreached: Vec<_> = World::tasks().into_iter().filter(|task| !ways.contains_key(task)).collect();
    assert_eq!(unreached, [], "no story comes there");

    let mut cases = Vec::new();
    for (place, way) in &ways {
        let calls = if EVERY_CALL.contains(&place.1.as_str()) { way.told.calls[place] } else { 1 };
        for (call, fault) in (0..calls).flat_map(|call| faults::of(&place.1).map(move |fault| (call, fault))) {
            cases.push((way, Planned { place: place.clone(), call, fault }));
        }
    }
    let (next, died) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    let work = || {
        while let Some((way, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let planned: Vec<_> = way.route.iter().chain([case]).cloned().collect();
            let told = tell(&planned);
            for (number, seen) in told.seen.iter().enumerate() {
                assert_eq!(seen.changes, oracle.seen[number].changes, "{planned:?}");
                // What was given up, the merchant was told of; all else makes no difference.
                let usual = way.told.seen.get(number).filter(|_| case.fault != Fault::GivesUp);
                assert!(usual.is_none_or(|usual| usual.told == seen.told), "{planned:?}: {seen:#?} and not {usual:#?}");
            }
            if told.somebody_died {
                died.lock().expect("nobody panicked").insert(case.place.clone());
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    println!("{} stories", cases.len());
    assert_eq!(died.into_inner().expect("nobody panicked"), World::tasks(), "these died in the middle");
}

/// What has to go wrong for an execution to come to each task: nothing, or another task that gives up.
fn ways(oracle: &Told) -> BTreeMap<Place, Way> {
    let mut ways = BTreeMap::new();
    let mut found = |route: &[Planned], told: &Told| {
        for place in told.calls.keys() {
            ways.entry(place.clone()).or_insert_with(|| Way { route: route.to_vec(), told: told.clone() });
        }
    };
    found(&[], oracle);
    for place in oracle.calls.keys().cloned() {
        let route = [Planned { place, call: 0, fault: Fault::GivesUp }];
        found(&route, &tell(&route));
    }
    ways
}
