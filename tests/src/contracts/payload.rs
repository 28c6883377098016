//! What tasks send, held to what their functions read.

use tola_contracts::channel::ChannelCommand;

use super::{Subject, dataflow, schema};
use crate::asl::submits;

/// Every payload is a call of its function's contract: no key is missing, none is unknown, and types fit.
pub(super) fn payloads(subject: &Subject) -> Vec<String> {
    let environments = dataflow::environments(subject);
    let mut found = Vec::new();
    for (name, state) in subject.machine.tasks() {
        if let (true, Some(environment)) = (submits(state), environments.get(name)) {
            let sent = environment.shape(&state["Arguments"]["MessageBody"]);
            let wanted = schema::of::<ChannelCommand>();
            let problems = schema::mismatches(&sent, &wanted, "");
            found.extend(problems.into_iter().map(|problem| format!("`{name}`: {problem}")));
            continue;
        }
        let (Some(contract), Some(environment)) = (subject.contract(state), environments.get(name)) else { continue };
        let Some(payload) = state.pointer("/Arguments/Payload") else {
            found.push(format!("`{name}` sends no payload"));
            continue;
        };
        let sent = environment.shape(payload);
        found.extend(
            schema::mismatches(&sent, &contract.input, "").into_iter().map(|problem| format!("`{name}`: {problem}")),
        );
    }
    found
}
