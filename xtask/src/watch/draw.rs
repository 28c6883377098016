//! Draws an execution as lines of text. Knows nothing about where it came from.

use std::collections::HashMap;
use std::time::Duration;

use console::style;
use jiff::Timestamp;

use super::history::{Event, Failure, Visit, visits};
use super::machine::State;
use crate::ui::seconds;

/// Longer reasons are cut: the whole one is in the operation and in the console.
const REASON_WIDTH: usize = 110;

/// Everything that is known about an execution at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// The machine's name.
    pub(crate) machine: String,
    /// The execution's name.
    pub(crate) execution: String,
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub(crate) status: String,
    /// When it began.
    pub(crate) started: Timestamp,
    /// When it ended.
    pub(crate) stopped: Option<Timestamp>,
    /// Why it failed.
    pub(crate) failure: Option<Failure>,
    /// The machine's states.
    pub(crate) states: Vec<State>,
    /// What has happened.
    pub(crate) events: Vec<Event>,
    /// What the operation has on record of each channel, for states inside a Map.
    pub(crate) records: Vec<Record>,
}

/// An attempt at a channel, as the operation has it on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// The state.
    pub(crate) state: String,
    /// The channel.
    pub(crate) channel: String,
    /// 1 for the first one.
    pub(crate) attempt: u64,
    /// `RUNNING`, `SUCCEEDED` or `FAILED`.
    pub(crate) outcome: String,
    /// How long it took, once it has ended.
    pub(crate) lasted: Option<Duration>,
    /// Why it failed.
    pub(crate) why: Option<String>,
}

impl Snapshot {
    /// Whether nothing more will happen.
    pub(crate) fn is_over(&self) -> bool {
        self.status != "RUNNING"
    }
}

/// The picture: a title, a line per state (more for one that failed), and how the whole stands.
pub(crate) fn draw(snapshot: &Snapshot, now: Timestamp) -> Vec<String> {
    let all = visits(&snapshot.events);
    let mut by_state: HashMap<&str, Vec<&Visit>> = HashMap::new();
    for visit in &all {
        by_state.entry(&visit.state).or_default().push(visit);
    }
    let width = snapshot.states.iter().map(|state| state.name.chars().count() + 2 * state.depth).max().unwrap_or(0);
    let mut lines = vec![format!("{}  {}", style(&snapshot.machine).bold(), style(&snapshot.execution).dim())];
    for state in &snapshot.states {
        match by_state.get(state.name.as_str()) {
            Some(visits) => lines.extend(visited(snapshot, state, visits, width, now)),
            None if snapshot.records.iter().any(|record| record.state == state.name) => {
                let of_state = snapshot.records.iter().filter(|record| record.state == state.name);
                lines.extend(of_state.map(|record| at_channel(state, record, width)));
            }
            // A detour that an execution did not take would only make its picture harder to read.
            None if snapshot.is_over() => {}
            None => lines.push(style(format!("  ○ {}{}", indent(state), state.name)).dim().to_string()),
        }
    }
    lines.extend(ending(snapshot, now));
    lines
}

fn visited(snapshot: &Snapshot, state: &State, visits: &[&Visit], width: usize, now: Timestamp) -> Vec<String> {
    let running = visits.iter().any(|visit| visit.left.is_none());
    let failed = visits.iter().any(|visit| visit.failed);
    let mark = match (running, failed) {
        (true, _) => style("⟳").cyan(),
        (false, true) => style("✗").red(),
        (false, false) => style("✓").green(),
    };
    let name = format!("{}{}", indent(state), state.name);
    let mut lines = vec![format!("  {mark} {name:width$}  {}", facts(state, visits, now)).trim_end().to_owned()];
    let failure = visits.iter().rev().find_map(|visit| visit.failure.as_ref());
    // A Fail state's reason is the execution's own, which stands below the picture.
    if let Some(failure) = failure.filter(|failure| snapshot.failure.as_ref() != Some(*failure)) {
        let text = |before: &str| format!("      {before}{}", reason(failure));
        lines.push(match (running, failed) {
            (true, _) => style(text("tried again after ")).yellow().to_string(),
            (false, true) => style(text("")).red().to_string(),
            (false, false) => style(text("went well after ")).yellow().to_string(),
        });
    }
    lines
}

/// One attempt at one channel.
fn at_channel(state: &State, record: &Record, width: usize) -> String {
    let mark = match record.outcome.as_str() {
        "RUNNING" => style("⟳").cyan(),
        "FAILED" => style("✗").red(),
        _ => style("✓").green(),
    };
    let name = format!("{}{}", indent(state), state.name);
    let mut facts = vec![record.channel.clone()];
    facts.extend(record.lasted.map(seconds));
    facts.extend((record.attempt > 1).then(|| format!("attempt {}", record.attempt)));
    let why = record.why.as_ref().map(|why| format!(": {}", console::truncate_str(why, REASON_WIDTH, "…")));
    format!("  {mark} {name:width$}  {}{}", facts.join(", "), why.unwrap_or_default())
}

/// How long, how often, which attempt.
fn facts(state: &State, visits: &[&Visit], now: Timestamp) -> String {
    let mut facts = Vec::new();
    if !state.quiet {
        let lasted = visits.iter().map(|visit| visit.lasted(now)).max().unwrap_or_default();
        facts.push(seconds(lasted));
    }
    if visits.len() > 1 {
        facts.push(format!("{} times", visits.len()));
    }
    let attempts = visits.iter().map(|visit| visit.attempts).max().unwrap_or_default();
    if attempts > 1 {
        facts.push(format!("attempt {attempts}"));
    }
    facts.join(", ")
}

fn ending(snapshot: &Snapshot, now: Timestamp) -> Vec<String> {
    let lasted = seconds(snapshot.stopped.unwrap_or(now).duration_since(snapshot.started).unsigned_abs());
    let status = snapshot.status.as_str();
    let line = match status {
        "RUNNING" => format!("{} for {lasted}", style(status).cyan()),
        "SUCCEEDED" => format!("{} after {lasted}", style(status).green()),
        _ => format!("{} after {lasted}", style(status).red()),
    };
    let mut lines = vec![line];
    lines.extend(snapshot.failure.as_ref().map(|failure| format!("  {}", style(reason(failure)).red())));
    lines
}

fn reason(failure: &Failure) -> String {
    let text = match failure.cause.as_str() {
        "" => failure.error.clone(),
        cause => format!("{}: {cause}", failure.error),
    };
    console::truncate_str(&text, REASON_WIDTH, "…").into_owned()
}

fn indent(state: &State) -> String {
    "  ".repeat(state.depth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::history::words;
    use crate::watch::machine::states;

    /// An execution of a real machine: one step failed three times, was caught, and the machine ended in a Fail state.
    fn recorded(events: usize, status: &str) -> Snapshot {
        let mut all: Vec<Event> = serde_json::from_str(include_str!("recorded/retried-and-failed.json")).unwrap();
        all.truncate(events);
        let over = status != "RUNNING";
        Snapshot {
            machine: "register-product".into(),
            execution: "product_1-operation_1".into(),
            status: status.into(),
            started: all[0].at,
            stopped: over.then(|| all[all.len() - 1].at),
            failure: over
                .then(|| all[all.len() - 1].clone())
                .map(|last| Failure { error: last.error.unwrap(), cause: words(&last.cause.unwrap()) }),
            states: states(include_str!("recorded/machine.asl.json")),
            events: all,
            records: Vec::new(),
        }
    }

    fn picture(snapshot: &Snapshot) -> String {
        let now = snapshot.events[snapshot.events.len() - 1].at;
        let lines: Vec<_> =
            draw(snapshot, now).iter().map(|line| console::strip_ansi_codes(line).into_owned()).collect();
        lines.join("\n")
    }

    #[test]
    fn a_step_that_is_being_retried_is_shown_with_its_attempt_and_its_trouble() {
        insta::assert_snapshot!(picture(&recorded(13, "RUNNING")), @r#"
register-product  product_1-operation_1
  ✓ Validate the product                 0.5 s
  ✓ Is it complete?
  ⟳ Bring it up to date                  2.1 s, attempt 3
      tried again after TRANSIENT: the database does not answer: connection refused
  ○ Settle the failed operation
  ○ The product could not be registered
  ○ Settle the operation
  ○ Wait a little
  ○ Done
RUNNING for 2.7 s
"#);
    }

    #[test]
    fn what_a_map_does_at_each_channel_comes_from_the_operation() {
        let mut snapshot = recorded(2, "RUNNING");
        snapshot.states = states(
            r#"{ "StartAt": "Each", "States": { "Each": { "Type": "Map", "End": true,
                "ItemProcessor": { "StartAt": "Submit", "States": { "Submit": { "Type": "Task", "End": true } } } } } }"#,
        );
        let record = |channel: &str, outcome: &str, why: Option<&str>| Record {
            state: "Submit".into(),
            channel: channel.into(),
            attempt: if why.is_some() { 1 } else { 2 },
            outcome: outcome.into(),
            lasted: why.map(|_| Duration::from_millis(1_200)),
            why: why.map(str::to_owned),
        };
        snapshot.records = vec![record("north", "FAILED", Some("It was not there.")), record("north", "RUNNING", None)];

        let shown = picture(&snapshot);

        assert!(shown.contains("✗   Submit  north, 1.2 s: It was not there."), "{shown}");
        assert!(shown.contains("⟳   Submit  north, attempt 2"), "{shown}");
    }

    #[test]
    fn a_failed_execution_ends_in_the_reason_and_hides_detours_not_taken() {
        insta::assert_snapshot!(picture(&recorded(21, "FAILED")), @r#"
register-product  product_1-operation_1
  ✓ Validate the product                 0.5 s
  ✓ Is it complete?
  ✗ Bring it up to date                  2.2 s, attempt 3
      TRANSIENT: the database does not answer: connection refused
  ✓ Settle the failed operation          0.2 s
  ✗ The product could not be registered
FAILED after 2.9 s
  RegisterProduct.Failed: TRANSIENT: the database does not answer: connection refused
"#);
    }
}
