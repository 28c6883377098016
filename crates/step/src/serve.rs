//! From the Lambda runtime to a step and back.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tola_contracts::{Answer, Call, Contract, StepError, StepErrorKind};
use tracing::Instrument;

use crate::{Context, Journal, Step, measure, now, store_failed};

/// The failure of a step on its way to Step Functions: `Retry` and `Catch` see its kind's name.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Failure(#[from] pub StepError);

impl From<Failure> for Diagnostic {
    fn from(Failure(error): Failure) -> Self {
        Self { error_type: error.kind.name().to_owned(), error_message: error.message }
    }
}

/// Serves a step until the function is shut down.
///
/// # Errors
/// When the runtime can't be reached.
pub async fn serve<S: Step>(step: S, journal: Journal) -> Result<(), lambda_runtime::Error> {
    let step = Arc::new(step);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let (step, journal) = (Arc::clone(&step), journal.clone());
        // Boxed, since the futures of database and AWS calls nest deeper than the compiler follows a layout.
        let work: BoxFuture<'static, _> = Box::pin(measure::invocation(async move {
            handle(step.as_ref(), &journal, event.payload).await.map_err(Failure)
        }));
        work
    }))
    .await
}

/// Does one call of a step: reads the payload, records the attempt, runs the step, records how it ended.
///
/// # Errors
/// What the step fails with; [`StepErrorKind::InvalidInput`] for a payload that is not a [`Call`] of its contract.
pub async fn handle<S: Step>(
    step: &S,
    journal: &Journal,
    payload: Value,
) -> Result<Answer<<S::Contract as Contract>::Output>, StepError> {
    let call = read::<<S::Contract as Contract>::Input>(payload).inspect_err(|error| {
        tracing::error!(function = S::Contract::FUNCTION, error = %error, "was called with what it does not understand");
    })?;
    let context =
        Context { operation: call.operation, call: call.context, now: now(), function: S::Contract::FUNCTION };
    let span = tracing::info_span!(
        "step",
        function = context.function,
        correlation.id = context.operation.correlation_id,
        merchant.id = %context.operation.merchant_id,
        product.id = context.product(),
        image.id = context.image(),
        operation.id = %context.operation.operation_id,
        execution = context.call.execution,
        state = context.call.state,
        attempt = context.call.attempt(),
    );
    attempt(step, journal, call.input, &context).instrument(span).await
}

async fn attempt<S: Step>(
    step: &S,
    journal: &Journal,
    input: <S::Contract as Contract>::Input,
    context: &Context,
) -> Result<Answer<<S::Contract as Contract>::Output>, StepError> {
    let record = journal.began(context).await.map_err(store_failed)?;
    // A panic would reach the state machine as an error without a name that Retry or Catch could tell.
    let outcome = AssertUnwindSafe(step.run(input, context)).catch_unwind().await.unwrap_or_else(|_| {
        Err(StepError::new(StepErrorKind::StepFailed, format!("{} panicked; its log says where", context.function)))
    });
    match outcome {
        Ok(output) => {
            let summary = S::Contract::describe(&output);
            journal.ended(context, record, Ok(&summary)).await;
            tracing::info!(duration_ms = millis(context), "{summary}");
            Ok(Answer { summary, output })
        }
        Err(error) => {
            journal.ended(context, record, Err(&error)).await;
            tracing::error!(
                duration_ms = millis(context),
                error.name = error.kind.name(),
                error = crate::chain(&error),
                "the step failed"
            );
            Err(error)
        }
    }
}

fn millis(context: &Context) -> u64 {
    u64::try_from(now().since(context.now).as_millis()).unwrap_or(u64::MAX)
}

fn read<I: serde::de::DeserializeOwned>(payload: Value) -> Result<Call<I>, StepError> {
    serde_path_to_error::deserialize(payload).map_err(|error| {
        let place = error.path().to_string();
        StepError::new(
            StepErrorKind::InvalidInput,
            format!("the payload is wrong at `{place}`: {}", error.into_inner()),
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tola_catalog::operation::{Intent, StepOutcome, Subject};
    use tola_catalog::{Actor, MerchantId, Operation, OperationId, OperationKind, ProductId, ProductStatus};
    use tola_contracts::register_product::{ProductInput, TransitionStatus, Transitioned};
    use tola_local::database::InProcessDatabase;
    use tola_store::{MongoConfig, Store, SystemScope};
    use ulid::Ulid;

    use super::*;

    enum Fake {
        Works,
        Fails,
        Panics,
    }

    impl Step for Fake {
        type Contract = TransitionStatus;

        async fn run(&self, _: ProductInput, _: &Context) -> Result<Transitioned, StepError> {
            match self {
                Self::Works => Ok(Transitioned { status: ProductStatus::Ready, changed: true }),
                Self::Fails => Err(StepError::new(StepErrorKind::Transient, "the database does not answer")),
                Self::Panics => panic!("a mistake"),
            }
        }
    }

    fn merchant() -> MerchantId {
        MerchantId::new(Ulid::from_parts(1, 1))
    }

    fn operation() -> OperationId {
        OperationId::new(Ulid::from_parts(1, 2))
    }

    fn payload(retries: u32) -> Value {
        json!({
            "operation": { "merchant_id": merchant(), "operation_id": operation(), "correlation_id": "c" },
            "context": { "execution": "arn", "state": "Make the product READY", "retries": retries },
            "input": { "product_id": ProductId::new(Ulid::from_parts(1, 3)) },
        })
    }

    async fn with_operation() -> (InProcessDatabase, Store) {
        let database = InProcessDatabase::start().unwrap();
        let store = Store::connect(&MongoConfig::new(database.uri(), "tola")).await.unwrap();
        let intent = Intent {
            channels: Vec::new(),
            operation_id: operation(),
            kind: OperationKind::Register,
            requested_at: now(),
            requested_by: Actor::system("test"),
            correlation_id: "c".into(),
            retry_of: None,
        };
        let subject = Subject::Product(ProductId::new(Ulid::from_parts(1, 3)));
        let scope = SystemScope::named("test").acting_for(merchant());
        store.operations(scope).ensure(&Operation::of_intent(&intent, merchant(), subject)).await.unwrap();
        (database, store)
    }

    async fn recorded(store: &Store) -> Operation {
        let scope = SystemScope::named("test").acting_for(merchant());
        store.operations(scope).get(operation()).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn every_attempt_is_recorded_once_with_its_outcome() {
        let (_database, store) = with_operation().await;
        let journal = Journal::new(store.clone());

        let failed = handle(&Fake::Fails, &journal, payload(0)).await.unwrap_err();
        let repeated = handle(&Fake::Fails, &journal, payload(0)).await.unwrap_err();
        let answer = handle(&Fake::Works, &journal, payload(1)).await.unwrap();

        assert_eq!(Diagnostic::from(Failure(failed)).error_type, "TRANSIENT");
        assert_eq!(repeated.kind, StepErrorKind::Transient);
        assert_eq!(answer.summary, "The product is now READY.");
        let steps = recorded(&store).await.steps;
        assert_eq!(steps.iter().map(|step| step.attempt).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(steps[0].outcome, StepOutcome::Failed);
        assert_eq!(steps[0].problem.as_ref().unwrap().code, "TRANSIENT");
        assert_eq!(steps[1].result.as_deref(), Some("The product is now READY."));
        assert!(steps[1].ended >= Some(steps[1].started));
    }

    #[tokio::test]
    async fn a_panic_is_a_failure_with_a_name() {
        let (_database, store) = with_operation().await;

        let error = handle(&Fake::Panics, &Journal::new(store.clone()), payload(0)).await.unwrap_err();

        assert_eq!(error.kind, StepErrorKind::StepFailed);
        assert_eq!(recorded(&store).await.steps[0].outcome, StepOutcome::Failed);
    }

    #[tokio::test]
    async fn a_payload_of_another_form_is_refused_with_the_place() {
        let (_database, store) = with_operation().await;
        let mut wrong = payload(0);
        wrong["input"]["product_id"] = json!("image_1");

        let error = handle(&Fake::Works, &Journal::new(store), wrong).await.unwrap_err();

        assert_eq!(error.kind, StepErrorKind::InvalidInput);
        assert!(error.message.contains("input.product_id"), "{}", error.message);
    }
}
