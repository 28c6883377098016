//! The sandbox marketplace: its listings, and a ledger of every call that changed one. It belongs to the sandbox's
//! adapter alone; nothing else in Tola may know what is in here, as with any other channel.

use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::ReturnDocument;
use mongodb::{Collection, Database};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tola_catalog::{ChannelId, MerchantId, ProductId, Timestamp};
use ulid::Ulid;

use crate::schema::{self, Shape};
use crate::{Error, TenantScope};

/// One merchant's listings on the sandbox marketplace.
pub struct Sandbox {
    listings: Collection<SandboxListing>,
    ledger: Collection<StoredEntry>,
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

/// How a listing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SandboxState {
    /// Buyers see it.
    Live,
    /// Buyers don't see it; it can come back.
    Paused,
    /// It is gone for good.
    Closed,
}

/// A listing on the marketplace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SandboxListing {
    /// The marketplace's own id.
    #[serde(rename = "_id")]
    pub external_id: String,
    /// Whose it is.
    pub merchant_id: MerchantId,
    /// The merchant's channel.
    pub channel_id: ChannelId,
    /// The product.
    pub product_id: ProductId,
    /// The product again, as long as the listing is not closed: there is one such listing of a product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open_product_id: Option<ProductId>,
    /// How it stands.
    pub state: SandboxState,
    /// The product's revision that it shows.
    pub revision: u64,
    /// What buyers see.
    pub view: Value,
    /// Rises with every call that changed it.
    version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a call did.
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
}

/// A call that changed a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxEntry {
    /// The listing.
    pub external_id: String,
    /// The fence of the command behind the call.
    pub fence: u64,
    /// What it did.
    pub effect: SandboxEffect,
    /// The product's revision that the listing shows since.
    pub revision: u64,
    /// When.
    pub at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct StoredEntry {
    /// The listing's id and version: entries sort by what came first.
    #[serde(rename = "_id")]
    id: String,
    merchant_id: MerchantId,
    channel_id: ChannelId,
    product_id: ProductId,
    #[serde(flatten)]
    entry: SandboxEntry,
}

impl Sandbox {
    pub(crate) fn new(database: &Database, scope: TenantScope) -> Self {
        Self {
            listings: database.collection(schema::SANDBOX_LISTINGS),
            ledger: database.collection(schema::SANDBOX_LEDGER),
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
        let listing = match self.find(key).await? {
            Some(before) => {
                let after = SandboxListing { state: SandboxState::Live, revision, view, ..before.clone() };
                self.write(&before, after, SandboxEffect::Updated, fence, now).await?
            }
            None => {
                let listing = SandboxListing {
                    external_id: format!("sandbox_{}", Ulid::generate()),
                    merchant_id: self.scope.merchant_id(),
                    channel_id: key.channel_id.clone(),
                    product_id: key.product_id,
                    open_product_id: Some(key.product_id),
                    state: SandboxState::Live,
                    revision,
                    view,
                    version: 1,
                    created_at: now,
                    updated_at: now,
                };
                match self.listings.insert_one(&listing).await.map_err(Error::from) {
                    Ok(_) => self.enter(&listing, SandboxEffect::Created, fence, now).await?,
                    Err(Error::Duplicate(_)) => return Err(Error::Contended(key.product_id.to_string())),
                    Err(error) => return Err(error),
                }
                listing
            }
        };
        Ok(listing)
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
        let Some(before) = self.find(key).await? else { return Ok(None) };
        if before.state == SandboxState::Paused {
            return Ok(Some((before, true)));
        }
        let after = SandboxListing { state: SandboxState::Paused, ..before.clone() };
        Ok(Some((self.write(&before, after, SandboxEffect::Paused, fence, now).await?, false)))
    }

    /// Closes a product's listing for good. Returns whether there was one.
    ///
    /// # Errors
    /// [`Error::Contended`] when another call was at the listing, and when the database fails.
    pub async fn close(&self, key: &SandboxKey, fence: u64, now: Timestamp) -> Result<bool, Error> {
        let Some(before) = self.find(key).await? else { return Ok(false) };
        let after = SandboxListing { state: SandboxState::Closed, open_product_id: None, ..before.clone() };
        self.write(&before, after, SandboxEffect::Closed, fence, now).await?;
        Ok(true)
    }

    /// Every call that changed a listing of the product, the first one first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ledger(&self, key: &SandboxKey) -> Result<Vec<SandboxEntry>, Error> {
        let shape = &schema::SANDBOX_LEDGER_OF_PRODUCT;
        let found = self.ledger.find(self.of_product(shape, key)).sort(shape.order()).await?;
        found.map_ok(|stored| stored.entry).try_collect().await.map_err(Into::into)
    }

    /// Counts one more of something about a product, and returns how many there were with it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&self, key: &SandboxKey, what: &str) -> Result<u32, Error> {
        let id = format!("{}/{}/{}/{what}", self.scope.merchant_id(), key.channel_id, key.product_id);
        let filter = schema::SANDBOX_COUNTER_BY_ID.filter([id.into(), self.merchant()], None);
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
        fence: u64,
        now: Timestamp,
    ) -> Result<SandboxListing, Error> {
        after.version += 1;
        after.updated_at = now;
        let version = Bson::Int64(i64::try_from(before.version).unwrap_or(i64::MAX));
        let id = before.external_id.as_str().into();
        let filter = schema::SANDBOX_LISTING_BY_VERSION.filter([id, self.merchant(), version], None);
        if self.listings.replace_one(filter, &after).await?.matched_count == 0 {
            return Err(Error::Contended(before.external_id.clone()));
        }
        self.enter(&after, effect, fence, now).await?;
        Ok(after)
    }

    async fn enter(
        &self,
        listing: &SandboxListing,
        effect: SandboxEffect,
        fence: u64,
        at: Timestamp,
    ) -> Result<(), Error> {
        let (external_id, revision) = (listing.external_id.clone(), listing.revision);
        let stored = StoredEntry {
            id: format!("{external_id}/{:08}", listing.version),
            merchant_id: listing.merchant_id,
            channel_id: listing.channel_id.clone(),
            product_id: listing.product_id,
            entry: SandboxEntry { external_id, fence, effect, revision, at },
        };
        self.ledger.insert_one(stored).await?;
        Ok(())
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
