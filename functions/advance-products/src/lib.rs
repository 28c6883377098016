//! Carries what came of an image into every product that refers to it. Repeating it changes nothing.

use tola_catalog::{Image, Product, ProductId};
use tola_contracts::StepError;
use tola_contracts::process_image::{AdvanceProducts as Contract, Advanced, ImageInput, MAX_ADVANCED};
use tola_step::{Context, Step, gone, store_failed};
use tola_store::Store;

/// How many products are read at once.
const PAGE: u32 = 100;

/// The step.
pub struct AdvanceProducts {
    store: Store,
}

impl AdvanceProducts {
    /// The step on products in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn advance(&self, product: &Product, image: &Image, context: &Context) -> Result<bool, StepError> {
        let images = std::slice::from_ref(image);
        self.store
            .products(context.scope())
            .change(product.id, |product| Ok(product.absorb(images, &context.origin())))
            .await
            .map(|outcome| outcome.moved())
            .map_err(store_failed)
    }
}

impl Step for AdvanceProducts {
    type Contract = Contract;

    async fn run(&self, input: ImageInput, context: &Context) -> Result<Advanced, StepError> {
        let image = self.store.images(context.scope()).get(input.image_id).await.map_err(store_failed)?;
        let image = image.ok_or_else(|| gone(input.image_id))?;
        let mut advanced = Advanced { count: 0, product_ids: Vec::new() };
        let mut after: Option<ProductId> = None;
        loop {
            let products = self.store.products(context.scope());
            let page = products.showing(image.id, after, PAGE).await.map_err(store_failed)?;
            for product in &page {
                advanced.count += u64::from(self.advance(product, &image, context).await?);
                if advanced.product_ids.len() < MAX_ADVANCED {
                    advanced.product_ids.push(product.id);
                }
            }
            after = page.last().map(|product| product.id);
            if page.len() < PAGE as usize {
                return Ok(advanced);
            }
        }
    }
}
