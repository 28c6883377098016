//! One run: merchants at work, something that goes wrong meanwhile, and a look at what has become of it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use fastrand::Rng;
use futures::future::try_join_all;
use serde_json::{Value, json};
use tokio::sync::watch;
use tola_checker::{Testimony, check};

use super::faults::{Fault, Happened, Scene};
use super::plan::{MERCHANTS, stories};
use super::results::Outcome;
use super::stage::{Stage, folder};
use super::timeline::Timeline;
use super::workload::{self, Shopkeeper};
use super::{settle, testimony};

/// Longer than any run takes that will ever end.
const ENDS_WITHIN: Duration = Duration::from_secs(900);

/// Runs one fault with one seed, and says what came of it. Whatever goes wrong with the run itself is what came of it, too.
pub(crate) async fn run(stage: Arc<Stage>, fault: Fault, seed: u64, lie: bool) -> anyhow::Result<Outcome> {
    let (began, timeline) = (Instant::now(), Timeline::default());
    let told = timeline.clone();
    // A task of its own: what tests share panics when it does not find what it asks for.
    let mut work = {
        let stage = Arc::clone(&stage);
        tokio::spawn(async move { performed(&stage, fault, seed, lie, &told).await })
    };
    let performed = match tokio::time::timeout(ENDS_WITHIN, &mut work).await {
        Ok(Ok(performed)) => performed,
        Ok(Err(panic)) => Err(anyhow::anyhow!("it panicked: {panic}")),
        Err(_) => {
            work.abort();
            Err(anyhow::anyhow!("it did not end within {ENDS_WITHIN:?}"))
        }
    };
    let (mut outcome, testimony) = match performed {
        Ok(performed) => performed,
        Err(error) => {
            heal(&stage).await?;
            let failed =
                Outcome { violations: vec![format!("the run came to no end: {error:#}")], ..Outcome::default() };
            (failed, Testimony::default())
        }
    };
    (outcome.fault, outcome.seed) = (Some(fault), seed);
    outcome.took = began.elapsed().as_secs_f64();
    if !outcome.violations.is_empty() {
        let path = written(&outcome, fault, &timeline.told(&testimony))?;
        eprintln!("{}", told_of(&outcome, fault));
        eprintln!("the timeline is in {}\n", path.display());
    }
    Ok(outcome)
}

async fn performed(
    stage: &Stage,
    fault: Fault,
    seed: u64,
    lie: bool,
    timeline: &Timeline,
) -> anyhow::Result<(Outcome, Testimony)> {
    // The same seed tells other stories with each fault.
    let mut rng = Rng::with_seed(seed.wrapping_mul(64).wrapping_add(fault as u64));
    let stories = stories(&mut rng);
    let clients = workload::opened(&stage.stack, MERCHANTS, timeline).await?;
    let (done, over) = watch::channel(false);
    let scene = Scene { stage, clients: &clients, timeline, over };
    let work = async {
        let worked = workload::told(&clients, &stories).await;
        done.send_replace(true);
        worked.map(|keepers| (keepers, Instant::now()))
    };
    let breaking = async { fault.happens(&scene, &mut rng).await.map(|happened| (happened, Instant::now())) };
    let ((keepers, worked_until), (happened, broken_until)) = tokio::try_join!(work, breaking)?;

    let settled = settle::settled(stage, &keepers, timeline).await;
    let recovery = broken_until.max(worked_until).elapsed();
    timeline.tell("run", settled.as_ref().map_or_else(ToString::to_string, |()| "everything has settled".to_owned()));
    let mut testimony = testimony::gathered(stage, &keepers).await?;
    if lie {
        lied(&mut testimony);
    }
    let mut outcome = measured(&keepers, &testimony, happened).await?;
    outcome.recovery = settled.is_ok().then_some(recovery.as_secs_f64());
    outcome.violations = check(&testimony).iter().map(ToString::to_string).collect();
    outcome.violations.extend(settled.err().map(|error| error.to_string()));
    Ok((outcome, testimony))
}

/// What can be counted of a run.
async fn measured(keepers: &[Shopkeeper], testimony: &Testimony, happened: Happened) -> anyhow::Result<Outcome> {
    let shops = testimony.merchants.iter().flat_map(|merchant| &merchant.products).flat_map(|product| &product.shops);
    let calls = shops.flat_map(|(_, shop)| &shop.ledger).map(|entry| entry.at);
    let befallen = happened.misbehaved.map_or(0, |time| calls.filter(|at| time.contains(at)).count() as u64);
    let mut outcome = Outcome {
        struck: happened.struck + befallen,
        to_dead_letters: happened.to_dead_letters.iter().map(Duration::as_secs_f64).collect(),
        ..Outcome::default()
    };
    for (keeper, merchant) in keepers.iter().zip(&testimony.merchants) {
        outcome.acknowledged += keeper.products.iter().map(|product| product.acknowledged.len() as u64).sum::<u64>();
        // Lists leave the steps out.
        let whole = merchant.operations.iter().map(async |operation| {
            let id = operation["id"].as_str().unwrap_or_default();
            keeper.client.reads(&format!("/v1/operations/{id}")).await
        });
        for whole in try_join_all(whole).await? {
            outcome.operations += 1;
            outcome.succeeded += u64::from(whole["status"] == "SUCCEEDED");
            let again = |step: &&Value| step["attempt"].as_u64() > Some(1);
            outcome.retries += whole["steps"].as_array().into_iter().flatten().filter(again).count() as u64;
            outcome.retries += u64::from(!whole["retry_of"].is_null());
        }
    }
    Ok(outcome)
}

/// Reports what never was: an edit, a second effect of one command, an event that nobody heard. Who tries the checker wants
/// to see it object to each.
fn lied(testimony: &mut Testimony) {
    for merchant in &mut testimony.merchants {
        merchant.events.pop();
        let mut products = merchant.products.iter_mut();
        if let Some(product) = products.find(|product| product.shown.is_some()) {
            let edit = json!({ "name": "An edit that never was" });
            product.acknowledged.push(tola_checker::Write::Edited(edit));
            for shop in product.shops.values_mut() {
                let mut changes = shop.ledger.iter().filter(|entry| entry.effect.is_change() && entry.fence.is_some());
                shop.ledger.extend(changes.next_back().cloned());
            }
        }
    }
}

/// Mends whatever a run that was broken off has left broken.
async fn heal(stage: &Stage) -> anyhow::Result<()> {
    stage.heals().await?;
    stage.takes_orders_back()?;
    stage.hurries().await
}

fn told_of(outcome: &Outcome, fault: Fault) -> String {
    let seed = outcome.seed;
    let violations: String = outcome.violations.iter().map(|violation| format!("  {violation}\n")).collect();
    let name = fault.name();
    format!("\n{name} with seed {seed}:\n{violations}repeat it with `cargo xtask fault --only {name} --seed {seed}`")
}

/// Writes down what came of a failed run, and how it came to it.
fn written(outcome: &Outcome, fault: Fault, timeline: &str) -> anyhow::Result<PathBuf> {
    let path = folder().join(format!("{}-{}.txt", fault.name(), outcome.seed));
    fs::write(&path, format!("{}\n\n{timeline}", told_of(outcome, fault))).context("the timeline")?;
    Ok(path)
}
