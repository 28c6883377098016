//! An event of a product's history.

use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::{Actor, Event, EventKind, Timestamp};

/// An event of a product's history.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub struct EventView {
    event_id: String,
    sequence: u64,
    kind: EventKind,
    occurred_at: Timestamp,
    actor: Actor,
    correlation_id: String,
    data: serde_json::Value,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        Self {
            event_id: event.event_id,
            sequence: event.sequence,
            kind: event.kind,
            occurred_at: event.occurred_at,
            actor: event.actor,
            correlation_id: event.correlation_id,
            data: event.data,
        }
    }
}
