//! Lives of products that chance has chosen, in a world in which chance decides what happens next and what goes wrong. A
//! seed stands for all of it: `TOLA_SEED=<seed>` tells it again, with everything that happened.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use fastrand::Rng;
use futures::FutureExt as _;
use serde_json::{Value, json};
use tola_catalog::image::{Placeholder, UploadedFile};
use tola_catalog::{Image, ImageId, MerchantId, OperationId, Origin, Rendition};
use tola_checker::{Testimony, Write, check, timeline};
use tola_step::new_id;

use crate::clients::{CHANNELS, Client};
use crate::environment::Asked;
use crate::faults::{Fault, Faults, Place, Source};
use crate::story::{alone, side_by_side};
use crate::witness::{Known, connects, files, items, nobody, scope, testimony};
use crate::world::{Ground, World};

/// How many are told where nobody says how many.
const SEEDS: u64 = 2_000;
/// How many are told twice.
const TWICE: u64 = 40;
/// How often a merchant tries again what failed.
const PATIENCE: usize = 4;

/// What has happened in some stories.
#[derive(Debug, Default)]
struct Happened {
    /// Which faults have befallen which tasks.
    faults: BTreeSet<(Place, &'static str)>,
    /// What was acknowledged.
    writes: BTreeSet<&'static str>,
}

/// What came of a seed: what happened in it, or what was wrong with it and the way there.
type Lived = Result<Happened, String>;

/// A seed's story, told to its end.
struct Life {
    world: World,
    testimony: Testimony,
    has_settled: bool,
}

impl Life {
    async fn of(ground: &Ground, seed: u64, is_told: bool) -> Self {
        let mut dice = Rng::with_seed(seed);
        let faults = Source::Chance { left: dice.u32(0..14), percent: [2, 5, 10, 20][dice.usize(0..4)] };
        let mut world = World::on(ground, Faults::from(faults), Some(dice.fork()), is_told);
        // Most stories are of one product: what befalls several at once takes several, and anything else is found sooner in
        // more and shorter stories.
        let clients = [1, 1, 1, 1, 1, 2, 2, 3][dice.usize(0..8)];
        let merchants = dice.usize(1..3).min(clients);
        let merchants: Vec<_> = (0..merchants).map(|_| MerchantId::new(new_id())).collect();
        for merchant in &merchants {
            for channel in CHANNELS {
                connects(&world, *merchant, channel).await;
            }
        }
        for number in 0..clients {
            let merchant = merchants[number % merchants.len()];
            let images = [image(&world, merchant).await];
            let client = Client::new(&format!("Lamp {number}"), merchant, &images, world.now(), dice.fork());
            files(&world, &client).await;
            world.clients.push(client);
        }
        let mut has_settled = world.settles().await;
        world.faults.end();
        for _ in 0..PATIENCE {
            if !has_settled || !tries_again(&world, &merchants).await {
                break;
            }
            has_settled = world.settles().await;
        }
        let known: Vec<_> = world.clients.iter().filter_map(known).collect();
        let testimony = testimony(&world, &merchants, &known).await;
        Self { world, testimony, has_settled }
    }

    fn judged(&self) -> Lived {
        let violations = check(&self.testimony);
        if violations.is_empty() && self.has_settled {
            let writes = self.world.clients.iter().flat_map(|client| &client.acknowledged);
            let (faults, writes) = (self.world.faults.came().clone(), writes.map(Write::name).collect());
            return Ok(Happened { faults, writes });
        }
        let mut report = if self.has_settled { String::new() } else { "  it goes on for ever\n".to_owned() };
        for violation in violations {
            report += &format!("  {violation}\n");
        }
        Err(report + &self.story())
    }

    /// Everything that happened in it.
    fn story(&self) -> String {
        timeline(self.world.log(), &self.testimony).iter().map(|moment| format!("    {moment}\n")).collect()
    }
}

/// A seed's story, judged; a panic is something wrong with it, too.
async fn live(ground: &Ground, seed: u64, is_told: bool) -> Lived {
    let lived = AssertUnwindSafe(Life::of(ground, seed, is_told)).catch_unwind().await;
    let Ok(life) = lived else { return Err("  it panics; what it says is above\n".to_owned()) };
    let judged = life.judged();
    if is_told && judged.is_ok() {
        println!("seed {seed}: nothing is wrong\n{}", life.story());
    }
    judged
}

fn known(client: &Client) -> Option<Known<'_>> {
    let product = client.product.as_deref()?;
    Some(Known { merchant_id: client.merchant_id, product, acknowledged: &client.acknowledged })
}

/// Every merchant retries what failed and was not retried. Whether there was anything.
async fn tries_again(world: &World, merchants: &[MerchantId]) -> bool {
    let mut again = false;
    for merchant_id in merchants {
        for operation in items(world, *merchant_id, "/v1/operations").await {
            let is_over = ["FAILED", "CANCELLED"].map(Value::from).contains(&operation["status"]);
            if is_over && operation["retried_by"].is_null() {
                let path = format!("/v1/operations/{}/retry", operation["id"].as_str().unwrap_or_default());
                let body = json!({});
                let asked = Asked { merchant_id: *merchant_id, method: "POST", path, body, key: None };
                let (status, answer) = world.request(asked).await;
                assert!(status < 500, "a retry was answered {status}: {answer}");
                again |= status == 202;
            }
        }
    }
    again
}

/// An image as its workflow leaves it.
async fn image(world: &World, merchant_id: MerchantId) -> String {
    let id = ImageId::new(new_id());
    let origin = Origin { now: world.now(), actor: nobody(), correlation_id: "seed".into(), cause: None };
    let mut image = Image::awaiting_upload(id, merchant_id, "image/jpeg", origin.now);
    let file = UploadedFile { content_type: "image/jpeg".into(), width: 400, height: 300, bytes: 9 };
    let placeholder = Placeholder { blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj".into(), colour: "#c86432".into() };
    let rendition = Rendition {
        name: "320.jpg".into(),
        content_type: "image/jpeg".into(),
        width: 320,
        height: 240,
        bytes: 7,
        key: format!("images/{merchant_id}/ab/320.jpg"),
    };
    let _ = image.arrive(None, OperationId::new(new_id()), &origin);
    let _ = image.finish(file, placeholder, vec![rendition], &origin);
    image.intents.clear();
    image.outbox.clear();
    image.outbox_due_at = None;
    world.undisturbed(world.store().images(scope(merchant_id)).insert(&image)).await.expect("an image");
    id.to_string()
}

/// A number that a variable of the environment gives.
#[expect(clippy::disallowed_methods, reason = "how much a test does is no setting of Tola's")]
fn given(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn whatever_chance_breaks_nothing_is_lost_and_nothing_is_done_twice() {
    let first = given("TOLA_SEED").or_else(|| given("TOLA_FIRST_SEED")).unwrap_or(0);
    let count = given("TOLA_SEED").map(|_| 1).or_else(|| given("TOLA_SEEDS")).unwrap_or(SEEDS);
    let is_told = given("TOLA_SEED").is_some();
    let (next, happened, wrong) = (AtomicU64::new(first), Mutex::new(Happened::default()), Mutex::new(Vec::new()));
    let began = Instant::now();
    let work = async |ground: &Ground| {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count || !wrong.lock().expect("nobody panicked").is_empty() {
                return;
            }
            match live(ground, seed, is_told).await {
                Ok(more) => {
                    let mut happened = happened.lock().expect("nobody panicked");
                    happened.faults.extend(more.faults);
                    happened.writes.extend(more.writes);
                }
                // Once more, with everything that happened.
                Err(_) => {
                    let again = live(ground, seed, true).await.err();
                    let report = again.unwrap_or_else(|| "  but not when it was told again\n".to_owned());
                    wrong.lock().expect("nobody panicked").push(format!("seed {seed}:\n{report}"));
                }
            }
            if (seed + 1 - first).is_multiple_of(1_000) {
                println!("{} seeds in {:.0?}", seed + 1 - first, began.elapsed());
            }
        }
    };
    side_by_side(work);
    let wrong = wrong.into_inner().expect("nobody panicked");
    assert!(wrong.is_empty(), "{}\nTOLA_SEED=<seed> repeats one", wrong.join("\n"));
    let Happened { faults, writes } = happened.into_inner().expect("nobody panicked");
    println!("{count} seeds in {:.0?}, {} faults of tasks", began.elapsed(), faults.len());
    if count >= SEEDS {
        assert_eq!(writes.len(), Write::NAMES.len(), "not all of these was acknowledged: {:?}", Write::NAMES);
        let names: BTreeSet<_> = faults.iter().map(|(_, name)| *name).collect();
        let wanted: BTreeSet<_> = Fault::all_of("Publish the events", 1).into_iter().map(Fault::name).collect();
        assert_eq!(names, wanted, "not all of these came about");
    }
}

#[test]
fn a_seed_tells_the_same_story_each_time() {
    alone(async |ground| {
        for seed in 0..TWICE {
            let (first, again) = (log(ground, seed).await, log(ground, seed).await);
            let other = first.iter().zip(&again).position(|(first, again)| first != again);
            let place = other.unwrap_or(first.len().min(again.len()));
            let from = place.saturating_sub(3);
            let (first_part, again_part) = (first.get(from..=place), again.get(from..=place));
            assert_eq!(first.len(), again.len(), "seed {seed}, at {place}: {first_part:#?} and {again_part:#?}");
            assert_eq!(other, None, "seed {seed}: {first_part:#?} and {again_part:#?}");
        }
    });
}

async fn log(ground: &Ground, seed: u64) -> Vec<String> {
    let life = Life::of(ground, seed, true).await;
    life.world.log().iter().map(|moment| without_listings(&moment.to_string())).collect()
}

/// A line without the ids that the marketplace gives, which are its own affair.
fn without_listings(line: &str) -> String {
    const ID: usize = 26;
    let mut parts = line.split("sandbox_");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |line, part| line + part.get(ID..).unwrap_or_default())
}
