//! `cargo xtask down`: stops the stack and keeps its state.

use std::path::PathBuf;

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

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let stack = Stack::named(&arguments.workspace, &arguments.stage)?;
    if stack.stop().await {
        println!("Stopped. `cargo xtask up` goes on from here; `up --fresh` forgets everything.");
    } else {
        println!(
            "Stopped, but the local cloud did not end in time and had to be killed: \
             images since its last clean stop may be gone. The database is whole."
        );
    }
    Ok(())
}
