//! What every contract looks like: a change shows in review, and a picture that no longer fits fails.

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;

use super::graph;
use crate::asl::Machine;
use crate::workspace;

const FOLDER: &str = "tests/src/contracts/snapshots";

fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

fn step_name(function: &str) -> String {
    format!("step-{function}")
}

fn machine_name(machine: &str) -> String {
    format!("machine-{machine}")
}

#[test]
fn the_schema_of_every_step() {
    for contract in tola_contracts::all() {
        let schema = json!({ "input": contract.input.to_value(), "output": contract.output.to_value() });
        settings().bind(|| insta::assert_json_snapshot!(step_name(contract.function), schema));
    }
}

#[test]
fn the_graph_of_every_machine() {
    for machine in Machine::read_all() {
        settings().bind(|| insta::assert_snapshot!(machine_name(&machine.name), graph::mermaid(&machine)));
    }
}

#[test]
fn no_snapshot_is_left_over() {
    let entries = fs::read_dir(workspace::root().join(FOLDER)).expect("there are snapshots");
    let steps = tola_contracts::all().into_iter().map(|contract| step_name(contract.function));
    let machines = workspace::machines().into_iter().map(|machine| machine_name(&machine));
    let wanted: BTreeSet<_> = steps.chain(machines).map(|name| format!("{name}.snap")).collect();

    let there = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let left_over: Vec<_> = there.filter(|name| !wanted.contains(name)).collect();
    assert!(left_over.is_empty(), "{FOLDER}: {left_over:?}");
}

#[test]
fn the_readme_shows_every_machine_as_it_is() {
    let readme = workspace::read("statemachines/README.md");

    for machine in Machine::read_all() {
        let picture = format!("```mermaid\n{}```\n", graph::mermaid(&machine));
        assert!(readme.contains(&picture), "statemachines/README.md should show {}:\n{picture}", machine.name);
        for state in machine.states().keys() {
            assert!(readme.contains(state.as_str()), "statemachines/README.md should name `{state}`");
        }
    }
}
