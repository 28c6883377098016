//! The ledger of the sandbox marketplace: every call, whatever came of it, and what the marketplace did by itself.
//!
//! What changes a listing is noted with the listing, in the write that changes it. A call that changes nothing is noted there
//! too, if there is a listing that is not closed; and otherwise at the door, in a document of the product alone, where
//! calls at a shop that are about no product have one as well.

use futures::TryStreamExt;
use mongodb::bson::{Document, deserialize_from_document, doc, serialize_to_bson};
use serde::{Deserialize, Serialize};
use tola_catalog::{ChannelId, Timestamp};

use super::{Sandbox, SandboxKey, SandboxListing};
use crate::{Error, schema};

/// The most calls that one document remembers: the latest ones.
pub(super) const MAX_CALLS: i32 = 500;

/// What came of a call, or what the marketplace did by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SandboxEffect {
    /// It made the listing.
    Created,
    /// It changed the listing, or showed it again.
    Updated,
    /// It hid the listing.
    Paused,
    /// It closed the listing for good.
    Closed,
    /// The marketplace lost the listing.
    Vanished,
    /// Somebody changed the listing at the marketplace.
    EditedByHand,
    /// It found everything as it was to be.
    Nothing,
    /// It only looked.
    Looked,
    /// It was sent away before it did anything: refused, told to come later, or failed.
    SentAway,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxEntry {
    /// The listing that was there then; nothing if there was none.
    #[serde(skip)]
    pub external_id: Option<String>,
    /// The fence of the command behind the call; nothing where there was no command, or no call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<u64>,
    /// What came of it.
    pub effect: SandboxEffect,
    /// The product's revision that the listing shows since, if something changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// When it was made.
    pub at: Timestamp,
}

/// Where calls are noted that found no listing.
#[derive(Default, Deserialize)]
struct Door {
    #[serde(default)]
    calls: Vec<SandboxEntry>,
}

impl SandboxEffect {
    /// Whether something at the marketplace is not as it was before.
    pub fn is_change(self) -> bool {
        !matches!(self, Self::Nothing | Self::Looked | Self::SentAway)
    }
}

impl Sandbox {
    /// Notes a call about a product that changed nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note(
        &self,
        key: &SandboxKey,
        effect: SandboxEffect,
        fence: Option<u64>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let noted = noted(&SandboxEntry { external_id: None, fence, effect, revision: None, at: now })?;
        // The listing's version stays: whoever is about to change it is not disturbed, and takes nothing out.
        let open = self.of_product(&schema::SANDBOX_LISTING_OF_PRODUCT, key);
        if self.listings.update_one(open, noted.clone()).await?.matched_count > 0 {
            return Ok(());
        }
        self.note_at(self.door_of(key), noted).await
    }

    /// Notes a call at a channel that is about no product.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_visit(&self, channel: &ChannelId, effect: SandboxEffect, now: Timestamp) -> Result<(), Error> {
        let noted = noted(&SandboxEntry { external_id: None, fence: None, effect, revision: None, at: now })?;
        self.note_at(self.door_of_shop(channel), noted).await
    }

    /// Every call about a product and whatever else happened to its listings, the first first: the latest 500 of each
    /// listing, and of those that found none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ledger(&self, key: &SandboxKey) -> Result<Vec<SandboxEntry>, Error> {
        let mut ledger = self.noted_at(self.door_of(key)).await?;
        let shape = &schema::SANDBOX_LISTINGS_EVER_OF_PRODUCT;
        let found = self.listings.find(self.of_product(shape, key)).sort(shape.order()).await?;
        let listings: Vec<SandboxListing> = found.try_collect().await?;
        ledger.extend(listings.into_iter().flat_map(SandboxListing::into_calls));
        ledger.sort_by_key(|entry| entry.at);
        Ok(ledger)
    }

    /// The calls at a channel that were about no product: tries of the connection, and pages of its listings.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn visits(&self, channel: &ChannelId) -> Result<Vec<SandboxEntry>, Error> {
        self.noted_at(self.door_of_shop(channel)).await
    }

    async fn note_at(&self, door: String, noted: Document) -> Result<(), Error> {
        let filter = schema::SANDBOX_COUNTER_BY_ID.filter([door.into(), self.merchant()], None);
        self.counters.update_one(filter, noted).upsert(true).await?;
        Ok(())
    }

    async fn noted_at(&self, door: String) -> Result<Vec<SandboxEntry>, Error> {
        let filter = schema::SANDBOX_COUNTER_BY_ID.filter([door.into(), self.merchant()], None);
        let found = self.counters.find_one(filter).await?;
        Ok(found.map(deserialize_from_document::<Door>).transpose()?.unwrap_or_default().calls)
    }

    fn door_of(&self, key: &SandboxKey) -> String {
        format!("{}/{}/{}/calls", self.scope.merchant_id(), key.channel_id, key.product_id)
    }

    fn door_of_shop(&self, channel: &ChannelId) -> String {
        format!("{}/{channel}/visits", self.scope.merchant_id())
    }
}

/// The update that notes an entry, and forgets the oldest one if there are too many.
pub(super) fn noted(entry: &SandboxEntry) -> Result<Document, Error> {
    Ok(doc! { "$push": { "calls": { "$each": [serialize_to_bson(entry)?], "$slice": -MAX_CALLS } } })
}
