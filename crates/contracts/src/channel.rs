//! What passes between a workflow and the adapter of a channel: a command on the queue `<type>-commands`, and the answer
//! through the task token that came with it. Questions, which change nothing, are asked by calling the adapter's function:
//! see [`inquiry`].

pub mod inquiry;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::listing::CommandKind;
use tola_catalog::{ChannelId, Problem, ProductId, Timestamp};

use crate::OperationRef;

/// From a workflow to an adapter: carry this command out. Ids only; the adapter reads the product itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelCommand {
    /// What the workflow waits with.
    pub task_token: String,
    /// The operation that it is part of.
    pub operation: OperationRef,
    /// The product.
    pub product_id: ProductId,
    /// The merchant's channel.
    pub channel_id: ChannelId,
    /// The command's fence: the adapter does nothing for any other.
    pub fence: u64,
    /// What to do.
    pub kind: CommandKind,
    /// How often the workflow asked for it before, in vain.
    #[serde(default)]
    pub retries: u32,
    /// When the execution began: it bounds for how long a channel that asks for patience gets it.
    #[serde(default)]
    pub began: Option<Timestamp>,
}

/// From an adapter to a workflow, once the outcome is stored or there is none to store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "answer", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CommandAnswer {
    /// What came of it is stored under listing and fence.
    Stored,
    /// A newer command took its place; nothing was done.
    Superseded,
    /// The channel, or another call at it, asks for patience: the same command again after these seconds.
    RetryAfter {
        /// 1 to 900.
        seconds: u32,
        /// Why, for whoever watches.
        problem: Problem,
    },
}

/// The longest that a workflow is asked to wait at once: 15 minutes.
pub const MAX_WAIT_SECONDS: u32 = 900;
