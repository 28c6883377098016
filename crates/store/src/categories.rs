//! Merchants' categories: each merchant's tree is one document.

use mongodb::bson::{Bson, Document, serialize_to_document};
use mongodb::{Collection, Database};
use serde::{Deserialize, Serialize};
use tola_catalog::image::Changed;
use tola_catalog::{CategoryTree, Operation};

use crate::aggregate::{ATTEMPTS, Outcome, already_inserted, pause};
use crate::document::difference;
use crate::schema;
use crate::{Error, Operations, TenantScope};

/// The field that holds the categories, of which a write sets those alone that it changes.
const FIELD: &str = "categories";

/// One merchant's categories.
pub struct Categories {
    collection: Collection<Stored>,
    operations: Operations,
    scope: TenantScope,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(rename = "_id")]
    key: String,
    #[serde(flatten)]
    tree: CategoryTree,
}

impl Categories {
    pub(crate) fn new(database: &Database, scope: TenantScope) -> Self {
        Self {
            collection: database.collection(schema::CATEGORIES),
            operations: Operations::new(database, scope),
            scope,
        }
    }

    /// All of the merchant's categories.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn get(&self) -> Result<CategoryTree, Error> {
        let filter = schema::CATEGORIES_BY_ID.filter([self.merchant(), self.merchant()], None);
        let found = self.collection.find_one(filter).await?;
        Ok(found.map_or_else(|| CategoryTree::new(self.scope.merchant_id()), |stored| stored.tree))
    }

    /// Changes the categories as `decide` does on the newest of them, again if others write meanwhile. Before a write that
    /// asks something else of products, `review` is promised, which judges them by it: whoever dies after the write leaves
    /// that to the sweep. A promise that no write came of has products judged as they were.
    ///
    /// # Errors
    /// Whatever `decide` refuses; [`Error::Contended`] if others write all the time; and when the database fails.
    pub async fn change<E: From<Error>>(
        &self,
        review: &Operation,
        mut decide: impl FnMut(&mut CategoryTree) -> Result<Changed, E>,
    ) -> Result<Outcome<CategoryTree>, E> {
        for attempt in 0..ATTEMPTS {
            let before = self.get().await?;
            let mut after = before.clone();
            if decide(&mut after)? == Changed::No {
                return Ok(Outcome::AlreadyThere(before));
            }
            if after.asks_anew() {
                self.operations.ensure(review).await?;
            }
            if self.save(&before, &after).await? {
                return Ok(Outcome::Moved(after));
            }
            pause(attempt).await;
        }
        Err(Error::Contended(format!("the categories of {}", self.scope.merchant_id())).into())
    }

    /// Writes what differs, if nobody wrote in between. Whether it did.
    async fn save(&self, before: &CategoryTree, after: &CategoryTree) -> Result<bool, Error> {
        if before.version == 0 {
            let stored = Stored { key: self.scope.merchant_id().to_string(), tree: after.clone() };
            let inserted = self.collection.insert_one(stored).await.map(drop);
            return already_inserted(inserted.map_err(Error::from));
        }
        let version = Bson::Int64(i64::try_from(before.version).unwrap_or(i64::MAX));
        let filter = schema::CATEGORIES_BY_VERSION.filter([self.merchant(), self.merchant(), version], None);
        let written = self.collection.update_one(filter, update(before, after)?).await?;
        Ok(written.matched_count == 1)
    }

    fn merchant(&self) -> Bson {
        self.scope.merchant_id().to_string().into()
    }
}

/// The update that turns one tree into another, category by category.
fn update(before: &CategoryTree, after: &CategoryTree) -> Result<Document, Error> {
    let flat = |tree: &CategoryTree| -> Result<Document, Error> {
        let mut whole = serialize_to_document(tree)?;
        if let Some(Bson::Document(categories)) = whole.remove(FIELD) {
            whole.extend(categories.into_iter().map(|(id, category)| (format!("{FIELD}.{id}"), category)));
        }
        Ok(whole)
    };
    Ok(difference(&flat(before)?, &flat(after)?))
}
