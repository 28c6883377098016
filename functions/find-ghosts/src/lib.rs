//! Finds listings that a channel has and Tola knows nothing of. One of a product that is still there is taken over, and
//! taken away where the merchant does not want it; any other is told and left alone, for Tola can't know whose it is.

use std::time::Duration;

use tola_catalog::product::{Drift, DriftKind, Remedy, Sight};
use tola_catalog::{Channel, Product, ProductId, Timestamp};
use tola_contracts::StepError;
use tola_contracts::channel::inquiry::ListedListing;
use tola_contracts::reconcile_channel::{FindGhosts as Contract, GhostInput, GhostsFound, Totals};
use tola_step::{Context, Step, gone, store_failed};
use tola_store::Store;
use tola_workflow::{Held, Reconciler};

/// How long nobody may have written to a product before the channel was asked: what an adapter did meanwhile may not be
/// in the list. It covers what the clocks of two functions are apart.
const MARGIN: Duration = Duration::from_secs(5);

/// The step.
pub struct FindGhosts {
    store: Store,
    reconciler: Reconciler,
}

impl FindGhosts {
    /// The step on products in `store`.
    pub fn new(store: Store, reconciler: Reconciler) -> Self {
        Self { store, reconciler }
    }

    async fn hold(
        &self,
        channel: &Channel,
        entry: &ListedListing,
        input: &GhostInput,
        context: &Context,
    ) -> Result<Held, StepError> {
        let scope = context.scope();
        let Ok(product_id) = ProductId::parse(&entry.key) else { return Ok(stranger(entry, None)) };
        let found = self.store.products(scope).get(product_id).await.map_err(store_failed)?;
        let Some(product) = found else { return Ok(stranger(entry, Some(product_id))) };
        if is_known(&product, channel, entry) || is_fresh(&product, input.as_of) {
            return Ok(Held::Right);
        }
        let (sight, origin) = (Sight::There(&entry.standing), context.origin());
        let held = self.reconciler.hold(channel, &product, sight, input.dry_run, scope, &origin);
        held.await.map_err(store_failed)
    }
}

impl Step for FindGhosts {
    type Contract = Contract;

    async fn run(&self, input: GhostInput, context: &Context) -> Result<GhostsFound, StepError> {
        let channel = self.store.channels(context.scope()).get(&input.channel_id).await.map_err(store_failed)?;
        let channel = channel.ok_or_else(|| gone(&input.channel_id))?;
        let Totals { mut compared, mut drifted, mut mended, .. } = input.totals;
        let mut drifts = Vec::new();
        for entry in &input.entries {
            let held = self.hold(&channel, entry, &input, context).await?;
            let (differs, is_mended) = held.counts();
            (compared, drifted, mended) = (compared + differs, drifted + differs, mended + is_mended);
            drifts.extend(held.drift());
        }
        let operations = self.store.operations(context.scope());
        operations.drifted(context.operation.operation_id, &drifts).await.map_err(store_failed)?;
        let totals = Totals::of(compared, drifted, mended, input.dry_run);
        Ok(GhostsFound { totals, more: input.next.is_some(), cursor: input.next })
    }
}

/// A listing under a key that is no product of the merchant's.
fn stranger(entry: &ListedListing, product_id: Option<ProductId>) -> Held {
    let external_id = Some(entry.standing.external_id.clone());
    Held::Drifted(Drift { product_id, kind: DriftKind::Ghost, external_id, remedy: Remedy::Report, operation_id: None })
}

/// Whether the product knows the listing: then it was held against the channel with all others.
fn is_known(product: &Product, channel: &Channel, entry: &ListedListing) -> bool {
    let listing = product.channels.get(&channel.id);
    listing.is_some_and(|listing| listing.observed.external_id.as_ref() == Some(&entry.standing.external_id))
}

fn is_fresh(product: &Product, as_of: Timestamp) -> bool {
    let written = product.offer_updated_at.unwrap_or(product.updated_at);
    product.purged_at.is_none() && written > as_of.before(MARGIN)
}
