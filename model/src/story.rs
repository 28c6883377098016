//! A product's life, as its merchant brings it about and sees it: once without a fault, and then once for every fault of
//! every task.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use serde_json::{Value, json};
use tola_catalog::{ChannelId, MerchantId, ProductId};
use tola_media::testing::photo_jpeg;
use tola_media::upload_key;
use tola_store::{SandboxEffect, SandboxKey, TenantScope};
use ulid::Ulid;

use crate::environment::Asked;
use crate::faults::{Fate, Fault, Faults, Place, Planned, Source};
use crate::witness::{connects, scope};
use crate::world::{Ground, PHOTO, World};

/// How often a merchant tries again what failed.
const PATIENCE: usize = 4;
const CHANNEL: &str = "north";

/// What happens, and what the merchant then sees: the product's status, and how it stands on the channel.
const CHAPTERS: [(&str, &str, &str); 16] = [
    ("register without a price", "DRAFT", "ABSENT"),
    ("upload something else", "DRAFT", "ABSENT"),
    ("register", "DRAFT", "ABSENT"),
    ("upload the photo", "READY", "ABSENT"),
    ("show no photo", "DRAFT", "ABSENT"),
    ("show the photo", "READY", "ABSENT"),
    ("file it where a material is asked for", "DRAFT", "ABSENT"),
    ("ask for nothing there", "READY", "ABSENT"),
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
    merchant_id: MerchantId,
    product: String,
    /// The image that was promised last.
    image: String,
    /// The image that the product shows.
    photo: String,
    /// What goes wrong, for whoever reads a failure.
    what: String,
}

impl Story {
    async fn begin(ground: &Ground, planned: &[Planned]) -> Self {
        let faults = Faults::from(Source::Plan(planned.to_vec()));
        let world = World::on(ground, faults, None, false);
        let merchant_id = MerchantId::new(Ulid::from_parts(1, 1));
        let what = format!("{planned:?}");
        connects(&world, merchant_id, CHANNEL).await;
        let (product, image, photo) = (String::new(), String::new(), String::new());
        Self { world, merchant_id, product, image, photo, what }
    }

    /// At the marketplace, which then does not know us any more.
    async fn changes_the_password(&self) {
        let channels = self.world.store().channels(self.scope());
        let before =
            self.world.undisturbed(channels.get(&channel())).await.expect("the database").expect("the channel");
        let mut after = before.clone();
        let refuse = json!({ "refuse": { "class": "auth", "message": "Who are you?" } });
        after.config.insert("switch".to_owned(), refuse);
        let _ = self.world.undisturbed(channels.save(&before, &after)).await.expect("the database");
    }

    /// A file arrives for an image that was promised.
    async fn uploads(&mut self, bytes: Vec<u8>) {
        if self.image.is_empty() {
            self.promises_an_image().await;
        }
        let key = upload_key(&self.merchant_id.to_string(), &self.image);
        self.world.uploads(&key, bytes);
        self.image.clear();
    }

    async fn settles(&mut self) {
        assert!(self.world.settles().await, "{}: it goes on for ever", self.what);
    }

    async fn promises_an_image(&mut self) {
        let promised = self.asks("POST", "/v1/images", &json!({ "content_type": "image/jpeg" })).await;
        promised["image"]["id"].as_str().expect("an id").clone_into(&mut self.image);
    }

    /// Tells the story, and returns what was to be seen after each chapter. It ends with the chapter after the one in which
    /// the last thing went wrong; if nothing is to, it is told to its end.
    async fn tell(&mut self) -> Vec<Seen> {
        let (mut seen, mut is_last) = (Vec::new(), false);
        let is_plain = self.world.faults.are_over();
        for (number, (action, status, presence)) in CHAPTERS.into_iter().enumerate() {
            self.does(action, number).await;
            self.settles().await;
            for _ in 0..PATIENCE {
                if !self.tries_again().await {
                    break;
                }
                self.settles().await;
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
            "upload something else" => self.uploads(b"%PDF-1.7".to_vec()).await,
            "upload the photo" => self.uploads(photo_jpeg(PHOTO.0, PHOTO.1, 7)).await,
            "register" => {
                self.promises_an_image().await;
                let body = json!({
                    "name": "Lamp", "description": "It shines.", "price": { "amount": 1999, "currency": "USD" },
                    "images": [{ "image_id": self.image }],
                });
                let registered = self.asks("POST", "/v1/products", &body).await;
                registered["id"].as_str().expect("an id").clone_into(&mut self.product);
                self.photo.clone_from(&self.image);
            }
            "show no photo" => _ = self.asks("PATCH", &path, &json!({ "images": [] })).await,
            // A photo that is ready already: whoever registers with it need not wait.
            "show the photo" => {
                _ = self.asks("PATCH", &path, &json!({ "images": [{ "image_id": self.photo }] })).await;
            }
            "file it where a material is asked for" => {
                _ = self.asks("PUT", "/v1/categories/lamps", &json!({ "name": "Lamps" })).await;
                let material = json!({ "attributes": { "material": { "type": "text", "required": true } } });
                _ = self.asks("PUT", "/v1/categories/lamps/schema", &material).await;
                _ = self.asks("PATCH", &path, &json!({ "category_id": "lamps" })).await;
            }
            "ask for nothing there" => {
                _ = self.asks("PUT", "/v1/categories/lamps/schema", &json!({ "attributes": {} })).await;
            }
            "register without a price" => {
                let registered = self.asks("POST", "/v1/products", &json!({ "name": "Draft" })).await;
                registered["id"].as_str().expect("an id").clone_into(&mut self.product);
            }
            "reconcile with another password" => {
                self.changes_the_password().await;
                _ = self.asks("POST", &format!("/v1/channels/{CHANNEL}/reconcile"), &json!({})).await;
                self.settles().await;
                connects(&self.world, self.merchant_id, CHANNEL).await;
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
        let products = self.world.store().products(self.scope());
        if let Some(product) = self.world.undisturbed(products.get(id)).await.expect("the database") {
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
        let sandbox = self.world.store().sandbox(self.scope());
        let ledger = self.world.undisturbed(sandbox.ledger(&key)).await.expect("the ledger");
        let mut fences = BTreeSet::new();
        let changes = ledger.iter().filter(|entry| entry.effect.is_change());
        for entry in changes.clone() {
            let fence = entry.fence.expect("a fence");
            assert!(fences.insert(fence), "{}: fence {fence} changed something twice: {ledger:#?}", self.what);
        }
        changes.map(|entry| entry.effect).collect()
    }

    async fn asks(&self, method: &'static str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.sends(method, path, body).await;
        assert!(status < 400, "{}: {method} {path}: {status} {answer}", self.what);
        answer
    }

    async fn sends(&self, method: &'static str, path: &str, body: &Value) -> (u16, Value) {
        let (path, body) = (path.to_owned(), body.clone());
        self.world.request(Asked { merchant_id: self.merchant_id, method, path, body, key: None }).await
    }

    fn scope(&self) -> TenantScope {
        scope(self.merchant_id)
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
    /// How often each task crossed over to the world, in one call after the other.
    crossings: BTreeMap<Place, Vec<u32>>,
    /// What came to be.
    came: BTreeSet<(Place, &'static str)>,
}

async fn tell(ground: &Ground, planned: &[Planned]) -> Told {
    let mut story = Story::begin(ground, planned).await;
    let seen = story.tell().await;
    let faults = &story.world.faults;
    assert!(faults.are_over(), "{planned:?}: it did not come to that");
    let (calls, crossings, came) = (faults.calls().clone(), faults.crossings().clone(), faults.came().clone());
    Told { seen, calls, crossings, came }
}

/// Runs something in a thread that has a world to itself.
pub(crate) fn alone<T>(doing: impl AsyncFnOnce(&Ground) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { doing(&Ground::new().await).await })
}

/// Runs the same in as many threads as there is room for, each with a world to itself.
pub(crate) fn side_by_side(work: impl AsyncFn(&Ground) + Copy + Send) {
    std::thread::scope(|scope| {
        for _ in 1..available_parallelism().map_or(1, usize::from) {
            scope.spawn(move || alone(work));
        }
        alone(work);
    });
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
    let (oracle, ways) = alone(async |ground| {
        let oracle = tell(ground, &[]).await;
        let ways = ways(ground, &oracle).await;
        (oracle, ways)
    });
    assert_eq!(oracle.seen[CHAPTERS.len() - 1].changes.len(), 6, "{oracle:?}");
    let unreached: Vec<_> = World::tasks().into_iter().filter(|task| !ways.contains_key(task)).collect();
    assert_eq!(unreached, [], "no story comes there");

    let mut cases = Vec::new();
    for (place, way) in &ways {
        let calls = if EVERY_CALL.contains(&place.1.as_str()) { way.told.calls[place] } else { 1 };
        for call in 0..calls {
            let crossings = way.told.crossings[place].get(call).copied().unwrap_or_default();
            for fault in Fault::all_of(&place.1, crossings) {
                cases.push((way, Planned { place: place.clone(), call, fault }));
            }
        }
    }
    let (next, came) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    let work = async |ground: &Ground| {
        while let Some((way, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let planned: Vec<_> = way.route.iter().chain([case]).cloned().collect();
            let told = tell(ground, &planned).await;
            assert!(
                told.came.contains(&(case.place.clone(), case.fault.name())),
                "{planned:?}: it did not come to that"
            );
            for (number, seen) in told.seen.iter().enumerate() {
                assert_eq!(seen.changes, oracle.seen[number].changes, "{planned:?}");
                // What was given up, the merchant was told of; all else makes no difference.
                let usual = way.told.seen.get(number).filter(|_| !case.fault.is_final());
                assert!(usual.is_none_or(|usual| usual.told == seen.told), "{planned:?}: {seen:#?} and not {usual:#?}");
            }
            came.lock().expect("nobody panicked").extend(told.came);
        }
    };
    side_by_side(work);
    let came = came.into_inner().expect("nobody panicked");
    println!("{} stories; {} tasks, {} faults of tasks", cases.len(), ways.len(), came.len());
    let missed: Vec<_> = ways
        .keys()
        .flat_map(|place| Fault::all_of(&place.1, 1).into_iter().map(|fault| (place.clone(), fault.name())))
        .filter(|fault| !came.contains(fault))
        .collect();
    assert_eq!(missed, [], "these faults did not come about");
}

/// What has to go wrong for an execution to come to each task: nothing, or another task that gives up.
async fn ways(ground: &Ground, oracle: &Told) -> BTreeMap<Place, Way> {
    let mut ways = BTreeMap::new();
    let mut found = |route: &[Planned], told: &Told| {
        for place in told.calls.keys() {
            ways.entry(place.clone()).or_insert_with(|| Way { route: route.to_vec(), told: told.clone() });
        }
    };
    found(&[], oracle);
    for place in oracle.calls.keys().cloned() {
        let route = [Planned { place, call: 0, fault: Fault::GivesUp }];
        let told = tell(ground, &route).await;
        found(&route, &told);
    }
    ways
}

/// The commands of the story in their order: the task that gives each, and the how-manieth call of it that is.
const COMMANDS: [(&str, &str, usize); 6] = [
    ("publish-product", "Submit the listing", 0),
    ("publish-product", "Submit the listing", 1),
    ("withdraw-product", "Withdraw the listing", 0),
    ("publish-product", "Submit the listing", 2),
    ("withdraw-product", "Withdraw the listing", 1),
    ("withdraw-product", "Withdraw the listing", 2),
];

/// A command is given up, and lies in its queue. Its merchant tries again, and then wants something else; whoever does that
/// dies at it, and before anybody else goes on with it, the old command comes.
#[test]
fn a_command_that_comes_while_a_newer_one_is_in_doubt_changes_nothing() {
    let place = |machine: &str, task: &str| (machine.to_owned(), task.to_owned());
    let oracle = alone(async |ground| tell(ground, &[]).await);
    let mut cases = Vec::new();
    for pair in COMMANDS.windows(2) {
        let ((machine, task, call), (newer_machine, newer_task, newer_call)) = (pair[0], pair[1]);
        let ghost = Planned { place: place(machine, task), call, fault: Fault::Ghost };
        let newer = place(newer_machine, newer_task);
        // The one that is tried again is a call, too.
        let call = newer_call + usize::from(newer == ghost.place);
        for crossing in 0..oracle.crossings[&newer][newer_call] {
            for back in [false, true] {
                let fault = Fault::Dies(Fate { crossing, back });
                cases.push([ghost.clone(), Planned { place: newer.clone(), call, fault }]);
            }
        }
    }
    assert!(cases.len() > 50, "{} cases", cases.len());
    let next = AtomicUsize::new(0);
    let work = async |ground: &Ground| {
        while let Some(planned) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let told = tell(ground, planned).await;
            for (number, seen) in told.seen.iter().enumerate() {
                let was_to_be = &oracle.seen[number].changes;
                assert_eq!(&seen.changes, was_to_be, "{planned:?}: something else changed at the channel");
            }
        }
    };
    side_by_side(work);
    println!("{} stories", cases.len());
}
