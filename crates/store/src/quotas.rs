//! Merchants' token buckets.

use mongodb::bson::{Document, doc};
use mongodb::options::ReturnDocument;
use mongodb::{Collection, Database};
use serde::Deserialize;
use tola_catalog::Timestamp;
use tola_catalog::quota::{Allowance, Quota, moment};

use crate::error::Duplicate;
use crate::schema;
use crate::{Error, TenantScope};

/// How often a token is tried for while others take some from the same bucket.
const ATTEMPTS: u32 = 4;

/// One merchant's token buckets.
pub struct Quotas {
    collection: Collection<Document>,
    scope: TenantScope,
}

#[derive(Deserialize)]
struct Bucket {
    full_at: i64,
}

impl Quotas {
    pub(crate) fn new(database: &Database, scope: TenantScope) -> Self {
        Self { collection: database.collection(schema::QUOTAS), scope }
    }

    /// Takes a token from a bucket: one conditional update, whoever else takes one. What is left says whether there was
    /// none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take(&self, bucket: &str, quota: Quota, now: Timestamp) -> Result<Allowance, Error> {
        for _ in 0..ATTEMPTS {
            if let Some(full_at) = self.take_from_what_is_in_use(bucket, quota, now).await? {
                return Ok(Allowance { next_in: None, ..quota.allowance(full_at, now) });
            }
            if self.take_from_what_is_full(bucket, quota, now).await? {
                return Ok(Allowance { next_in: None, ..quota.allowance(quota.first(now), now) });
            }
            let Some(Bucket { full_at }) = self.find(bucket).await? else { continue };
            let allowance = quota.allowance(full_at, now);
            if allowance.next_in.is_some() {
                return Ok(allowance);
            }
        }
        Err(Error::Contended(self.id(bucket)))
    }

    async fn take_from_what_is_in_use(&self, bucket: &str, quota: Quota, now: Timestamp) -> Result<Option<i64>, Error> {
        let in_use = doc! { "$gt": moment(now), "$lte": quota.latest(now) };
        let later = doc! { "$inc": { "full_at": quota.interval() } };
        let update = self.collection.find_one_and_update(self.filter(bucket, Some(in_use)), later);
        let bucket = update.return_document(ReturnDocument::After).await?;
        Ok(bucket.and_then(|bucket| bucket.get_i64("full_at").ok()))
    }

    async fn take_from_what_is_full(&self, bucket: &str, quota: Quota, now: Timestamp) -> Result<bool, Error> {
        let full = self.filter(bucket, Some(doc! { "$lte": moment(now) }));
        let used = doc! { "$set": { "full_at": quota.first(now) } };
        match self.collection.update_one(full, used).upsert(true).await.map_err(Error::from) {
            Ok(updated) => Ok(updated.matched_count > 0 || updated.upserted_id.is_some()),
            // It is there, and not full.
            Err(Error::Duplicate(Duplicate::Id)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn find(&self, bucket: &str) -> Result<Option<Bucket>, Error> {
        Ok(self.collection.clone_with_type::<Bucket>().find_one(self.filter(bucket, None)).await?)
    }

    fn filter(&self, bucket: &str, full_at: Option<Document>) -> Document {
        schema::QUOTA_BY_ID.filter([self.id(bucket).into(), self.scope.merchant_id().to_string().into()], full_at)
    }

    fn id(&self, bucket: &str) -> String {
        format!("{}/{bucket}", self.scope.merchant_id())
    }
}
