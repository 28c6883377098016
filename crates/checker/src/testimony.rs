//! What was acknowledged, and what is to be seen afterwards.

use std::collections::BTreeMap;

use serde_json::Value;
use tola_store::{Error, Sandbox, SandboxEntry, SandboxKey, SandboxState};

/// Everything that somebody saw who used Tola as several merchants.
#[derive(Debug, Clone, Default)]
pub struct Testimony {
    /// The merchants, each with what it alone can see.
    pub merchants: Vec<MerchantTestimony>,
}

/// What one merchant saw.
#[derive(Debug, Clone, Default)]
pub struct MerchantTestimony {
    /// Its id.
    pub id: String,
    /// The products that it registered, each once, deleted or not.
    pub products: Vec<ProductTestimony>,
    /// The ids in all pages of `GET /v1/products`.
    pub listed: Vec<String>,
    /// All pages of `GET /v1/operations`.
    pub operations: Vec<Value>,
    /// What came over the bus under the merchant's name, in order of arrival, with whatever came again.
    pub events: Vec<Value>,
}

/// What was to be seen of one product.
#[derive(Debug, Clone, Default)]
pub struct ProductTestimony {
    /// Its id.
    pub id: String,
    /// The writes that were acknowledged, in the order in which they were made, one after the other.
    pub acknowledged: Vec<Write>,
    /// `GET /v1/products/{id}`; nothing if the answer was 404.
    pub shown: Option<Value>,
    /// All pages of `GET /v1/products/{id}/history`.
    pub history: Vec<Value>,
    /// The product at each channel that it was ever to be on, by the merchant's name of the channel.
    pub shops: BTreeMap<String, Shop>,
}

/// What a channel knows of a product.
#[derive(Debug, Clone, Default)]
pub struct Shop {
    /// Every call about it, and what else happened to its listings, the first first.
    pub ledger: Vec<SandboxEntry>,
    /// What buyers see of it; nothing if they see nothing.
    pub listing: Option<Value>,
}

impl Shop {
    /// What the sandbox marketplace has.
    ///
    /// # Errors
    /// When its database does not answer.
    pub async fn at(sandbox: &Sandbox, key: &SandboxKey) -> Result<Self, Error> {
        let listing = sandbox.find(key).await?.filter(|listing| listing.state == SandboxState::Live);
        Ok(Self { ledger: sandbox.ledger(key).await?, listing: listing.map(|listing| listing.view) })
    }
}

/// A write that was acknowledged with a 2xx.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// `POST /v1/products`, with this body.
    Registered(Value),
    /// `PATCH /v1/products/{id}`, with this body.
    Edited(Value),
    /// `PATCH …/inventory`, with this body.
    Counted(Value),
    /// `POST …/publish`.
    Published {
        /// On these.
        channels: Vec<String>,
    },
    /// `POST …/unpublish`.
    Unpublished {
        /// Off these.
        channels: Vec<String>,
    },
    /// `POST …/deactivate`.
    Deactivated,
    /// `POST …/reactivate`.
    Reactivated,
    /// `DELETE /v1/products/{id}`.
    Deleted,
    /// `PUT /v1/categories/{id}/schema`, of the category that the product is in.
    Asked {
        /// The attributes without which it is not complete.
        attributes: Vec<String>,
    },
}

impl Write {
    /// What was written, in a word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Registered(_) => "registered",
            Self::Edited(_) => "edited",
            Self::Counted(_) => "counted",
            Self::Published { .. } => "published",
            Self::Unpublished { .. } => "unpublished",
            Self::Deactivated => "deactivated",
            Self::Reactivated => "reactivated",
            Self::Deleted => "deleted",
            Self::Asked { .. } => "asked",
        }
    }

    /// Every word that there is.
    pub const NAMES: [&str; 9] = [
        "registered",
        "edited",
        "counted",
        "published",
        "unpublished",
        "deactivated",
        "reactivated",
        "deleted",
        "asked",
    ];
}
