//! A product as one channel is to show it: what the merchant says of it, overlaid by what is to be different there.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ChannelId, ImageId, ProductId};
use crate::image::Rendition;
use crate::money::Money;
use crate::product::{AttributeValue, MAX_ATTRIBUTES, MAX_TAGS, Product};
use crate::text::{AttributeKey, Brand, CategoryId, Description, Name, Tag};

/// What a merchant wants to be different on one channel. What is left out is as it is everywhere.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object with the values that are different on this channel")]
pub struct Overrides {
    /// What it is called there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// What it is, in other words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// What it costs there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// Its category there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryId>,
    /// Its brand there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<Brand>,
    /// Properties that have another value there, or that it has only there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = MAX_ATTRIBUTES))]
    pub attributes: BTreeMap<AttributeKey, AttributeValue>,
    /// All of its tags there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxItems" = MAX_TAGS))]
    pub tags: Option<Vec<Tag>>,
}

impl Overrides {
    /// Whether nothing is different.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// JSON pointers to the values that are different, as they stand in the view.
    pub fn pointers(&self) -> Vec<String> {
        let whole = [
            (self.name.is_some(), "/name"),
            (self.description.is_some(), "/description"),
            (self.price.is_some(), "/price"),
            (self.category_id.is_some(), "/category_id"),
            (self.brand.is_some(), "/brand"),
            (self.tags.is_some(), "/tags"),
        ];
        let whole = whole.into_iter().filter(|(there, _)| *there).map(|(_, pointer)| pointer.to_owned());
        whole.chain(self.attributes.keys().map(|key| format!("/attributes/{key}"))).collect()
    }
}

/// A product as one channel is to show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EffectiveView {
    /// The product: the merchant's key of the listing.
    pub product_id: ProductId,
    /// The product's revision that it shows.
    pub revision: u64,
    /// The merchant's own number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// The name in URLs.
    pub slug: String,
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
    /// Its brand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<Brand>,
    /// Its properties.
    pub attributes: BTreeMap<AttributeKey, AttributeValue>,
    /// Its tags, in the merchant's order.
    pub tags: Vec<Tag>,
    /// Its images, the main one first.
    pub images: Vec<ViewImage>,
    /// JSON pointers to the values that are the channel's own; all others are the product's.
    pub overridden: Vec<String>,
}

/// An image as a channel may fetch it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ViewImage {
    /// The image.
    pub image_id: ImageId,
    /// What it shows, for those who can't see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    /// Its sizes and formats, and their keys in the image bucket.
    pub renditions: Vec<Rendition>,
}

impl EffectiveView {
    /// The view of a product on a channel: a pure function of what the merchant says of both.
    pub fn of(product: &Product, channel: &ChannelId) -> Self {
        let none = Overrides::default();
        let own = product.channels.get(channel).map_or(&none, |listing| &listing.overrides);
        let common = &product.canonical;
        let mut attributes = common.attributes.clone();
        attributes.extend(own.attributes.iter().map(|(key, value)| (key.clone(), value.clone())));
        let images = product.images.iter().filter(|image| image.rejected.is_none()).map(|image| ViewImage {
            image_id: image.image_id,
            alt: image.alt.as_ref().map(ToString::to_string),
            renditions: image.renditions.clone(),
        });
        Self {
            product_id: product.id,
            revision: product.revision,
            sku: product.sku.as_ref().map(ToString::to_string),
            slug: product.slug.to_string(),
            name: own.name.clone().unwrap_or_else(|| common.name.clone()),
            description: own.description.clone().or_else(|| common.description.clone()),
            price: own.price.or(common.price),
            category_id: own.category_id.clone().or_else(|| common.category_id.clone()),
            brand: own.brand.clone().or_else(|| common.brand.clone()),
            attributes,
            tags: own.tags.clone().unwrap_or_else(|| common.tags.clone()),
            images: images.collect(),
            overridden: own.pointers(),
        }
    }

    /// Whether a buyer could tell the two apart, whatever their revisions.
    pub fn shows_the_same(&self, other: &Self) -> bool {
        let other = Self { revision: self.revision, overridden: self.overridden.clone(), ..other.clone() };
        *self == other
    }
}
