//! What came of commands at their channels: stored once under listing and fence, before anybody is told.

use mongodb::bson::{Bson, doc};
use mongodb::{Collection, Database};
use serde::{Deserialize, Serialize};
use tola_catalog::listing::ChannelOutcome;
use tola_catalog::{ChannelId, MerchantId, OperationId, ProductId, Timestamp};

use crate::aggregate::already_inserted;
use crate::schema;
use crate::{Error, TenantScope};

/// One merchant's outcomes.
pub struct Outcomes {
    collection: Collection<StoredOutcome>,
    scope: TenantScope,
}

/// Which command of which listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRef {
    /// The product.
    pub product_id: ProductId,
    /// The merchant's channel.
    pub channel_id: ChannelId,
    /// The command's fence.
    pub fence: u64,
}

impl CommandRef {
    fn key(&self) -> String {
        format!("{}/{}/{}", self.product_id, self.channel_id, self.fence)
    }
}

/// An outcome as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredOutcome {
    #[serde(rename = "_id")]
    key: String,
    /// Whose it is.
    pub merchant_id: MerchantId,
    /// The product.
    pub product_id: ProductId,
    /// The merchant's channel.
    pub channel_id: ChannelId,
    /// The command's fence.
    pub fence: u64,
    /// The operation that it was part of.
    pub operation_id: OperationId,
    /// What came of it.
    pub outcome: ChannelOutcome,
    /// When it was stored.
    pub stored_at: Timestamp,
    /// Since when it waits to be taken over into the product; nothing once it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adoption_due: Option<Timestamp>,
}

impl Outcomes {
    pub(crate) fn new(database: &Database, scope: TenantScope) -> Self {
        Self { collection: database.collection(schema::OUTCOMES), scope }
    }

    /// What came of a command, if that is known.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn get(&self, command: &CommandRef) -> Result<Option<StoredOutcome>, Error> {
        let filter = schema::OUTCOME_BY_ID.filter([command.key().into(), self.merchant()], None);
        Ok(self.collection.find_one(filter).await?)
    }

    /// Stores what came of a command. The first outcome holds; returns whether this one is it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn store(
        &self,
        command: &CommandRef,
        operation_id: OperationId,
        outcome: &ChannelOutcome,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let stored = StoredOutcome {
            key: command.key(),
            merchant_id: self.scope.merchant_id(),
            product_id: command.product_id,
            channel_id: command.channel_id.clone(),
            fence: command.fence,
            operation_id,
            outcome: outcome.clone(),
            stored_at: now,
            adoption_due: Some(now),
        };
        already_inserted(self.collection.insert_one(stored).await.map(|_| ()).map_err(Into::into))
    }

    /// Notes that an outcome was taken over.
    ///
    /// # Errors
    /// When the database fails; the sweep then takes it over again, which changes nothing.
    pub async fn adopted(&self, command: &CommandRef) -> Result<(), Error> {
        let filter = schema::OUTCOME_BY_ID.filter([command.key().into(), self.merchant()], None);
        self.collection.update_one(filter, doc! { "$unset": { "adoption_due": 1 } }).await?;
        Ok(())
    }

    fn merchant(&self) -> Bson {
        self.scope.merchant_id().to_string().into()
    }
}
