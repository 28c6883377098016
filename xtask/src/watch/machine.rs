//! What a state machine's definition says: its states in the order in which a reader meets them.

use std::collections::VecDeque;

use serde_json::Value;

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
    let mut seen: Vec<&str> = Vec::new();
    let mut main: VecDeque<&str> = machine.get("StartAt").and_then(Value::as_str).into_iter().collect();
    let mut detours: VecDeque<&str> = VecDeque::new();
    while let Some(name) = main.pop_front().or_else(|| detours.pop_front()) {
        let Some(state) = all.get(name).filter(|_| !seen.contains(&name)) else { continue };
        seen.push(name);
        main.extend(state.get("Next").and_then(Value::as_str));
        main.extend(state.get("Default").and_then(Value::as_str));
        let branches = ["Choices", "Catch"].iter().filter_map(|key| state.get(*key)?.as_array()).flatten();
        detours.extend(branches.filter_map(|branch| branch.get("Next")?.as_str()));
    }
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
    fn what_is_no_definition_has_no_states() {
        assert_eq!(states("not json"), []);
    }
}
