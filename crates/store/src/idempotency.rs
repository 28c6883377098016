//! Requests that carried an Idempotency-Key: what they asked, the ids that were minted for them, and their answer.

use std::time::Duration;

use mongodb::bson::{DateTime, Document, doc, serialize_to_bson};
use mongodb::{Collection, Database};
use serde::{Deserialize, Serialize};
use tola_catalog::Timestamp;
use ulid::Ulid;

use crate::error::Duplicate;
use crate::schema;
use crate::{Error, TenantScope};

/// How long a key is remembered.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a request may take before a repeated one takes over: more than the API's timeout.
pub(crate) const LEASE: Duration = Duration::from_secs(35);

/// A request with a key, as the client sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Method and route pattern, with the ids in its path: one key may serve two routes.
    pub route: String,
    /// The client's key.
    pub key: String,
    /// SHA-256 of the body, in hexadecimal.
    pub body_hash: String,
}

/// The ids that a request uses, minted before its first write so that a replay uses the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minted {
    /// Of what is created, if anything is.
    pub resource: Ulid,
    /// Of the operation that is started, if one is.
    pub operation: Ulid,
}

/// An answer that is given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The headers that belong to it.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// What is to be done with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Do it, with these ids.
    Proceed(Minted),
    /// Do it, with these ids; some of it, or all, may have been done by a request that came to no answer.
    Resume(Minted),
    /// It was done: give the same answer.
    Replay(StoredAnswer),
    /// The key was used for another body.
    OtherBody,
    /// The same request is under way.
    InFlight {
        /// When it is worth trying again.
        retry_after: Duration,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    #[serde(rename = "_id")]
    id: String,
    body_hash: String,
    resource: String,
    operation: String,
    lease_until: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<StoredAnswer>,
    /// The one time that is a BSON date: MongoDB's expiry knows no other.
    expires_at: DateTime,
}

/// One merchant's idempotency keys.
pub struct Idempotency {
    collection: Collection<Record>,
    scope: TenantScope,
}

impl Idempotency {
    pub(crate) fn new(database: &Database, scope: TenantScope) -> Self {
        Self { collection: database.collection(schema::IDEMPOTENCY), scope }
    }

    /// Claims the key for this request, or says what became of the request that had it. `minted` is used if the key is
    /// new.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(&self, key: &IdempotencyKey, minted: Minted, now: Timestamp) -> Result<Begun, Error> {
        let fresh = Record {
            id: self.id(key),
            body_hash: key.body_hash.clone(),
            resource: minted.resource.to_string(),
            operation: minted.operation.to_string(),
            lease_until: now.after(LEASE),
            answer: None,
            expires_at: DateTime::from_millis(now.after(REMEMBERED).as_millis()),
        };
        // Twice at most: a record that has expired is taken away, and then the key is new.
        for _ in 0..2 {
            match self.collection.insert_one(&fresh).await.map_err(Error::from) {
                Ok(_) => return Ok(Begun::Proceed(minted)),
                Err(Error::Duplicate(Duplicate::Id)) => {}
                Err(error) => return Err(error),
            }
            if let Some(begun) = self.resume(&fresh, now).await? {
                return Ok(begun);
            }
        }
        Ok(Begun::InFlight { retry_after: Duration::from_secs(1) })
    }

    async fn resume(&self, fresh: &Record, now: Timestamp) -> Result<Option<Begun>, Error> {
        let by_id = schema::IDEMPOTENCY_BY_ID.filter([fresh.id.as_str().into()], None);
        let Some(known) = self.collection.find_one(by_id.clone()).await? else { return Ok(None) };
        if known.expires_at.timestamp_millis() <= now.as_millis() {
            let mut expired = by_id;
            expired.insert("expires_at", known.expires_at);
            self.collection.delete_one(expired).await?;
            return Ok(None);
        }
        if known.body_hash != fresh.body_hash {
            return Ok(Some(Begun::OtherBody));
        }
        if let Some(answer) = known.answer {
            return Ok(Some(Begun::Replay(answer)));
        }
        if known.lease_until > now {
            return Ok(Some(Begun::InFlight { retry_after: known.lease_until.since(now) }));
        }
        // Whoever had the key died, or failed in a way that may be tried again: one of those who repeat it takes over.
        let mut lapsed = by_id;
        lapsed.insert("lease_until", known.lease_until.to_string());
        lapsed.insert("answer", doc! { "$exists": false });
        let lease = doc! { "$set": { "lease_until": fresh.lease_until.to_string() } };
        if self.collection.update_one(lapsed, lease).await?.matched_count == 0 {
            return Ok(Some(Begun::InFlight { retry_after: Duration::from_secs(1) }));
        }
        let minted = |text: &str| Ulid::from_string(text).unwrap_or_default();
        Ok(Some(Begun::Resume(Minted { resource: minted(&known.resource), operation: minted(&known.operation) })))
    }

    /// Keeps the answer for those who repeat the request.
    ///
    /// # Errors
    /// When the database fails; a repeated request is then done again, with the same ids.
    pub async fn finish(&self, key: &IdempotencyKey, answer: &StoredAnswer) -> Result<(), Error> {
        let update = doc! { "$set": { "answer": serialize_to_bson(answer)? } };
        self.collection.update_one(self.by_id(key), update).await?;
        Ok(())
    }

    /// Gives the key free for a repeated request, which uses the same ids: after an answer that is not kept.
    ///
    /// # Errors
    /// When the database fails; the lease then runs out by itself.
    pub async fn release(&self, key: &IdempotencyKey, now: Timestamp) -> Result<(), Error> {
        let update = doc! { "$set": { "lease_until": now.to_string() } };
        self.collection.update_one(self.by_id(key), update).await?;
        Ok(())
    }

    fn by_id(&self, key: &IdempotencyKey) -> Document {
        schema::IDEMPOTENCY_BY_ID.filter([self.id(key).into()], None)
    }

    fn id(&self, key: &IdempotencyKey) -> String {
        format!("{} {} {}", self.scope.merchant_id(), key.route, key.key)
    }
}
