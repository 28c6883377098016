//! A change of a document as one conditional update.

use mongodb::bson::{Bson, Document, doc, serialize_to_bson, serialize_to_document};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tola_catalog::event::{Event, MAX_OUTBOX};
use tola_catalog::operation::Intent;
use tola_catalog::{Image, MerchantId, Product};

use crate::Error;
use crate::schema::{self, Shape};

/// A document with a version, an outbox and intents.
pub trait Versioned: Serialize + DeserializeOwned + Clone + Send + Sync + Unpin + 'static {
    /// Its collection.
    const COLLECTION: &'static str;
    /// How it is read.
    const BY_ID: Shape;
    /// How it is written.
    const BY_VERSION: Shape;

    /// Its id as text.
    fn key(&self) -> String;
    /// Whose it is.
    fn merchant_id(&self) -> MerchantId;
    /// Rises with every write.
    fn version(&self) -> u64;
    /// How many events it has had.
    fn event_count(&self) -> u64;
    /// Events that are not delivered yet.
    fn outbox(&self) -> &[Event];
    /// Operations that are to be started.
    fn intents(&self) -> &[Intent];
    /// Since when the oldest event waits.
    fn outbox_due_at(&self) -> Option<tola_catalog::Timestamp>;
}

macro_rules! versioned {
    ($document:ty, $collection:expr, $by_id:expr, $by_version:expr) => {
        impl Versioned for $document {
            const COLLECTION: &'static str = $collection;
            const BY_ID: Shape = $by_id;
            const BY_VERSION: Shape = $by_version;

            fn key(&self) -> String {
                self.id.to_string()
            }
            fn merchant_id(&self) -> MerchantId {
                self.merchant_id
            }
            fn version(&self) -> u64 {
                self.version
            }
            fn event_count(&self) -> u64 {
                self.event_count
            }
            fn outbox(&self) -> &[Event] {
                &self.outbox
            }
            fn intents(&self) -> &[Intent] {
                &self.intents
            }
            fn outbox_due_at(&self) -> Option<tola_catalog::Timestamp> {
                self.outbox_due_at
            }
        }
    };
}

versioned!(Product, schema::PRODUCTS, schema::PRODUCT_BY_ID, schema::PRODUCT_BY_VERSION);
versioned!(Image, schema::IMAGES, schema::IMAGE_BY_ID, schema::IMAGE_BY_VERSION);

/// Lists that others shorten meanwhile: they are pushed to and never set.
const PUSHED: [&str; 2] = ["outbox", "intents"];

/// The update that turns one document into another, field by field; empty if there is nothing to do.
pub(crate) fn difference(old: &Document, new: &Document) -> Document {
    let changed = new.iter().filter(|(field, value)| old.get(field) != Some(value));
    let set: Document = changed.map(|(field, value)| (field.clone(), value.clone())).collect();
    let gone = old.keys().filter(|field| !new.contains_key(*field));
    let unset: Document = gone.map(|field| (field.clone(), Bson::Int32(1))).collect();
    [("$set", set), ("$unset", unset)]
        .into_iter()
        .filter(|(_, fields)| !fields.is_empty())
        .map(|(operator, fields)| (operator.to_owned(), Bson::Document(fields)))
        .collect()
}

/// The filter and the update that turn `before` into `after`, if nobody wrote in between and the outbox has room.
///
/// The relay and the starter of operations take elements out of `outbox` and `intents` without a version, so those two
/// are only pushed to: setting them would bring back what was taken out.
pub(crate) fn change<T: Versioned>(before: &T, after: &T) -> Result<(Document, Document), Error> {
    let mut old = serialize_to_document(before)?;
    let mut new = serialize_to_document(after)?;
    for field in PUSHED {
        old.remove(field);
        new.remove(field);
    }
    let mut update = difference(&old, &new);

    let events: Vec<_> = after.outbox().iter().filter(|event| event.sequence > before.event_count()).collect();
    let is_new = |intent: &&Intent| !before.intents().iter().any(|old| old.operation_id == intent.operation_id);
    let intents: Vec<_> = after.intents().iter().filter(is_new).collect();
    if let (false, Some(due)) = (events.is_empty(), after.outbox_due_at()) {
        // Set even if it looks unchanged: the relay may have emptied the outbox and unset it since `before` was read.
        let due = due.to_string();
        match update.get_document_mut("$set") {
            Ok(set) => drop(set.insert("outbox_due_at", due)),
            Err(_) => drop(update.insert("$set", doc! { "outbox_due_at": due })),
        }
    }

    let mut filter = T::BY_VERSION.filter(
        [
            before.key().into(),
            before.merchant_id().to_string().into(),
            Bson::Int64(i64::try_from(before.version()).unwrap_or(i64::MAX)),
        ],
        None,
    );
    if let Some(last) = MAX_OUTBOX.checked_sub(events.len()) {
        filter.insert(format!("outbox.{last}"), doc! { "$exists": false });
    }
    let mut push = Document::new();
    for (field, values) in [("outbox", serialize_to_bson(&events)?), ("intents", serialize_to_bson(&intents)?)] {
        if values.as_array().is_some_and(|values| !values.is_empty()) {
            push.insert(field, doc! { "$each": values });
        }
    }
    if !push.is_empty() {
        update.insert("$push", push);
    }
    Ok((filter, update))
}
