//! Says which channels a publication has to call. A channel that can't be called fails its command at once, so that the
//! others go on. Repeating it plans what still waits.

use tola_catalog::image::Changed;
use tola_catalog::{Channel, ChannelId, ChannelStatus, Problem, ProblemClass, code};
use tola_contracts::StepError;
use tola_contracts::publish_product::{Plan, PlanPublication as Contract, PlannedCommand};
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
        let operation = context.operation.operation_id;
        let origin = context.origin();
        let mut plan = Plan { commands: Vec::new() };
        let products = self.store.products(context.scope());
        let outcome = products.change(input.product_id, |product| {
            plan.commands.clear();
            let mut changed = Changed::No;
            for (channel_id, fence, kind) in product.waiting(operation) {
                match usable(&channels, &channel_id) {
                    Ok(channel) => plan.commands.push(PlannedCommand {
                        channel_id,
                        channel_type: channel.channel_type.clone(),
                        fence,
                        kind,
                    }),
                    Err(problem) => {
                        if product.give_up(&channel_id, fence, &problem, &origin) == Changed::Yes {
                            changed = Changed::Yes;
                        }
                    }
                }
            }
            Ok(changed)
        });
        outcome.await.map_err(store_failed)?.document().ok_or_else(|| gone(input.product_id))?;
        Ok(plan)
    }
}

/// The channel, if it can be called; otherwise why not.
fn usable<'a>(channels: &'a [Channel], id: &ChannelId) -> Result<&'a Channel, Problem> {
    let Some(channel) = channels.iter().find(|channel| channel.id == *id) else {
        let message = format!("The channel {id} is not connected any more.");
        return Err(Problem::new(ProblemClass::Validation, code::UNKNOWN_CHANNEL, message));
    };
    match channel.status {
        ChannelStatus::Active => Ok(channel),
        ChannelStatus::Paused => {
            let message = format!("The channel {id} is paused.");
            Err(Problem::new(ProblemClass::Policy, code::CHANNEL_PAUSED, message))
        }
        ChannelStatus::AuthBroken => {
            let message = format!("The channel {id} refuses our credentials.");
            Err(Problem::new(ProblemClass::Auth, code::CHANNEL_AUTH_BROKEN, message))
        }
    }
}
