//! What a merchant may change of a product, as a merge: what is left out stays, what is null goes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{AttributeValue, Canonical, Product, ProductImage};
use super::{MAX_ATTRIBUTE_TEXT, MAX_ATTRIBUTE_TEXTS, MAX_ATTRIBUTES, MAX_CHANNELS, MAX_IMAGES, MAX_TAGS};
use crate::category::CategoryTree;
use crate::completeness::Missing;
use crate::event::{EventKind, MAX_POINTERS, Origin};
use crate::id::{ChannelId, ImageId, OperationId};
use crate::image::Changed;
use crate::money::Money;
use crate::status::{NotPossible, Request, permit};
use crate::text::{AltText, AttributeKey, Brand, CategoryId, Description, Name, Sku, Slug, Tag};
use crate::view::{EffectiveView, Overrides};

/// A reference to an image, in the order in which the product shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReference {
    /// The image.
    pub image_id: ImageId,
    /// What it shows.
    pub alt: Option<AltText>,
}

/// An edit. `None` leaves a value as it is; of the doubly optional ones `Some(None)` removes it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Edit {
    /// The merchant's own number.
    pub sku: Option<Option<Sku>>,
    /// The name in URLs.
    pub slug: Option<Slug>,
    /// What it is called.
    pub name: Option<Name>,
    /// What it is.
    pub description: Option<Option<Description>>,
    /// What it costs.
    pub price: Option<Option<Money>>,
    /// The merchant's category.
    pub category_id: Option<Option<CategoryId>>,
    /// Its brand.
    pub brand: Option<Option<Brand>>,
    /// Properties to set, and with `None` to remove.
    pub attributes: BTreeMap<AttributeKey, Option<AttributeValue>>,
    /// All of its tags.
    pub tags: Option<Vec<Tag>>,
    /// All of its images; those that stay keep their renditions.
    pub images: Option<Vec<ImageReference>>,
}

/// Why an edit or a registration was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refused {
    /// The product's state does not allow it.
    #[error(transparent)]
    NotPossible(#[from] NotPossible),
    /// Something is missing before it can be offered.
    #[error("the product is not complete")]
    Incomplete {
        /// What is missing.
        missing: Vec<Missing>,
    },
    /// A withdrawal has to come to its end first.
    #[error("the product is still being withdrawn from {channel}; wait for that, or see its operation")]
    WithdrawalRuns {
        /// From where, or from where among others.
        channel: ChannelId,
    },
    /// The product was reactivated since it was deactivated.
    #[error("the product was reactivated since; deactivate it, if it is to be off the market again")]
    Reactivated,
    /// A value is out of bounds.
    #[error("{message}")]
    Invalid {
        /// JSON pointer to the value at fault.
        pointer: String,
        /// What is wrong with it.
        message: String,
    },
}

impl Product {
    /// Edits the product in the name of a merchant who has no categories. See [`Self::edit_in`].
    ///
    /// # Errors
    /// As there.
    pub fn edit(&mut self, edit: Edit, operation_id: OperationId, origin: &Origin) -> Result<Changed, Refused> {
        self.edit_in(&CategoryTree::new(self.merchant_id), edit, operation_id, origin)
    }

    /// Edits the product in the name of the merchant whose categories these are. What is to be looked at once the edit is
    /// durable is looked at by a register workflow, whose operation is `operation_id`: new images, and another category,
    /// which may ask something else by then. Without them that id stays unused.
    ///
    /// # Errors
    /// [`Refused`], and then nothing has changed.
    pub fn edit_in(
        &mut self,
        categories: &CategoryTree,
        edit: Edit,
        operation_id: OperationId,
        origin: &Origin,
    ) -> Result<Changed, Refused> {
        permit(self.status, self.deleting.is_some(), Request::Edit)?;
        let before = self.shown_on();
        let mut canonical = self.canonical.clone();
        let mut changed = Changes::default();
        edit.apply_to(&mut canonical, &mut changed);
        check_canonical(&canonical)?;
        let images = match &edit.images {
            Some(references) => referring_to(references, &self.images)?,
            None => self.images.clone(),
        };
        let filed = canonical.category_id.is_some() && canonical.category_id != self.canonical.category_id;
        let new_image = images.iter().any(|image| !self.images.iter().any(|old| old.image_id == image.image_id));

        changed.set("/images", &mut self.images, Some(images));
        changed.set("/sku", &mut self.sku, edit.sku);
        changed.set("/slug", &mut self.slug, edit.slug);
        if changed.0.is_empty() {
            return Ok(Changed::No);
        }
        self.canonical = canonical;
        self.category_verdict = categories.judge(&self.canonical);
        self.raise_revision(&before);
        let truncated = changed.0.len() > MAX_POINTERS;
        let pointers: Vec<_> = changed.0.into_iter().take(MAX_POINTERS).collect();
        let data = json!({ "revision": self.revision, "changed": pointers, "truncated": truncated });
        self.emit(EventKind::ProductUpdated, data, origin);
        if new_image || filed {
            let _ = self.request_registration(operation_id, None, origin);
        }
        self.settle(origin);
        Ok(Changed::Yes)
    }

    /// Says what is to be different on a channel, all of it. It reaches the channel by itself, and no other one.
    ///
    /// # Errors
    /// [`Refused`], and then nothing has changed.
    pub fn override_on(
        &mut self,
        channel: &ChannelId,
        overrides: Overrides,
        origin: &Origin,
    ) -> Result<Changed, Refused> {
        permit(self.status, self.deleting.is_some(), Request::Edit)?;
        check_overrides(&overrides)?;
        let known = self.channels.get(channel).map(|listing| &listing.overrides);
        if known.map_or(overrides.is_empty(), |known| *known == overrides) {
            return Ok(Changed::No);
        }
        if known.is_none() && self.channels.len() >= MAX_CHANNELS {
            return Err(invalid(String::new(), &format!("a product is on at most {MAX_CHANNELS} channels")));
        }
        let before = self.shown_on();
        let mut pointers = overrides.pointers();
        pointers.extend(known.into_iter().flat_map(Overrides::pointers));
        pointers.sort_unstable();
        pointers.dedup();
        self.listing_on(channel).overrides = overrides;
        self.raise_revision(&before);
        if before.iter().all(|(known, _)| known != channel) {
            let revision = self.revision;
            self.listing_on(channel).content_revision = revision;
        }
        let truncated = pointers.len() > MAX_POINTERS;
        let changed: Vec<_> = pointers
            .into_iter()
            .take(MAX_POINTERS)
            .map(|pointer| format!("/channels/{channel}/overrides{pointer}"))
            .collect();
        let data = json!({ "revision": self.revision, "changed": changed, "truncated": truncated });
        self.emit(EventKind::ProductUpdated, data, origin);
        self.settle(origin);
        Ok(Changed::Yes)
    }

    /// What each channel is to show.
    fn shown_on(&self) -> Vec<(ChannelId, EffectiveView)> {
        self.channels.keys().map(|channel| (channel.clone(), EffectiveView::of(self, channel))).collect()
    }

    /// Counts an edit, and notes which channels are to show something else than `before`.
    fn raise_revision(&mut self, before: &[(ChannelId, EffectiveView)]) {
        self.revision += 1;
        for (channel, shown) in before {
            let same = EffectiveView::of(self, channel).shows_the_same(shown);
            let revision = self.revision;
            if let Some(listing) = self.channels.get_mut(channel).filter(|_| !same) {
                listing.content_revision = revision;
            }
        }
    }
}

/// Pointers to the values that an edit changed.
#[derive(Default)]
struct Changes(Vec<String>);

impl Changes {
    fn set<T: PartialEq>(&mut self, pointer: &str, value: &mut T, new: Option<T>) {
        if let Some(new) = new
            && *value != new
        {
            *value = new;
            self.0.push(pointer.to_owned());
        }
    }
}

impl Edit {
    fn apply_to(&self, canonical: &mut Canonical, changed: &mut Changes) {
        changed.set("/name", &mut canonical.name, self.name.clone());
        changed.set("/description", &mut canonical.description, self.description.clone());
        changed.set("/price", &mut canonical.price, self.price);
        changed.set("/category_id", &mut canonical.category_id, self.category_id.clone());
        changed.set("/brand", &mut canonical.brand, self.brand.clone());
        changed.set("/tags", &mut canonical.tags, self.tags.clone());
        for (key, value) in &self.attributes {
            let old = match value {
                Some(value) => canonical.attributes.insert(key.clone(), value.clone()),
                None => canonical.attributes.remove(key),
            };
            if old != *value {
                changed.0.push(format!("/attributes/{key}"));
            }
        }
    }
}

/// Holds what a merchant says of a product against the bounds that no single value shows.
pub(super) fn check_canonical(canonical: &Canonical) -> Result<(), Refused> {
    check_tags(&canonical.tags)?;
    check_attributes(&canonical.attributes)
}

fn check_overrides(overrides: &Overrides) -> Result<(), Refused> {
    check_tags(overrides.tags.as_deref().unwrap_or_default())?;
    check_attributes(&overrides.attributes)
}

fn check_tags(tags: &[Tag]) -> Result<(), Refused> {
    at_most("/tags", "tags", tags.len(), MAX_TAGS)?;
    let mut seen = BTreeSet::new();
    for (position, tag) in tags.iter().enumerate() {
        if !seen.insert(tag) {
            return Err(invalid(format!("/tags/{position}"), "this tag is there twice"));
        }
    }
    Ok(())
}

fn check_attributes(attributes: &BTreeMap<AttributeKey, AttributeValue>) -> Result<(), Refused> {
    at_most("/attributes", "attributes", attributes.len(), MAX_ATTRIBUTES)?;
    attributes.iter().try_for_each(|(key, value)| check_attribute(key, value))
}

fn check_attribute(key: &AttributeKey, value: &AttributeValue) -> Result<(), Refused> {
    let pointer = || format!("/attributes/{key}");
    let fits = |text: &String| text.chars().count() <= MAX_ATTRIBUTE_TEXT;
    match value {
        AttributeValue::Decimal(number) if !number.is_finite() => Err(invalid(pointer(), "this number is not finite")),
        AttributeValue::Text(text) if !fits(text) => {
            Err(invalid(pointer(), "an attribute has at most 2,000 characters"))
        }
        AttributeValue::Texts(texts) if texts.len() > MAX_ATTRIBUTE_TEXTS || !texts.iter().all(fits) => {
            Err(invalid(pointer(), "an attribute has at most 50 texts of 2,000 characters each"))
        }
        _ => Ok(()),
    }
}

/// The product's images in the order of `references`; one that was there before keeps what it carries.
pub(super) fn referring_to(
    references: &[ImageReference],
    before: &[ProductImage],
) -> Result<Vec<ProductImage>, Refused> {
    at_most("/images", "images", references.len(), MAX_IMAGES)?;
    let mut images: Vec<ProductImage> = Vec::with_capacity(references.len());
    for (position, reference) in (0u32..).zip(references) {
        if images.iter().any(|image| image.image_id == reference.image_id) {
            return Err(invalid(format!("/images/{position}/image_id"), "this image is there twice"));
        }
        let known = before.iter().find(|image| image.image_id == reference.image_id);
        images.push(ProductImage {
            image_id: reference.image_id,
            alt: reference.alt.clone(),
            position,
            renditions: known.map(|image| image.renditions.clone()).unwrap_or_default(),
            placeholder: known.and_then(|image| image.placeholder.clone()),
            rejected: known.and_then(|image| image.rejected.clone()),
        });
    }
    Ok(images)
}

fn at_most(pointer: &str, what: &str, count: usize, most: usize) -> Result<(), Refused> {
    if count <= most {
        return Ok(());
    }
    Err(invalid(pointer.to_owned(), &format!("a product has at most {most} {what}, and these are {count}")))
}

fn invalid(pointer: String, message: &str) -> Refused {
    Refused::Invalid { pointer, message: message.to_owned() }
}
