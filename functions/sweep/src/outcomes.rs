//! What channels answered and no workflow took over: its execution was stopped, or died.

use tola_catalog::{Actor, Cause, Origin, Timestamp};
use tola_store::{CommandRef, StoredOutcome, SystemScope};

use crate::{Sweep, Swept};

impl Sweep {
    pub(crate) async fn adopt(&self, outcomes: Vec<StoredOutcome>, now: Timestamp, swept: &mut Swept) {
        for stored in outcomes {
            match self.adopt_one(&stored, now).await {
                Ok(()) => swept.adopted += 1,
                Err(error) => swept.failed("taking over what a channel answered", &error),
            }
        }
    }

    async fn adopt_one(&self, stored: &StoredOutcome, now: Timestamp) -> Result<(), tola_store::Error> {
        let scope = SystemScope::named("sweep").acting_for(stored.merchant_id);
        let correlation_id = stored.operation_id.to_string();
        let cause = Some(Cause::Operation { id: stored.operation_id });
        let origin = Origin { now, actor: Actor::system("sweep"), correlation_id, cause };
        let products = self.store.products(scope);
        let _ = products
            .change(stored.product_id, |product| {
                Ok::<_, tola_store::Error>(product.record(&stored.channel_id, stored.fence, &stored.outcome, &origin))
            })
            .await?;
        let command =
            CommandRef { product_id: stored.product_id, channel_id: stored.channel_id.clone(), fence: stored.fence };
        self.store.outcomes(scope).adopted(&command).await
    }
}
