//! Says which channels a publication has to call. A channel that can't be called fails its command at once, so that the
//! others go on. Repeating it plans what still waits.

use tola_contracts::StepError;
use tola_contracts::publish_product::{Plan, PlanPublication as Contract};
use tola_contracts::register_product::ProductInput;
use tola_step::{Context, Step, gone, store_failed};
use tola_store::Store;

/// The step.
pub struct PlanPublication {
    store: Store,
}

impl PlanPublication {
    /// The step on products in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Step for PlanPublication {
    type Contract = Contract;

    async fn run(&self, input: ProductInput, context: &Context) -> Result<Plan, StepError> {
        let channels = self.store.channels(context.scope()).all().await.map_err(store_failed)?;
        let products = self.store.products(context.scope());
        let mut planned = Vec::new();
        let outcome = products.change(input.product_id, |product| {
            let (commands, changed) = product.plan(context.operation.operation_id, &channels, &context.origin());
            planned = commands;
            Ok(changed)
        });
        outcome.await.map_err(store_failed)?.document().ok_or_else(|| gone(input.product_id))?;
        Ok(planned.into())
    }
}
