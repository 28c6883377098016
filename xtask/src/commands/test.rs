//! `cargo xtask test`: everything that CI runs, phase by phase, with a summary.

mod checkov;
mod contract;
mod deny;
mod journeys;
mod schemathesis;
mod templates;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use console::style;
use tokio::process::Command;
use tola_local::browser::Browser;
use tola_local::{Progress as _, stack};

use crate::ui::{Ui, seconds};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run only tests whose name contains this, and no static checks
    filter: Option<String>,
    /// Run only this phase; may be repeated
    #[arg(long, value_enum)]
    only: Vec<Phase>,
    /// Leave the stack of the journeys running, to look into it
    #[arg(long)]
    keep: bool,
}

/// What is checked, in this order: the quick ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Phase {
    /// The code is formatted
    Fmt,
    /// The compiler and clippy have nothing to say
    Clippy,
    /// Licences, sources and advisories of what we depend on
    Deny,
    /// The template stands before public validators
    Templates,
    /// Tests that need nothing but themselves
    Unit,
    /// The API's contract is written down, breaks no client, and is what the API does
    Contract,
    /// Tests against a stack deployed from the template
    Journeys,
    /// Merchants at work on a stack in which each fault happens once; only if it is asked for
    Faults,
}

impl Phase {
    /// The phases that hold tests with names.
    const WITH_TESTS: [Self; 2] = [Self::Unit, Self::Journeys];

    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    async fn run(self, arguments: &Arguments) -> anyhow::Result<Outcome> {
        let workspace = stack::workspace();
        match self {
            Self::Fmt => cargo(&workspace, ["fmt", "--all", "--check"]).await,
            Self::Clippy => {
                let check = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"];
                cargo(&workspace, check).await
            }
            Self::Deny => deny::check(&workspace).await,
            Self::Templates => templates::validate(&workspace).await,
            Self::Unit => {
                let test = ["test", "--workspace", "--exclude", "tola-tests", "--quiet"].map(OsString::from);
                let filter = arguments.filter.as_ref().map(OsString::from);
                let mut cargo = tola_local::cargo();
                cargo.args(test.into_iter().chain(filter)).current_dir(&workspace);
                // Five times as many as somebody wants to wait for who runs `cargo test`.
                cargo.env("TOLA_SEEDS", SEEDS.to_string());
                succeed(cargo).await
            }
            Self::Contract => contract::check(&workspace).await.map(Some),
            Self::Journeys => journeys::run(&workspace, arguments).await,
            Self::Faults => super::fault::each_once(arguments.keep).await.map(Some),
        }
    }
}

/// How many lives of products the model draws.
const SEEDS: u32 = 10_000;

/// How a phase went: well, perhaps with something to know.
type Outcome = Option<String>;

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let (phases, mut results) = (chosen(&arguments), Vec::new());
    warn_of_little_room(&stack::workspace());
    if phases.contains(&Phase::Journeys) {
        // First: nobody is to wait for half an hour to hear of it.
        let ui = Ui::default();
        ui.begin("Browser");
        Browser::ensure(&ui).await.inspect_err(|_| ui.failed())?;
        ui.failed();
    }
    for phase in phases {
        eprintln!("\n{}", style(format!("── {} ──", phase.name())).bold());
        let began = Instant::now();
        let result = phase.run(&arguments).await;
        if let Err(error) = &result {
            eprintln!("{} {error:#}", style("error:").red().bold());
        }
        results.push((phase, result, began.elapsed()));
    }
    eprintln!();
    for (phase, result, took) in &results {
        eprintln!("{}", summary(*phase, result, *took));
    }
    let failed: Vec<String> =
        results.iter().filter(|(_, result, _)| result.is_err()).map(|(phase, ..)| phase.name()).collect();
    if !failed.is_empty() {
        bail!("failed: {}; repeat one with `cargo xtask test --only {}`", failed.join(", "), failed[0]);
    }
    Ok(())
}

/// What a run of everything takes on a machine that has built nothing yet, in GiB: 6 for `target`, 4 for the stacks and
/// their tools, 1 for cargo's downloads, and some to spare.
const ROOM: u64 = 12;

/// Says so if the disk may become full: compilers and package managers then fail in words that nobody understands.
fn warn_of_little_room(workspace: &Path) {
    let Ok(disk) = rustix::fs::statvfs(workspace) else { return };
    let free = (disk.f_bavail * disk.f_frsize) >> 30;
    if free < ROOM {
        let warning = style("warning:").yellow().bold();
        eprintln!("{warning} {free} GiB are free, and a first run of everything takes about {ROOM} GiB");
    }
}

fn chosen(arguments: &Arguments) -> Vec<Phase> {
    let asked = |phase: &Phase| match (arguments.only.as_slice(), &arguments.filter) {
        // Ten minutes more, for those who ask for them.
        ([], None) => *phase != Phase::Faults,
        ([], Some(_)) => Phase::WITH_TESTS.contains(phase),
        (only, _) => only.contains(phase),
    };
    Phase::value_variants().iter().copied().filter(asked).collect()
}

fn summary(phase: Phase, result: &anyhow::Result<Outcome>, took: Duration) -> String {
    let (mark, note) = match result {
        Ok(note) => (style("✓").green(), note.clone().unwrap_or_default()),
        Err(error) => (style("✗").red(), error.to_string().lines().next().unwrap_or_default().to_owned()),
    };
    format!("{mark} {:10} {:>10}  {}", phase.name(), seconds(took), style(note).dim()).trim_end().to_owned()
}

/// Runs cargo with its output on the terminal.
async fn cargo(workspace: &Path, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> anyhow::Result<Outcome> {
    let mut cargo = tola_local::cargo();
    cargo.args(arguments.into_iter().map(Into::into)).current_dir(workspace);
    succeed(cargo).await
}

/// Runs a command with its output on the terminal; its failure is an error.
async fn succeed(mut command: Command) -> anyhow::Result<Outcome> {
    // New snapshots are for the author to accept, not for a test run to write.
    command.env("INSTA_UPDATE", "no").kill_on_drop(true);
    let name = PathBuf::from(command.as_std().get_program()).file_name().unwrap_or_default().to_owned();
    let status = command.status().await.with_context(|| format!("can't run {}", name.display()))?;
    if !status.success() {
        let first = command.as_std().get_args().next().unwrap_or_default();
        bail!("`{} {}` failed", name.display(), first.display());
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(filter: Option<&str>, only: &[Phase]) -> Arguments {
        Arguments { filter: filter.map(Into::into), only: only.into(), keep: false }
    }

    #[test]
    fn without_a_wish_everything_runs_and_a_filter_skips_static_checks() {
        let all_but_faults = chosen(&arguments(None, &[]));
        assert_eq!(all_but_faults.len(), Phase::value_variants().len() - 1);
        assert!(!all_but_faults.contains(&Phase::Faults));
        assert_eq!(chosen(&arguments(Some("photo"), &[])), [Phase::Unit, Phase::Journeys]);
        assert_eq!(chosen(&arguments(Some("photo"), &[Phase::Unit])), [Phase::Unit]);
    }

    #[test]
    fn the_summary_names_what_failed_and_why() {
        let line = summary(Phase::Deny, &Err(anyhow::anyhow!("a licence\nis missing")), Duration::from_secs(2));

        assert!(line.contains("✗"), "{line}");
        assert!(line.ends_with("a licence"), "{line}");
    }
}
