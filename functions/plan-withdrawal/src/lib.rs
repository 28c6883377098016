//! Says which channels have to let a product go. A paused channel is asked too: what is to be gone is to be gone. One
//! that its merchant has disconnected keeps nothing that anybody could close. Repeating it plans what still waits.

use tola_catalog::image::Changed;
use tola_catalog::listing::{ChannelOutcome, CommandKind};
use tola_catalog::{Problem, ProblemClass, code};
use tola_contracts::StepError;
use tola_contracts::publish_product::{Plan, PlanWithdrawal as Contract, PlannedCommand};
use tola_contracts::register_product::ProductInput;
use tola_step::{Context, Step, gone, store_failed};
use tola_store::Store;

/// What a disconnected channel has of a product.
const FORGOTTEN: ChannelOutcome = ChannelOutcome::Withdrawn { remains: None, already: true };

/// The step.
pub struct PlanWithdrawal {
    store: Store,
}

impl PlanWithdrawal {
    /// The step on products in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Step for PlanWithdrawal {
    type Contract = Contract;

    async fn run(&self, input: ProductInput, context: &Context) -> Result<Plan, StepError> {
        let channels = self.store.channels(context.scope()).all().await.map_err(store_failed)?;
        let operation = context.operation.operation_id;
        let origin = context.origin();
        let mut plan = Plan { commands: Vec::new() };
        let products = self.store.products(context.scope());
        let outcome = products.change(input.product_id, |product| {
            plan.commands.clear();
            let mut changed = Changed::No;
            for (channel_id, fence, kind) in product.waiting(operation) {
                let Some(channel) = channels.iter().find(|channel| channel.id == channel_id) else {
                    let message = format!("The channel {channel_id} is not connected any more.");
                    let problem = Problem::new(ProblemClass::Validation, code::UNKNOWN_CHANNEL, message);
                    let ended = match kind {
                        CommandKind::Close => product.record(&channel_id, fence, &FORGOTTEN, &origin),
                        _ => product.give_up(&channel_id, fence, &problem, &origin),
                    };
                    if ended == Changed::Yes {
                        changed = Changed::Yes;
                    }
                    continue;
                };
                let channel_type = channel.channel_type.clone();
                plan.commands.push(PlannedCommand { channel_id, channel_type, fence, kind });
            }
            Ok(changed)
        });
        outcome.await.map_err(store_failed)?.document().ok_or_else(|| gone(input.product_id))?;
        Ok(plan)
    }
}
