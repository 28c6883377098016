//! What tasks retry and catch.

use serde_json::Value;
use tola_contracts::StepErrorKind;

use super::Subject;
use crate::asl::submits;

/// Lambda did not take the call: trying again is right for every step.
const NOT_TAKEN: [&str; 5] = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
];

/// The call may have had effects: trying again is right, because our steps may be repeated.
const LOST: [&str; 5] =
    ["Lambda.Unknown", "Runtime.ExitError", "Runtime.Unknown", "Sandbox.Timedout", "States.Timeout"];

/// The queue did not take the message, the channel could not be reached, or its adapter gave no answer.
const NOT_CARRIED_OUT: [&str; 4] = ["SQS.AmazonSQSException", "SQS.SdkClientException", "TRANSIENT", "States.Timeout"];

/// Every task retries what trying again helps, by name, with growing and scattered pauses, and nothing else.
pub(super) fn retries(subject: &Subject) -> Vec<String> {
    let ours = StepErrorKind::ALL.into_iter().filter(|kind| kind.is_retryable()).map(StepErrorKind::name);
    let of_steps: Vec<_> = NOT_TAKEN.into_iter().chain(LOST).chain(ours).collect();
    let mut found = Vec::new();
    for (name, state) in subject.machine.tasks() {
        let wanted = if submits(state) { NOT_CARRIED_OUT.to_vec() } else { of_steps.clone() };
        let retriers: Vec<_> = state["Retry"].as_array().into_iter().flatten().collect();
        let retried: Vec<_> = retriers.iter().flat_map(|retrier| names(retrier)).collect();
        for error in wanted.iter().filter(|error| !retried.contains(error)) {
            found.push(format!("`{name}` does not retry {error}"));
        }
        for error in retried.iter().filter(|error| !wanted.contains(error)) {
            found.push(format!("`{name}` retries {error}, which is unknown or does not pass by waiting"));
        }
        for (index, error) in retried.iter().enumerate().filter(|(index, error)| retried[..*index].contains(error)) {
            found.push(format!("`{name}` names {error} twice (at {index})"));
        }
        found.extend(
            retriers
                .iter()
                .filter(|retrier| !is_gentle(retrier))
                .map(|retrier| format!("`{name}` retries {:?} without bounds, growth or jitter", names(retrier))),
        );
    }
    found
}

fn is_gentle(retrier: &Value) -> bool {
    let between = |key: &str, low: f64, high: f64| retrier[key].as_f64().is_some_and(|n| (low..=high).contains(&n));
    between("MaxAttempts", 1.0, 10.0)
        && between("IntervalSeconds", 1.0, 5.0)
        && between("BackoffRate", 1.5, 3.0)
        && between("MaxDelaySeconds", 5.0, 120.0)
        && retrier["JitterStrategy"] == "FULL"
}

/// Every task catches everything, last; what it catches before that are errors that exist.
pub(super) fn catches(subject: &Subject) -> Vec<String> {
    let known = |error: &&str| {
        NOT_TAKEN.contains(error) || LOST.contains(error) || StepErrorKind::ALL.iter().any(|kind| kind.name() == *error)
    };
    let mut found = Vec::new();
    for (name, state) in subject.machine.tasks() {
        let catchers: Vec<_> = state["Catch"].as_array().into_iter().flatten().map(names).collect();
        match catchers.split_last() {
            Some((last, before)) if *last == ["States.ALL"] => {
                let unknown = before.iter().flatten().filter(|error| !known(error));
                found.extend(unknown.map(|error| format!("`{name}` catches {error}, which nothing throws")));
            }
            _ => found.push(format!("`{name}` does not catch States.ALL last")),
        }
    }
    found
}

fn names(rule: &Value) -> Vec<&str> {
    rule["ErrorEquals"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
