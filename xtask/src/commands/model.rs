//! `cargo xtask model`: lives of products that chance has chosen, in a world in which chance decides what goes wrong.

use anyhow::{Context as _, ensure};
use tola_local::stack;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many seeds to try
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Tell this one alone, to repeat a failure
    #[arg(long, conflicts_with_all = ["seeds", "first"])]
    seed: Option<u64>,
    /// Optimise them: building takes as long as some 30,000 seeds, and the rest take half the time
    #[arg(long)]
    optimised: bool,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut cargo = tola_local::cargo();
    let profile = if arguments.optimised { "model" } else { "dev" };
    cargo.args(["test", "--profile", profile, "--workspace", "--quiet", "--test", "model"]);
    cargo.args(["chance", "--", "--nocapture"]);
    cargo.current_dir(stack::workspace()).kill_on_drop(true);
    match arguments.seed {
        Some(seed) => cargo.env("TOLA_SEED", seed.to_string()),
        None => {
            cargo.env("TOLA_SEEDS", arguments.seeds.to_string()).env("TOLA_FIRST_SEED", arguments.first.to_string())
        }
    };
    let status = cargo.status().await.context("can't run cargo")?;
    ensure!(status.success(), "a promise does not hold; `cargo xtask model --seed <seed>` repeats one");
    Ok(())
}
