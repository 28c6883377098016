//! Who acts: the merchant and the role that a verified identity carries.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::MerchantId;

/// What an identity may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads and writes for any merchant, one at a time.
    Admin,
    /// Reads and writes its own merchant's catalog.
    Merchant,
    /// Reads its own merchant's catalog.
    Viewer,
}

impl Role {
    /// Reads a role's lower-case name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "admin" => Some(Self::Admin),
            "merchant" => Some(Self::Merchant),
            "viewer" => Some(Self::Viewer),
            _ => None,
        }
    }

    /// The role's lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Merchant => "merchant",
            Self::Viewer => "viewer",
        }
    }

    /// Whether this role may change anything.
    pub fn may_write(self) -> bool {
        matches!(self, Self::Admin | Self::Merchant)
    }
}

/// A verified identity: the only source of the merchant that a request works for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The merchant whose catalog is meant.
    pub merchant_id: MerchantId,
    /// What the identity may do there.
    pub role: Role,
    /// The person or program, as the identity provider names it; recorded as the actor of events.
    pub subject: String,
}
