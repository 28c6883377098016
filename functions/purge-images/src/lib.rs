//! Marks the images that nothing but a deleted product shows. The sweep looks for references once more before it removes
//! them: a product or a category that began to show one meanwhile keeps it.

use tola_catalog::{ImageId, Product};
use tola_contracts::StepError;
use tola_contracts::register_product::ProductInput;
use tola_contracts::withdraw_product::{ImagesPurged, PurgeImages as Contract};
use tola_step::{Context, Step, gone, store_failed};
use tola_store::{Store, TenantScope};

/// How many products are looked at to find one that stays and shows the image too.
const OTHERS: u32 = 50;

/// The step.
pub struct PurgeImages {
    store: Store,
}

impl PurgeImages {
    /// The step on products in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl PurgeImages {
    async fn is_its_alone(&self, scope: TenantScope, product: &Product, image: ImageId) -> Result<bool, StepError> {
        let shown = self.store.references_to(image, scope, OTHERS).await.map_err(store_failed)?;
        let goes_too = |other: &Product| other.id == product.id || other.deleting.is_some();
        Ok(shown.categories.is_empty() && shown.products.iter().all(goes_too))
    }
}

impl Step for PurgeImages {
    type Contract = Contract;

    async fn run(&self, input: ProductInput, context: &Context) -> Result<ImagesPurged, StepError> {
        let scope = context.scope();
        let product = self.store.products(scope).get(input.product_id).await.map_err(store_failed)?;
        let product = product.ok_or_else(|| gone(input.product_id))?;
        let mut purged = ImagesPurged { images: 0 };
        if product.deleting.is_none() {
            return Ok(purged);
        }
        for image in product.image_ids() {
            if self.is_its_alone(scope, &product, image).await? {
                let images = self.store.images(scope);
                let marked = images.change(image, |image| Ok(image.mark_purging(context.now)));
                let there = marked.await.map_err(store_failed)?.document().is_some();
                purged.images += u32::from(there);
            }
        }
        Ok(purged)
    }
}
