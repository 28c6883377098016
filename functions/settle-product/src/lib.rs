//! Brings a product to rest after the commands of an operation, tells how they ended, and starts what edits have left
//! behind meanwhile. Repeating it tells nothing new.

use tola_catalog::operation::{Intent, Subject};
use tola_catalog::product::Tally;
use tola_catalog::{OperationKind, Problem, ProblemClass, Product, code};
use tola_contracts::StepError;
use tola_contracts::publish_product::{SettleProduct as Contract, SettledProduct};
use tola_contracts::register_product::ProductInput;
use tola_step::{Context, Step, gone, store_failed};
use tola_store::Store;
use tola_workflow::{Launcher, end_commands};

/// The step.
pub struct SettleProduct {
    store: Store,
    launcher: Launcher,
}

impl SettleProduct {
    /// The step on products in `store`.
    pub fn new(store: Store, launcher: Launcher) -> Self {
        Self { store, launcher }
    }

    /// Starts what the end of this operation has made possible: what edits have left behind. The sweep would, too; a
    /// merchant who watches a channel need not wait for it.
    async fn go_on(&self, product: &Product, context: &Context) {
        use OperationKind::{Deactivate, Delete, Pause, Publish, Unpublish};
        let ours = |intent: &&Intent| matches!(intent.kind, Publish | Unpublish | Deactivate | Delete | Pause);
        for intent in product.intents.iter().filter(ours) {
            let launched = self.launcher.launch(context.scope(), Subject::Product(product.id), intent);
            if let Err(error) = launched.await {
                let why = tola_step::chain(&error);
                tracing::warn!(operation.id = %intent.operation_id, why, "the sweep will start the operation");
            }
        }
    }
}

impl Step for SettleProduct {
    type Contract = Contract;

    async fn run(&self, input: ProductInput, context: &Context) -> Result<SettledProduct, StepError> {
        let operation = context.operation.operation_id;
        let origin = context.origin();
        let silent = Problem::new(ProblemClass::Transient, code::CHANNEL_SILENT, "The channel gave no answer.");
        let ended = end_commands(&self.store, context.scope(), input.product_id, operation, &silent, &origin).await;
        let product = ended.map_err(store_failed)?.document().ok_or_else(|| gone(input.product_id))?;
        self.go_on(&product, context).await;
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
