//! Who refers to an image: asked in one place, by all who delete images. Whoever deletes marks the image and then asks;
//! whoever begins to refer to it writes that and then looks for the mark: one of the two sees the other.

use tola_catalog::text::Name;
use tola_catalog::{CategoryKey, ImageId, Product};

use crate::{Error, Store, TenantScope};

/// Who refers to an image.
#[derive(Debug)]
pub struct References {
    /// Products, oldest first; also those that are being deleted.
    pub products: Vec<Product>,
    /// Categories, by their ids.
    pub categories: Vec<(CategoryKey, Name)>,
}

impl References {
    /// Whether nothing refers to it.
    pub fn is_empty(&self) -> bool {
        self.products.is_empty() && self.categories.is_empty()
    }
}

impl Store {
    /// Who refers to an image: up to `limit` products, and all categories.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn references_to(&self, image: ImageId, scope: TenantScope, limit: u32) -> Result<References, Error> {
        let products = self.products(scope).showing(image, None, limit).await?;
        let tree = self.categories(scope).get().await?;
        let categories = tree.showing(image).map(|(id, category)| (id.clone(), category.name.clone())).collect();
        Ok(References { products, categories })
    }
}
