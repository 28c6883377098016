//! What was left undone, for the sweep to find.

use futures::TryStreamExt;
use mongodb::bson::{Document, deserialize_from_document, doc};
use mongodb::{Collection, Database};
use serde::Deserialize;
use tola_catalog::operation::{Intent, Subject};
use tola_catalog::{Channel, Image, ImageId, MerchantId, Operation, Product, ProductId, Timestamp};
use tola_contracts::message::AggregateRef;

use crate::schema::{self, Shape};
use crate::{Error, StoredOutcome, SystemScope};

/// What was left undone, of every merchant, the oldest first.
pub struct Leftovers {
    database: Database,
}

/// An operation that was promised and not started.
#[derive(Debug, Clone, PartialEq)]
pub struct UnstartedIntent {
    /// Whose it is.
    pub merchant_id: MerchantId,
    /// What it is about.
    pub subject: Subject,
    /// The promise.
    pub intent: Intent,
}

#[derive(Deserialize)]
struct WithIntents<I> {
    #[serde(rename = "_id")]
    id: I,
    merchant_id: MerchantId,
    intents: Vec<Intent>,
}

#[derive(Deserialize)]
struct IdOnly<I> {
    #[serde(rename = "_id")]
    id: I,
}

#[derive(Deserialize)]
struct Due {
    outbox_due_at: Timestamp,
}

impl Leftovers {
    pub(crate) fn new(database: &Database, _scope: SystemScope) -> Self {
        Self { database: database.clone() }
    }

    /// Up to `limit` products and as many images whose oldest undelivered event is older than `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn overdue_outboxes(&self, before: Timestamp, limit: u32) -> Result<Vec<AggregateRef>, Error> {
        let products = self.ids::<ProductId>(&schema::PRODUCTS_TO_RELAY, before, limit).await?;
        let images = self.ids::<ImageId>(&schema::IMAGES_TO_RELAY, before, limit).await?;
        Ok(products.into_iter().map(AggregateRef::Product).chain(images.into_iter().map(AggregateRef::Image)).collect())
    }

    /// Since when the oldest event waits that was to be delivered before `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn oldest_outbox(&self, before: Timestamp) -> Result<Option<Timestamp>, Error> {
        let mut oldest = None;
        for shape in [&schema::PRODUCTS_TO_RELAY, &schema::IMAGES_TO_RELAY] {
            let found = self.older(shape, before, 1, doc! { "outbox_due_at": 1 }).await?;
            for document in found {
                let due = deserialize_from_document::<Due>(document)?.outbox_due_at;
                oldest = Some(oldest.map_or(due, |oldest: Timestamp| oldest.min(due)));
            }
        }
        Ok(oldest)
    }

    /// Intents that are older than `before`, of up to `limit` products and as many images.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unstarted_intents(&self, before: Timestamp, limit: u32) -> Result<Vec<UnstartedIntent>, Error> {
        let mut found = Vec::new();
        for document in
            self.older(&schema::PRODUCTS_TO_LAUNCH, before, limit, doc! { "merchant_id": 1, "intents": 1 }).await?
        {
            let product: WithIntents<ProductId> = deserialize_from_document(document)?;
            found.extend(unstarted(product.merchant_id, Subject::Product(product.id), product.intents, before));
        }
        for document in
            self.older(&schema::IMAGES_TO_LAUNCH, before, limit, doc! { "merchant_id": 1, "intents": 1 }).await?
        {
            let image: WithIntents<ImageId> = deserialize_from_document(document)?;
            found.extend(unstarted(image.merchant_id, Subject::Image(image.id), image.intents, before));
        }
        Ok(found)
    }

    /// Up to `limit` operations that have been RUNNING since before `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn overdue_operations(&self, before: Timestamp, limit: u32) -> Result<Vec<Operation>, Error> {
        let shape = &schema::OPERATIONS_OVERDUE;
        let filter = shape.filter(["RUNNING".into()], Some(older_than(before)));
        let collection: Collection<Operation> = self.database.collection(shape.collection);
        Ok(collection.find(filter).sort(shape.order()).limit(i64::from(limit)).await?.try_collect().await?)
    }

    /// Up to `limit` outcomes that have waited since before `before` to be taken over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unadopted_outcomes(&self, before: Timestamp, limit: u32) -> Result<Vec<StoredOutcome>, Error> {
        self.found(&schema::OUTCOMES_TO_ADOPT, before, limit).await
    }

    /// Up to `limit` images that were promised between `from` and `to`, and whose upload nobody has heard of.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn awaited_images(&self, from: Timestamp, to: Timestamp, limit: u32) -> Result<Vec<Image>, Error> {
        let shape = &schema::IMAGES_AWAITED;
        let between = doc! { "$gte": from.to_string(), "$lt": to.to_string() };
        let filter = shape.filter(["AWAITING_UPLOAD".into()], Some(between));
        let collection: Collection<Image> = self.database.collection(shape.collection);
        Ok(collection.find(filter).sort(shape.order()).limit(i64::from(limit)).await?.try_collect().await?)
    }

    /// Up to `limit` images whose deletion was begun before `before` and not finished.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn half_purged_images(&self, before: Timestamp, limit: u32) -> Result<Vec<Image>, Error> {
        let shape = &schema::IMAGES_TO_PURGE;
        let filter = shape.filter(["PURGING".into()], Some(older_than(before)));
        let collection: Collection<Image> = self.database.collection(shape.collection);
        Ok(collection.find(filter).sort(shape.order()).limit(i64::from(limit)).await?.try_collect().await?)
    }

    /// Up to `limit` channels that were to be reconciled before `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn channels_due(&self, before: Timestamp, limit: u32) -> Result<Vec<Channel>, Error> {
        self.found(&schema::CHANNELS_TO_RECONCILE, before, limit).await
    }

    /// Up to `limit` products that were purged before `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tombstones(&self, before: Timestamp, limit: u32) -> Result<Vec<Product>, Error> {
        self.found(&schema::PRODUCTS_TO_FORGET, before, limit).await
    }

    async fn found<T: serde::de::DeserializeOwned + Send + Sync>(
        &self,
        shape: &Shape,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<T>, Error> {
        let filter = shape.filter([], Some(older_than(before)));
        let collection: Collection<T> = self.database.collection(shape.collection);
        Ok(collection.find(filter).sort(shape.order()).limit(i64::from(limit)).await?.try_collect().await?)
    }

    async fn ids<I: serde::de::DeserializeOwned>(
        &self,
        shape: &Shape,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<I>, Error> {
        let found = self.older(shape, before, limit, doc! { "_id": 1 }).await?;
        found.into_iter().map(|document| Ok(deserialize_from_document::<IdOnly<I>>(document)?.id)).collect()
    }

    async fn older(
        &self,
        shape: &Shape,
        before: Timestamp,
        limit: u32,
        fields: Document,
    ) -> Result<Vec<Document>, Error> {
        let filter = shape.filter([], Some(older_than(before)));
        let collection: Collection<Document> = self.database.collection(shape.collection);
        let found = collection.find(filter).sort(shape.order()).limit(i64::from(limit)).projection(fields).await?;
        Ok(found.try_collect().await?)
    }
}

fn older_than(time: Timestamp) -> Document {
    doc! { "$lt": time.to_string() }
}

fn unstarted(
    merchant_id: MerchantId,
    subject: Subject,
    intents: Vec<Intent>,
    before: Timestamp,
) -> impl Iterator<Item = UnstartedIntent> {
    intents.into_iter().filter(move |intent| intent.requested_at < before).map(move |intent| UnstartedIntent {
        merchant_id,
        subject,
        intent,
    })
}
