//! Takes what came of a command at its channel over into the product. An outcome that was taken over before, or that a
//! newer one has overtaken, changes nothing.

use tola_catalog::listing::CommandState;
use tola_catalog::{Problem, ProblemClass};
use tola_catalog::{Product, code};
use tola_contracts::StepError;
use tola_contracts::publish_product::{RecordInput, RecordListing as Contract, Recorded, Verdict};
use tola_step::{Context, Step, gone, store_failed};
use tola_store::{CommandRef, Store};

/// The step.
pub struct RecordListing {
    store: Store,
}

impl RecordListing {
    /// The step on products in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Step for RecordListing {
    type Contract = Contract;

    async fn run(&self, input: RecordInput, context: &Context) -> Result<Recorded, StepError> {
        let RecordInput { product_id, channel_id, fence, failure } = input;
        let command = CommandRef { product_id, channel_id: channel_id.clone(), fence };
        let outcomes = self.store.outcomes(context.scope());
        let stored = outcomes.get(&command).await.map_err(store_failed)?;
        let origin = context.origin();
        let problem = || match &failure {
            Some(failure) => failure.problem(),
            None => Problem::new(ProblemClass::Transient, code::CHANNEL_SILENT, "The channel gave no answer."),
        };
        let products = self.store.products(context.scope());
        let outcome = products.change(product_id, |product| {
            // What is stored is true, whatever the workflow heard.
            Ok(match &stored {
                Some(stored) => product.record(&channel_id, fence, &stored.outcome, &origin),
                None => product.give_up(&channel_id, fence, &problem(), &origin),
            })
        });
        let product = outcome.await.map_err(store_failed)?.document().ok_or_else(|| gone(product_id))?;
        if stored.is_some() {
            outcomes.adopted(&command).await.map_err(store_failed)?;
        }
        // The channel tells nobody when it has made up its mind.
        if let Some(soon) = product.channels.get(&channel_id).and_then(|listing| listing.look_again_at(context.now)) {
            self.store.channels(context.scope()).hasten(&channel_id, soon).await.map_err(store_failed)?;
        }
        let (verdict, problem) = verdict(&product, &command);
        Ok(Recorded { channel_id, verdict, problem })
    }
}

fn verdict(product: &Product, command: &CommandRef) -> (Verdict, Option<Problem>) {
    let current = product.channels.get(&command.channel_id).and_then(|listing| listing.command.as_ref());
    match current.filter(|current| current.fence == command.fence) {
        Some(current) if current.state == CommandState::Done => (Verdict::Done, None),
        Some(current) => (Verdict::Failed, current.problem.clone()),
        None => (Verdict::Superseded, None),
    }
}
