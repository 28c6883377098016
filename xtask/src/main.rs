//! The project's commands, run as `cargo xtask <command>`. Each lies in a file of its own below `commands`.

mod catalogue;
mod commands;
mod demo;
mod fault;
mod lambda;
mod permissions;
mod shim;
mod signals;
mod tenant;
mod ui;
mod watch;

use std::process::ExitCode;

use clap::Parser;

/// The project's commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: commands::Command,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Arguments::parse().command.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{} {error:#}", console::style("error:").red().bold());
            ExitCode::FAILURE
        }
    }
}
