//! Messages on Tola's own queues.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::{ImageId, ProductId};

/// An aggregate with an outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AggregateRef {
    /// A product.
    Product(ProductId),
    /// An image.
    Image(ImageId),
}

impl std::fmt::Display for AggregateRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Product(id) => id.fmt(f),
            Self::Image(id) => id.fmt(f),
        }
    }
}

/// From `sweep` to `relay-outbox`: this outbox waits for too long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelayRequest {
    /// Whose outbox it is.
    pub aggregate: AggregateRef,
}

/// The `source` of every event on the bus.
pub const EVENT_SOURCE: &str = "tola.catalog";
