//! What a channel is to show of a product, each value with where it comes from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::listing::{Desired, Observed};
use tola_catalog::product::AttributeValue;
use tola_catalog::text::{AttributeKey, Brand, CategoryId, Description, Name, Tag};
use tola_catalog::{ChannelId, EffectiveView, ImageId, Money, Product, ProductId, ViewImage};

use super::image::RenditionView;
use crate::signing::Links;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Source {
    /// It is the same on every channel.
    Product,
    /// It is this channel's own.
    Channel,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Sourced<T> {
    value: T,
    source: Source,
}

/// What a channel is to show of a product.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ListingView")]
pub struct ListingShown<'a> {
    product_id: ProductId,
    channel_id: &'a ChannelId,
    /// The product's revision.
    revision: u64,
    /// The revision at which what this channel is to show last changed.
    content_revision: u64,
    /// What the merchant wants of the channel, and what it said last.
    desired: Desired,
    observed: Observed,
    sku: Sourced<Option<&'a str>>,
    slug: Sourced<&'a str>,
    name: Sourced<&'a Name>,
    description: Sourced<Option<&'a Description>>,
    price: Sourced<Option<Money>>,
    category_id: Sourced<Option<&'a CategoryId>>,
    brand: Sourced<Option<&'a Brand>>,
    attributes: BTreeMap<&'a AttributeKey, Sourced<&'a AttributeValue>>,
    tags: Sourced<&'a [Tag]>,
    images: Sourced<Vec<ImageShown<'a>>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ListingImage")]
struct ImageShown<'a> {
    image_id: ImageId,
    alt: Option<&'a str>,
    renditions: Vec<RenditionView<'a>>,
}

impl<'a> ListingShown<'a> {
    pub(crate) fn new(product: &Product, channel_id: &'a ChannelId, view: &'a EffectiveView, links: Links<'_>) -> Self {
        let source = |pointer: &str| {
            if view.overridden.iter().any(|known| known == pointer) { Source::Channel } else { Source::Product }
        };
        let listing = product.channels.get(channel_id).cloned().unwrap_or_default();
        let attributes = view
            .attributes
            .iter()
            .map(|(key, value)| (key, Sourced { value, source: source(&format!("/attributes/{key}")) }));
        Self {
            product_id: view.product_id,
            channel_id,
            revision: view.revision,
            content_revision: listing.content_revision.max(1),
            desired: listing.desired,
            observed: listing.observed,
            sku: Sourced { value: view.sku.as_deref(), source: source("/sku") },
            slug: Sourced { value: &view.slug, source: source("/slug") },
            name: Sourced { value: &view.name, source: source("/name") },
            description: Sourced { value: view.description.as_ref(), source: source("/description") },
            price: Sourced { value: view.price, source: source("/price") },
            category_id: Sourced { value: view.category_id.as_ref(), source: source("/category_id") },
            brand: Sourced { value: view.brand.as_ref(), source: source("/brand") },
            attributes: attributes.collect(),
            tags: Sourced { value: &view.tags, source: source("/tags") },
            images: Sourced {
                value: view.images.iter().map(|image| image_shown(image, links)).collect(),
                source: source("/images"),
            },
        }
    }
}

fn image_shown<'a>(image: &'a ViewImage, links: Links<'_>) -> ImageShown<'a> {
    ImageShown {
        image_id: image.image_id,
        alt: image.alt.as_deref(),
        renditions: RenditionView::all(&image.renditions, links),
    }
}
