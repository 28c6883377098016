//! Every POST, and whatever else takes a key, sent many times at once or dying on its way: it has the effect of one request
//! that went well.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;

use api::app::{Relay, Workflows};
use axum::http::StatusCode;
use futures::future::join_all;
use mongodb::bson::Document;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tola_catalog::listing::ChannelOutcome;
use tola_catalog::operation::Subject;
use tola_catalog::{ChannelId, ChannelStatus, ImageId, OperationId, OperationStatus, ProductId};
use tola_contracts::message::AggregateRef;
use tola_store::{Saved, schema};

use crate::alike::plain_documents;
use crate::market::refused;
use crate::support::{Actress, Answer, Ask, World, lamp};

const AT_ONCE: usize = 50;

/// The longest time for which a key may be in flight, in seconds, rounded up.
const LEASE: u64 = 36;

/// Where it is noted how often somebody asked, and not what came of it.
const COUNTED: [&str; 3] = [schema::IDEMPOTENCY, schema::QUOTAS, schema::SANDBOX_COUNTERS];

/// A request that can be sent, of a merchant who has all that it takes.
#[derive(Clone)]
struct Scene {
    ana: Actress,
    method: &'static str,
    path: String,
    body: Value,
    /// How many operations had been launched, and stopped, before.
    before: (usize, usize),
}

/// What there is after requests, and what they have started.
#[derive(Debug, PartialEq, Eq)]
struct Effect {
    documents: Vec<String>,
    launched: Vec<String>,
    stopped: usize,
}

impl Effect {
    #[track_caller]
    fn is(&self, other: &Self, after: impl Display) {
        let without = |some: &[String], others: &[String]| -> Vec<String> {
            some.iter().filter(|document| !others.contains(document)).cloned().collect()
        };
        let (more, less) = (without(&self.documents, &other.documents), without(&other.documents, &self.documents));
        assert_eq!(self, other, "{after}: there is {more:#?} instead of {less:#?}");
    }
}

fn withdrawn(_: u64) -> ChannelOutcome {
    ChannelOutcome::Withdrawn { remains: None, already: false }
}

/// What a request of a route is about, and what it says.
async fn ready(ana: &Actress, method: &str, pattern: &str) -> (String, Value) {
    let nothing = json!({});
    match (method, pattern) {
        ("POST", "/v1/products") => {
            let image = ana.has_ready_image().await;
            (String::new(), lamp(json!({ "sku": "lamp", "images": [{ "image_id": image.id }] })))
        }
        ("POST", "/v1/images") => (String::new(), json!({ "content_type": "image/png" })),
        ("POST", "/v1/products/{id}/publish") => {
            ana.connects("shop").await;
            (ana.has_ready_product().await, json!({ "channels": ["shop"] }))
        }
        ("POST", "/v1/products/{id}/unpublish" | "/v1/products/{id}/deactivate") | ("DELETE", "/v1/products/{id}") => {
            (ana.has_live_product(&["shop"]).await, nothing)
        }
        ("POST", "/v1/products/{id}/reactivate") => {
            let id = ana.has_live_product(&["shop"]).await;
            ana.acts(&id, "deactivate", json!({})).await.accepted();
            ana.hears(&id, "shop", withdrawn).await;
            (id, nothing)
        }
        ("POST", "/v1/channels/{id}/test") => {
            ana.connects("shop").await;
            let (channels, shop) = (ana.store.channels(ana.scope()), ChannelId::parse("shop").unwrap());
            let sound = channels.get(&shop).await.unwrap().unwrap();
            let broken = tola_catalog::Channel { status: ChannelStatus::AuthBroken, ..sound.clone() };
            assert_eq!(channels.save(&sound, &broken).await.unwrap(), Saved::Moved);
            ("shop".to_owned(), nothing)
        }
        ("POST", "/v1/channels/{id}/reconcile") | ("DELETE", "/v1/channels/{id}") => {
            ana.connects("shop").await;
            ("shop".to_owned(), nothing)
        }
        ("DELETE", "/v1/categories/{id}") => {
            ana.files("lamps", json!({ "name": "Lamps" })).await;
            ("lamps".to_owned(), nothing)
        }
        ("PATCH", "/v1/products/{id}/inventory") => {
            let id = ana.registers(json!({})).await.text("/id").to_owned();
            ana.counts(&id, json!({ "set": 3 })).await;
            (id, json!({ "adjust": -2, "reason": "SALE", "low_stock_threshold": 1 }))
        }
        ("POST", "/v1/operations/{id}/retry") => {
            let operation = ana.registers(json!({})).await.text("/operation/id").to_owned();
            ana.sees_settled(&operation, OperationStatus::Failed).await;
            (operation, nothing)
        }
        ("POST", "/v1/operations/{id}/cancel") => {
            ana.connects("shop").await;
            let id = ana.has_ready_product().await;
            (ana.acts(&id, "publish", json!({ "channels": ["shop"] })).await.accepted(), nothing)
        }
        ("DELETE", "/v1/images/{id}") => (ana.promises_image().await, nothing),
        _ => panic!("there is no scene for {method} {pattern}"),
    }
}

impl Scene {
    async fn of(world: &World, method: &'static str, pattern: &str) -> Self {
        let ana = world.merchant();
        let (id, body) = ready(&ana, method, pattern).await;
        let before = (world.launched().len(), world.workflows.stopped.lock().unwrap().len());
        Self { ana, method, path: pattern.replace("{id}", &id), body, before }
    }

    fn ask(&self) -> Ask {
        let ask = self.ana.ask(self.method, &self.path);
        if self.method == "DELETE" { ask.with("if-match", "*") } else { ask.json(self.body.clone()) }
    }

    async fn sends(&self) -> Answer {
        let ask = self.ana.ask(self.method, &self.path).with("idempotency-key", "k");
        ask.json(self.body.clone()).send().await
    }

    async fn sends_itself(self) -> Answer {
        self.sends().await
    }

    async fn sends_another_body(&self) -> Answer {
        let ask = self.ana.ask(self.method, &self.path).with("idempotency-key", "k");
        ask.json(json!({ "other": true })).send().await
    }

    /// Other names for what differs from one scene to the next; what was minted for the key is told from other ids.
    async fn names(&self, world: &World) -> Vec<(String, &'static str)> {
        let merchant = self.ana.identity.merchant_id;
        let mut names = vec![(merchant.to_string(), "(merchant)")];
        for (resource, operation) in world.minted_for(merchant).await {
            names.extend([(resource, "(minted for a resource)"), (operation, "(minted for an operation)")]);
        }
        names
    }

    /// Plays the sweep, which starts and delivers what requests had no time for. Whether there was anything.
    async fn sweeps(&self, world: &World, documents: &[(String, Document)]) -> bool {
        let mut swept = false;
        for (collection, document) in documents {
            let id = document.get_str("_id").unwrap();
            let aggregate = match collection.as_str() {
                schema::PRODUCTS => AggregateRef::Product(ProductId::parse(id).unwrap()),
                schema::IMAGES => AggregateRef::Image(ImageId::parse(id).unwrap()),
                _ => continue,
            };
            if let (AggregateRef::Product(product), Ok([_, ..])) =
                (aggregate, document.get_array("intents").map(Vec::as_slice))
            {
                for intent in &self.ana.stored(id).await.intents {
                    world.workflows.launch(self.ana.scope(), Subject::Product(product), intent).await.unwrap();
                    swept = true;
                }
            }
            if document.contains_key("outbox_due_at") {
                world.relay.drain(aggregate).await.unwrap();
                swept = true;
            }
        }
        swept
    }

    async fn effect(&self, world: &World) -> Effect {
        let (merchant, names) = (self.ana.identity.merchant_id, self.names(world).await);
        let mut documents = world.documents_of(merchant).await;
        if self.sweeps(world, &documents).await {
            documents = world.documents_of(merchant).await;
        }
        documents.retain(|(collection, _)| !COUNTED.contains(&collection.as_str()));
        let launched = world.launched();
        let launched: Vec<String> = launched[self.before.0..].iter().map(OperationId::to_string).collect();
        let launched = launched.iter().map(|id| crate::alike::plain(id, &names)).collect();
        // What stands can be stopped again.
        let stopped = world.workflows.stopped.lock().unwrap()[self.before.1..].iter().collect::<BTreeSet<_>>().len();
        Effect { documents: plain_documents(&documents, &names), launched, stopped }
    }

    /// A request of its route that nothing happens to: its answer, and its effect.
    async fn undisturbed(world: &World, method: &'static str, pattern: &str) -> (String, Effect) {
        let scene = Self::of(world, method, pattern).await;
        let untouched = scene.effect(world).await;
        let answer = scene.sends().await;
        assert!(answer.status.is_success(), "{pattern}: {answer:?}");
        let effect = scene.effect(world).await;
        assert_ne!(effect, untouched, "{pattern} changes nothing");
        (answer.plain(&scene.names(world).await), effect)
    }
}

impl Answer {
    #[track_caller]
    fn is_in_flight(&self) {
        assert_eq!(self.refused(), (409, "IDEMPOTENCY_KEY_IN_FLIGHT"));
        let wait: u64 = self.header("retry-after").parse().unwrap();
        assert!((1..=LEASE).contains(&wait), "{wait}");
    }

    fn is_replayed(&self) -> bool {
        self.header("idempotency-replayed") == "true"
    }
}

/// Method and pattern of the routes that take a key.
fn keyed() -> impl Iterator<Item = (&'static str, &'static str)> {
    api::ROUTES.iter().filter(|route| route.keyed).map(|route| (route.method, route.path))
}

/// As many answers to requests that are sent at the same time.
async fn at_once<F>(ask: impl Fn() -> F) -> Vec<Answer>
where
    F: Future<Output = Answer> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(AT_ONCE));
    let sent = (0..AT_ONCE).map(|_| {
        let (barrier, asked) = (barrier.clone(), ask());
        tokio::spawn(async move {
            barrier.wait().await;
            asked.await
        })
    });
    join_all(sent).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_with_one_key_have_the_effect_of_one() {
    for (method, pattern) in keyed() {
        let world = World::new().await;
        let (alone, effect) = Scene::undisturbed(&world, method, pattern).await;
        let scene = Scene::of(&world, method, pattern).await;

        let sent = at_once(|| scene.clone().sends_itself()).await;

        let (early, mut answers): (Vec<_>, Vec<_>) =
            sent.into_iter().partition(|answer| answer.status == StatusCode::CONFLICT);
        assert_eq!(answers.iter().filter(|answer| !answer.is_replayed()).count(), 1, "{pattern}");
        // One has its answer by now, so that there is one for all.
        for answer in early {
            answer.is_in_flight();
            answers.push(scene.sends().await);
        }
        scene.effect(&world).await.is(&effect, pattern);
        let names = scene.names(&world).await;
        for answer in &answers {
            assert_eq!(answer.plain(&names), alone, "{pattern}");
        }
        assert_eq!(answers.iter().filter(|answer| answer.is_replayed()).count(), AT_ONCE - 1, "{pattern}");
        assert_eq!(scene.sends_another_body().await.refused(), (422, "IDEMPOTENCY_KEY_REUSED"), "{pattern}");
        scene.effect(&world).await.is(&effect, pattern);
    }
}

/// What is no creation is the same whoever asks for it how often. Who is late for what goes by it finds nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_without_a_key_make_one_operation() {
    let creations = ["/v1/products", "/v1/images"];
    for (method, pattern) in api::ROUTES.iter().map(|route| (route.method, route.path)) {
        if !matches!(method, "POST" | "DELETE") || creations.contains(&pattern) {
            continue;
        }
        let world = World::new().await;
        let alone = Scene::of(&world, method, pattern).await;
        let answer = alone.ask().send().await;
        assert!(answer.status.is_success(), "{method} {pattern}: {answer:?}");
        let effect = alone.effect(&world).await;
        let scene = Scene::of(&world, method, pattern).await;

        let answers = at_once(|| scene.ask().send()).await;

        for other in &answers {
            let late = match (method, pattern) {
                ("DELETE", _) => other.status == StatusCode::NOT_FOUND,
                (_, "/v1/products/{id}/reactivate") => other.body["error"]["code"] == "ACTION_NOT_POSSIBLE",
                _ => false,
            };
            assert!(other.status == answer.status || late, "{method} {pattern}: {other:?}");
        }
        let operation = |answer: &Answer| {
            let operation = answer.body.pointer("/operation/id").or(answer.body.get("id"));
            operation.map(ToString::to_string)
        };
        let operations: BTreeSet<_> = answers.iter().filter_map(operation).collect();
        assert!(operations.len() <= 1, "{method} {pattern}: {operations:?}");
        // What runs can be started again.
        let mut together = scene.effect(&world).await;
        together.launched.dedup();
        together.is(&effect, format!("{method} {pattern}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn while_a_request_is_under_way_its_key_is_in_flight() {
    for (method, pattern) in keyed() {
        let world = World::overheard().await;
        let (alone, effect) = Scene::undisturbed(&world, method, pattern).await;
        let scene = Scene::of(&world, method, pattern).await;

        // The first write claims the key.
        let mut held = world.commands().hold_after(1);
        let first = tokio::spawn(scene.clone().sends_itself());
        held.is_reached().await;
        scene.sends().await.is_in_flight();
        assert_eq!(scene.sends_another_body().await.refused(), (422, "IDEMPOTENCY_KEY_REUSED"), "{pattern}");
        held.goes_on();

        let (first, again, names) = (first.await.unwrap(), scene.sends().await, scene.names(&world).await);
        assert_eq!((first.plain(&names), first.is_replayed()), (alone.clone(), false), "{pattern}");
        assert_eq!((again.plain(&names), again.is_replayed()), (alone, true), "{pattern}");
        scene.effect(&world).await.is(&effect, pattern);
    }
}

/// The function dies before the first thing that it writes, before the second, and so on.
#[tokio::test]
async fn wherever_a_request_dies_its_repetition_comes_to_the_same_end() {
    for (method, pattern) in keyed() {
        let world = World::overheard().await;
        let (alone, effect) = Scene::undisturbed(&world, method, pattern).await;
        let mut writes = 0;
        loop {
            let scene = Scene::of(&world, method, pattern).await;
            let answer = world.commands().dying_after(writes, scene.sends()).await;
            if answer.status.is_success() {
                break;
            }
            let died = format!("{pattern}, dead after {writes} writes");
            assert_eq!(answer.refused(), (500, "INTERNAL"), "{died}");

            if writes > 0 {
                scene.sends().await.is_in_flight();
                world.leases_end().await;
            }
            let repeated = scene.sends().await;

            let names = scene.names(&world).await;
            assert_eq!((repeated.plain(&names), repeated.is_replayed()), (alone.clone(), false), "{died}");
            scene.effect(&world).await.is(&effect, &died);
            assert!(scene.sends().await.is_replayed(), "{died}");
            writes += 1;
        }
        assert!(writes >= 3, "{pattern}: the key, what is asked for and the answer are three at least");
    }
}

#[tokio::test]
async fn what_has_failed_meanwhile_is_not_begun_anew_by_a_repetition() {
    let (world, publish) = (World::overheard().await, "/v1/products/{id}/publish");
    let (_, commands) = world.commands().of(Scene::of(&world, "POST", publish).await.sends()).await;
    let scene = Scene::of(&world, "POST", publish).await;
    // The last of them keeps the answer.
    let writes = commands.iter().filter(|command| command.writes()).count();
    let died = world.commands().dying_after(writes - 1, scene.sends()).await;
    assert_eq!(died.refused(), (500, "INTERNAL"));
    let operation = world.launched().last().unwrap().to_string();
    let product = scene.path.split('/').nth(3).unwrap();
    scene.ana.hears(product, "shop", refused).await;
    scene.ana.sees_settled(&operation, OperationStatus::Failed).await;
    let before = scene.ana.stored(product).await;
    world.leases_end().await;

    let repeated = scene.sends().await;

    assert_eq!((repeated.accepted(), repeated.text("/operation/status")), (operation, "FAILED"));
    assert_eq!(scene.ana.stored(product).await, before);
}
