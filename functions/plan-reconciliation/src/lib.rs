//! Says which products are held against their channel next: a page of those that are wanted there, or that the channel
//! has or may have something of. Those that an adapter is at are left out: what the channel says of them may be out of
//! date when it arrives.

use tola_catalog::Product;
use tola_contracts::StepError;
use tola_contracts::channel::inquiry::MAX_SURVEYED;
use tola_contracts::reconcile_channel::{AtVersion, PageInput, PlanReconciliation as Contract, ProductPage};
use tola_step::{Context, Step, gone, store_failed};
use tola_store::Store;

/// The step.
pub struct PlanReconciliation {
    store: Store,
}

impl PlanReconciliation {
    /// The step on products in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Step for PlanReconciliation {
    type Contract = Contract;

    async fn run(&self, input: PageInput, context: &Context) -> Result<ProductPage, StepError> {
        let channel = self.store.channels(context.scope()).get(&input.channel_id).await.map_err(store_failed)?;
        let channel = channel.ok_or_else(|| gone(&input.channel_id))?;
        let limit = u32::try_from(MAX_SURVEYED).unwrap_or(u32::MAX);
        let products = self.store.products(context.scope());
        let found = products.kept_on(&channel.id, input.after, limit).await.map_err(store_failed)?;
        let at_rest = |product: &&Product| {
            product.channels.get(&channel.id).is_some_and(|listing| listing.is_at_rest(context.now))
        };
        let page: Vec<_> = found
            .iter()
            .filter(at_rest)
            .map(|product| AtVersion { product_id: product.id, version: product.offer_version })
            .collect();
        Ok(ProductPage {
            channel_type: channel.channel_type,
            product_ids: page.iter().map(|product| product.product_id).collect(),
            any: !page.is_empty(),
            products: page,
            after: found.last().map(|product| product.id),
            more: found.len() == MAX_SURVEYED,
        })
    }
}
