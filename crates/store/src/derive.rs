//! Derives anew what products are found by, where an older version wrote it or wrote none; done at each deploy, and as often
//! as one likes.

use std::time::Instant;

use futures::{StreamExt, TryStreamExt, stream};
use mongodb::Collection;
use mongodb::bson::{Bson, doc, serialize_to_bson};
use tola_catalog::search::RULES;
use tola_catalog::{FoundBy, Product};

use crate::{Error, Store, SystemScope, schema};

/// How many products are read at once.
const BATCH: i64 = 100;
/// How many are written at once.
const AT_ONCE: usize = 8;

/// How far a derivation came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Derived {
    /// Products that were brought up to date.
    pub products: u64,
    /// Whether none is left. If some are, doing it again goes on with them; until then lists miss them.
    pub complete: bool,
}

impl Store {
    /// Derives anew what was derived by other rules than those of this version, until there is nothing left or no time.
    /// Nothing else of a product changes, not even its version. One that somebody writes to meanwhile is looked at once more,
    /// since not every write derives it.
    ///
    /// # Errors
    /// When the database fails; what was done until then stays done.
    pub async fn derive(&self, _: SystemScope, until: Instant) -> Result<Derived, Error> {
        let collection = self.database.collection::<Product>(schema::PRODUCTS);
        let mut derived = Derived::default();
        let (mut after, mut passed_over) = (None, 0);
        loop {
            if Instant::now() >= until {
                return Ok(derived);
            }
            let shape = &schema::PRODUCTS_TO_DERIVE;
            let mut filter = shape.filter([], after.map(|id: String| doc! { "$gt": id }));
            filter.insert("found_by.rules", doc! { "$ne": RULES });
            let found: Vec<Product> =
                collection.find(filter).sort(shape.order()).limit(BATCH).await?.try_collect().await?;
            let Some(last) = found.last() else {
                if passed_over == 0 {
                    return Ok(Derived { complete: true, ..derived });
                }
                (after, passed_over) = (None, 0);
                continue;
            };
            after = Some(last.id.to_string());
            let written: Vec<u64> = stream::iter(&found)
                .map(|product| rewrite(&collection, product))
                .buffer_unordered(AT_ONCE)
                .try_collect()
                .await?;
            let done = written.iter().sum::<u64>();
            passed_over += found.len() as u64 - done;
            derived.products += done;
        }
    }
}

/// Writes what a product is found by, unless somebody wrote to it since it was read; returns how many were written.
async fn rewrite(collection: &Collection<Product>, product: &Product) -> Result<u64, Error> {
    let version = Bson::Int64(i64::try_from(product.version).unwrap_or(i64::MAX));
    let filter = schema::PRODUCT_BY_VERSION
        .filter([product.id.to_string().into(), product.merchant_id.to_string().into(), version], None);
    let update = doc! { "$set": { "found_by": serialize_to_bson(&FoundBy::of(product))? } };
    Ok(collection.update_one(filter, update).await?.matched_count)
}
