//! From the Lambda runtime to an adapter and back: commands come from the queue of its type, questions by a call.

use std::future::Future;
use std::sync::Arc;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use futures::future::BoxFuture;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tola_contracts::channel::inquiry::{ChannelAdapter, Finding, Inquiry};
use tola_contracts::{StepError, StepErrorKind};
use tola_step::{Context, Failure, Journal, Step, batch, measure, now};

use crate::{Adapter, Harness, Replies};

/// Serves an adapter's function until it is shut down.
///
/// # Errors
/// When the runtime can't be reached.
pub async fn serve<A: Adapter, R: Replies>(harness: Harness<A, R>) -> Result<(), lambda_runtime::Error> {
    serve_with(harness, deliver).await
}

/// The same, where `take` does with each message of the queue what [`serve`] leaves to [`Harness::deliver`].
///
/// # Errors
/// When the runtime can't be reached.
pub async fn serve_with<A, R, F, W>(harness: Harness<A, R>, take: F) -> Result<(), lambda_runtime::Error>
where
    A: Adapter,
    R: Replies,
    F: Fn(Arc<Harness<A, R>>, SqsMessage) -> W + Send + Sync + 'static,
    W: Future<Output = Result<(), StepError>> + Send + 'static,
{
    let (harness, take) = (Arc::new(harness), Arc::new(take));
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let (harness, take) = (Arc::clone(&harness), Arc::clone(&take));
        // Boxed, since the futures of database and AWS calls nest deeper than the compiler follows a layout.
        let work: BoxFuture<'static, _> = Box::pin(measure::invocation(async move {
            handle(&harness, take.as_ref(), event.payload).await.map_err(Failure)
        }));
        work
    }))
    .await
}

/// Answers one call of an adapter's function: a batch of messages with those that have to come again, a question of a
/// workflow with an `Answer<Finding>`, and any other question with its [`Finding`].
///
/// # Errors
/// [`StepErrorKind::InvalidInput`] for a payload that is none of these, and what a question fails with.
pub async fn handle<A, R, F, W>(harness: &Arc<Harness<A, R>>, take: &F, payload: Value) -> Result<Value, StepError>
where
    A: Adapter,
    R: Replies,
    F: Fn(Arc<Harness<A, R>>, SqsMessage) -> W + Sync,
    W: Future<Output = Result<(), StepError>> + Send,
{
    let holds = |field: &str| payload.get(field).is_some();
    if holds("Records") {
        let event: SqsEvent = read(payload)?;
        written(&batch::each(event, &|message| take(Arc::clone(harness), message)).await)
    } else if holds("operation") {
        let journal = Journal::new(harness.store.clone());
        written(&Box::pin(tola_step::handle(harness.as_ref(), &journal, payload)).await?)
    } else if holds("question") {
        let inquiry: Inquiry = read(payload)?;
        written(&Box::pin(harness.answer(&inquiry, now())).await?)
    } else {
        let message = "the payload is neither a batch of messages nor a question";
        Err(StepError::new(StepErrorKind::InvalidInput, message))
    }
}

impl<A: Adapter, R: Replies> Step for Harness<A, R> {
    type Contract = ChannelAdapter;

    async fn run(&self, inquiry: Inquiry, context: &Context) -> Result<Finding, StepError> {
        if inquiry.merchant_id != context.operation.merchant_id {
            let message = "the question is about another merchant's channel than the operation";
            return Err(StepError::new(StepErrorKind::InvalidInput, message));
        }
        self.answer(&inquiry, context.now).await
    }
}

async fn deliver<A: Adapter, R: Replies>(harness: Arc<Harness<A, R>>, message: SqsMessage) -> Result<(), StepError> {
    harness.deliver(&message).await.map(|_| ())
}

fn read<T: DeserializeOwned>(payload: Value) -> Result<T, StepError> {
    serde_path_to_error::deserialize(payload).map_err(|error| {
        let place = error.path().to_string();
        // The cause alone goes to the log: it may quote a value.
        let message = format!("the payload is wrong at `{place}`");
        StepError::caused_by(StepErrorKind::InvalidInput, message, error.into_inner())
    })
}

fn written<T: Serialize>(answer: &T) -> Result<Value, StepError> {
    serde_json::to_value(answer)
        .map_err(|error| StepError::caused_by(StepErrorKind::StepFailed, "the answer can't be written as JSON", error))
}

#[cfg(test)]
mod tests;
