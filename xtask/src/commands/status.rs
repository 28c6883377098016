//! `cargo xtask status`: what runs, and where.

use std::path::PathBuf;

use console::style;
use tola_local::{Stack, stack};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which stack
    #[arg(long, default_value = "dev")]
    stage: String,
    /// Another workspace than this one
    #[arg(long, hide = true, default_value_os_t = stack::workspace())]
    workspace: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let stack = Stack::named(&arguments.workspace, &arguments.stage)?;
    let info = stack.info();
    let mark = |runs: bool| if runs { style("✓ runs   ").green() } else { style("✗ stopped").red() };
    println!("{} local cloud  {}", mark(stack.cloud().is_running()), info.endpoint_url);
    match stack.database() {
        Some(database) => println!("{} database     port {}", mark(database.is_running()), database.port),
        None => println!("  external  database     from MONGODB_URI"),
    }
    println!("  API       {}/v1", info.api_url);
    println!("  details   {}", stack.description().display());
    Ok(())
}
