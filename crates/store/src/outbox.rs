//! Outboxes: events that lie in their documents until history and the bus have them.

use mongodb::bson::{Document, deserialize_from_document, doc};
use mongodb::{Collection, Database};
use serde::Deserialize;
use tola_catalog::Event;
use tola_contracts::message::AggregateRef;

use crate::schema;
use crate::{Error, SystemScope, events};

/// Undelivered events of every merchant.
pub struct Outboxes {
    database: Database,
}

#[derive(Deserialize)]
struct OutboxOnly {
    #[serde(default)]
    outbox: Vec<Event>,
}

impl Outboxes {
    pub(crate) fn new(database: &Database, _scope: SystemScope) -> Self {
        Self { database: database.clone() }
    }

    /// The undelivered events of an aggregate, in order; none if it does not exist.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undelivered(&self, aggregate: AggregateRef) -> Result<Vec<Event>, Error> {
        let found = self.collection(aggregate).find_one(by_id(aggregate)).projection(doc! { "outbox": 1 }).await?;
        let Some(document) = found else { return Ok(Vec::new()) };
        Ok(deserialize_from_document::<OutboxOnly>(document)?.outbox)
    }

    /// Puts events into history. Those that are there already are passed over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record(&self, events: &[Event]) -> Result<(), Error> {
        events::record(&self.database, events).await
    }

    /// Takes delivered events out of the outbox. It needs no version: each event is named, and taking it out twice
    /// takes it out once.
    ///
    /// # Errors
    /// When the database fails; the events are then delivered again, with the same ids.
    pub async fn remove(&self, aggregate: AggregateRef, delivered: &[String]) -> Result<(), Error> {
        let collection = self.collection(aggregate);
        let pull = doc! { "$pull": { "outbox": { "event_id": { "$in": delivered } } } };
        collection.update_one(by_id(aggregate), pull).await?;
        self.nothing_waits(aggregate).await
    }

    /// Notes that no event waits for delivery, if that is so: whoever took the last one out may have died before this.
    ///
    /// # Errors
    /// When the database fails; the sweep then finds the aggregate again.
    pub async fn nothing_waits(&self, aggregate: AggregateRef) -> Result<(), Error> {
        // Only while nothing waits: an event that was pushed meanwhile keeps its due time, and so the sweep finds it.
        let mut empty = by_id(aggregate);
        empty.insert("outbox", doc! { "$size": 0 });
        let update = doc! { "$unset": { "outbox_due_at": 1 } };
        self.collection(aggregate).update_one(empty, update).await?;
        Ok(())
    }

    fn collection(&self, aggregate: AggregateRef) -> Collection<Document> {
        self.database.collection(match aggregate {
            AggregateRef::Product(_) => schema::PRODUCTS,
            AggregateRef::Image(_) => schema::IMAGES,
        })
    }
}

fn by_id(aggregate: AggregateRef) -> Document {
    doc! { "_id": aggregate.to_string() }
}
