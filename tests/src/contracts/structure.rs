//! The shape of a machine: where it goes, and how it ends.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Subject;
use crate::asl::{WITHIN, Way, function};

/// Fields that belong to JSONPath, which our machines do not speak.
const JSON_PATH_FIELDS: [&str; 7] =
    ["InputPath", "Parameters", "ResultSelector", "ResultPath", "OutputPath", "TimeoutSecondsPath", "Variable"];

/// Every way leads to a state, and a state that is no end leads somewhere.
pub(super) fn transitions(subject: &Subject) -> Vec<String> {
    let machine = &subject.machine;
    let mut found = Vec::new();
    if !machine.states().contains_key(machine.start()) {
        found.push(format!("StartAt names `{}`, which is no state", machine.start()));
    }
    for edge in machine.edges() {
        if !machine.states().contains_key(edge.to) {
            found.push(format!("`{}` leads to `{}`, which is no state", edge.from, edge.to));
        }
    }
    for (name, state) in machine.states() {
        let ends = matches!(state["Type"].as_str(), Some("Succeed" | "Fail")) || state["End"] == true;
        let key = if state["Type"] == "Choice" { "Default" } else { "Next" };
        if ends == state.get(key).is_some() {
            found.push(format!("`{name}` needs either an end or `{key}`"));
        }
    }
    found
}

/// Every state can be reached from the start.
pub(super) fn reachable(subject: &Subject) -> Vec<String> {
    let edges = subject.machine.edges();
    let (mut seen, mut todo) = (BTreeSet::new(), vec![subject.machine.start()]);
    while let Some(state) = todo.pop() {
        if seen.insert(state) {
            todo.extend(edges.iter().filter(|edge| edge.from == state).map(|edge| edge.to));
        }
    }
    let lost = subject.machine.states().keys().filter(|name| !seen.contains(name.as_str()));
    lost.map(|name| format!("nothing leads to `{name}`")).collect()
}

/// State names are read by people, in the console and in the record of an operation.
pub(super) fn sentences(subject: &Subject) -> Vec<String> {
    let reads_well = |name: &str| {
        name.len() <= 80 && name.contains(' ') && name.starts_with(char::is_uppercase) && !name.ends_with(['.', ' '])
    };
    let mut found = Vec::new();
    for (name, state) in subject.machine.states() {
        if !reads_well(name) || (state["Type"] == "Choice") != name.ends_with('?') {
            found.push(format!("`{name}` is not a sentence, or a choice without a question mark"));
        }
        if state["Comment"].as_str().is_none_or(str::is_empty) {
            found.push(format!("`{name}` has no comment"));
        }
    }
    found
}

/// JSONata, said once at the top, and nothing of the other language.
pub(super) fn query_language(subject: &Subject) -> Vec<String> {
    let definition = &subject.machine.definition;
    let mut found = Vec::new();
    if definition["QueryLanguage"] != "JSONata" {
        found.push("the machine does not say JSONata at its top".to_owned());
    }
    for (name, state) in subject.machine.states() {
        let keys = state.as_object().into_iter().flat_map(|state| state.keys());
        let foreign = keys.filter(|key| JSON_PATH_FIELDS.contains(&key.as_str()) || *key == "QueryLanguage");
        found.extend(foreign.map(|key| format!("`{name}` has `{key}`")));
        if state.to_string().contains(".$\":") {
            found.push(format!("`{name}` has a key that ends with `.$`"));
        }
    }
    found
}

/// A machine is bounded in time, settles its operation before every end, and fails only after it said why.
pub(super) fn endings(subject: &Subject) -> Vec<String> {
    let machine = &subject.machine;
    let mut found = Vec::new();
    if machine.definition["TimeoutSeconds"].as_u64().is_none_or(|seconds| seconds == 0) {
        found.push("the machine has no TimeoutSeconds".to_owned());
    }
    let settles = |name: &str, outcome: &str| {
        let state = &machine.states()[name];
        function(state) == Some("SettleOperation")
            && state.pointer("/Arguments/Payload/input/outcome") == Some(&outcome.into())
    };
    for (name, state) in machine.states() {
        let before = || machine.edges().into_iter().filter(|edge| edge.to == name);
        let kind = state["Type"].as_str().unwrap_or_default();
        if state["End"] == true && state.get(WITHIN).is_none() && !settles(name, "SUCCEEDED") {
            found.push(format!("`{name}` ends the machine without settling its operation"));
        }
        let tells_why = |name: &str| settles(name, "FAILED") || settles(name, "REFUSED");
        if kind == "Fail" && before().any(|edge| !tells_why(edge.from)) {
            found.push(format!("`{name}` is reached without settling the failure"));
        }
        // The one end that settles nothing: trying to settle gave up, and the sweep will.
        if kind == "Succeed"
            && before().any(|edge| !settles(edge.from, "SUCCEEDED") || !matches!(edge.way, Way::Caught(_)))
        {
            found.push(format!("`{name}` is reached without trying to settle the operation"));
        }
    }
    found.extend(failures_without_reason(subject));
    found
}

fn failures_without_reason(subject: &Subject) -> Vec<String> {
    let fails = subject.machine.states().iter().filter(|(_, state)| state["Type"] == "Fail");
    let says = |state: &Value, key: &str| state[key].as_str().is_some_and(|text| !text.is_empty());
    fails
        .filter(|(_, state)| !says(state, "Error") || !says(state, "Cause"))
        .map(|(name, _)| format!("`{name}` does not say its error and cause"))
        .collect()
}
