//! What everybody may see, whoever's it is.

use mongodb::{Collection, Database};
use tola_catalog::{Product, ProductId};

use crate::{Error, SystemScope, schema};

/// Products that are offered.
pub struct Showcase {
    collection: Collection<Product>,
}

impl Showcase {
    pub(crate) fn new(database: &Database, _scope: SystemScope) -> Self {
        Self { collection: database.collection(schema::PRODUCTS) }
    }

    /// The product, if it is ACTIVE and not being deleted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn active(&self, id: ProductId) -> Result<Option<Product>, Error> {
        let filter = schema::PUBLIC_PRODUCT.filter([id.to_string().into(), "ACTIVE".into()], None);
        Ok(self.collection.find_one(filter).await?.filter(|product| product.deleting.is_none()))
    }
}
