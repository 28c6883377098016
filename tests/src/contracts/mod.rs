//! The state machines, held to the Rust types in `crates/contracts` and to `template.yaml`.

mod dataflow;
mod errors;
mod graph;
mod mutations;
mod payload;
mod schema;
mod snapshots;
mod structure;
mod tasks;

use std::collections::BTreeMap;

use serde_json::Value;
use tola_contracts::Contract as _;
use tola_contracts::channel::inquiry::ChannelAdapter;
use tola_contracts::execution::ExecutionInput;

use crate::asl::Machine;
use crate::cloudformation::Template;
use crate::findings::{self, Check};

/// A machine and what it is held to.
#[derive(Debug, Clone)]
struct Subject {
    machine: Machine,
    template: Template,
    /// By logical id of the function.
    contracts: BTreeMap<String, Contract>,
    /// The schema of the execution's input.
    execution_input: Value,
}

/// What goes in and out of a step, as JSON schemas.
#[derive(Debug, Clone)]
struct Contract {
    input: Value,
    output: Value,
}

impl Subject {
    fn read(machine: &str) -> Self {
        let contract = |contract: tola_contracts::ContractSchema| {
            let (input, output) = (contract.input.to_value(), contract.output.to_value());
            (crate::workspace::logical_id(contract.function), Contract { input, output })
        };
        Self {
            machine: Machine::read(machine),
            template: Template::read(),
            contracts: tola_contracts::all().into_iter().map(contract).collect(),
            execution_input: schema::of::<ExecutionInput>(),
        }
    }

    /// The contract of the step that a task calls.
    fn contract(&self, state: &Value) -> Option<&Contract> {
        self.contracts.get(crate::asl::function(state)?)
    }

    /// The machine's resource in the template: its logical id is the file's name in camel case.
    fn resource(&self) -> Option<crate::cloudformation::Resource<'_>> {
        self.template.resource(&self.logical_id())
    }

    fn logical_id(&self) -> String {
        crate::workspace::logical_id(&self.machine.name)
    }
}

const CHECKS: &[Check<Subject>] = &[
    Check { name: "transitions", run: structure::transitions },
    Check { name: "reachable", run: structure::reachable },
    Check { name: "sentences", run: structure::sentences },
    Check { name: "one query language", run: structure::query_language },
    Check { name: "endings", run: structure::endings },
    Check { name: "functions", run: tasks::functions },
    Check { name: "substitutions", run: tasks::substitutions },
    Check { name: "role", run: tasks::role },
    Check { name: "timeouts", run: tasks::timeouts },
    Check { name: "retries", run: errors::retries },
    Check { name: "catches", run: errors::catches },
    Check { name: "payloads", run: payload::payloads },
    Check { name: "expressions", run: dataflow::expressions },
];

#[test]
fn every_machine_keeps_the_contracts() {
    let machines = crate::workspace::machines();
    assert!(!machines.is_empty());

    for machine in machines {
        let found = findings::all(CHECKS, &Subject::read(&machine));
        assert!(found.is_empty(), "{machine}: {found:#?}");
    }
}

#[test]
fn every_check_finds_its_mistake() {
    findings::prove(CHECKS, mutations::REGISTER_PRODUCT, || Subject::read("register-product"));
    let role = [Check { name: "role", run: tasks::role }];
    findings::prove(&role, mutations::PUBLISH_PRODUCT, || Subject::read("publish-product"));
    findings::prove(&role, mutations::RECONCILE_CHANNEL, || Subject::read("reconcile-channel"));
}

#[test]
fn every_kind_of_operation_has_its_machine_and_every_machine_its_kind() {
    use tola_catalog::operation::OperationKind::{
        Deactivate, Delete, Pause, ProcessImage, Publish, Reconcile, Register, Review, Unpublish,
    };
    let kinds = [Register, ProcessImage, Publish, Unpublish, Deactivate, Delete, Reconcile, Review, Pause].map(
        |kind| match kind {
            // A new kind does not compile until it is listed here.
            Register | ProcessImage | Publish | Unpublish | Deactivate | Delete | Reconcile | Review | Pause => {
                kind.machine().to_owned()
            }
        },
    );

    assert_eq!(crate::workspace::machines(), kinds.into());
}

#[test]
fn every_contract_is_a_function_and_some_machine_calls_it() {
    let machines = Machine::read_all();

    for contract in tola_contracts::all() {
        let id = crate::workspace::logical_id(contract.function);
        let is_adapter = contract.function == ChannelAdapter::FUNCTION;
        assert!(
            is_adapter || crate::workspace::functions().contains(contract.function),
            "{} has no folder",
            contract.function
        );
        let called =
            machines.iter().any(|machine| machine.tasks().any(|(_, state)| crate::asl::function(state) == Some(&id)));
        assert!(called, "no machine calls {}", contract.function);
    }
}
