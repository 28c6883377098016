//! What a state machine's definition says: its states in the order in which a reader meets them.

use serde_json::{Map, Value};

/// A state of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    /// Its name, as a person reads it.
    pub(crate) name: String,
    /// How deep it lies inside Maps and Parallels.
    pub(crate) depth: usize,
    /// Whether it only ends the execution, or only decides: such states are not waited for.
    pub(crate) quiet: bool,
}

/// Reads the states of an ASL definition, following the main path before detours. States that nothing leads to come
/// last; a definition that is not JSON has no states.
pub(crate) fn states(definition: &str) -> Vec<State> {
    let machine: Value = serde_json::from_str(definition).unwrap_or_default();
    let mut states = Vec::new();
    collect(&machine, 0, &mut states);
    states
}

fn collect(machine: &Value, depth: usize, states: &mut Vec<State>) {
    let Some(all) = machine.get("States").and_then(Value::as_object) else { return };
    let mut finished: Vec<&str> = Vec::new();
    if let Some(start) = machine.get("StartAt").and_then(Value::as_str) {
        finish(start, all, &mut Vec::new(), &mut finished);
    }
    // What is finished first comes last: so each state stands after all that lead to it.
    let mut seen: Vec<&str> = finished.into_iter().rev().collect();
    seen.extend(all.keys().map(String::as_str).filter(|name| !seen.contains(name)).collect::<Vec<_>>());
    for name in seen {
        let state = &all[name];
        let kind = state.get("Type").and_then(Value::as_str).unwrap_or_default();
        let quiet = matches!(kind, "Choice" | "Pass" | "Succeed" | "Fail");
        states.push(State { name: name.to_owned(), depth, quiet });
        let inner = ["ItemProcessor", "Iterator"].iter().filter_map(|key| state.get(*key));
        let branches = state.get("Branches").and_then(Value::as_array).into_iter().flatten();
        for machine in inner.chain(branches) {
            collect(machine, depth + 1, states);
        }
    }
}

/// Walks the machine depth first, the detours before the main path, and notes each state once all behind it are noted.
fn finish<'a>(name: &'a str, all: &'a Map<String, Value>, seen: &mut Vec<&'a str>, finished: &mut Vec<&'a str>) {
    let Some((name, state)) = all.get_key_value(name).filter(|(name, _)| !seen.contains(&name.as_str())) else {
        return;
    };
    seen.push(name);
    let branches = |key: &str| state.get(key).and_then(Value::as_array).into_iter().flatten();
    let to = |branch: &'a Value| branch.get("Next").and_then(Value::as_str);
    let detours = branches("Catch").filter_map(to);
    let otherwise = state.get("Default").and_then(Value::as_str).into_iter();
    let chosen = branches("Choices").filter_map(to).collect::<Vec<_>>().into_iter().rev();
    let main = state.get("Next").and_then(Value::as_str).into_iter();
    for next in detours.chain(otherwise).chain(chosen).chain(main).collect::<Vec<_>>() {
        finish(next, all, seen, finished);
    }
    finished.push(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_path_comes_before_detours_and_inner_states_lie_deeper() {
        let definition = r#"{ "StartAt": "Plan", "States": {
            "Broken": { "Type": "Fail" },
            "Each": { "Type": "Map", "Next": "Done",
                "ItemProcessor": { "StartAt": "Send", "States": { "Send": { "Type": "Task", "End": true } } } },
            "Plan": { "Type": "Task", "Next": "Each", "Catch": [{ "Next": "Broken" }] },
            "Done": { "Type": "Succeed" } } }"#;

        let states = states(definition);

        let names: Vec<_> = states.iter().map(|state| (state.name.as_str(), state.depth)).collect();
        assert_eq!(names, [("Plan", 0), ("Each", 0), ("Send", 1), ("Done", 0), ("Broken", 0)]);
    }

    #[test]
    fn where_ways_meet_again_both_come_before() {
        let definition = r#"{ "StartAt": "Look", "States": {
            "Look": { "Type": "Choice", "Default": "Refuse", "Choices": [{ "Next": "Make" }] },
            "Make": { "Type": "Task", "Next": "Keep" },
            "Keep": { "Type": "Task", "Next": "Tell" },
            "Refuse": { "Type": "Task", "Next": "Tell" },
            "Tell": { "Type": "Task", "End": true } } }"#;

        let names: Vec<_> = states(definition).into_iter().map(|state| state.name).collect();

        assert_eq!(names, ["Look", "Make", "Keep", "Refuse", "Tell"]);
    }

    #[test]
    fn what_is_no_definition_has_no_states() {
        assert_eq!(states("not json"), []);
    }
}
