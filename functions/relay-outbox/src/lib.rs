//! Drains the outboxes that the sweep found overdue. Draining one twice delivers what is left.

use aws_lambda_events::sqs::SqsMessage;
use tola_contracts::message::RelayRequest;
use tola_contracts::{StepError, StepErrorKind};
use tola_events::Relay;
use tola_step::batch;

/// Drains the outbox that a message names. What the bus did not take brings the message back to the queue.
///
/// # Errors
/// For a message of another form, when the bus or the database fails, and when events are left.
pub async fn relay_outbox(message: SqsMessage, relay: &Relay) -> Result<(), StepError> {
    let request: RelayRequest = batch::body(&message)?;
    let drained = relay.drain(request.aggregate).await.map_err(|error| {
        let kind = if error.is_transient() { StepErrorKind::Transient } else { StepErrorKind::StepFailed };
        StepError::caused_by(kind, error.to_string(), error)
    })?;
    tracing::info!(aggregate = %request.aggregate, published = drained.published, left = drained.left, "drained");
    if drained.left == 0 {
        return Ok(());
    }
    Err(StepError::new(StepErrorKind::Transient, format!("the bus did not take {} events", drained.left)))
}
