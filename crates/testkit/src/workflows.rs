//! What an operator does at the AWS console: stop an execution, call the sweep, look into queues.

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;

use crate::{SOON, TestStack, eventually};

/// What was recorded of an execution that has ended.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// What it was started with.
    pub input: Value,
    /// The states that it entered, but for those within maps, which the local cloud does not record.
    pub entered: Vec<String>,
    /// What came of each attempt of each task, in this order: a result, or an error's name and its cause.
    pub answers: Vec<Result<Value, (String, String)>>,
    /// What came of it: an output, or an error's name and its cause.
    pub outcome: Result<Value, (String, String)>,
}

impl TestStack {
    /// What was recorded of an execution that has ended.
    pub async fn recorded(&self, execution: &str) -> Recorded {
        let sfn = aws_sdk_sfn::Client::new(self.aws());
        let history = sfn.get_execution_history().execution_arn(execution).include_execution_data(true);
        let events = history.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let events = events.unwrap_or_else(|error| panic!("{execution}: {error:?}"));
        let json = |text: Option<&str>| serde_json::from_str(text.unwrap_or("null")).unwrap_or_default();
        let failure = |error: Option<&str>, cause: Option<&str>| {
            (error.unwrap_or_default().to_owned(), cause.unwrap_or_default().to_owned())
        };
        let (mut input, mut entered, mut answers, mut outcome) = (Value::Null, Vec::new(), Vec::new(), None);
        for event in &events {
            if let Some(started) = event.execution_started_event_details() {
                input = json(started.input());
            } else if let Some(state) = event.state_entered_event_details() {
                entered.push(state.name().to_owned());
            } else if let Some(task) = event.task_succeeded_event_details() {
                answers.push(Ok(json(task.output())));
            } else if let Some(task) = event.task_failed_event_details() {
                answers.push(Err(failure(task.error(), task.cause())));
            } else if let Some(task) = event.task_timed_out_event_details() {
                answers.push(Err(failure(task.error(), task.cause())));
            } else if let Some(ended) = event.execution_succeeded_event_details() {
                outcome = Some(Ok(json(ended.output())));
            } else if let Some(ended) = event.execution_failed_event_details() {
                outcome = Some(Err(failure(ended.error(), ended.cause())));
            }
        }
        let outcome = outcome.unwrap_or_else(|| panic!("{execution} has not ended: {events:?}"));
        Recorded { input, entered, answers, outcome }
    }

    /// Stops an execution, as an operator does. One that has ended stays as it is.
    pub async fn stops(&self, execution: &str) {
        let sfn = aws_sdk_sfn::Client::new(self.aws());
        let stop = sfn.stop_execution().execution_arn(execution).error("Operator").cause("stopped by a test");
        // Ended meanwhile, it can't be stopped: who asked looks at its status.
        let _ = stop.send().await;
    }

    /// How an execution stands: `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub async fn execution_status(&self, execution: &str) -> String {
        let sfn = aws_sdk_sfn::Client::new(self.aws());
        let found = sfn.describe_execution().execution_arn(execution).send().await;
        let found = found.unwrap_or_else(|error| panic!("{execution}: {error:?}"));
        found.status.as_str().to_owned()
    }

    /// Everything that the console tells of an execution: inputs, outputs and each event between them.
    pub async fn execution_history(&self, execution: &str) -> String {
        let sfn = aws_sdk_sfn::Client::new(self.aws());
        let described = sfn.describe_execution().execution_arn(execution).send().await;
        let described = described.unwrap_or_else(|error| panic!("{execution}: {error:?}"));
        let history = sfn.get_execution_history().execution_arn(execution).include_execution_data(true);
        let events = history.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let events = events.unwrap_or_else(|error| panic!("{execution}: {error:?}"));
        format!("{described:?} {events:?}")
    }

    /// Waits until an execution has this status.
    pub async fn execution_becomes(&self, execution: &str, status: &str) {
        eventually(&format!("{execution} is {status}"), SOON, async || {
            let found = self.execution_status(execution).await;
            if found == status { Ok(()) } else { Err(found) }
        })
        .await;
    }

    /// Has the sweep run once, now, and returns what it says it did.
    pub async fn sweeps(&self) -> Value {
        self.invokes("sweep", &Value::Null).await
    }

    /// Calls one of the stack's functions by its name, and returns its answer.
    pub async fn invokes(&self, function: &str, payload: &Value) -> Value {
        self.tries(function, payload).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same, for whoever expects that it may fail.
    ///
    /// # Errors
    /// When it can't be called, or answers with an error.
    pub async fn tries(&self, function: &str, payload: &Value) -> Result<Value, String> {
        let lambda = aws_sdk_lambda::Client::new(self.aws());
        let name = format!("{}-{function}", self.info().stack_name);
        let payload = Blob::new(payload.to_string());
        let invoked = lambda.invoke().function_name(name).payload(payload).send().await;
        let invoked = invoked.map_err(|error| format!("{function}: {error:?}"))?;
        let answer = invoked.payload().map(|payload| payload.as_ref().to_vec()).unwrap_or_default();
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        if invoked.function_error().is_some() {
            return Err(format!("{function} failed: {answer}"));
        }
        Ok(answer)
    }

    /// Keeps a secret in Secrets Manager, in the place of the one that was kept under that name.
    pub async fn keeps_secret(&self, name: &str, value: &str) {
        let secrets = aws_sdk_secretsmanager::Client::new(self.aws());
        let created = secrets.create_secret().name(name).secret_string(value).send().await;
        if created.is_err() {
            let put = secrets.put_secret_value().secret_id(name).secret_string(value).send().await;
            put.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        }
    }

    /// Puts a text into one of the stack's queues, by the name of the output that holds its URL.
    pub async fn sends(&self, queue: &str, body: &str) {
        let sqs = aws_sdk_sqs::Client::new(self.aws());
        let sent = sqs.send_message().queue_url(self.output(queue)).message_body(body).send().await;
        sent.unwrap_or_else(|error| panic!("{queue}: {error:?}"));
    }

    /// Has a queue give messages that nobody finished again after some seconds, instead of minutes.
    pub async fn hurries(&self, queue: &str, seconds: u32) {
        let sqs = aws_sdk_sqs::Client::new(self.aws());
        let attributes = sqs.set_queue_attributes().queue_url(self.output(queue));
        let set = attributes.attributes(QueueAttributeName::VisibilityTimeout, seconds.to_string()).send().await;
        set.unwrap_or_else(|error| panic!("{queue}: {error:?}"));
    }

    /// How many messages of a queue wait or are being handled, by the name of the output that holds its URL.
    pub async fn waiting(&self, queue: &str) -> u64 {
        use QueueAttributeName::{ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible};
        let sqs = aws_sdk_sqs::Client::new(self.aws());
        let asked = sqs.get_queue_attributes().queue_url(self.output(queue));
        let asked = asked.attribute_names(ApproximateNumberOfMessages);
        let found = asked.attribute_names(ApproximateNumberOfMessagesNotVisible).send().await;
        let found = found.unwrap_or_else(|error| panic!("{queue}: {error:?}"));
        found.attributes.into_iter().flatten().filter_map(|(_, count)| count.parse::<u64>().ok()).sum()
    }

    /// The texts of up to ten messages of a queue, which stay in it.
    pub async fn peeks(&self, queue: &str) -> Vec<String> {
        let sqs = aws_sdk_sqs::Client::new(self.aws());
        let receive = sqs.receive_message().queue_url(self.output(queue)).max_number_of_messages(10);
        let received = receive.visibility_timeout(0).send().await;
        let received = received.unwrap_or_else(|error| panic!("{queue}: {error:?}"));
        received.messages().iter().map(|message| message.body().unwrap_or_default().to_owned()).collect()
    }
}
