//! A listing on the sandbox marketplace, with every call that changed it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tola_catalog::{ChannelId, MerchantId, ProductId, Timestamp};
use ulid::Ulid;

use super::SandboxKey;

/// The most calls that a listing remembers: the latest ones.
pub(super) const MAX_CALLS: usize = 500;

/// How a listing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SandboxState {
    /// Buyers see it, unless the marketplace looks at it first.
    Live,
    /// Buyers don't see it; it can come back.
    Paused,
    /// It is gone for good.
    Closed,
}

/// A listing on the marketplace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SandboxListing {
    /// The marketplace's own id.
    #[serde(rename = "_id")]
    pub external_id: String,
    /// Whose it is.
    pub merchant_id: MerchantId,
    /// The merchant's channel.
    pub channel_id: ChannelId,
    /// The product.
    pub product_id: ProductId,
    /// The product again, as long as the listing is not closed: there is one such listing of a product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) open_product_id: Option<ProductId>,
    /// How it stands.
    pub state: SandboxState,
    /// The product's revision that it shows.
    pub revision: u64,
    /// What buyers see.
    pub view: Value,
    /// Rises whenever what buyers see of it changes, whoever changed it.
    #[serde(default)]
    pub edition: u64,
    /// When that last changed.
    #[serde(default = "long_ago")]
    pub edited_at: Timestamp,
    /// What changed it: the call that did and the change are one write.
    #[serde(default)]
    pub(super) calls: Vec<SandboxEntry>,
    /// Rises with every write.
    pub(super) version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a call did, or the marketplace by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SandboxEffect {
    /// It made the listing.
    Created,
    /// It changed the listing, or showed it again.
    Updated,
    /// It hid the listing.
    Paused,
    /// It closed the listing for good.
    Closed,
    /// The marketplace lost the listing.
    Vanished,
    /// Somebody changed the listing at the marketplace.
    EditedByHand,
}

/// What changed a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxEntry {
    /// The listing.
    pub external_id: String,
    /// The fence of the command behind the call; nothing where nobody called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<u64>,
    /// What it did.
    pub effect: SandboxEffect,
    /// The product's revision that the listing shows since.
    pub revision: u64,
    /// When.
    pub at: Timestamp,
}

impl SandboxListing {
    pub(super) fn new(
        key: &SandboxKey,
        merchant_id: MerchantId,
        (revision, view): (u64, Value),
        fence: u64,
        now: Timestamp,
    ) -> Self {
        let mut listing = Self {
            external_id: format!("sandbox_{}", Ulid::generate()),
            merchant_id,
            channel_id: key.channel_id.clone(),
            product_id: key.product_id,
            open_product_id: Some(key.product_id),
            state: SandboxState::Live,
            revision,
            view,
            edition: 1,
            edited_at: now,
            calls: Vec::new(),
            version: 0,
            created_at: now,
            updated_at: now,
        };
        listing.enter(SandboxEffect::Created, Some(fence), now);
        listing
    }

    /// Replaces what buyers see.
    pub(super) fn show(&mut self, view: Value, now: Timestamp) {
        if self.view != view {
            self.view = view;
            self.edition += 1;
            self.edited_at = now;
        }
    }

    /// Closes it, and lets the product have another.
    pub(super) fn close(&mut self) {
        self.state = SandboxState::Closed;
        self.open_product_id = None;
    }

    /// Notes what changed it.
    pub(super) fn enter(&mut self, effect: SandboxEffect, fence: Option<u64>, at: Timestamp) {
        self.version += 1;
        self.updated_at = at;
        let (external_id, revision) = (self.external_id.clone(), self.revision);
        self.calls.push(SandboxEntry { external_id, fence, effect, revision, at });
        let forgotten = self.calls.len().saturating_sub(MAX_CALLS);
        self.calls.drain(..forgotten);
    }
}

fn long_ago() -> Timestamp {
    Timestamp::from_millis(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn listing() -> SandboxListing {
        let channel_id = ChannelId::parse("shop").unwrap();
        let key = SandboxKey { channel_id, product_id: ProductId::new(Ulid::from_parts(1, 1)) };
        SandboxListing::new(
            &key,
            MerchantId::new(Ulid::from_parts(1, 2)),
            (1, json!({ "name": "Lamp" })),
            1,
            long_ago(),
        )
    }

    #[test]
    fn the_oldest_calls_are_forgotten() {
        let mut listing = listing();

        for fence in 2..=503 {
            listing.enter(SandboxEffect::Updated, Some(fence), long_ago());
        }

        let fences: Vec<_> = listing.calls.iter().filter_map(|call| call.fence).collect();
        assert_eq!(fences, (4..=503).collect::<Vec<_>>());
        assert_eq!(listing.version, 503);
    }

    #[test]
    fn an_edition_is_what_buyers_see() {
        let (mut listing, later) = (listing(), Timestamp::from_millis(9));

        listing.show(json!({ "name": "Lamp" }), later);
        assert_eq!((listing.edition, listing.edited_at), (1, long_ago()));

        listing.show(json!({ "name": "Torch" }), later);
        assert_eq!((listing.edition, listing.edited_at), (2, later));
    }
}
