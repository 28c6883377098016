//! Delivery: history first, then the bus, then out of the outbox.

use tola_catalog::{Event, EventKind};
use tola_contracts::message::AggregateRef;
use tola_contracts::metric;
use tola_store::{Store, SystemScope};

use crate::bus::BATCH;
use crate::{Error, EventBus};

/// Delivers undelivered events.
#[derive(Clone)]
pub struct Relay {
    store: Store,
    bus: EventBus,
}

/// How many events a drain delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drained {
    /// Events that are in history and on the bus now.
    pub published: u64,
    /// Events that the bus did not take: they wait in the outbox.
    pub left: u64,
}

impl Relay {
    /// A relay from `store` to `bus`.
    pub fn new(store: Store, bus: EventBus) -> Self {
        Self { store, bus }
    }

    /// The bus that it delivers to.
    pub fn bus(&self) -> &EventBus {
        &self.bus
    }

    /// Delivers what lies in the outbox of an aggregate. An event leaves the outbox once history and the bus have it;
    /// if this call dies in between, the next one delivers it again, with the same id.
    ///
    /// # Errors
    /// When the bus or the database fails; what was delivered until then is out of the outbox.
    pub async fn drain(&self, aggregate: AggregateRef) -> Result<Drained, Error> {
        let outboxes = self.store.outboxes(SystemScope::named("relay"));
        let events = outboxes.undelivered(aggregate).await?;
        if events.is_empty() {
            outboxes.nothing_waits(aggregate).await?;
            return Ok(Drained::default());
        }
        outboxes.record(&events).await?;
        let mut drained = Drained::default();
        for batch in events.chunks(BATCH) {
            let taken = self.bus.put(batch).await?;
            let delivered = delivered(batch, &taken);
            batch.iter().zip(&taken).filter(|(_, taken)| **taken).for_each(|(event, _)| count(event.kind));
            outboxes.remove(aggregate, &delivered).await?;
            drained.published += delivered.len() as u64;
            drained.left += (batch.len() - delivered.len()) as u64;
        }
        Ok(drained)
    }
}

/// Counts what happened where it leaves the house: whatever is delivered again after a crash counts again.
fn count(kind: EventKind) {
    let metric = match kind {
        EventKind::ProductCreated => metric::PRODUCTS_REGISTERED,
        EventKind::ProductReady => metric::PRODUCTS_READY,
        EventKind::ProductPublished => metric::PRODUCTS_PUBLISHED,
        EventKind::ProductPublicationFailed => metric::PUBLICATIONS_REFUSED,
        EventKind::ProductUnpublished => metric::PRODUCTS_UNPUBLISHED,
        EventKind::ProductPaused => metric::PRODUCTS_PAUSED,
        EventKind::InventoryDepleted => metric::PRODUCTS_DEPLETED,
        EventKind::ImageProcessed => metric::IMAGES_PROCESSED,
        EventKind::ImageRejected => metric::IMAGES_REJECTED,
        _ => return,
    };
    metrics::counter!(metric.name).increment(1);
}

/// The ids of the events that the bus took.
fn delivered(batch: &[Event], taken: &[bool]) -> Vec<String> {
    batch.iter().zip(taken).filter(|(_, taken)| **taken).map(|(event, _)| event.event_id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use tola_catalog::{Actor, MerchantId, Timestamp};

    use super::*;

    fn event(sequence: u64) -> Event {
        Event {
            event_id: format!("product_x:{sequence}"),
            kind: EventKind::ProductUpdated,
            sequence,
            merchant_id: MerchantId::parse("merchant_01JD0000000000000000000001").unwrap(),
            aggregate_id: "product_x".into(),
            occurred_at: Timestamp::from_millis(0),
            correlation_id: "c".into(),
            actor: Actor::system("test"),
            cause: None,
            data: serde_json::Value::Null,
        }
    }

    #[test]
    fn only_what_the_bus_took_leaves_the_outbox() {
        let batch = [event(1), event(2), event(3)];

        assert_eq!(delivered(&batch, &[true, false, true]), ["product_x:1", "product_x:3"]);
        assert!(delivered(&batch, &[]).is_empty());
    }
}
