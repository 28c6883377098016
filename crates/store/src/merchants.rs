//! Merchants: as much of them as the spine needs.

use mongodb::bson::doc;
use mongodb::{Collection, Database};
use serde::{Deserialize, Serialize};
use tola_catalog::{MerchantId, Timestamp};

use crate::schema;
use crate::{Error, SystemScope};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MerchantRecord {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: MerchantId,
    /// What it is called.
    pub name: String,
    /// When it was made known to Tola.
    pub created_at: Timestamp,
}

/// Every merchant's record.
pub struct Merchants {
    collection: Collection<MerchantRecord>,
}

impl Merchants {
    pub(crate) fn new(database: &Database, _scope: SystemScope) -> Self {
        Self { collection: database.collection(schema::MERCHANTS) }
    }

    /// A merchant's record.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn get(&self, id: MerchantId) -> Result<Option<MerchantRecord>, Error> {
        Ok(self.collection.find_one(schema::MERCHANT_BY_ID.filter([id.to_string().into()], None)).await?)
    }
}
