//! Products.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use serde::Deserialize;
use tola_catalog::text::{Sku, Slug};
use tola_catalog::{CategoryKey, ChannelId, ImageId, Product, ProductId};

use crate::schema::{self, Shape};
use crate::{Aggregates, Error};

/// One merchant's products.
pub type Products = Aggregates<Product>;

/// How many products are in a category.
#[derive(Deserialize)]
struct Counted {
    #[serde(rename = "_id")]
    category: CategoryKey,
    products: u64,
}

impl Products {
    /// The product with a SKU.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn by_sku(&self, sku: &Sku) -> Result<Option<Product>, Error> {
        let filter = schema::PRODUCT_BY_SKU.filter([self.merchant().into(), sku.as_str().into()], None);
        Ok(self.collection.find_one(filter).await?)
    }

    /// The product with a slug.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn by_slug(&self, slug: &Slug) -> Result<Option<Product>, Error> {
        let filter = schema::PRODUCT_BY_SLUG.filter([self.merchant().into(), slug.as_str().into()], None);
        Ok(self.collection.find_one(filter).await?)
    }

    /// Up to `limit` products that are, may be or are about to be live on a channel, newest first; also those that are
    /// being deleted, which the channel has yet to let go.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bound_to(&self, channel: &ChannelId, limit: u32) -> Result<Vec<Product>, Error> {
        let shape = &schema::PRODUCTS_BOUND_TO;
        let filter = shape.filter([self.merchant().into(), channel.as_str().into()], None);
        self.collected(shape, filter, limit).await
    }

    /// Up to `limit` products that are wanted on a channel, or that it has or may have something of, oldest first, from
    /// the one after `after` on; also those that are being deleted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn kept_on(
        &self,
        channel: &ChannelId,
        after: Option<ProductId>,
        limit: u32,
    ) -> Result<Vec<Product>, Error> {
        let shape = &schema::PRODUCTS_KEPT_ON;
        let range = after.map(|id| doc! { "$gt": id.to_string() });
        let filter = shape.filter([self.merchant().into(), channel.as_str().into()], range);
        self.collected(shape, filter, limit).await
    }

    /// Up to `limit` products in a category itself, newest first; those that are being deleted are gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn in_category(&self, category: &CategoryKey, limit: u32) -> Result<Vec<Product>, Error> {
        let shape = &schema::PRODUCTS_IN_CATEGORY;
        let mut filter = shape.filter([self.merchant().into(), category.as_str().into()], None);
        filter.insert("deleting", doc! { "$exists": false });
        self.collected(shape, filter, limit).await
    }

    /// Up to `limit` products in a category itself, oldest first, from the one after `after` on; those that are being
    /// deleted are gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn filed_under(
        &self,
        category: &CategoryKey,
        after: Option<ProductId>,
        limit: u32,
    ) -> Result<Vec<Product>, Error> {
        let shape = &schema::PRODUCTS_FILED_UNDER;
        let range = after.map(|id| doc! { "$gt": id.to_string() });
        let mut filter = shape.filter([self.merchant().into(), category.as_str().into()], range);
        filter.insert("deleting", doc! { "$exists": false });
        self.collected(shape, filter, limit).await
    }

    /// How many products there are in each of these categories itself, where there are any; those that are being deleted
    /// are gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn counted_in(
        &self,
        categories: impl Iterator<Item = &CategoryKey> + Send,
    ) -> Result<BTreeMap<CategoryKey, u64>, Error> {
        let ids: Vec<&str> = categories.map(CategoryKey::as_str).collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        // All of them in one answer: an embedded database knows a cursor on one of its connections only.
        let batch = u32::try_from(ids.len()).unwrap_or(u32::MAX).saturating_add(1);
        let any = doc! { "$in": ids };
        let mut filter = schema::PRODUCTS_IN_CATEGORIES.filter([self.merchant().into()], Some(any));
        filter.insert("deleting", doc! { "$exists": false });
        let group = doc! { "_id": "$canonical.category_id", "products": { "$sum": 1_i64 } };
        let found = self.collection.aggregate([doc! { "$match": filter }, doc! { "$group": group }]).batch_size(batch);
        let counts: Vec<Counted> = found.with_type().await?.try_collect().await?;
        Ok(counts.into_iter().map(|counted| (counted.category, counted.products)).collect())
    }

    /// Removes what is left of a product that was purged, unless somebody wrote to it since it was read. Its history
    /// stays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget(&self, tombstone: &Product) -> Result<(), Error> {
        let version = Bson::Int64(i64::try_from(tombstone.version).unwrap_or(i64::MAX));
        let filter =
            schema::PRODUCT_BY_VERSION.filter([tombstone.id.to_string().into(), self.merchant().into(), version], None);
        self.collection.delete_one(filter).await?;
        Ok(())
    }

    /// Up to `limit` products that refer to an image, oldest first, from the one after `after` on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn showing(&self, image: ImageId, after: Option<ProductId>, limit: u32) -> Result<Vec<Product>, Error> {
        let shape = &schema::PRODUCTS_SHOWING;
        let range = after.map(|id| doc! { "$gt": id.to_string() });
        let filter = shape.filter([self.merchant().into(), image.to_string().into()], range);
        self.collected(shape, filter, limit).await
    }

    async fn collected(&self, shape: &Shape, filter: Document, limit: u32) -> Result<Vec<Product>, Error> {
        let found = self.collection.find(filter).sort(shape.order()).limit(i64::from(limit)).await?;
        Ok(found.try_collect().await?)
    }
}
