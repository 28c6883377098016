//! Makes every index; done at each deploy, and as often as one likes.

use mongodb::bson::{Bson, Document};
use mongodb::error::ErrorKind;
use mongodb::options::IndexOptions;
use mongodb::{Collection, IndexModel};

use crate::schema::{Direction, INDEXES, Index, IndexKind};
use crate::{Error, Store};

impl Store {
    /// Makes the indexes that are not there, and returns how many the schema has. Indexes that the schema no longer has
    /// are left alone: the version that is being replaced may still need them.
    ///
    /// # Errors
    /// When the database refuses one, for instance since documents in it are not unique.
    pub async fn migrate(&self) -> Result<usize, Error> {
        for index in INDEXES {
            let collection = self.database.collection::<Document>(index.collection);
            // A changed index has a new name, so that one of this name is this one.
            if names(&collection).await?.iter().all(|name| name != index.name) {
                collection.create_index(model(index)).await?;
                tracing::info!(index.name = index.name, "made the index");
            }
        }
        Ok(INDEXES.len())
    }
}

async fn names(collection: &Collection<Document>) -> Result<Vec<String>, Error> {
    const NAMESPACE_NOT_FOUND: i32 = 26;
    match collection.list_index_names().await {
        Ok(names) => Ok(names),
        Err(error) => match error.kind.as_ref() {
            ErrorKind::Command(command) if command.code == NAMESPACE_NOT_FOUND => Ok(Vec::new()),
            _ => Err(error.into()),
        },
    }
}

fn model(index: &Index) -> IndexModel {
    let direction = if index.direction == Direction::Ascending { 1 } else { -1 };
    let keys: Document = index.keys.iter().map(|key| ((*key).to_owned(), Bson::Int32(direction))).collect();
    let mut options = IndexOptions::builder().name(index.name.to_owned()).build();
    options.unique = matches!(index.kind, IndexKind::UniqueWhereExists(_)).then_some(true);
    options.expire_after = (index.kind == IndexKind::Expiring).then_some(std::time::Duration::ZERO);
    options.partial_filter_expression = index.partial_filter();
    IndexModel::builder().keys(keys).options(options).build()
}
