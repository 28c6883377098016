//! History: the events of a product or image, delivered and undelivered.

use futures::TryStreamExt;
use mongodb::bson::{Bson, doc};
use mongodb::options::InsertManyOptions;
use mongodb::{Collection, Database};
use serde::{Deserialize, Serialize};
use tola_catalog::Event;

use crate::schema;
use crate::{Error, TenantScope};

/// An event as history keeps it: under its own id, so that recording it twice records it once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Recorded {
    #[serde(rename = "_id")]
    id: String,
    #[serde(flatten)]
    event: Event,
}

/// What happened to one merchant's products and images.
pub struct History {
    collection: Collection<Recorded>,
    scope: TenantScope,
}

impl History {
    pub(crate) fn new(database: &Database, scope: TenantScope) -> Self {
        Self { collection: database.collection(schema::EVENTS), scope }
    }

    /// Up to `limit` delivered events of an aggregate, in order, from the one after `after` on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of(&self, aggregate: &str, after: u64, limit: u32) -> Result<Vec<Event>, Error> {
        let shape = &schema::EVENTS_OF_AGGREGATE;
        let range = doc! { "$gt": Bson::Int64(i64::try_from(after).unwrap_or(i64::MAX)) };
        let filter = shape.filter([self.scope.merchant_id().to_string().into(), aggregate.into()], Some(range));
        let found = self.collection.find(filter).sort(shape.order()).limit(i64::from(limit)).await?;
        let recorded: Vec<Recorded> = found.try_collect().await?;
        Ok(recorded.into_iter().map(|recorded| recorded.event).collect())
    }
}

/// Records events; those that history has already are passed over.
pub(crate) async fn record(database: &Database, events: &[Event]) -> Result<(), Error> {
    let collection: Collection<Recorded> = database.collection(schema::EVENTS);
    let recorded: Vec<_> =
        events.iter().map(|event| Recorded { id: event.event_id.clone(), event: event.clone() }).collect();
    if recorded.is_empty() {
        return Ok(());
    }
    let options = InsertManyOptions::builder().ordered(false).build();
    match collection.insert_many(recorded).with_options(options).await {
        Ok(_) => Ok(()),
        Err(error) if only_duplicates(&error) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn only_duplicates(error: &mongodb::error::Error) -> bool {
    let mongodb::error::ErrorKind::InsertMany(failure) = error.kind.as_ref() else { return false };
    failure.write_concern_error.is_none()
        && failure.write_errors.as_ref().is_some_and(|errors| errors.iter().all(|error| error.code == 11000))
}
