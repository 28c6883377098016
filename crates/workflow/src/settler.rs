//! Settling operations by what became of their executions.

use tola_catalog::{Actor, Cause, Code, OperationStatus, Origin, Problem, ProblemClass, Timestamp, code};
use tola_contracts::OperationRef;
use tola_contracts::shared::{CaughtError, SettleInput};
use tola_store::{Settlement, Store, TenantScope};

use crate::{Error, ExecutionState, ExecutionView, Executions, end_commands};

/// Settles operations whose executions ended without doing so themselves.
#[derive(Clone)]
pub struct Settler {
    store: Store,
    executions: Executions,
}

impl Settler {
    /// A settler of operations in `store`.
    pub fn new(store: Store, executions: Executions) -> Self {
        Self { store, executions }
    }

    /// Settles the operation if its execution has ended or does not exist, and returns whether this call did it. An
    /// operation that was settled before stays as it is.
    ///
    /// # Errors
    /// When Step Functions or the database fails.
    pub async fn settle(&self, operation: &OperationRef, execution: &str, now: Timestamp) -> Result<bool, Error> {
        let settlement = match self.executions.describe(execution).await? {
            Some(view) => match settlement(&view) {
                Some(settlement) => settlement,
                None => return Ok(false),
            },
            None => failed(code::EXECUTION_LOST, code::EXECUTION_LOST.cause.to_owned()),
        };
        // Commands first: an operation that is settled is not looked at again.
        if let Some(problem) = &settlement.problem {
            self.abandon(operation, problem, now).await?;
        }
        let operations = self.store.operations(TenantScope::of_operation(operation));
        Ok(operations.settle(operation.operation_id, &settlement, now).await?)
    }

    /// Ends the commands that an operation without an execution left waiting, so that edits and requests don't wait for
    /// them. What channels have answered meanwhile is taken over before. Whoever settled the operation first said why; else
    /// it is for `problem`. Repeating it changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn abandon(&self, operation: &OperationRef, problem: &Problem, now: Timestamp) -> Result<(), Error> {
        let (scope, id) = (TenantScope::of_operation(operation), operation.operation_id);
        let Some(known) = self.store.operations(scope).get(id).await? else { return Ok(()) };
        let Some(product_id) = known.product_id else { return Ok(()) };
        let origin = Origin {
            now,
            actor: Actor::system("settler"),
            correlation_id: operation.correlation_id.clone(),
            cause: Some(Cause::Operation { id }),
        };
        let problem = known.problem.as_ref().unwrap_or(problem);
        let _ = end_commands(&self.store, scope, product_id, id, problem, &origin).await?;
        Ok(())
    }
}

/// How an operation ends whose execution ended so; `None` while it runs.
fn settlement(view: &ExecutionView) -> Option<Settlement> {
    let said = |fallback: Code| match (&view.error, &view.cause) {
        (Some(error), cause) => {
            let caught = CaughtError { error: error.clone(), cause: cause.clone().unwrap_or_default() };
            format!("{} It said: {}", fallback.cause, caught.problem().message)
        }
        (None, _) => fallback.cause.to_owned(),
    };
    match view.state {
        ExecutionState::Running => None,
        ExecutionState::Succeeded => {
            Some(Settlement { status: OperationStatus::Succeeded, result: Some(result(view)), problem: None })
        }
        ExecutionState::Failed => Some(failed(code::EXECUTION_FAILED, said(code::EXECUTION_FAILED))),
        ExecutionState::TimedOut => Some(failed(code::EXECUTION_TIMED_OUT, said(code::EXECUTION_TIMED_OUT))),
        ExecutionState::Aborted => Some(failed(code::EXECUTION_STOPPED, said(code::EXECUTION_STOPPED))),
    }
}

/// What the machine would have had recorded, from its output.
fn result(view: &ExecutionView) -> String {
    let output = view.output.as_deref().and_then(|output| serde_json::from_str::<SettleInput>(output).ok());
    match output {
        Some(SettleInput::Succeeded { result }) => result,
        _ => "Its execution succeeded.".to_owned(),
    }
}

fn failed(code: Code, message: String) -> Settlement {
    Settlement {
        status: OperationStatus::Failed,
        result: None,
        problem: Some(Problem::new(ProblemClass::Transient, code, message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(state: ExecutionState, error: Option<&str>) -> Option<Settlement> {
        settlement(&ExecutionView { state, error: error.map(str::to_owned), cause: None, output: None })
    }

    #[test]
    fn a_success_that_was_not_recorded_is_recorded_in_its_own_words() {
        let output = Some(r#"{"outcome":"SUCCEEDED","result":"The product is complete."}"#.to_owned());
        let view = ExecutionView { state: ExecutionState::Succeeded, error: None, cause: None, output };

        assert_eq!(settlement(&view).unwrap().result.as_deref(), Some("The product is complete."));
        assert_eq!(
            settled(ExecutionState::Succeeded, None).unwrap().result.as_deref(),
            Some("Its execution succeeded.")
        );
    }

    #[test]
    fn an_execution_that_runs_settles_nothing() {
        assert_eq!(settled(ExecutionState::Running, None), None);
    }

    #[test]
    fn whoever_stopped_it_is_quoted() {
        let problem = settled(ExecutionState::Aborted, Some("OperatorsWish")).unwrap().problem.unwrap();

        assert_eq!(problem.code, "EXECUTION_STOPPED");
        assert!(problem.message.ends_with("OperatorsWish."), "{}", problem.message);
    }
}
