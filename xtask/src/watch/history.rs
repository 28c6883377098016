//! What an execution's history says about each state. Read tolerantly: the local cloud leaves out events that AWS
//! writes, such as those of Map iterations.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One event of a history, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// Numbers the events of one execution from 1.
    pub(crate) id: i64,
    /// The event that this one follows from; 0 for none.
    pub(crate) previous: i64,
    /// When it happened.
    pub(crate) at: Timestamp,
    /// Step Functions' name for it, such as `TaskStateEntered`.
    pub(crate) kind: String,
    /// The state, where the event names one.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// The error's name.
    #[serde(default)]
    pub(crate) error: Option<String>,
    /// What went wrong, in words.
    #[serde(default)]
    pub(crate) cause: Option<String>,
}

/// One stay of the execution in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visit {
    /// The state.
    pub(crate) state: String,
    /// When it was entered.
    pub(crate) entered: Timestamp,
    /// When it was left; `None` while it lasts.
    pub(crate) left: Option<Timestamp>,
    /// How often its work was begun; 0 for states that do no work.
    pub(crate) attempts: u32,
    /// The last failure of its work, even when a later attempt went well.
    pub(crate) failure: Option<Failure>,
    /// Whether that failure was the last word.
    pub(crate) failed: bool,
    /// Whether it is a Map, whose items do the work.
    pub(crate) is_map: bool,
}

/// Why an attempt or an execution failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The error's name.
    pub(crate) error: String,
    /// What went wrong, in words; may be empty.
    pub(crate) cause: String,
}

impl Visit {
    /// How long it lasted, or has lasted by `now`.
    pub(crate) fn lasted(&self, now: Timestamp) -> Duration {
        self.left.unwrap_or(now).duration_since(self.entered).unsigned_abs()
    }
}

/// Puts a history together to visits, in the order in which the states were entered.
pub(crate) fn visits(events: &[Event]) -> Vec<Visit> {
    let mut visits: Vec<Visit> = Vec::new();
    // The visit that each event belongs to, so that parallel branches are not mixed up.
    let mut belongs: HashMap<i64, usize> = HashMap::new();
    for event in events {
        let visit = belongs.get(&event.previous).copied().or_else(|| visits.len().checked_sub(1));
        if event.kind.ends_with("StateEntered") {
            belongs.insert(event.id, visits.len());
            visits.push(entered(event));
            continue;
        }
        let Some(index) = visit else { continue };
        let index = named(event, &visits).unwrap_or(index);
        belongs.insert(event.id, index);
        apply(event, &mut visits[index]);
    }
    visits
}

/// An event that names its state belongs to the open visit of that state.
fn named(event: &Event, visits: &[Visit]) -> Option<usize> {
    let name = event.name.as_deref()?;
    visits.iter().rposition(|visit| visit.state == name && visit.left.is_none())
}

fn entered(event: &Event) -> Visit {
    Visit {
        state: event.name.clone().unwrap_or_else(|| "?".into()),
        entered: event.at,
        left: None,
        attempts: 0,
        failure: None,
        failed: false,
        is_map: event.kind == "MapStateEntered",
    }
}

fn apply(event: &Event, visit: &mut Visit) {
    match event.kind.as_str() {
        // The local cloud writes what a Map's items do as if the Map did it.
        "TaskScheduled" if visit.is_map => {}
        "TaskScheduled" | "LambdaFunctionScheduled" | "ActivityScheduled" => {
            visit.attempts += 1;
            visit.failed = false;
        }
        kind if kind.ends_with("StateExited") => visit.left = Some(event.at),
        kind if kind.ends_with("StateAborted") => {
            visit.left = Some(event.at);
            visit.failed = true;
        }
        "ExecutionFailed" | "ExecutionAborted" | "ExecutionTimedOut" if visit.left.is_none() => {
            visit.left = Some(event.at);
            visit.failed = true;
            visit.failure = visit.failure.take().or_else(|| failure(event));
        }
        kind if kind.ends_with("Failed") || kind.ends_with("TimedOut") => {
            visit.failure = failure(event);
            visit.failed = true;
        }
        _ => {}
    }
}

fn failure(event: &Event) -> Option<Failure> {
    let error = event.error.clone().or_else(|| event.kind.ends_with("TimedOut").then(|| "States.Timeout".into()))?;
    Some(Failure { error, cause: words(event.cause.as_deref().unwrap_or_default()) })
}

/// A Lambda's cause is JSON around the message, perhaps after words of the machine's own; a person wants the message.
pub(crate) fn words(cause: &str) -> String {
    let embedded = cause.split_once('{').and_then(|(before, inside)| {
        let json: serde_json::Value = serde_json::from_str(&format!("{{{inside}")).ok()?;
        Some(format!("{before}{}", json.get("errorMessage")?.as_str()?))
    });
    embedded.unwrap_or_else(|| cause.to_owned()).lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: i64, previous: i64, kind: &str, name: Option<&str>) -> Event {
        let at = Timestamp::from_second(id).unwrap();
        Event { id, previous, at, kind: kind.into(), name: name.map(Into::into), error: None, cause: None }
    }

    #[test]
    fn a_retry_counts_and_its_failure_is_remembered_but_not_final() {
        let mut failed = event(3, 2, "TaskFailed", None);
        failed.error = Some("Store.Unavailable".into());
        failed.cause = Some(r#"{"errorType":"x","errorMessage":"the database does not answer"}"#.into());
        let events = [
            event(1, 0, "TaskStateEntered", Some("Save")),
            event(2, 1, "TaskScheduled", None),
            failed,
            event(4, 3, "TaskScheduled", None),
            event(5, 4, "TaskStateExited", Some("Save")),
        ];

        let visits = visits(&events);

        assert_eq!(visits.len(), 1);
        assert_eq!(visits[0].attempts, 2);
        assert!(!visits[0].failed);
        assert_eq!(visits[0].failure.as_ref().unwrap().cause, "the database does not answer");
        assert_eq!(visits[0].lasted(Timestamp::now()), Duration::from_secs(4));
    }

    #[test]
    fn events_of_parallel_branches_stay_apart() {
        let mut failed = event(5, 3, "TaskFailed", None);
        failed.error = Some("Left.Broken".into());
        let events = [
            event(1, 0, "TaskStateEntered", Some("Left")),
            event(2, 0, "TaskStateEntered", Some("Right")),
            event(3, 1, "TaskScheduled", None),
            event(4, 2, "TaskScheduled", None),
            failed,
        ];

        let visits = visits(&events);

        assert!(visits[0].failed);
        assert!(!visits[1].failed);
    }

    #[test]
    fn of_a_cause_the_message_is_told() {
        assert_eq!(
            words(r#"TRANSIENT: {"errorType":"TRANSIENT","errorMessage":"no answer\nat line 1"}"#),
            "TRANSIENT: no answer"
        );
        assert_eq!(words("3 things are missing"), "3 things are missing");
        assert_eq!(words("a {brace}"), "a {brace}");
    }

    #[test]
    fn a_history_that_begins_in_the_middle_is_read_as_far_as_it_goes() {
        let events = [event(7, 6, "TaskFailed", None), event(8, 7, "WaitStateEntered", Some("Wait"))];

        assert_eq!(visits(&events).len(), 1);
    }
}
