//! `cargo xtask mutants`: takes away what keeps Tola's promises, one thing at a time, and sees that the checker notices.
//!
//! Each is taken away in a copy of the repository below `target/mutants`, with a build of its own. There the seeds of the
//! model run until one of them breaks a promise; with `--stack`, a stack is deployed from there and merchants are at work on
//! it while something goes wrong. If nobody notices, the command fails.

mod mutation;
mod stack;
mod tree;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use console::style;
use tokio::process::Command;
use tola_checker::Rule;
use tola_local::stack::workspace;

use self::mutation::{MUTATIONS, Mutation, ShownBy};
use self::tree::Tree;
use crate::ui::seconds;

/// How many seeds have to pass with everything in place.
const BASELINE: u64 = 200;
/// Longer than all seeds take.
const PATIENCE: Duration = Duration::from_secs(3_600);
/// What the model says of a story that does not end: nothing stuck, as the checker would have it.
const ENDLESS: &str = "it goes on for ever";
/// What a story says of a command that had an effect at a channel once too often.
const CHANGED: [&str; 2] = ["changed something twice", "something else changed at the channel"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Take away only what has this in its name; may be repeated
    #[arg(long)]
    only: Vec<String>,
    /// How many seeds may pass before it counts as unnoticed
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// Look at a stack that is deployed without it, of those that one shows soon enough
    #[arg(long)]
    stack: bool,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let tree = Tree::of(&workspace());
    let is_chosen = |mutation: &&Mutation| {
        let is_named = arguments.only.iter().any(|part| mutation.name.contains(part.as_str()));
        (arguments.only.is_empty() || is_named) && !(arguments.stack && mutation.on_stack.is_empty())
    };
    let chosen: Vec<_> = MUTATIONS.iter().filter(is_chosen).collect();
    ensure!(!chosen.is_empty(), "nothing is called so; there are: {}", names().join(", "));
    if !arguments.stack {
        tree.restore()?;
        for tests in [ShownBy::Seeds, ShownBy::OldCommands] {
            let nothing = noticed(tree.folder(), tests, BASELINE).await?;
            ensure!(nothing.is_none(), "with everything in place: {}", nothing.unwrap_or_default());
        }
    }
    let mut unnoticed = Vec::new();
    for mutation in chosen {
        let began = Instant::now();
        tree.restore()?;
        tree.apply(mutation)?;
        let noticed = if arguments.stack {
            stack::noticed(tree.folder(), mutation.on_stack).await
        } else {
            noticed(tree.folder(), mutation.shown_by, arguments.seeds).await
        };
        let noticed = noticed.with_context(|| mutation.name.to_owned())?;
        let (mark, by) = match &noticed {
            Some(by) => (style("✓").green(), by.as_str()),
            None => (style("✗").red(), "nobody noticed"),
        };
        println!("{mark} {:24} {:>8}  {by}", mutation.name, seconds(began.elapsed()));
        if noticed.is_none() {
            unnoticed.push(mutation.name);
        }
    }
    tree.restore()?;
    ensure!(unnoticed.is_empty(), "the checker can't tell whether these are there: {}", unnoticed.join(", "));
    Ok(())
}

fn names() -> Vec<&'static str> {
    MUTATIONS.iter().map(|mutation| mutation.name).collect()
}

/// What a run of tests says that fails: its first seed and its first broken promise, or what came out otherwise in a story.
/// Nothing if all is well.
async fn noticed(folder: &Path, tests: ShownBy, seeds: u64) -> anyhow::Result<Option<String>> {
    let built = model(folder).arg("--no-run").status().await.context("can't run cargo")?;
    ensure!(built.success(), "what is left does not compile");
    let name = match tests {
        ShownBy::Seeds => "chance",
        ShownBy::OldCommands => "a_command_that_comes",
    };
    let mut run = model(folder);
    run.args([name, "--", "--nocapture"]).env("TOLA_SEEDS", seeds.to_string());
    let output = tokio::time::timeout(PATIENCE, run.kill_on_drop(true).output());
    let output = output.await.context("it goes on for ever")?.context("can't run cargo")?;
    if output.status.success() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let words = match tests {
        ShownBy::Seeds => first_words(&text),
        ShownBy::OldCommands => words_of_a_story(&text),
    };
    ensure!(
        is_of_the_checker(&words) || words.contains(ENDLESS) || CHANGED.iter().any(|changed| words.contains(changed)),
        "the tests failed, but not since a promise was broken: {words}"
    );
    Ok(Some(words))
}

/// Whether a promise was broken, and not only something else.
fn is_of_the_checker(words: &str) -> bool {
    Rule::ALL.iter().any(|rule| words.contains(&format!("{}: ", rule.name())))
}

fn model(folder: &Path) -> Command {
    let mut cargo = cargo(folder);
    cargo.args(["test", "--workspace", "--quiet", "--test", "model"]);
    cargo
}

/// Cargo in a copy of the repository.
fn cargo(folder: &Path) -> Command {
    let mut cargo = tola_local::cargo();
    cargo.current_dir(folder);
    // A folder of its own: cargo tells packages apart by where they lie in their workspace, so that in the repository's own
    // folder what is built here would be taken for what is built there.
    cargo.env("CARGO_TARGET_DIR", folder.join("target"));
    cargo.env("RUST_BACKTRACE", "0");
    cargo
}

/// The seed and what was wrong, of the output of a failed run.
fn first_words(output: &str) -> String {
    let mut lines = output.lines().skip_while(|line| !line.contains("seed "));
    let seed = lines.next().unwrap_or("failed").trim().trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let what = lines.next().unwrap_or_default().trim();
    format!("{seed} {what}").chars().take(160).collect()
}

/// What was wrong with a story, of the output of a failed run, without what had been planned for it.
fn words_of_a_story(output: &str) -> String {
    let panicked = output.lines().skip_while(|line| !line.contains("panicked at")).nth(1).unwrap_or("failed");
    let what = panicked.rsplit("}]: ").next().unwrap_or(panicked);
    what.trim_end_matches(": [").trim_end().chars().take(160).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_seed_and_the_first_promise_are_told() {
        let output =
            "running 1 test\n\nthread panicked at seeds.rs:1:\nseed 17:\n  nothing lost: product_1: gone\n  more";

        assert_eq!(first_words(output), "seed 17: nothing lost: product_1: gone");
    }

    #[test]
    fn what_a_story_says_is_told_without_its_plan() {
        let output = "thread 'a' panicked at story.rs:240:13:\n[Planned { fault: Dies(Fate { back: true }) }]: fence 4 changed \
                      something twice: [\n  SandboxEntry {";

        assert_eq!(words_of_a_story(output), "fence 4 changed something twice");
    }
}
