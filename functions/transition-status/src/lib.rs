//! Brings a product up to date with the images that it refers to and with what its category asks, and thereby its status.
//! Repeating it changes nothing.

use tola_contracts::StepError;
use tola_contracts::register_product::{ProductInput, TransitionStatus as Contract, Transitioned};
use tola_step::{Context, Step, gone, store_failed};
use tola_store::Store;

/// The step.
pub struct TransitionStatus {
    store: Store,
}

impl TransitionStatus {
    /// The step on products in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Step for TransitionStatus {
    type Contract = Contract;

    async fn run(&self, input: ProductInput, context: &Context) -> Result<Transitioned, StepError> {
        let products = self.store.products(context.scope());
        let known =
            products.get(input.product_id).await.map_err(store_failed)?.ok_or_else(|| gone(input.product_id))?;
        let images = self.store.images(context.scope()).get_many(&known.image_ids()).await.map_err(store_failed)?;
        let categories = self.store.categories_of(context.scope(), &known).await.map_err(store_failed)?;
        let outcome = products
            .change(input.product_id, |product| Ok(product.take_over(&images, &categories, &context.origin())))
            .await
            .map_err(store_failed)?;
        let changed = outcome.moved();
        let product = outcome.document().ok_or_else(|| gone(input.product_id))?;
        Ok(Transitioned { status: product.status, changed })
    }
}
