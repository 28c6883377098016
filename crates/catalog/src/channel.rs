//! A merchant's connection to a sales channel.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{ChannelId, MerchantId};
use crate::problem::Problem;
use crate::time::Timestamp;

/// Whether a channel can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChannelStatus {
    /// It is called.
    Active,
    /// The merchant wants nothing done there for now.
    Paused,
    /// It refused our credentials: nothing is tried until the merchant connects it again.
    AuthBroken,
}

/// A merchant's connection to a sales channel: which one, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// The merchant's name for it.
    pub id: ChannelId,
    /// Whose it is.
    pub merchant_id: MerchantId,
    /// The kind of channel, and so the adapter: `sandbox`, `webhook` …
    pub channel_type: String,
    /// What the adapter needs to know, as its type's schema says; no secrets.
    pub config: Map<String, Value>,
    /// Where the credentials lie: the name of a secret in Secrets Manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Whether it can be called.
    pub status: ChannelStatus,
    /// Why it can't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// Rises with every write.
    pub version: u64,
    /// When it was connected.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
