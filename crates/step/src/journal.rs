//! The record of each attempt of each step, in the operation that it works for.

use tola_catalog::operation::{StepOutcome, StepRecord};
use tola_contracts::StepError;
use tola_store::Store;

use crate::{Context, now};

/// Writes attempts into operations.
#[derive(Clone)]
pub struct Journal {
    store: Store,
}

impl Journal {
    /// A journal in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Records that an attempt began.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn began(&self, context: &Context) -> Result<StepRecord, tola_store::Error> {
        let record = StepRecord {
            name: context.call.state.clone(),
            channel: None,
            attempt: context.call.attempt(),
            started: context.now,
            ended: None,
            outcome: StepOutcome::Running,
            result: None,
            problem: None,
        };
        self.store.operations(context.scope()).step_began(context.operation.operation_id, &record).await?;
        Ok(record)
    }

    /// Records how it ended. A failure to do so is logged and no more: the work is done, or will be done again.
    pub(crate) async fn ended(&self, context: &Context, mut record: StepRecord, outcome: Result<&str, &StepError>) {
        record.ended = Some(now());
        match outcome {
            Ok(summary) => {
                record.outcome = StepOutcome::Succeeded;
                record.result = Some(summary.to_owned());
            }
            Err(error) => {
                record.outcome = StepOutcome::Failed;
                record.problem = Some(error.problem());
            }
        }
        let operations = self.store.operations(context.scope());
        if let Err(error) = operations.step_ended(context.operation.operation_id, &record).await {
            tracing::warn!(error = crate::chain(&error), "could not record how the step ended");
        }
    }
}
