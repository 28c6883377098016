//! Records how an operation ended: the last step of every machine, whether things went well or not.

use tola_catalog::{Operation, OperationKind, OperationStatus};
use tola_contracts::shared::{SettleInput, SettleOperation as Contract, Settled};
use tola_contracts::{StepError, metric};
use tola_step::{Context, Step, gone, store_failed};
use tola_store::{Settlement, Store};

/// The step.
pub struct SettleOperation {
    store: Store,
}

impl SettleOperation {
    /// The step on operations in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Step for SettleOperation {
    type Contract = Contract;

    async fn run(&self, input: SettleInput, context: &Context) -> Result<Settled, StepError> {
        let operations = self.store.operations(context.scope());
        let id = context.operation.operation_id;
        operations.started(id, &context.call.execution).await.map_err(store_failed)?;
        let settled = operations.settle(id, &settlement(input), context.now).await.map_err(store_failed)?;
        // Whoever settled it first is right: the answer is what the operation says, not what this call wanted.
        let operation = operations.get(id).await.map_err(store_failed)?.ok_or_else(|| gone(id))?;
        if settled && (operation.kind, operation.status) == (OperationKind::Publish, OperationStatus::Succeeded) {
            let took = context.now.since(operation.requested_at);
            metrics::histogram!(metric::TIME_TO_LIVE.name).record(took.as_secs_f64() * 1_000.0);
        }
        Ok(Settled { status: operation.status, reason: reason(&operation) })
    }
}

fn settlement(input: SettleInput) -> Settlement {
    match input {
        SettleInput::Succeeded { result } => {
            Settlement { status: OperationStatus::Succeeded, result: Some(result), problem: None }
        }
        SettleInput::Refused { problem } => {
            Settlement { status: OperationStatus::Failed, result: None, problem: Some(problem) }
        }
        SettleInput::Failed { error } => {
            Settlement { status: OperationStatus::Failed, result: None, problem: Some(error.problem()) }
        }
    }
}

fn reason(operation: &Operation) -> String {
    let problem = operation.problem.as_ref().map(|problem| format!("{} {}", problem.message, problem.remedy));
    problem.or_else(|| operation.result.clone()).unwrap_or_else(|| "It ended.".to_owned())
}
