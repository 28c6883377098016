//! The end-to-end tests, on a stack of their own: fresh, on free ports, gone afterwards.

use std::path::Path;

use anyhow::{Context as _, ensure};
use tola_local::{Options, Stack};

use super::{Arguments, Outcome, contract, succeed};
use crate::demo;
use crate::permissions::{self, Decisions};
use crate::signals::interrupted;
use crate::ui::Ui;

const NAME: &str = "test";
/// The one test binary of the package `tola-tests`.
const TESTS: &str = "tola";

pub(super) async fn run(workspace: &Path, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let tests = async {
        let ui = Ui::default();
        let options = Options { fresh: true, ..Options::new(NAME) };
        let stack = Stack::start(options, &ui).await.inspect_err(|_| ui.failed())?;
        let mut cargo = tola_local::cargo();
        // Of the whole workspace, so that features and with them all dependencies are those of the unit tests.
        cargo.args(["test", "--workspace", "--test", TESTS]).args(&arguments.filter).current_dir(workspace);
        cargo.env("TOLA_STACK", stack.description());
        succeed(cargo).await.with_context(|| format!("the logs are in {}", stack.folder().join("logs").display()))?;
        match arguments.filter {
            // What some tests don't need, others may.
            Some(_) => Ok(None),
            None => {
                let demo = demo::check::tried(&stack).await?;
                let contract = contract::through_the_gateway(workspace, stack.folder(), stack.info()).await?;
                let least = least(&stack).await?;
                Ok(Some(format!("{least}; {demo}; {contract}")))
            }
        }
    };
    let outcome = tokio::select! {
        outcome = tests => outcome,
        // Whoever interrupts wants an end, but not a stack that nobody stops.
        outcome = interrupted() => outcome,
    };
    if let Ok(stack) = Stack::named(workspace, NAME) {
        if arguments.keep {
            eprintln!("the stack goes on; stop it with `cargo xtask down --stage {NAME}`");
        } else {
            stack.stop().await;
        }
    }
    outcome
}

/// Every permission was needed, and no call was denied: see [`permissions`].
async fn least(stack: &Stack) -> anyhow::Result<String> {
    let granted = permissions::granted(stack).await?;
    let decisions = Decisions::read(stack, &permissions::roles(stack).await?)?;
    let wrong = permissions::wrong(granted.keys(), &decisions);
    ensure!(wrong.is_empty(), "permissions:\n  {}", wrong.join("\n  "));
    let elsewhere = granted.keys().filter(|permission| permission.is_held_elsewhere().is_some()).count();
    let needed = granted.len() - elsewhere;
    Ok(format!("of {} permissions, {needed} needed, {elsewhere} held elsewhere", granted.len()))
}
