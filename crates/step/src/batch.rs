//! Functions behind a queue: each message is done by itself, and only those that failed come back.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::de::DeserializeOwned;
use tola_contracts::{StepError, StepErrorKind};

use crate::measure;

/// Serves a function behind a queue until it is shut down.
///
/// # Errors
/// When the runtime can't be reached.
pub async fn serve<F, W>(handle: F) -> Result<(), lambda_runtime::Error>
where
    F: Fn(SqsMessage) -> W + Send + Sync + 'static,
    W: Future<Output = Result<(), StepError>> + Send,
{
    let handle = Arc::new(handle);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let handle = Arc::clone(&handle);
        measure::invocation(async move { Ok::<_, lambda_runtime::Error>(each(event.payload, handle.as_ref()).await) })
    }))
    .await
}

/// Does each message of a batch. One that fails comes back to the queue, and after the last try goes to the dead-letter
/// queue; the others are done.
pub async fn each<F, W>(event: SqsEvent, handle: &F) -> SqsBatchResponse
where
    F: Fn(SqsMessage) -> W,
    W: Future<Output = Result<(), StepError>> + Send,
{
    let mut response = SqsBatchResponse::default();
    for message in event.records {
        let id = message.message_id.clone().unwrap_or_default();
        // Boxed, since the futures of database and AWS calls nest deeper than the compiler follows a layout.
        let work: BoxFuture<'_, _> = Box::pin(handle(message));
        let outcome = AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
            Err(StepError::new(StepErrorKind::StepFailed, "the function panicked; its log says where"))
        });
        if let Err(error) = outcome {
            let kind = error.kind.name();
            tracing::error!(message.id = id, error.name = kind, error = crate::chain(&error), "left the message");
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            response.batch_item_failures.push(failure);
        }
    }
    measure::left(response.batch_item_failures.len() as u64);
    response
}

/// Reads a message's body.
///
/// # Errors
/// [`StepErrorKind::InvalidInput`] when it is of another form: poison, which trying again does not heal.
pub fn body<T: DeserializeOwned>(message: &SqsMessage) -> Result<T, StepError> {
    let body = message.body.as_deref().unwrap_or_default();
    serde_json::from_str(body).map_err(|error| {
        StepError::caused_by(StepErrorKind::InvalidInput, format!("the message's body is wrong: {error}"), error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, body: &str) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.message_id = Some(id.to_owned());
        message.body = Some(body.to_owned());
        message
    }

    #[tokio::test]
    async fn a_bad_message_holds_up_nobody() {
        let mut event = SqsEvent::default();
        event.records = vec![message("a", "1"), message("b", "poison"), message("c", "panic"), message("d", "4")];

        let response = each(event, &|message: SqsMessage| async move {
            assert_ne!(message.body.as_deref(), Some("panic"));
            body::<u32>(&message).map(|_| ())
        })
        .await;

        let back: Vec<_> = response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
        assert_eq!(back, ["b", "c"]);
    }
}
