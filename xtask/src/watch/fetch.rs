//! Asks the API for an operation and Step Functions for its execution.

use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sfn::primitives::DateTime;
use aws_sdk_sfn::types::{HistoryEvent, StateEnteredEventDetails, StateExitedEventDetails};
use jiff::Timestamp;
use serde_json::Value;
use tola_local::StackInfo;

use super::draw::{Record, Snapshot};
use super::history::{Event, Failure, words};
use super::machine::{State, states};

/// A client for the local cloud's Step Functions.
pub(crate) fn client(info: &StackInfo) -> Client {
    let config = aws_sdk_sfn::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(info.region.clone()))
        .endpoint_url(&info.endpoint_url)
        .credentials_provider(Credentials::new("test", "test", None, None, "local"))
        .build();
    Client::from_conf(config)
}

/// Reads an operation as the first demo user who may see it. An operation is looked for with every user, because only
/// its own merchant is told that it exists.
pub(crate) async fn operation(info: &StackInfo, id: &str) -> anyhow::Result<Value> {
    let http = reqwest::Client::new();
    for user in &info.tokens.users {
        let mut request = http.get(format!("{}/v1/operations/{id}", info.api_url));
        for (name, value) in &user.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.context("the API does not answer; is the stack up?")?;
        if answer.status().is_success() {
            return answer.json().await.context("the API's answer is not JSON");
        }
    }
    bail!("no demo user knows the operation {id}")
}

/// Reads everything about an execution. `states` are those read earlier, as a definition does not change under it.
pub(crate) async fn snapshot(client: &Client, arn: &str, known: Option<Vec<State>>) -> anyhow::Result<Snapshot> {
    let execution = client
        .describe_execution()
        .execution_arn(arn)
        .send()
        .await
        .with_context(|| format!("Step Functions knows no execution {arn}"))?;
    let states = match known {
        Some(states) => states,
        None => {
            let machine = client.describe_state_machine().state_machine_arn(execution.state_machine_arn());
            states(machine.send().await.context("can't read the machine's definition")?.definition())
        }
    };
    let failure = execution
        .error()
        .map(|error| Failure { error: error.to_owned(), cause: words(execution.cause().unwrap_or_default()) });
    Ok(Snapshot {
        machine: last_part(execution.state_machine_arn()),
        execution: last_part(arn),
        status: execution.status().as_str().to_owned(),
        started: timestamp(execution.start_date()),
        stopped: execution.stop_date().map(timestamp),
        failure,
        states,
        events: events(client, arn).await?,
        records: Vec::new(),
    })
}

/// What an operation has on record of each channel.
pub(crate) fn records(operation: &Value) -> Vec<Record> {
    let operation = operation.get("operation").unwrap_or(operation);
    let steps = operation["steps"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let record = |step: &Value| {
        Some(Record {
            state: text(&step["name"])?,
            channel: text(&step["channel"])?,
            attempt: step["attempt"].as_u64().unwrap_or(1),
            outcome: text(&step["outcome"])?,
            lasted: step["duration_ms"].as_u64().map(Duration::from_millis),
            why: step.pointer("/problem/message").and_then(text),
        })
    };
    steps.filter_map(record).collect()
}

async fn events(client: &Client, arn: &str) -> anyhow::Result<Vec<Event>> {
    let mut pages = client.get_execution_history().execution_arn(arn).into_paginator().page_size(500).send();
    let mut events = Vec::new();
    while let Some(page) = pages.next().await {
        events.extend(page.context("can't read the execution's history")?.events().iter().map(event));
    }
    Ok(events)
}

/// The details of a history event lie in a field per kind; here they are one shape.
fn event(event: &HistoryEvent) -> Event {
    let entered = event.state_entered_event_details().map(StateEnteredEventDetails::name);
    let left = event.state_exited_event_details().map(StateExitedEventDetails::name);
    let failures = [
        event.task_failed_event_details().map(|details| (details.error(), details.cause())),
        event.task_timed_out_event_details().map(|details| (details.error(), details.cause())),
        event.task_submit_failed_event_details().map(|details| (details.error(), details.cause())),
        event.lambda_function_failed_event_details().map(|details| (details.error(), details.cause())),
        event.lambda_function_timed_out_event_details().map(|details| (details.error(), details.cause())),
        event.execution_failed_event_details().map(|details| (details.error(), details.cause())),
        event.execution_aborted_event_details().map(|details| (details.error(), details.cause())),
        event.execution_timed_out_event_details().map(|details| (details.error(), details.cause())),
        event.map_run_failed_event_details().map(|details| (details.error(), details.cause())),
    ];
    let (error, cause) = failures.into_iter().flatten().next().unwrap_or_default();
    Event {
        id: event.id(),
        previous: event.previous_event_id(),
        at: timestamp(event.timestamp()),
        kind: event.r#type().as_str().to_owned(),
        name: entered.or(left).map(str::to_owned),
        error: error.map(str::to_owned),
        cause: cause.map(str::to_owned),
    }
}

fn timestamp(time: &DateTime) -> Timestamp {
    Timestamp::from_nanosecond(time.as_nanos()).unwrap_or_default()
}

fn last_part(arn: &str) -> String {
    arn.rsplit(':').next().unwrap_or(arn).to_owned()
}
