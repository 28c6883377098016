//! Executions in Step Functions.

use aws_config::SdkConfig;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use tola_catalog::{Operation, OperationKind};
use tola_contracts::execution::{ExecutionInput, ExecutionName};

use crate::{Error, WorkflowConfig};

/// The executions of all of Tola's state machines.
#[derive(Debug, Clone)]
pub struct Executions {
    client: Client,
    config: WorkflowConfig,
}

/// How an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionState {
    /// It runs.
    Running,
    /// Its machine came to a good end.
    Succeeded,
    /// Its machine came to a Fail state, or failed in itself.
    Failed,
    /// It took longer than its machine allows.
    TimedOut,
    /// Somebody stopped it.
    Aborted,
}

/// What Step Functions says of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionView {
    /// How it stands.
    pub state: ExecutionState,
    /// The error's name, if it failed.
    pub error: Option<String>,
    /// The error's cause, if it failed.
    pub cause: Option<String>,
    /// What it gave back, if it succeeded: JSON.
    pub output: Option<String>,
}

impl Executions {
    /// Executions of the configured machines.
    pub fn new(aws: &SdkConfig, config: WorkflowConfig) -> Self {
        Self { client: Client::new(aws), config }
    }

    /// Starts the execution of an operation, or finds that it was started before. Returns its ARN.
    ///
    /// # Errors
    /// When Step Functions fails or refuses.
    pub async fn start(&self, operation: &Operation) -> Result<String, Error> {
        let about = operation.about().ok_or(Error::NoSubject)?;
        let name = ExecutionName::of(about, operation.id);
        let machine = self.config.machine(operation.kind);
        let input = serde_json::to_string(&ExecutionInput::of(operation))?;
        let started =
            self.client.start_execution().state_machine_arn(machine).name(name.as_str()).input(input).send().await;
        match started.map_err(aws_sdk_sfn::Error::from) {
            Ok(execution) => Ok(execution.execution_arn),
            // The name holds the operation's id, and an operation has one input: it is the same execution.
            Err(aws_sdk_sfn::Error::ExecutionAlreadyExists(_)) => Ok(self.arn(operation.kind, &name)),
            Err(error) => Err(error.into()),
        }
    }

    /// How an execution stands; `None` if there is none of that ARN.
    ///
    /// # Errors
    /// When Step Functions fails or refuses.
    pub async fn describe(&self, arn: &str) -> Result<Option<ExecutionView>, Error> {
        match self.client.describe_execution().execution_arn(arn).send().await.map_err(aws_sdk_sfn::Error::from) {
            Ok(found) => {
                let (error, cause, output) = (found.error, found.cause, found.output);
                Ok(Some(ExecutionView { state: state(&found.status), error, cause, output }))
            }
            Err(aws_sdk_sfn::Error::ExecutionDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Stops an execution. One that has ended, or is unknown, counts as stopped.
    ///
    /// # Errors
    /// When Step Functions fails or refuses.
    pub async fn stop(&self, arn: &str, error: &str, cause: &str) -> Result<(), Error> {
        let stop = self.client.stop_execution().execution_arn(arn).error(error).cause(cause);
        match stop.send().await.map_err(aws_sdk_sfn::Error::from) {
            Ok(_) | Err(aws_sdk_sfn::Error::ExecutionDoesNotExist(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn arn(&self, kind: OperationKind, name: &ExecutionName) -> String {
        // arn:aws:states:<region>:<account>:stateMachine:<machine> → …:execution:<machine>:<name>
        format!("{}:{}", self.config.machine(kind).replacen(":stateMachine:", ":execution:", 1), name.as_str())
    }
}

fn state(status: &ExecutionStatus) -> ExecutionState {
    match status {
        ExecutionStatus::Succeeded => ExecutionState::Succeeded,
        ExecutionStatus::Failed => ExecutionState::Failed,
        ExecutionStatus::TimedOut => ExecutionState::TimedOut,
        ExecutionStatus::Aborted => ExecutionState::Aborted,
        // PENDING_REDRIVE and whatever else may come: it has not ended.
        _ => ExecutionState::Running,
    }
}
