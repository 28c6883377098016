//! A product as rules look at it: borrowed, since rules read and change nothing.

use std::collections::BTreeMap;

use crate::category::CategoryTree;
use crate::image::Rendition;
use crate::money::Money;
use crate::product::{AttributeValue, Product};
use crate::text::{AttributeKey, Brand, CategoryId, Description, Name};
use crate::view::{EffectiveView, Overrides};

/// A product as a channel is to show it, and what the merchant says of its category there.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    pub(super) name: &'a Name,
    pub(super) description: Option<&'a Description>,
    pub(super) price: Option<Money>,
    pub(super) category_id: Option<&'a CategoryId>,
    pub(super) brand: Option<&'a Brand>,
    attributes: Attributes<'a>,
    /// The renditions of each image, with its place in the product.
    pub(super) images: Vec<(usize, &'a [Rendition])>,
    pub(super) channel_category: Option<&'a str>,
}

type Properties = BTreeMap<AttributeKey, AttributeValue>;

/// What the product has everywhere, and what it has on this channel.
#[derive(Debug, Clone, Copy)]
struct Attributes<'a> {
    common: &'a Properties,
    own: Option<&'a Properties>,
}

impl<'a> Candidate<'a> {
    /// A product as the channel is to show it, which was put together before.
    pub fn of(view: &'a EffectiveView) -> Self {
        Self {
            name: &view.name,
            description: view.description.as_ref(),
            price: view.price,
            category_id: view.category_id.as_ref(),
            brand: view.brand.as_ref(),
            attributes: Attributes { common: &view.attributes, own: None },
            images: view.images.iter().map(|image| image.renditions.as_slice()).enumerate().collect(),
            channel_category: None,
        }
    }

    /// The same, put together here of the product and what is different on the channel. An image that was rejected is not
    /// shown.
    pub fn overlaid(product: &'a Product, own: &'a Overrides) -> Self {
        let common = &product.canonical;
        let shown = product.images.iter().enumerate().filter(|(_, image)| image.rejected.is_none());
        Self {
            name: own.name.as_ref().unwrap_or(&common.name),
            description: own.description.as_ref().or(common.description.as_ref()),
            price: own.price.or(common.price),
            category_id: own.category_id.as_ref().or(common.category_id.as_ref()),
            brand: own.brand.as_ref().or(common.brand.as_ref()),
            attributes: Attributes { common: &common.attributes, own: Some(&own.attributes) },
            images: shown.map(|(position, image)| (position, image.renditions.as_slice())).collect(),
            channel_category: None,
        }
    }

    /// The same, with the category of the channel's own that the merchant's is, if that is said.
    #[must_use]
    pub fn filed(self, categories: &'a CategoryTree, channel: &str, channel_type: &str) -> Self {
        let channel_category = self.category_id.and_then(|id| categories.channel_category(id, channel, channel_type));
        Self { channel_category, ..self }
    }

    /// Whether it has an attribute.
    pub(super) fn has(&self, key: &str) -> bool {
        let Attributes { common, own } = self.attributes;
        own.is_some_and(|own| own.contains_key(key)) || common.contains_key(key)
    }
}
