//! From an intent to a running operation.

use tola_catalog::Operation;
use tola_catalog::operation::{Intent, Subject};
use tola_store::{Store, TenantScope};

use crate::{Error, Executions};

/// Starts what documents promise.
#[derive(Clone)]
pub struct Launcher {
    store: Store,
    executions: Executions,
}

impl Launcher {
    /// A launcher of promises in `store`.
    pub fn new(store: Store, executions: Executions) -> Self {
        Self { store, executions }
    }

    /// The executions that it starts.
    pub fn executions(&self) -> &Executions {
        &self.executions
    }

    /// Makes the operation, starts its execution and takes the intent out of its document, in this order: whoever finds
    /// the intent again does the rest, and nothing is done twice.
    ///
    /// # Errors
    /// When Step Functions or the database fails; the intent then stays for the sweep.
    pub async fn launch(&self, scope: TenantScope, subject: Subject, intent: &Intent) -> Result<(), Error> {
        let operation = Operation::of_intent(intent, scope.merchant_id(), subject);
        self.begin(scope, &operation).await?;
        match subject {
            Subject::Product(id) => self.store.products(scope).pull_intent(id, operation.id).await?,
            Subject::Image(id) => self.store.images(scope).pull_intent(id, operation.id).await?,
        }
        Ok(())
    }

    /// Makes an operation, unless it is there, and starts its execution, unless it was started or called off.
    ///
    /// # Errors
    /// When Step Functions or the database fails; an operation that is there by then is begun by the sweep.
    pub async fn begin(&self, scope: TenantScope, operation: &Operation) -> Result<(), Error> {
        let operations = self.store.operations(scope);
        operations.ensure(operation).await?;
        // An operation that was cancelled before it began is not begun.
        let known = operations.get(operation.id).await?;
        if known.as_ref().is_none_or(|known| known.ended_at.is_none() && known.execution_arn.is_none()) {
            let arn = self.executions.start(operation).await?;
            operations.started(operation.id, &arn).await?;
            let about = operation.about().unwrap_or_default();
            tracing::info!(operation.id = %operation.id, about, execution = %arn, "started the operation");
        }
        Ok(())
    }
}
