//! What tasks call, and how long they wait for it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Subject;
use crate::asl::{asks, function, submits, substitution};
use crate::cloudformation::{listed, referred, template_text};

/// Calls a function; the other integration that our machines use is [`SUBMIT`](crate::asl::SUBMIT).
const INVOKE: &str = "arn:aws:states:::lambda:invoke";

/// Filled in with what the URLs of all adapters' queues begin with, so that a new channel type touches no machine.
const QUEUES: &str = "CommandQueuePrefix";
const QUEUE_PREFIX: &str = "https://sqs.${AWS::Region}.${AWS::URLSuffix}/${AWS::AccountId}/tola-${Stage}-";

/// The same, for what the names of all adapters' functions begin with.
const ADAPTERS: &str = "AdapterPrefix";
const ADAPTER_PREFIX: &str = "tola-${Stage}-";

/// An adapter brings its queue and its function along; what a role may do names them all.
const QUEUES_ARN: &str = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:tola-${Stage}-*-commands";
const ADAPTERS_ARN: &str =
    "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:tola-${Stage}-*-adapter";

/// What it takes to log, says AWS: <https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html>.
const LOG_DELIVERY: [&str; 8] = [
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
];

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

/// The template gives a machine exactly the functions that it calls, each by its own ARN.
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
    found
}

/// A machine's role may do what the machine does, and nothing else. The local cloud does not hold it to that.
pub(super) fn role(subject: &Subject) -> Vec<String> {
    let Some(resource) = subject.resource() else { return Vec::new() };
    let right = |action: &str, resource: &str| (action.to_owned(), resource.to_owned());
    let uses = |check: fn(&Value) -> bool| subject.machine.tasks().any(|(_, state)| check(state));
    let called = subject.machine.tasks().filter_map(|(_, state)| substitution(state)?.strip_suffix("Arn"));
    let mut wanted: BTreeSet<_> = called.map(|id| right("lambda:InvokeFunction", id)).collect();
    wanted.extend(uses(submits).then(|| right("sqs:SendMessage", QUEUES_ARN)));
    wanted.extend(uses(asks).then(|| right("lambda:InvokeFunction", ADAPTERS_ARN)));
    if resource.property("/Logging").is_some() {
        wanted.extend(LOG_DELIVERY.iter().map(|action| right(action, "*")));
    }
    let has = rights(&resource);
    let mut found: Vec<_> =
        wanted.difference(&has).map(|(act, on)| format!("its role may not {act} on {on}")).collect();
    found.extend(has.difference(&wanted).map(|(act, on)| format!("its role may {act} on {on}, for nothing")));
    found
}

/// What a role is allowed: each action, on each resource.
fn rights(resource: &crate::cloudformation::Resource<'_>) -> BTreeSet<(String, String)> {
    let policies = listed(resource.property("/Policies"));
    let statements = policies.into_iter().flat_map(|policy| listed(policy.get("Statement")));
    let of_statement = |statement: &Value| {
        let name = |on: &Value| referred(on).or_else(|| template_text(on)).unwrap_or_default().to_owned();
        let on: Vec<_> = listed(statement.get("Resource")).into_iter().map(name).collect();
        let actions = listed(statement.get("Action")).into_iter().filter_map(Value::as_str);
        actions.flat_map(|action| on.iter().map(|on| (action.to_owned(), on.clone()))).collect::<Vec<_>>()
    };
    statements.flat_map(of_statement).collect()
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
