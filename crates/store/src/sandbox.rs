//! The sandbox marketplace: its listings, and the ledger of every call. It belongs to the sandbox's adapter
//! alone; nothing else in Tola may know what is in here, as with any other channel.

use std::time::Duration;

use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc, serialize_to_document};
use mongodb::options::ReturnDocument;
use mongodb::{Collection, Database};
use serde_json::Value;
use tola_catalog::{ChannelId, ProductId, Timestamp};

use crate::schema::{self, Shape};
use crate::{Error, TenantScope};

mod ledger;
mod listing;
use ledger::noted;
pub use ledger::{SandboxEffect, SandboxEntry};
pub use listing::{SandboxListing, SandboxState};

/// One merchant's listings on the sandbox marketplace.
pub struct Sandbox {
    listings: Collection<SandboxListing>,
    counters: Collection<Document>,
    scope: TenantScope,
}

/// The marketplace's key of a listing: which of a merchant's shops, and what the merchant calls the goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxKey {
    /// The merchant's channel.
    pub channel_id: ChannelId,
    /// The product.
    pub product_id: ProductId,
}

impl Sandbox {
    pub(crate) fn new(database: &Database, scope: TenantScope) -> Self {
        Self {
            listings: database.collection(schema::SANDBOX_LISTINGS),
            counters: database.collection(schema::SANDBOX_COUNTERS),
            scope,
        }
    }

    /// The listing of a product that is not closed, if there is one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(&self, key: &SandboxKey) -> Result<Option<SandboxListing>, Error> {
        let filter = self.of_product(&schema::SANDBOX_LISTING_OF_PRODUCT, key);
        Ok(self.listings.find_one(filter).await?)
    }

    /// Up to `limit` listings of a channel that are not closed, by product, from the one after `after` on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(
        &self,
        channel: &ChannelId,
        after: Option<ProductId>,
        limit: u32,
    ) -> Result<Vec<SandboxListing>, Error> {
        let shape = &schema::SANDBOX_LISTINGS_OF_CHANNEL;
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let filter = shape.filter([self.merchant(), channel.as_str().into()], Some(doc! { "$gt": after }));
        let found = self.listings.find(filter).sort(shape.order()).limit(i64::from(limit)).await?;
        Ok(found.try_collect().await?)
    }

    /// Shows a product: makes its listing, or changes the one that is not closed.
    ///
    /// # Errors
    /// [`Error::Contended`] when another call was at the listing, and when the database fails.
    pub async fn offer(
        &self,
        key: &SandboxKey,
        revision: u64,
        view: Value,
        fence: u64,
        now: Timestamp,
    ) -> Result<SandboxListing, Error> {
        if let Some(before) = self.find(key).await? {
            let mut after = before.clone();
            after.state = SandboxState::Live;
            after.revision = revision;
            after.show(view, now);
            return self.write(&before, after, SandboxEffect::Updated, Some(fence), now).await;
        }
        let listing = SandboxListing::new(key, self.scope.merchant_id(), (revision, view), fence, now);
        match self.listings.insert_one(&listing).await.map_err(Error::from) {
            Ok(_) => Ok(listing),
            Err(Error::Duplicate(_)) => Err(Error::Contended(key.product_id.to_string())),
            Err(error) => Err(error),
        }
    }

    /// Hides a product's listing. Returns it with whether it was hidden before; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Contended`] when another call was at the listing, and when the database fails.
    pub async fn pause(
        &self,
        key: &SandboxKey,
        fence: u64,
        now: Timestamp,
    ) -> Result<Option<(SandboxListing, bool)>, Error> {
        let Some(before) = self.find(key).await? else {
            self.note(key, SandboxEffect::Nothing, Some(fence), now).await?;
            return Ok(None);
        };
        if before.state == SandboxState::Paused {
            self.note(key, SandboxEffect::Nothing, Some(fence), now).await?;
            return Ok(Some((before, true)));
        }
        let after = SandboxListing { state: SandboxState::Paused, ..before.clone() };
        Ok(Some((self.write(&before, after, SandboxEffect::Paused, Some(fence), now).await?, false)))
    }

    /// Closes a product's listing for good. Returns whether there was one.
    ///
    /// # Errors
    /// [`Error::Contended`] when another call was at the listing, and when the database fails.
    pub async fn close(&self, key: &SandboxKey, fence: u64, now: Timestamp) -> Result<bool, Error> {
        let Some(before) = self.find(key).await? else {
            self.note(key, SandboxEffect::Nothing, Some(fence), now).await?;
            return Ok(false);
        };
        let mut after = before.clone();
        after.close();
        self.write(&before, after, SandboxEffect::Closed, Some(fence), now).await?;
        Ok(true)
    }

    /// Lets the marketplace lose a product's listing, if it has one.
    ///
    /// # Errors
    /// [`Error::Contended`] when a call was at the listing, and when the database fails.
    pub async fn lose(&self, key: &SandboxKey, now: Timestamp) -> Result<(), Error> {
        let Some(before) = self.find(key).await? else { return Ok(()) };
        let mut after = before.clone();
        after.close();
        self.write(&before, after, SandboxEffect::Vanished, None, now).await.map(|_| ())
    }

    /// Changes what a product is called at the marketplace, as somebody with access to the merchant's shop there would.
    ///
    /// # Errors
    /// [`Error::Contended`] when a call was at the listing, and when the database fails.
    pub async fn rename(&self, key: &SandboxKey, name: &str, now: Timestamp) -> Result<(), Error> {
        let Some(before) = self.find(key).await? else { return Ok(()) };
        let (mut after, mut view) = (before.clone(), before.view.clone());
        if let Value::Object(view) = &mut view {
            view.insert("name".to_owned(), name.into());
        }
        after.show(view, now);
        self.write(&before, after, SandboxEffect::EditedByHand, None, now).await.map(|_| ())
    }

    /// Counts one more of something about a product, and returns how many there were with it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&self, key: &SandboxKey, what: &str) -> Result<u32, Error> {
        let id = format!("{}/{}/{}/{what}", self.scope.merchant_id(), key.channel_id, key.product_id);
        self.increment(schema::SANDBOX_COUNTER_BY_ID.filter([id.into(), self.merchant()], None)).await
    }

    /// Counts one more call of a channel in the window of time that `now` is in. Returns how many there were with it, and
    /// how long the window still lasts.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when another clock is in a later window already, and when the database fails.
    pub async fn count_within(
        &self,
        channel: &ChannelId,
        window: Duration,
        now: Timestamp,
    ) -> Result<(u32, Duration), Error> {
        let length = i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1);
        let number = now.as_millis().div_euclid(length);
        let id = format!("{}/{channel}/calls", self.scope.merchant_id());
        let by_id = || [Bson::from(id.clone()), self.merchant()];
        // The first call of a window begins to count anew; whoever comes second finds it done.
        let past = schema::SANDBOX_COUNTER_OF_WINDOW.filter(by_id(), Some(doc! { "$lt": number }));
        self.counters.update_one(past, doc! { "$set": { "window": number, "count": 0 } }).await?;
        let current = schema::SANDBOX_COUNTER_OF_WINDOW.filter(by_id(), Some(doc! { "$eq": number }));
        let count = match self.increment(current.clone()).await {
            // Another call began to count just now.
            Err(Error::Duplicate(_)) => self.increment(current).await?,
            counted => counted?,
        };
        let left = (number + 1).saturating_mul(length).saturating_sub(now.as_millis());
        Ok((count, Duration::from_millis(u64::try_from(left).unwrap_or_default())))
    }

    async fn increment(&self, filter: Document) -> Result<u32, Error> {
        let counted = self
            .counters
            .find_one_and_update(filter, doc! { "$inc": { "count": 1 } })
            .upsert(true)
            .return_document(ReturnDocument::After)
            .await?;
        let count = counted.and_then(|counter| counter.get("count").and_then(as_count));
        Ok(count.unwrap_or(1))
    }

    async fn write(
        &self,
        before: &SandboxListing,
        mut after: SandboxListing,
        effect: SandboxEffect,
        fence: Option<u64>,
        now: Timestamp,
    ) -> Result<SandboxListing, Error> {
        let mut update = noted(&after.changed(effect, fence, now))?;
        let mut fields = serialize_to_document(&after)?;
        // What others note meanwhile is pushed, and stays.
        fields.remove("_id");
        fields.remove("calls");
        update.insert("$set", fields);
        if after.open_product_id.is_none() {
            update.insert("$unset", doc! { "open_product_id": 1 });
        }
        let version = Bson::Int64(i64::try_from(before.version).unwrap_or(i64::MAX));
        let id = before.external_id.as_str().into();
        let filter = schema::SANDBOX_LISTING_BY_VERSION.filter([id, self.merchant(), version], None);
        if self.listings.update_one(filter, update).await?.matched_count == 0 {
            return Err(Error::Contended(before.external_id.clone()));
        }
        Ok(after)
    }

    fn of_product(&self, shape: &Shape, key: &SandboxKey) -> Document {
        shape.filter([self.merchant(), key.channel_id.as_str().into(), key.product_id.to_string().into()], None)
    }

    fn merchant(&self) -> Bson {
        self.scope.merchant_id().to_string().into()
    }
}

fn as_count(value: &Bson) -> Option<u32> {
    match value {
        Bson::Int32(count) => u32::try_from(*count).ok(),
        Bson::Int64(count) => u32::try_from(*count).ok(),
        _ => None,
    }
}
