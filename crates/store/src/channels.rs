//! Merchants' connections to sales channels.

use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc, serialize_to_document};
use mongodb::{Collection, Database};
use serde::{Deserialize, Serialize};
use tola_catalog::{Channel, ChannelId, OperationId, Timestamp};

use crate::aggregate::Saved;
use crate::document::difference;
use crate::schema;
use crate::{Error, TenantScope};

/// One merchant's channels.
pub struct Channels {
    collection: Collection<Stored>,
    scope: TenantScope,
}

/// A merchant names its channels, so that two merchants may use one name.
#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(rename = "_id")]
    key: String,
    #[serde(flatten)]
    channel: Channel,
}

impl Channels {
    pub(crate) fn new(database: &Database, scope: TenantScope) -> Self {
        Self { collection: database.collection(schema::CHANNELS), scope }
    }

    /// The channel, if the merchant has it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn get(&self, id: &ChannelId) -> Result<Option<Channel>, Error> {
        let filter = schema::CHANNEL_BY_ID.filter([self.key(id).into(), self.merchant()], None);
        Ok(self.collection.find_one(filter).await?.map(|stored| stored.channel))
    }

    /// All of the merchant's channels, by name. A merchant has a handful of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all(&self) -> Result<Vec<Channel>, Error> {
        let shape = &schema::CHANNELS_OF_MERCHANT;
        let found = self.collection.find(shape.filter([self.merchant()], None)).sort(shape.order()).await?;
        found.map_ok(|stored| stored.channel).try_collect().await.map_err(Into::into)
    }

    /// Writes a new channel.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when it is there already, and when the database fails.
    pub async fn insert(&self, channel: &Channel) -> Result<(), Error> {
        self.collection.insert_one(self.stored(channel)).await?;
        Ok(())
    }

    /// Writes what differs between a channel that was read and what it is to be, if nobody wrote in between. Who hastens its
    /// reconciliation does so without a version, and is not undone by a write that leaves the time as it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save(&self, before: &Channel, after: &Channel) -> Result<Saved, Error> {
        let update = difference(&serialize_to_document(before)?, &serialize_to_document(after)?);
        if update.is_empty() {
            return Ok(Saved::Moved);
        }
        let written = self.collection.update_one(self.at_version(before), update).await?;
        Ok(if written.matched_count == 1 { Saved::Moved } else { Saved::Conflict })
    }

    /// Removes a channel, if nobody wrote to it since it was read. Already gone is success.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove(&self, channel: &Channel) -> Result<(), Error> {
        self.collection.delete_one(self.at_version(channel)).await?;
        Ok(())
    }

    /// Has a channel reconciled at `at`, unless that is to happen sooner. It needs no version: of two who hasten, the one
    /// who is in more of a hurry wins.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hasten(&self, id: &ChannelId, at: Timestamp) -> Result<(), Error> {
        let mut filter = schema::CHANNEL_BY_ID.filter([self.key(id).into(), self.merchant()], None);
        filter.insert("reconcile_due_at", doc! { "$gt": at.to_string() });
        self.collection.update_one(filter, doc! { "$set": { "reconcile_due_at": at.to_string() } }).await?;
        Ok(())
    }

    /// Puts the reconciliation that was due at `due` off until `next`, unless somebody has hastened it since.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reconciled(&self, id: &ChannelId, due: Timestamp, next: Timestamp) -> Result<(), Error> {
        let mut filter = schema::CHANNEL_BY_ID.filter([self.key(id).into(), self.merchant()], None);
        filter.insert("reconcile_due_at", due.to_string());
        self.collection.update_one(filter, doc! { "$set": { "reconcile_due_at": next.to_string() } }).await?;
        Ok(())
    }

    /// The operation that last reconciled the channel, or was to, because its merchant asked for it; or that only looked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_reconciliation(&self, id: &ChannelId, dry_run: bool) -> Result<Option<OperationId>, Error> {
        let filter = schema::CHANNEL_BY_ID.filter([self.key(id).into(), self.merchant()], None);
        let found = self.collection.clone_with_type::<Document>().find_one(filter).await?;
        let noted = found.as_ref().and_then(|channel| channel.get_str(last_field(dry_run)).ok());
        Ok(noted.and_then(|text| OperationId::parse(text).ok()))
    }

    /// Notes which operation reconciles the channel after `last`. The first to note it wins; the answer is the winner. It
    /// needs no version, as nobody else writes it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reconciled_next_by(
        &self,
        id: &ChannelId,
        dry_run: bool,
        last: Option<OperationId>,
        next: OperationId,
    ) -> Result<Option<OperationId>, Error> {
        let mut filter = schema::CHANNEL_BY_ID.filter([self.key(id).into(), self.merchant()], None);
        let unchanged = last.map_or_else(|| Bson::from(doc! { "$exists": false }), |last| last.to_string().into());
        filter.insert(last_field(dry_run), unchanged);
        let noted = doc! { "$set": { last_field(dry_run): next.to_string() } };
        self.collection.update_one(filter, noted).await?;
        self.last_reconciliation(id, dry_run).await
    }

    fn at_version(&self, channel: &Channel) -> Document {
        let version = Bson::Int64(i64::try_from(channel.version).unwrap_or(i64::MAX));
        schema::CHANNEL_BY_VERSION.filter([self.key(&channel.id).into(), self.merchant(), version], None)
    }

    fn stored(&self, channel: &Channel) -> Stored {
        assert_eq!(channel.merchant_id, self.scope.merchant_id(), "a document of another merchant's scope");
        Stored { key: self.key(&channel.id), channel: channel.clone() }
    }

    fn key(&self, id: &ChannelId) -> String {
        format!("{}/{id}", self.scope.merchant_id())
    }

    fn merchant(&self) -> Bson {
        self.scope.merchant_id().to_string().into()
    }
}

/// Where a channel's document notes what reconciled it last: only the store knows of it.
fn last_field(dry_run: bool) -> &'static str {
    if dry_run { "last_looked_over_by" } else { "last_reconciled_by" }
}
