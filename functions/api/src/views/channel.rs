//! A connection to a sales channel.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use tola_catalog::{Channel, ChannelId, ChannelStatus, Problem, Timestamp};

/// A merchant's connection to a sales channel.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Channel")]
pub struct ChannelView {
    id: ChannelId,
    #[serde(rename = "type")]
    channel_type: String,
    config: Map<String, Value>,
    /// The name of the secret; what it holds is never shown.
    secret: Option<String>,
    status: ChannelStatus,
    problem: Option<Problem>,
    /// When it is held against what it should have next.
    reconcile_due_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Channel> for ChannelView {
    fn from(channel: Channel) -> Self {
        Self {
            id: channel.id,
            channel_type: channel.channel_type,
            config: channel.config,
            secret: channel.secret,
            status: channel.status,
            problem: channel.problem,
            reconcile_due_at: channel.reconcile_due_at,
            created_at: channel.created_at,
            updated_at: channel.updated_at,
        }
    }
}

/// What a connection test has shown.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChannelTest")]
pub struct ChannelTestView {
    /// Whether the channel answered and took the credentials.
    connected: bool,
    /// Why not.
    problem: Option<Problem>,
    channel: ChannelView,
}

impl ChannelTestView {
    pub(crate) fn new(problem: Option<Problem>, channel: ChannelView) -> Self {
        Self { connected: problem.is_none(), problem, channel }
    }
}
