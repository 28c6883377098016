//! A listing on the sandbox marketplace, with its part of the ledger.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tola_catalog::{ChannelId, MerchantId, ProductId, Timestamp};
use ulid::Ulid;

use super::{SandboxEffect, SandboxEntry, SandboxKey};

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
    /// Its part of the ledger: a change and its line are one write.
    #[serde(default)]
    pub(super) calls: Vec<SandboxEntry>,
    /// Rises with every write.
    pub(super) version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
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
        let created = listing.changed(SandboxEffect::Created, Some(fence), now);
        listing.calls.push(created);
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

    /// Counts a change, and returns its line in the ledger.
    pub(super) fn changed(&mut self, effect: SandboxEffect, fence: Option<u64>, at: Timestamp) -> SandboxEntry {
        self.version += 1;
        self.updated_at = at;
        SandboxEntry { external_id: None, fence, effect, revision: Some(self.revision), at }
    }

    /// Its part of the ledger.
    pub(super) fn into_calls(self) -> impl Iterator<Item = SandboxEntry> {
        let external_id = Some(self.external_id);
        self.calls.into_iter().map(move |entry| SandboxEntry { external_id: external_id.clone(), ..entry })
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
    fn an_edition_is_what_buyers_see() {
        let (mut listing, later) = (listing(), Timestamp::from_millis(9));

        listing.show(json!({ "name": "Lamp" }), later);
        assert_eq!((listing.edition, listing.edited_at), (1, long_ago()));

        listing.show(json!({ "name": "Torch" }), later);
        assert_eq!((listing.edition, listing.edited_at), (2, later));
    }
}
