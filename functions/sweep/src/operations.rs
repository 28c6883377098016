//! Operations that were promised and not started, and operations whose execution ended unheard.

use std::time::Duration;

use tola_catalog::{Operation, OperationStatus, Problem, ProblemClass, Timestamp, code};
use tola_contracts::execution::ExecutionInput;
use tola_store::{Settlement, SystemScope, UnstartedIntent};

use crate::{Sweep, Swept};

/// How long an operation may go without an execution before nobody will start one any more.
const LOST: Duration = Duration::from_secs(15 * 60);

impl Sweep {
    pub(crate) async fn launch(&self, intents: Vec<UnstartedIntent>, swept: &mut Swept) {
        for UnstartedIntent { merchant_id, subject, intent } in intents {
            let scope = SystemScope::named("sweep").acting_for(merchant_id);
            match self.launcher.launch(scope, subject, &intent).await {
                Ok(()) => swept.launched += 1,
                Err(error) => swept.failed("starting a promised operation", &error),
            }
        }
    }

    pub(crate) async fn settle(&self, operations: Vec<Operation>, now: Timestamp, swept: &mut Swept) {
        for operation in operations {
            let settled = match &operation.execution_arn {
                Some(execution) => {
                    let reference = ExecutionInput::of(&operation).operation;
                    self.settler.settle(&reference, execution, now).await
                }
                None if operation.is_its_own_promise() => self.begin(&operation).await,
                None => self.give_up(&operation, now).await,
            };
            match settled {
                Ok(settled) => swept.settled += usize::from(settled),
                Err(error) => swept.failed("settling an operation", &error),
            }
        }
    }

    async fn begin(&self, operation: &Operation) -> Result<bool, tola_workflow::Error> {
        let scope = SystemScope::named("sweep").acting_for(operation.merchant_id);
        self.launcher.begin(scope, operation).await?;
        Ok(false)
    }

    /// Without an execution there is an intent, which the sweep starts. An operation that still has none after a while
    /// has lost its intent too.
    async fn give_up(&self, operation: &Operation, now: Timestamp) -> Result<bool, tola_workflow::Error> {
        if now.since(operation.requested_at) < LOST {
            return Ok(false);
        }
        let problem = Problem::new(ProblemClass::Transient, code::EXECUTION_LOST, code::EXECUTION_LOST.cause);
        self.settler.abandon(&ExecutionInput::of(operation).operation, &problem, now).await?;
        let settlement = Settlement { status: OperationStatus::Failed, result: None, problem: Some(problem) };
        let scope = SystemScope::named("sweep").acting_for(operation.merchant_id);
        Ok(self.store.operations(scope).settle(operation.id, &settlement, now).await?)
    }
}
