//! A merchant's connection to a sales channel.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::code;
use crate::id::{ChannelId, MerchantId};
use crate::listing::CommandKind;
use crate::problem::{Problem, ProblemClass};
use crate::time::Timestamp;

/// How soon a channel is looked at again that has yet to make up its mind about a listing.
pub const REVIEW_PERIOD: Duration = Duration::from_secs(5 * 60);

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
    /// Whether the merchant wants nothing done there for now. It stays so while the credentials are broken, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// Whether it can be called.
    pub status: ChannelStatus,
    /// Why it can't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// When it is to be held against what it should have; see `reconcile-channel`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconcile_due_at: Option<Timestamp>,
    /// Rises with every write.
    pub version: u64,
    /// When it was connected.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Channel {
    /// Whether a command of this kind can be carried out there now. A channel that is paused still lets go: what is to be
    /// gone is to be gone.
    ///
    /// # Errors
    /// Why it can't, in words for the merchant.
    pub fn takes(&self, kind: CommandKind) -> Result<(), Problem> {
        let id = &self.id;
        match self.status {
            ChannelStatus::Paused if kind.offers() => {
                Err(Problem::new(ProblemClass::Policy, code::CHANNEL_PAUSED, format!("{id} is paused.")))
            }
            ChannelStatus::Active | ChannelStatus::Paused => Ok(()),
            ChannelStatus::AuthBroken => {
                let message = format!("{id} does not accept the credentials that it was connected with.");
                Err(Problem::new(ProblemClass::Auth, code::CHANNEL_AUTH_BROKEN, message))
            }
        }
    }

    /// Why nothing can be carried out at a channel that its merchant has disconnected.
    pub fn gone(id: &ChannelId) -> Problem {
        Problem::new(ProblemClass::Policy, code::CHANNEL_GONE, format!("{id} is not connected any more."))
    }
}
