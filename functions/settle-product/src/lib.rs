//! Brings a product to rest after the commands of an operation, and tells how they ended. Repeating it tells nothing new.

use tola_catalog::image::Changed;
use tola_catalog::product::Tally;
use tola_catalog::{Problem, ProblemClass, code};
use tola_contracts::StepError;
use tola_contracts::publish_product::{SettleProduct as Contract, SettledProduct};
use tola_contracts::register_product::ProductInput;
use tola_step::{Context, Step, gone, store_failed};
use tola_store::Store;

/// The step.
pub struct SettleProduct {
    store: Store,
}

impl SettleProduct {
    /// The step on products in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Step for SettleProduct {
    type Contract = Contract;

    async fn run(&self, input: ProductInput, context: &Context) -> Result<SettledProduct, StepError> {
        let operation = context.operation.operation_id;
        let origin = context.origin();
        let silent = Problem::new(ProblemClass::Transient, code::CHANNEL_SILENT, "The channel gave no answer.");
        let products = self.store.products(context.scope());
        let outcome = products.change(input.product_id, |product| {
            let changes = [product.abandon(operation, &silent, &origin), product.tell(operation, &origin)];
            Ok(if changes.contains(&Changed::Yes) { Changed::Yes } else { Changed::No })
        });
        let product = outcome.await.map_err(store_failed)?.document().ok_or_else(|| gone(input.product_id))?;
        let tally = product.tally(operation);
        let purge = product.deleting.is_some() && product.is_let_go();
        Ok(SettledProduct {
            done: count(tally.done.len()),
            failed: count(tally.failed.len()),
            refused: !tally.failed.is_empty(),
            purge,
            problem: problem(&tally),
        })
    }
}

fn count(channels: usize) -> u32 {
    u32::try_from(channels).unwrap_or(u32::MAX)
}

/// The first channel's problem, in words that name every channel that has one.
fn problem(tally: &Tally) -> Option<Problem> {
    let (_, first) = tally.failed.first()?;
    let each: Vec<_> =
        tally.failed.iter().map(|(channel, problem)| format!("{channel}: {}", problem.message)).collect();
    Some(Problem { message: each.join(" "), ..first.clone() })
}
