//! The product: what merchants say of it, what follows from that, and what is to be done about it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::category::{CategoryTree, CategoryVerdict};
use crate::completeness::Completeness;
use crate::event::{Aggregate, Event, EventKind, MAX_POINTERS, Origin};
use crate::id::{ChannelId, ImageId, MerchantId, OperationId, ProductId};
use crate::image::{Changed, Image, ImageStatus, Placeholder, Rendition};
use crate::listing::{Desired, Listing};
use crate::money::Money;
use crate::operation::{Intent, OperationKind};
use crate::search::FoundBy;
use crate::status::ProductStatus;
use crate::stock::Stock;
use crate::text::{AltText, AttributeKey, Brand, CategoryId, Description, Name, Sku, Slug, Tag};
use crate::time::Timestamp;

mod command;
mod edit;
mod foresight;
mod hold;
mod offer;
mod reconcile;
mod stock;
pub use command::{Claimed, Planned, Tally};
pub use edit::{Edit, ImageReference, Refused};
pub use foresight::{Foresight, Reach};
pub use hold::Hold;
pub use offer::{MAX_CHANNELS, Requested};
pub use reconcile::{Drift, DriftKind, Remedy, Sight};
pub use stock::tells_of_stock_change;

/// The most images of a product.
pub const MAX_IMAGES: usize = 20;
/// The most tags of a product.
pub const MAX_TAGS: usize = 50;
/// The most attributes of a product.
pub const MAX_ATTRIBUTES: usize = 100;
/// The longest text of an attribute, in characters.
const MAX_ATTRIBUTE_TEXT: usize = 2_000;
/// The most texts of an attribute.
const MAX_ATTRIBUTE_TEXTS: usize = 50;

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AttributeValue {
    /// True or false.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction: a measure, never money.
    Decimal(f64),
    /// A text of at most 2,000 characters.
    Text(#[schemars(length(max = MAX_ATTRIBUTE_TEXT))] String),
    /// Up to 50 texts.
    Texts(#[schemars(length(max = MAX_ATTRIBUTE_TEXTS), inner(length(max = MAX_ATTRIBUTE_TEXT)))] Vec<String>),
}

/// What a merchant says of a product, the same for every channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Canonical {
    /// What it is called.
    pub name: Name,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// What it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// The merchant's category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryId>,
    /// Its properties.
    #[serde(default)]
    pub attributes: BTreeMap<AttributeKey, AttributeValue>,
    /// Its tags, in the merchant's order.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Its brand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<Brand>,
}

/// An image of a product: a reference, and what came of the image so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductImage {
    /// The image.
    pub image_id: ImageId,
    /// What it shows, for those who can't see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<AltText>,
    /// Its place: 0 is the main image.
    pub position: u32,
    /// Carried over from the image once that is READY.
    #[serde(default)]
    pub renditions: Vec<Rendition>,
    /// Carried over with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<Placeholder>,
    /// Carried over from the image if that is REJECTED: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<String>,
}

/// A product of a merchant: one document, changed by one conditional write at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Product {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: ProductId,
    /// Whose it is.
    pub merchant_id: MerchantId,
    /// The merchant's own number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// Its name in URLs.
    pub slug: Slug,
    /// Where it stands: computed in every write.
    pub status: ProductStatus,
    /// When its merchant took it off the market.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivated: Option<Timestamp>,
    /// The operation that removes it: from then on it can't be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleting: Option<OperationId>,
    /// When all that made it up was removed: what is left is a tombstone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purged_at: Option<Timestamp>,
    /// Rises with every edit of a merchant.
    pub revision: u64,
    /// Rises with every write.
    pub version: u64,
    /// Rises with every write that a channel may be told of, or has told of: not with those of the stock, and of verdicts.
    #[serde(default)]
    pub offer_version: u64,
    /// When the last of these was made; nothing where an older version wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_updated_at: Option<Timestamp>,
    /// What the merchant says of it.
    pub canonical: Canonical,
    /// How many there are of it: changed without an edit, so that the revision stays.
    #[serde(default, skip_serializing_if = "Stock::is_untold")]
    pub stock: Stock,
    /// Where it is offered, or is to be.
    #[serde(default)]
    pub channels: BTreeMap<ChannelId, Listing>,
    /// The channels on which it is live: derived, for the index.
    #[serde(default)]
    pub live_on: Vec<ChannelId>,
    /// The channels where it is or may be live, or is about to be, or will be with the next piece: derived, for the index.
    /// None of them can be disconnected.
    #[serde(default)]
    pub bound_to: Vec<ChannelId>,
    /// The channels where it is wanted, or that have or may have something of it: derived, for the index. They are held
    /// against what the channel says.
    #[serde(default)]
    pub kept_on: Vec<ChannelId>,
    /// What lists find it by: derived, for the indexes. Documents of earlier versions have none until the next write, or
    /// until a deployment derives it.
    #[serde(default)]
    pub found_by: FoundBy,
    /// Its images, the main one first.
    #[serde(default)]
    pub images: Vec<ProductImage>,
    /// How it stands by what its category asks: found in every write of its merchant, and whenever something else is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_verdict: Option<CategoryVerdict>,
    /// What it lacks: computed in every write.
    pub completeness: Completeness,
    /// Operations that are to be started.
    #[serde(default)]
    pub intents: Vec<Intent>,
    /// The latest operation of each kind.
    #[serde(default)]
    pub last_operation: BTreeMap<OperationKind, OperationId>,
    /// How many events it has had.
    pub event_count: u64,
    /// Events that are not delivered yet.
    #[serde(default)]
    pub outbox: Vec<Event>,
    /// Since when the oldest of them waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbox_due_at: Option<Timestamp>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a merchant registers.
#[derive(Debug, Clone, PartialEq)]
pub struct NewProduct {
    /// The merchant's own number for it.
    pub sku: Option<Sku>,
    /// A slug of the merchant's choice; without one it is derived from the name.
    pub slug: Option<Slug>,
    /// What the merchant says of it.
    pub canonical: Canonical,
    /// Its images, the main one first.
    pub images: Vec<ImageReference>,
}

impl Product {
    /// Registers a product of a merchant who has no categories. See [`Self::register_in`].
    ///
    /// # Errors
    /// As there.
    pub fn register(
        new: NewProduct,
        id: ProductId,
        merchant_id: MerchantId,
        operation_id: OperationId,
        origin: &Origin,
    ) -> Result<Self, Refused> {
        Self::register_in(&CategoryTree::new(merchant_id), new, id, operation_id, origin)
    }

    /// Registers a product of the merchant whose categories these are: DRAFT until its register workflow has looked at its
    /// images.
    ///
    /// # Errors
    /// [`Refused`] when there are too many images, tags or attributes, or one image twice.
    pub fn register_in(
        categories: &CategoryTree,
        new: NewProduct,
        id: ProductId,
        operation_id: OperationId,
        origin: &Origin,
    ) -> Result<Self, Refused> {
        edit::check_canonical(&new.canonical)?;
        let images = edit::referring_to(&new.images, &[])?;
        let category_verdict = categories.judge(&new.canonical);
        let mut product = Self {
            id,
            merchant_id: categories.merchant_id,
            sku: new.sku,
            slug: new.slug.unwrap_or_else(|| Slug::derive(&new.canonical.name)),
            status: ProductStatus::Draft,
            deactivated: None,
            deleting: None,
            purged_at: None,
            revision: 1,
            version: 0,
            offer_version: 0,
            offer_updated_at: None,
            completeness: Completeness::of(&new.canonical, &images, category_verdict.as_ref()),
            category_verdict,
            canonical: new.canonical,
            stock: Stock::default(),
            channels: BTreeMap::new(),
            live_on: Vec::new(),
            bound_to: Vec::new(),
            kept_on: Vec::new(),
            found_by: FoundBy::default(),
            images,
            intents: Vec::new(),
            last_operation: BTreeMap::new(),
            event_count: 0,
            outbox: Vec::new(),
            outbox_due_at: None,
            created_at: origin.now,
            updated_at: origin.now,
        };
        product.emit(
            EventKind::ProductCreated,
            json!({ "revision": 1, "slug": product.slug, "sku": product.sku }),
            origin,
        );
        let _ = product.request_registration(operation_id, None, origin);
        product.settle(origin);
        Ok(product)
    }

    /// Takes over what came of its images: renditions of those that are READY, the reason of those that are REJECTED.
    /// An image that the product does not refer to is passed over.
    pub fn absorb(&mut self, images: &[Image], origin: &Origin) -> Changed {
        self.settle_if(|product| product.absorb_all(images), origin)
    }

    /// Judges it by what its category asks, unless that was done with newer categories. Tells when that makes it complete, or
    /// stop being so.
    pub fn judge_by(&mut self, categories: &CategoryTree, origin: &Origin) -> Changed {
        if !self.adopt_verdict(categories) {
            return Changed::No;
        }
        self.settle_aside(origin);
        Changed::Yes
    }

    /// Both at once.
    pub fn take_over(&mut self, images: &[Image], categories: &CategoryTree, origin: &Origin) -> Changed {
        self.settle_if(|product| product.absorb_all(images) | product.adopt_verdict(categories), origin)
    }

    fn settle_if(&mut self, change: impl FnOnce(&mut Self) -> bool, origin: &Origin) -> Changed {
        if !change(self) {
            return Changed::No;
        }
        self.settle(origin);
        Changed::Yes
    }

    fn absorb_all(&mut self, images: &[Image]) -> bool {
        let mut changed = false;
        for image in images.iter().filter(|image| image.merchant_id == self.merchant_id) {
            for reference in self.images.iter_mut().filter(|reference| reference.image_id == image.id) {
                changed |= reference.absorb(image);
            }
        }
        changed
    }

    fn adopt_verdict(&mut self, categories: &CategoryTree) -> bool {
        if self.purged_at.is_some() || self.is_ahead_of(categories) {
            return false;
        }
        let verdict = categories.judge(&self.canonical);
        let changed = self.category_verdict != verdict;
        self.category_verdict = verdict;
        changed
    }

    /// Whether categories have to do with it: it is in one, or was when it was judged.
    pub fn is_filed(&self) -> bool {
        self.canonical.category_id.is_some() || self.category_verdict.is_some()
    }

    /// Whether it was judged by newer categories than these: they were read before somebody changed them.
    pub fn is_ahead_of(&self, categories: &CategoryTree) -> bool {
        self.category_verdict.as_ref().is_some_and(|verdict| verdict.version > categories.version)
    }

    /// How complete it would be, once it had taken over what came of `images`, and was judged by these categories.
    pub fn judged_with(&self, images: &[Image], categories: &CategoryTree, origin: &Origin) -> Completeness {
        let mut candidate = self.clone();
        let _ = candidate.take_over(images, categories, origin);
        candidate.completeness
    }

    /// Asks for the register workflow, for the first time or once more; not of a product that is being deleted, of which it
    /// could only tell what nobody will see.
    pub fn request_registration(
        &mut self,
        operation_id: OperationId,
        retry_of: Option<OperationId>,
        origin: &Origin,
    ) -> Changed {
        if self.deleting.is_some() {
            return Changed::No;
        }
        self.ask(OperationKind::Register, operation_id, retry_of, origin);
        self.touch(origin.now);
        Changed::Yes
    }

    /// The images that it refers to.
    pub fn image_ids(&self) -> Vec<ImageId> {
        self.images.iter().map(|image| image.image_id).collect()
    }

    /// Recomputes what is derived, and tells when the product became complete or stopped being so.
    fn settle(&mut self, origin: &Origin) {
        if self.purged_at.is_some() {
            // Its deletion was the last that there is to tell of it.
            return self.touch(origin.now);
        }
        let was_complete = self.completeness.is_complete();
        self.completeness = Completeness::of(&self.canonical, &self.images, self.category_verdict.as_ref());
        self.live_on = self.channels_where(Listing::is_live);
        let complete = self.completeness.is_complete();
        self.status = ProductStatus::of(self.deactivated.is_some(), !self.live_on.is_empty(), complete);
        self.touch(origin.now);
        let data = || json!({ "revision": self.revision, "status": self.status });
        match (was_complete, complete) {
            (false, true) => self.emit(EventKind::ProductReady, data(), origin),
            (true, false) => {
                let rules: Vec<_> = self.completeness.missing.iter().take(MAX_POINTERS).map(|gap| &gap.rule).collect();
                let data = json!({ "revision": self.revision, "status": self.status, "missing": rules });
                self.emit(EventKind::ProductIncomplete, data, origin);
            }
            _ => {}
        }
        self.follow_up(origin);
        for listing in self.channels.values_mut() {
            listing.note_review(origin.now);
        }
        let bound = |listing: &Listing| listing.may_be_live() || listing.is_under_way() || listing.is_held_off();
        self.bound_to = self.channels_where(bound);
        let kept = |listing: &Listing| listing.desired == Desired::On || listing.may_exist();
        self.kept_on = self.channels_where(kept);
        self.found_by = FoundBy::of(self);
    }

    /// Asks for an operation, in the write that calls for it.
    fn ask(&mut self, kind: OperationKind, operation_id: OperationId, retry_of: Option<OperationId>, origin: &Origin) {
        let calls = |listing: &Listing| {
            listing.is_under_way()
                && listing.command.as_ref().is_some_and(|command| command.operation_id == operation_id)
        };
        self.intents.push(Intent {
            channels: self.channels_where(calls),
            operation_id,
            kind,
            requested_at: origin.now,
            requested_by: origin.actor.clone(),
            correlation_id: origin.correlation_id.clone(),
            retry_of,
        });
        self.last_operation.insert(kind, operation_id);
    }

    fn emit(&mut self, kind: EventKind, data: Value, origin: &Origin) {
        Aggregate {
            id: &self.id,
            merchant_id: self.merchant_id,
            event_count: &mut self.event_count,
            outbox: &mut self.outbox,
            outbox_due_at: &mut self.outbox_due_at,
        }
        .emit(kind, data, origin);
    }

    fn touch(&mut self, now: Timestamp) {
        self.version += 1;
        self.updated_at = now;
        self.offer_version += 1;
        self.offer_updated_at = Some(now);
    }

    /// Settles after something that no channel has to do with, unless it has them called all the same: what was seen at a
    /// channel before still holds.
    fn settle_aside(&mut self, origin: &Origin) {
        let (version, updated_at, intents) = (self.offer_version, self.offer_updated_at, self.intents.len());
        self.settle(origin);
        if self.intents.len() == intents {
            self.offer_version = version;
            self.offer_updated_at = updated_at;
        }
    }
}

impl ProductImage {
    fn absorb(&mut self, image: &Image) -> bool {
        let (renditions, placeholder, rejected) = match image.status {
            ImageStatus::Ready => (image.renditions.clone(), image.placeholder.clone(), None),
            ImageStatus::Rejected => {
                (Vec::new(), None, image.rejection.as_ref().map(|problem| problem.message.clone()))
            }
            ImageStatus::AwaitingUpload | ImageStatus::Uploaded | ImageStatus::Purging => return false,
        };
        if self.renditions == renditions && self.rejected == rejected {
            return false;
        }
        self.renditions = renditions;
        self.placeholder = placeholder;
        self.rejected = rejected;
        true
    }
}

#[cfg(test)]
pub(crate) mod arbitrary;
#[cfg(test)]
mod tests;
