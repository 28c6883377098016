//! Events: what happened to an aggregate, numbered without gaps, kept in its document until they are delivered.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{MerchantId, OperationId};
use crate::time::Timestamp;

/// The most events that a document keeps undelivered; a write that would exceed it is refused until some are drained.
pub const MAX_OUTBOX: usize = 100;

/// The most pointers that an event names; past it, `truncated` says that there were more.
pub const MAX_POINTERS: usize = 60;

/// The most bytes of an event's `data`, as JSON: with what stands around it an event is no larger than 8 KiB.
pub const MAX_DATA: usize = 7 * 1024;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum EventKind {
    /// A product was registered.
    ProductCreated,
    /// A merchant edited a product.
    ProductUpdated,
    /// A product became complete.
    ProductReady,
    /// A product that was complete is not any more.
    ProductIncomplete,
    /// Channels show a revision of the product.
    ProductPublished,
    /// Channels don't show the product any more.
    ProductUnpublished,
    /// Channels don't show the product, though its merchant wants them to, until there are some of it again.
    ProductPaused,
    /// Channels refused a revision of the product, or could not be asked.
    ProductPublicationFailed,
    /// A channel had something else of the product than it should have.
    ProductDrifted,
    /// A product that was taken off the market may be published again.
    ProductActivated,
    /// A merchant took the product off the market.
    ProductDeactivated,
    /// The product is gone.
    ProductDeleted,
    /// A merchant said something new of how many there are: by how many, and why.
    InventoryAdjusted,
    /// No more pieces are left than the threshold.
    InventoryLow,
    /// No piece is left.
    InventoryDepleted,
    /// There are more again, after they were low or gone.
    InventoryRestocked,
    /// An image has its renditions.
    ImageProcessed,
    /// An upload can't be used.
    ImageRejected,
}

impl EventKind {
    /// The detail type on the event bus.
    pub fn name(self) -> &'static str {
        match self {
            Self::ProductCreated => "ProductCreated",
            Self::ProductUpdated => "ProductUpdated",
            Self::ProductReady => "ProductReady",
            Self::ProductIncomplete => "ProductIncomplete",
            Self::ProductPublished => "ProductPublished",
            Self::ProductUnpublished => "ProductUnpublished",
            Self::ProductPaused => "ProductPaused",
            Self::ProductPublicationFailed => "ProductPublicationFailed",
            Self::ProductDrifted => "ProductDrifted",
            Self::ProductActivated => "ProductActivated",
            Self::ProductDeactivated => "ProductDeactivated",
            Self::ProductDeleted => "ProductDeleted",
            Self::InventoryAdjusted => "InventoryAdjusted",
            Self::InventoryLow => "InventoryLow",
            Self::InventoryDepleted => "InventoryDepleted",
            Self::InventoryRestocked => "InventoryRestocked",
            Self::ImageProcessed => "ImageProcessed",
            Self::ImageRejected => "ImageRejected",
        }
    }
}

/// Who made it happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Actor {
    /// A person or program with an identity.
    User {
        /// As the identity provider names it.
        id: String,
    },
    /// A part of Tola.
    System {
        /// The function's name.
        name: String,
    },
}

impl Actor {
    /// A part of Tola, by the name of its function.
    pub fn system(name: &str) -> Self {
        Self::System { name: name.to_owned() }
    }
}

/// What made somebody do it. What neither a request nor an operation has caused is the actor's own doing, as it is with the
/// sweep, and with uploads that arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Cause {
    /// A request to the API.
    Request {
        /// By which it is found again: the `X-Request-Id` of its answer.
        id: String,
        /// What it asked for: method and path, such as `PATCH /v1/products/{id}`.
        route: String,
    },
    /// An operation that is carried out.
    Operation {
        /// The operation.
        id: OperationId,
    },
}

/// The circumstances of a change: when, by whom, what for, and which request it goes back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// When the change is made.
    pub now: Timestamp,
    /// Who makes it.
    pub actor: Actor,
    /// The request that everything goes back to: API request, execution and events carry the same.
    pub correlation_id: String,
    /// What made them do it.
    pub cause: Option<Cause>,
}

/// An event of one aggregate, as it lies in the outbox, in history and on the bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// `<aggregate_id>:<sequence>`: an event that is delivered twice has the same id twice.
    pub event_id: String,
    /// What happened.
    pub kind: EventKind,
    /// 1, 2, 3 … for each aggregate, without gaps.
    pub sequence: u64,
    /// Whose aggregate it is.
    pub merchant_id: MerchantId,
    /// The product or image.
    pub aggregate_id: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The request that it goes back to.
    pub correlation_id: String,
    /// Who made it happen.
    pub actor: Actor,
    /// What made them do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Ids, and what changed as far as there is room for it; never documents. At most [`MAX_DATA`] bytes.
    pub data: Value,
}

/// The aggregate that an event belongs to.
pub(crate) struct Aggregate<'a, I> {
    pub(crate) id: &'a I,
    pub(crate) merchant_id: MerchantId,
    pub(crate) event_count: &'a mut u64,
    pub(crate) outbox: &'a mut Vec<Event>,
    pub(crate) outbox_due_at: &'a mut Option<Timestamp>,
}

impl<I: fmt::Display> Aggregate<'_, I> {
    /// Numbers an event and puts it into the outbox.
    pub(crate) fn emit(self, kind: EventKind, data: Value, origin: &Origin) {
        *self.event_count += 1;
        let aggregate_id = self.id.to_string();
        self.outbox.push(Event {
            event_id: format!("{aggregate_id}:{}", self.event_count),
            kind,
            sequence: *self.event_count,
            merchant_id: self.merchant_id,
            aggregate_id,
            occurred_at: origin.now,
            correlation_id: origin.correlation_id.clone(),
            actor: origin.actor.clone(),
            cause: origin.cause.clone(),
            data,
        });
        // The first undelivered event decides how long the document has waited.
        self.outbox_due_at.get_or_insert(origin.now);
    }
}
