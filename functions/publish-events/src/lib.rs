//! Publishes the events that a workflow left in the outboxes of its documents. Repeating it publishes what is left.

use tola_contracts::message::AggregateRef;
use tola_contracts::shared::{PublishEvents as Contract, PublishInput, Published};
use tola_contracts::{StepError, StepErrorKind};
use tola_events::Relay;
use tola_step::{Context, Step};

/// The step.
pub struct PublishEvents {
    relay: Relay,
}

impl PublishEvents {
    /// The step on the outboxes that `relay` drains.
    pub fn new(relay: Relay) -> Self {
        Self { relay }
    }
}

impl Step for PublishEvents {
    type Contract = Contract;

    async fn run(&self, input: PublishInput, _: &Context) -> Result<Published, StepError> {
        let mut published = Published { published: 0, left: 0 };
        let products = input.product_ids.into_iter().map(AggregateRef::Product);
        for aggregate in products.chain(input.image_ids.into_iter().map(AggregateRef::Image)) {
            let drained = self.relay.drain(aggregate).await.map_err(failed)?;
            published.published += drained.published;
            published.left += drained.left;
        }
        Ok(published)
    }
}

fn failed(error: tola_events::Error) -> StepError {
    let kind = if error.is_transient() { StepErrorKind::Transient } else { StepErrorKind::StepFailed };
    StepError::caused_by(kind, error.to_string(), error)
}
