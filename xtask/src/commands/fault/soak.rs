//! `cargo xtask fault soak`: merchants at work for long, with a restart of every part in the first quarter, and a look at each
//! process's memory all the while.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use console::style;
use serde_json::json;

use super::with_stage;
use crate::fault::ballast;
use crate::fault::faults::Fault;
use crate::fault::memory::{CLOUD, Memory, TOLERANCE, Watch};
use crate::fault::report;
use crate::fault::results::Outcome;
use crate::fault::run;
use crate::fault::stage::{Stage, folder};
use crate::ui::seconds;

/// What restarts a part each: functions, database and local cloud.
const RESTARTS: [Fault; 3] = [Fault::FunctionsKilled, Fault::DatabaseKilled, Fault::CloudRestarted];

/// What restarts nothing, so that memory can be told before and after.
const THE_REST: [Fault; 7] = [
    Fault::AnswersTwice,
    Fault::DatabaseSlow,
    Fault::Duplicates,
    Fault::ChannelThrottles,
    Fault::AnswersLost,
    Fault::RepliesLost,
    Fault::ChannelSlow,
];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// For how long
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// What decides the first round; the next round has the next seed
    #[arg(long)]
    seed: Option<u64>,
    /// Leave the stack running, to look into it
    #[arg(long)]
    keep: bool,
}

pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let all = Duration::from_secs(60 * arguments.minutes);
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let (outcomes, memory) = with_stage(arguments.keep, async |stage| {
        let watch = Watch::begin(stage.stack.clone());
        let outcomes = rounds(&stage, all, seed).await?;
        Ok((outcomes, watch.seen()))
    })
    .await?;
    println!("\n{}", report::table(&outcomes));
    println!("memory, MiB: the median of the second third of the time and of the last, and the most");
    for memory in &memory {
        println!("{}", told(memory));
    }
    println!("flat is at most {:.0} % more; {CLOUD} keeps every execution and log that it has seen", TOLERANCE * 100.0);
    let path = folder().join("soak.json");
    fs::write(&path, serde_json::to_vec_pretty(&json!({ "seed": seed, "rounds": outcomes, "memory": memory }))?)?;
    println!("the whole of it is in {}", path.display());
    let failed = outcomes.iter().filter(|outcome| !outcome.violations.is_empty()).count();
    ensure!(failed == 0, "{failed} rounds broke a promise");
    // The local cloud is no part of Tola.
    let grown: Vec<_> = memory.iter().filter(|memory| memory.process != CLOUD && !memory.is_flat()).collect();
    ensure!(grown.is_empty(), "the memory of {} processes grows", grown.len());
    Ok(())
}

/// One round after the other, until the time is up.
async fn rounds(stage: &Arc<Stage>, all: Duration, seed: u64) -> anyhow::Result<Vec<Outcome>> {
    let (began, mut outcomes, mut is_loaded) = (Instant::now(), Vec::new(), false);
    while began.elapsed() < all {
        let round = outcomes.len();
        let restarts = round < RESTARTS.len() || began.elapsed() < all / 4;
        let fault = if restarts { RESTARTS[round % RESTARTS.len()] } else { THE_REST[round % THE_REST.len()] };
        if !restarts && !is_loaded {
            ballast::loaded(stage).await?;
            is_loaded = true;
        }
        let outcome = run::run(Arc::clone(stage), fault, seed.wrapping_add(round as u64), false).await?;
        let mark = if outcome.violations.is_empty() { style("✓").green() } else { style("✗").red() };
        eprintln!("{mark} {:>9}  {:18} {} writes", seconds(began.elapsed()), fault.name(), outcome.acknowledged);
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

fn told(memory: &Memory) -> String {
    let mark = if memory.is_flat() { style("✓").green() } else { style("✗").red() };
    let Memory { process, looks, before, after, most, .. } = memory;
    let growth = memory.growth() * 100.0;
    format!("{mark} {process:22} {before:8.1} {after:8.1} {growth:+6.1} %  at most {most:.1}, {looks} looks")
}
