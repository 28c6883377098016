//! An event of a product's history.

use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::change::ToldChanges;
use tola_catalog::{Actor, Cause, Event, EventKind, Timestamp};

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
    /// What made somebody do it: a request, or an operation. What Tola does of its own accord has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Cause>,
    #[schemars(with = "EventData")]
    data: serde_json::Value,
}

/// What an event tells besides: of an edit what changed, of anything else mostly ids. At most 7 KiB.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "it is what the contract says of data that the catalog has made")]
enum EventData {
    Edited(ToldChanges),
    Other(serde_json::Map<String, serde_json::Value>),
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
            cause: event.cause,
            data: event.data,
        }
    }
}
