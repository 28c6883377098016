//! `cargo xtask fault load`: registers and publishes many products at once, and measures until all of it has settled.

use anyhow::ensure;

use super::with_stage;
use crate::fault::load::{Load, measured};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many products are registered and published
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    products: u32,
    /// How many of them at once
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
    concurrency: u32,
    /// Leave the stack running, to look into it
    #[arg(long)]
    keep: bool,
}

pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let load = Load { products: arguments.products, concurrency: arguments.concurrency };
    let violations = with_stage(arguments.keep, async |stage| {
        let (measurement, violations) = measured(&stage, load).await?;
        println!("{measurement}");
        Ok(violations)
    })
    .await?;
    ensure!(violations.is_empty(), "broken promises:\n  {}", violations.join("\n  "));
    Ok(())
}
