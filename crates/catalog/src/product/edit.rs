//! What a merchant may change of a product, as a merge: what is left out stays, what is null goes. And the whole of it at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{AttributeValue, Canonical, NewProduct, Product, ProductImage};
use super::{MAX_ATTRIBUTE_TEXT, MAX_ATTRIBUTE_TEXTS, MAX_ATTRIBUTES, MAX_CHANNELS, MAX_IMAGES, MAX_TAGS};
use crate::category::CategoryTree;
use crate::change::{ToldChanges, changes};
use crate::completeness::Missing;
use crate::event::{EventKind, Origin};
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
    /// No piece of it is left.
    #[error("no piece of the product is left")]
    Depleted,
    /// The product was paused for a reason that holds no longer.
    #[error("nothing holds the product back any more")]
    HeldNoLonger,
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
        let mut after = self.clone();
        edit.apply_to(&mut after)?;
        let asks_to_be_looked_at = after.asks_for_a_look_since(self);
        after.category_verdict = categories.judge(&after.canonical);
        if self.revise(after, origin).is_none() {
            // What its category asks may be something else by now, all the same.
            return Ok(self.judge_by(categories, origin));
        }
        if asks_to_be_looked_at {
            let _ = self.request_registration(operation_id, None, origin);
        }
        self.settle(origin);
        Ok(Changed::Yes)
    }

    /// Makes the product of a merchant who has no categories what a registration says. See [`Self::replace_in`].
    ///
    /// # Errors
    /// As there.
    pub fn replace(&mut self, new: NewProduct, operation_id: OperationId, origin: &Origin) -> Result<Changed, Refused> {
        self.replace_in(&CategoryTree::new(self.merchant_id), new, operation_id, origin)
    }

    /// Makes the product what a registration says, all of it: what that leaves out goes, but for the slug, which stays. Apart
    /// from this it is an edit.
    ///
    /// # Errors
    /// [`Refused`], and then nothing has changed.
    pub fn replace_in(
        &mut self,
        categories: &CategoryTree,
        new: NewProduct,
        operation_id: OperationId,
        origin: &Origin,
    ) -> Result<Changed, Refused> {
        let edit = Edit::into_new(new, self);
        self.edit_in(categories, edit, operation_id, origin)
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
        let mut after = self.clone();
        after.listing_on(channel).overrides = overrides;
        if changes(Some(self), &after).is_empty() {
            return Ok(Changed::No);
        }
        if after.channels.len() > MAX_CHANNELS {
            return Err(invalid(String::new(), &format!("a product is on at most {MAX_CHANNELS} channels")));
        }
        if let Some(before) = self.revise(after, origin)
            && !before.channels.contains_key(channel)
        {
            let revision = self.revision;
            self.listing_on(channel).content_revision = revision;
        }
        self.settle(origin);
        Ok(Changed::Yes)
    }

    /// Whether there is something about it that is looked at once it is durable, and that was not there `before`.
    fn asks_for_a_look_since(&self, before: &Self) -> bool {
        let is_known = |id| before.images.iter().any(|image| image.image_id == id);
        let category = &self.canonical.category_id;
        !self.images.iter().all(|image| is_known(image.image_id))
            || (category.is_some() && *category != before.canonical.category_id)
    }

    /// Takes over what an edit has made of the product: counts it, notes which channels are to show something else, and
    /// tells what changed. Returns what the product was, if anything has.
    fn revise(&mut self, after: Self, origin: &Origin) -> Option<Self> {
        let changes = changes(Some(self), &after);
        if changes.is_empty() {
            return None;
        }
        let before = std::mem::replace(self, after);
        self.revision += 1;
        let revision = self.revision;
        for channel in before.channels.keys() {
            let same = EffectiveView::of(self, channel).shows_the_same(&EffectiveView::of(&before, channel));
            if let Some(listing) = self.channels.get_mut(channel).filter(|_| !same) {
                listing.content_revision = revision;
            }
        }
        self.emit(EventKind::ProductUpdated, json!(ToldChanges::of(revision, &changes)), origin);
        Some(before)
    }
}

impl Edit {
    /// The edit that leaves nothing of a product's own, but for its slug, if the registration has none.
    fn into_new(new: NewProduct, product: &Product) -> Self {
        let NewProduct { sku, slug, canonical, images } = new;
        let gone = product.canonical.attributes.keys().map(|key| (key.clone(), None));
        let set = canonical.attributes.into_iter().map(|(key, value)| (key, Some(value)));
        Self {
            sku: Some(sku),
            slug,
            name: Some(canonical.name),
            description: Some(canonical.description),
            price: Some(canonical.price),
            category_id: Some(canonical.category_id),
            brand: Some(canonical.brand),
            attributes: gone.chain(set).collect(),
            tags: Some(canonical.tags),
            images: Some(images),
        }
    }

    fn apply_to(self, product: &mut Product) -> Result<(), Refused> {
        let canonical = &mut product.canonical;
        set(&mut canonical.name, self.name);
        set(&mut canonical.description, self.description);
        set(&mut canonical.price, self.price);
        set(&mut canonical.category_id, self.category_id);
        set(&mut canonical.brand, self.brand);
        set(&mut canonical.tags, self.tags);
        for (key, value) in self.attributes {
            match value {
                Some(value) => drop(canonical.attributes.insert(key, value)),
                None => drop(canonical.attributes.remove(&key)),
            }
        }
        check_canonical(canonical)?;
        if let Some(references) = &self.images {
            product.images = referring_to(references, &product.images)?;
        }
        set(&mut product.sku, self.sku);
        set(&mut product.slug, self.slug);
        Ok(())
    }
}

fn set<T>(value: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *value = new;
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
