//! Settles operations whose execution was stopped, timed out or died: those never reach their own last step.

use aws_lambda_events::sqs::SqsMessage;
use serde::Deserialize;
use tola_contracts::execution::ExecutionInput;
use tola_contracts::{StepError, StepErrorKind};
use tola_step::{batch, now};
use tola_workflow::Settler;

#[derive(Deserialize)]
struct StatusChange {
    detail: Detail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    execution_arn: String,
    input: Option<String>,
}

/// Settles the operation of the execution that a message tells of, by what Step Functions says of it now.
///
/// # Errors
/// For a message of another form, and when the database or Step Functions fails.
pub async fn settle_execution(message: SqsMessage, settler: &Settler) -> Result<(), StepError> {
    let StatusChange { detail } = batch::body(&message)?;
    let input = detail.input.as_deref().and_then(|input| serde_json::from_str::<ExecutionInput>(input).ok());
    let Some(input) = input else {
        // Somebody started it by hand, with an input of their own: there is no operation to settle.
        tracing::warn!(execution = detail.execution_arn, "an execution without an operation ended");
        return Ok(());
    };
    let settled = settler.settle(&input.operation, &detail.execution_arn, now()).await.map_err(|error| {
        let kind = if error.is_transient() { StepErrorKind::Transient } else { StepErrorKind::StepFailed };
        StepError::caused_by(kind, error.to_string(), error)
    })?;
    tracing::info!(operation.id = %input.operation.operation_id, settled, "looked at the ended execution");
    Ok(())
}
