//! Judges whether a product is complete, with the images that it refers to and what its category asks as they are now.
//! Changes nothing, so that it may be repeated at will.

use tola_contracts::StepError;
use tola_contracts::register_product::{MAX_MISSING, ProductInput, ValidateProduct as Contract, Validated};
use tola_step::{Context, Step, gone, store_failed};
use tola_store::Store;

/// The step.
pub struct ValidateProduct {
    store: Store,
}

impl ValidateProduct {
    /// The step on products in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Step for ValidateProduct {
    type Contract = Contract;

    async fn run(&self, input: ProductInput, context: &Context) -> Result<Validated, StepError> {
        let product = self.store.products(context.scope()).get(input.product_id).await.map_err(store_failed)?;
        let product = product.ok_or_else(|| gone(input.product_id))?;
        // The reference is durable before this read: an image that becomes READY after it finds the product by itself.
        let images = self.store.images(context.scope()).get_many(&product.image_ids()).await.map_err(store_failed)?;
        // The same of its category.
        let categories = self.store.categories_of(context.scope(), &product).await.map_err(store_failed)?;
        let mut verdict = product.judged_with(&images, &categories, &context.origin());
        let complete = verdict.is_complete();
        verdict.missing.truncate(MAX_MISSING);
        Ok(Validated { complete, score: verdict.score, missing: verdict.missing })
    }
}
