//! `cargo xtask token`: signs a demo user in, and prints an access token.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use tola_local::users::UserPool;
use tola_local::{Stack, stack};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The user's name, such as casa-lumbre-merchant; `cargo xtask up` lists them
    user: String,
    /// Print the ID token instead, which opens nothing
    #[arg(long)]
    id: bool,
    /// Another stack's description
    #[arg(long, env = "TOLA_STACK", default_value_os_t = stack::workspace().join(".local/stack.json"))]
    stack: PathBuf,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let stack = Stack::attach(&arguments.stack)?;
    let demo = &stack.info().tokens;
    let Some(user) = demo.users.iter().find(|user| user.name == arguments.user) else {
        let names: Vec<_> = demo.users.iter().map(|user| user.name.as_str()).collect();
        bail!("there is no demo user {}; there are {}", arguments.user, names.join(", "));
    };
    let pool = UserPool::of(stack.info()).context("this stack believes headers (AuthMode=header): it has no tokens")?;
    let tokens = pool.sign_in(&user.email(), &demo.password).await?;
    println!("{}", if arguments.id { tokens.id } else { tokens.access });
    Ok(())
}
