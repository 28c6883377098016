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

    /// Whether this role may do that.
    pub fn has(self, scope: Scope) -> bool {
        match scope {
            Scope::Read => true,
            Scope::Write => matches!(self, Self::Admin | Self::Merchant),
        }
    }
}

/// What an access token is good for, as OAuth 2.0 names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Reading.
    Read,
    /// Changing anything.
    Write,
}

impl Scope {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    /// The scope as a token carries it: that of the resource server `tola`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "tola/read",
            Self::Write => "tola/write",
        }
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
