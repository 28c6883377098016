//! What tasks call, and how long they wait for it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Subject;
use crate::asl::{asks, function, submits, substitution};
use crate::cloudformation::{listed, referred};

/// Calls a function; the other integration that our machines use is [`SUBMIT`](crate::asl::SUBMIT).
const INVOKE: &str = "arn:aws:states:::lambda:invoke";

/// Filled in with what the URLs of all adapters' queues begin with, so that a new channel type touches no machine.
const QUEUES: &str = "CommandQueuePrefix";
const QUEUE_PREFIX: &str = "https://sqs.${AWS::Region}.${AWS::URLSuffix}/${AWS::AccountId}/tola-${Stage}-";

/// The same, for what the names of all adapters' functions begin with.
const ADAPTERS: &str = "AdapterPrefix";
const ADAPTER_PREFIX: &str = "tola-${Stage}-";

/// Every task invokes a function that has a contract.
pub(super) fn functions(subject: &Subject) -> Vec<String> {
    let mut found = Vec::new();
    for (name, state) in subject.machine.tasks().filter(|(_, state)| !submits(state)) {
        if state["Resource"] != INVOKE {
            found.push(format!("`{name}` calls {}, and not {INVOKE}", state["Resource"]));
        }
        match function(state) {
            None => found.push(format!("`{name}` names its function by something else than `${{…Arn}}`")),
            Some(id) if subject.contract(state).is_none() => {
                found.push(format!("`{name}` calls {id}, which has no contract"));
            }
            Some(_) => {}
        }
    }
    found
}

/// The template gives a machine exactly the functions that it calls, each by its own ARN, and the role exactly those.
pub(super) fn substitutions(subject: &Subject) -> Vec<String> {
    let Some(resource) = subject.resource() else {
        return vec![format!("template.yaml has no {}", subject.logical_id())];
    };
    let mut found = Vec::new();
    if resource.text("/DefinitionUri") != Some(&format!("statemachines/{}.asl.json", subject.machine.name)) {
        found.push("its DefinitionUri is another file".to_owned());
    }
    let called: BTreeSet<_> = subject.machine.tasks().filter_map(|(_, state)| substitution(state)).collect();
    let uses = |check: fn(&Value) -> bool| subject.machine.tasks().any(|(_, state)| check(state));
    let prefixes: Vec<_> =
        [uses(submits).then_some((QUEUES, QUEUE_PREFIX)), uses(asks).then_some((ADAPTERS, ADAPTER_PREFIX))]
            .into_iter()
            .flatten()
            .collect();
    let given = resource.property("/DefinitionSubstitutions").and_then(Value::as_object);
    let given: Vec<_> = given.into_iter().flatten().collect();
    for missing in called
        .iter()
        .copied()
        .chain(prefixes.iter().map(|(name, _)| *name))
        .filter(|name| !given.iter().any(|(key, _)| key == name))
    {
        found.push(format!("the template does not substitute `{missing}`"));
    }
    for (key, value) in &given {
        if let Some((_, prefix)) = prefixes.iter().find(|(name, _)| name == key) {
            if value["Fn::Sub"] != *prefix {
                found.push(format!("`{key}` is not what all of our names of that kind begin with"));
            }
            continue;
        }
        if !called.contains(key.as_str()) {
            found.push(format!("no state uses the substitution `{key}`"));
        }
        let target = referred(value).unwrap_or_default();
        if format!("{target}Arn") != *key.as_str() || value["Fn::GetAtt"][1] != "Arn" {
            found.push(format!("`{key}` is not the ARN of its function"));
        }
    }
    let allowed: BTreeSet<_> = invocable(&resource).into_iter().map(|id| format!("{id}Arn")).collect();
    if allowed != called.iter().map(|name| (*name).to_owned()).collect() {
        found.push(format!("its role may invoke {allowed:?}, and it calls {called:?}"));
    }
    found
}

fn invocable<'a>(resource: &crate::cloudformation::Resource<'a>) -> Vec<&'a str> {
    let policies = listed(resource.property("/Policies"));
    let statements = policies.into_iter().flat_map(|policy| listed(policy.get("Statement")));
    let invoke = statements.filter(|statement| statement["Action"] == "lambda:InvokeFunction");
    invoke.flat_map(|statement| listed(statement.get("Resource"))).filter_map(referred).collect()
}

/// Every task has a timeout, a little longer than its function's own: that one says more about what happened.
pub(super) fn timeouts(subject: &Subject) -> Vec<String> {
    let mut found = Vec::new();
    for (name, state) in subject.machine.tasks() {
        let own = function(state).and_then(|id| subject.template.timeout(id));
        match (state["TimeoutSeconds"].as_u64(), own) {
            (None, _) => found.push(format!("`{name}` has no TimeoutSeconds")),
            (Some(task), Some(own)) if task <= own => {
                found.push(format!("`{name}` waits {task} s for a function that may take {own} s"));
            }
            _ => {}
        }
    }
    found
}
