//! Answers to workflows that wait with a task token.

use std::future::Future;

use aws_config::SdkConfig;
use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::{Client, Error};
use tola_contracts::channel::CommandAnswer;
use tola_contracts::{StepError, StepErrorKind};

/// What a workflow is told.
#[derive(Debug)]
pub enum Reply {
    /// The command came to an answer.
    Answer(CommandAnswer),
    /// It did not; the error's name is what the state machine's Retry and Catch match on.
    Failure(StepError),
}

/// The way back to the workflows that wait.
pub trait Replies: Send + Sync + 'static {
    /// Tells the workflow that waits with `token`. One that does not wait any more counts as told.
    ///
    /// # Errors
    /// When nobody could be told: the message has to come again.
    fn send(&self, token: &str, reply: &Reply) -> impl Future<Output = Result<(), StepError>> + Send;
}

/// The tasks of Step Functions that wait for a callback.
#[derive(Debug, Clone)]
pub struct WaitingTasks {
    client: Client,
}

/// What `SendTaskFailure` takes as a cause, in characters.
const MAX_CAUSE: usize = 8_000;

impl WaitingTasks {
    /// The tasks of the account and region of `aws`.
    pub fn new(aws: &SdkConfig) -> Self {
        Self { client: Client::new(aws) }
    }

    async fn answer(&self, token: &str, answer: &CommandAnswer) -> Result<(), StepError> {
        let output = serde_json::to_string(answer).map_err(|error| {
            StepError::caused_by(StepErrorKind::StepFailed, "the answer can't be written as JSON", error)
        })?;
        told(self.client.send_task_success().task_token(token).output(output).send().await.map(|_| ()))
    }

    async fn fail(&self, token: &str, error: &StepError) -> Result<(), StepError> {
        let cause: String = error.message.chars().take(MAX_CAUSE).collect();
        let failure = self.client.send_task_failure().task_token(token).error(error.kind.name()).cause(cause);
        told(failure.send().await.map(|_| ()))
    }
}

impl Replies for WaitingTasks {
    async fn send(&self, token: &str, reply: &Reply) -> Result<(), StepError> {
        match reply {
            Reply::Answer(answer) => self.answer(token, answer).await,
            Reply::Failure(error) => self.fail(token, error).await,
        }
    }
}

fn told<E: Into<Error>>(sent: Result<(), E>) -> Result<(), StepError> {
    match sent.map_err(Into::into) {
        Ok(()) => Ok(()),
        // Answered before, timed out, or its execution is over: what came of the command is stored all the same.
        Err(error @ (Error::TaskTimedOut(_) | Error::TaskDoesNotExist(_) | Error::InvalidToken(_))) => {
            tracing::info!(error.name = error.code(), "nobody waits for this answer any more");
            Ok(())
        }
        Err(error) => {
            Err(StepError::caused_by(StepErrorKind::Transient, "Step Functions did not take the answer", error))
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sfn::config::retry::RetryConfig;
    use aws_sdk_sfn::operation::send_task_failure::{SendTaskFailureError, SendTaskFailureOutput};
    use aws_sdk_sfn::operation::send_task_success::{SendTaskSuccessError, SendTaskSuccessOutput};
    use aws_sdk_sfn::types::error::{InvalidToken, TaskDoesNotExist, TaskTimedOut};
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;

    fn tasks(rules: &[&Rule]) -> WaitingTasks {
        let client = mock_client!(aws_sdk_sfn, RuleMode::Sequential, rules, |config| {
            config.retry_config(RetryConfig::disabled())
        });
        WaitingTasks { client }
    }

    #[tokio::test]
    async fn an_answer_is_the_tasks_output_and_a_failure_has_a_name() {
        let success = mock!(Client::send_task_success)
            .match_requests(|r| r.task_token() == Some("t") && r.output() == Some(r#"{"answer":"STORED"}"#))
            .then_output(|| SendTaskSuccessOutput::builder().build());
        let failure = mock!(Client::send_task_failure)
            .match_requests(|r| r.error() == Some("TRANSIENT") && r.cause() == Some("no answer"))
            .then_output(|| SendTaskFailureOutput::builder().build());
        let tasks = tasks(&[&success, &failure]);

        tasks.send("t", &Reply::Answer(CommandAnswer::Stored)).await.unwrap();
        tasks.send("t", &Reply::Failure(StepError::new(StepErrorKind::Transient, "no answer"))).await.unwrap();

        assert_eq!((success.num_calls(), failure.num_calls()), (1, 1));
    }

    #[tokio::test]
    async fn nobody_waiting_any_more_is_no_failure() {
        let timed_out = mock!(Client::send_task_success)
            .then_error(|| SendTaskSuccessError::TaskTimedOut(TaskTimedOut::builder().build()));
        let unknown = mock!(Client::send_task_success)
            .then_error(|| SendTaskSuccessError::TaskDoesNotExist(TaskDoesNotExist::builder().build()));
        let invalid = mock!(Client::send_task_failure)
            .then_error(|| SendTaskFailureError::InvalidToken(InvalidToken::builder().build()));
        let tasks = tasks(&[&timed_out, &unknown, &invalid]);

        tasks.send("t", &Reply::Answer(CommandAnswer::Stored)).await.unwrap();
        tasks.send("t", &Reply::Answer(CommandAnswer::Superseded)).await.unwrap();
        tasks.send("t", &Reply::Failure(StepError::new(StepErrorKind::StepFailed, "no"))).await.unwrap();
    }

    #[tokio::test]
    async fn what_step_functions_did_not_take_brings_the_message_back() {
        let down = mock!(Client::send_task_success).then_http_response(|| {
            aws_sdk_sfn::config::http::HttpResponse::new(503_u16.try_into().unwrap(), "{}".into())
        });

        let error = tasks(&[&down]).send("t", &Reply::Answer(CommandAnswer::Stored)).await.unwrap_err();

        assert_eq!(error.kind, StepErrorKind::Transient);
    }
}
