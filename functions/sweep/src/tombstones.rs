//! Products of which nothing but a tombstone is left, and for long enough.

use tola_catalog::Product;
use tola_store::SystemScope;

use crate::{Sweep, Swept};

impl Sweep {
    pub(crate) async fn forget(&self, tombstones: Vec<Product>, swept: &mut Swept) {
        // An event that is not delivered yet is in the document alone.
        for tombstone in tombstones.iter().filter(|tombstone| tombstone.outbox.is_empty()) {
            let scope = SystemScope::named("sweep").acting_for(tombstone.merchant_id);
            match self.store.products(scope).forget(tombstone).await {
                Ok(()) => swept.forgotten += 1,
                Err(error) => swept.failed("removing a tombstone", &error),
            }
        }
    }
}
