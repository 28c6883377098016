//! Leaves of a deleted product nothing but a tombstone. A product that some channel still has is left as it is.

use tola_contracts::register_product::ProductInput;
use tola_contracts::withdraw_product::{ProductPurged, PurgeProduct as Contract};
use tola_contracts::{StepError, StepErrorKind};
use tola_step::{Context, Step, gone, store_failed};
use tola_store::Store;

/// The step.
pub struct PurgeProduct {
    store: Store,
}

impl PurgeProduct {
    /// The step on products in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Step for PurgeProduct {
    type Contract = Contract;

    async fn run(&self, input: ProductInput, context: &Context) -> Result<ProductPurged, StepError> {
        let origin = context.origin();
        let products = self.store.products(context.scope());
        let outcome = products.change(input.product_id, |product| {
            if product.deleting.is_none() || !product.is_let_go() {
                return Err(Failed::NotYet);
            }
            Ok(product.purge(&origin))
        });
        match outcome.await {
            Ok(outcome) => {
                let already = !outcome.moved();
                outcome.document().ok_or_else(|| gone(input.product_id))?;
                Ok(ProductPurged { already })
            }
            Err(Failed::Store(error)) => Err(store_failed(error)),
            Err(Failed::NotYet) => {
                let message = format!("{} is not let go by every channel, or not being deleted", input.product_id);
                Err(StepError::new(StepErrorKind::StepFailed, message))
            }
        }
    }
}

enum Failed {
    NotYet,
    Store(tola_store::Error),
}

impl From<tola_store::Error> for Failed {
    fn from(error: tola_store::Error) -> Self {
        Self::Store(error)
    }
}
