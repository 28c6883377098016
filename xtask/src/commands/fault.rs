//! `cargo xtask fault`: breaks a stack of its own while merchants are at work, and looks for promises that do not hold.
//!
//! One run of each fault takes some minutes, which CI gives it; `--runs 20` is for an evening. A run that fails tells its
//! seed, with which it can be repeated.

mod load;
mod soak;

use std::sync::Arc;
use std::time::Instant;

use anyhow::{bail, ensure};
use clap::Subcommand;
use console::style;

use crate::fault::faults::Fault;
use crate::fault::report;
use crate::fault::results::{Outcome, Results};
use crate::fault::run;
use crate::fault::stage::Stage;
use crate::signals::interrupted;
use crate::ui::{Ui, seconds};

/// What decides the runs of CI.
const CI_SEED: u64 = 20_261_121;
/// How often a fault may strike nobody.
const ATTEMPTS: u64 = 3;
/// How far the seed lies that takes the place of another: beyond all that are planned.
const OTHER_SEED: u64 = 1 << 32;

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Kind>,
    /// Only this fault; may be repeated
    #[arg(long, value_enum)]
    only: Vec<Fault>,
    /// How often each fault happens
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// What decides the first run of each fault; the next run has the next seed
    #[arg(long)]
    seed: Option<u64>,
    /// Go on with what an earlier command has left in `.local/fault`, with its seed
    #[arg(long, conflicts_with = "seed")]
    resume: bool,
    /// Report an edit, an effect and a silence that never were, to see the checker object
    #[arg(long)]
    lie: bool,
    /// Stop at the first run that breaks a promise
    #[arg(long)]
    stop: bool,
    /// Leave the stack running, to look into it
    #[arg(long)]
    keep: bool,
}

/// What else can be done to a stack.
#[derive(Subcommand)]
enum Kind {
    /// Register and publish many products at once, and measure
    Load(load::Arguments),
    /// Work for long, with a restart of every part, and watch each process's memory
    Soak(soak::Arguments),
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Some(Kind::Load(arguments)) => load::run(&arguments).await,
        Some(Kind::Soak(arguments)) => soak::run(&arguments).await,
        None => faults(&arguments).await,
    }
}

/// One run of each fault, the same in every run of CI; returns what there is to say.
pub(crate) async fn each_once(keep: bool) -> anyhow::Result<String> {
    let (only, seed) = (Vec::new(), Some(CI_SEED));
    let (resume, lie, stop) = (false, false, false);
    faults(&Arguments { command: None, only, runs: 1, seed, resume, lie, stop, keep }).await?;
    let runs = Results::left()?.outcomes.len();
    Ok(format!("{runs} faults, nothing lost and nothing done twice"))
}

async fn faults(arguments: &Arguments) -> anyhow::Result<()> {
    let faults = if arguments.only.is_empty() { &Fault::possible() } else { &arguments.only };
    let mut results = if arguments.resume {
        Results::left()?
    } else {
        let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
        Results { seed, outcomes: Vec::new() }
    };
    let to_do = results.left_to_do(faults, arguments.runs);
    ensure!(!to_do.is_empty(), "everything was done; ask for more `--runs`");
    with_stage(arguments.keep, async |stage| {
        let count = to_do.len();
        for (number, (fault, seed)) in to_do.into_iter().enumerate() {
            let began = Instant::now();
            let outcome = struck(&stage, fault, seed, arguments.lie).await?;
            let mark = if outcome.violations.is_empty() { style("✓").green() } else { style("✗").red() };
            eprintln!(
                "{mark} {:>3}/{count} {:18} seed {seed}  {:>8}  struck {}×, {} writes, {} operations, {} retries, recovered in {:.1} s",
                number + 1,
                fault.name(),
                seconds(began.elapsed()),
                outcome.struck,
                outcome.acknowledged,
                outcome.operations,
                outcome.retries,
                outcome.recovery.unwrap_or_default(),
            );
            let ends = arguments.stop && !outcome.violations.is_empty();
            results.outcomes.push(outcome);
            results.save()?;
            if ends {
                break;
            }
        }
        Ok(())
    })
    .await?;
    println!("\n{}", report::table(&results.outcomes));
    println!("recovered: seconds until everything had settled; retries: per operation that succeeded");
    println!("the whole of it is in {}", results.save()?.display());
    let failed = results.outcomes.iter().filter(|outcome| !outcome.violations.is_empty()).count();
    if failed > 0 {
        bail!("{failed} runs broke a promise");
    }
    Ok(())
}

/// Runs a fault until it has struck somebody: a run in which it did not shows nothing.
async fn struck(stage: &Arc<Stage>, fault: Fault, planned: u64, lie: bool) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    for again in 0..ATTEMPTS {
        outcome = run::run(Arc::clone(stage), fault, planned.wrapping_add(again * OTHER_SEED), lie).await?;
        outcome.planned = planned;
        if outcome.struck > 0 || !outcome.violations.is_empty() {
            return Ok(outcome);
        }
        eprintln!("  {} struck nobody; once more, with another seed", fault.name());
    }
    outcome.violations.push(format!("it struck nobody in {ATTEMPTS} runs, which shows nothing"));
    Ok(outcome)
}

/// Does something with a new stack, which is stopped afterwards whatever came of it.
async fn with_stage<T>(keep: bool, work: impl AsyncFnOnce(Arc<Stage>) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let stage = Arc::new(Stage::set_up(&Ui::default()).await?);
    let outcome = tokio::select! {
        outcome = work(Arc::clone(&stage)) => outcome,
        // Whoever interrupts wants an end, but not a stack that nobody stops.
        outcome = interrupted() => outcome,
    };
    stage.take_down(keep).await;
    outcome
}
