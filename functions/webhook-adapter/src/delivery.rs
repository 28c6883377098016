//! What a receiver reads: the JSON of a delivery. It is a public contract; README.md explains it.

use std::collections::BTreeMap;

use serde::Serialize;
use tola_catalog::listing::Standing;
use tola_catalog::money::Money;
use tola_catalog::product::AttributeValue;
use tola_catalog::text::{AttributeKey, Brand, CategoryId, Description, Name, Tag};
use tola_catalog::{Channel, ChannelId, ImageId, MerchantId, ProductId, Rendition};
use tola_channel::{Call, EffectiveView, ViewImage};

use crate::images::Links;

/// A delivery.
#[derive(Debug, Serialize)]
pub(crate) struct Delivery<'a> {
    /// What it is about.
    pub(crate) r#type: Kind,
    /// The header `webhook-id` again.
    pub(crate) delivery_id: &'a str,
    /// Whose product it is.
    pub(crate) merchant_id: MerchantId,
    /// The merchant's name for the channel.
    pub(crate) channel_id: &'a ChannelId,
    /// The listing; a ping has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) listing: Option<Subject<'a>>,
    /// What to show, in a delivery that offers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) product: Option<Product<'a>>,
}

/// What a delivery is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Kind {
    /// Show this product.
    #[serde(rename = "listing.offered")]
    Offered,
    /// Don't show it; it may come back.
    #[serde(rename = "listing.withdrawn")]
    Withdrawn,
    /// It does not come back.
    #[serde(rename = "listing.closed")]
    Closed,
    /// Nothing: is anybody there?
    #[serde(rename = "ping")]
    Ping,
}

/// The listing that a delivery is about.
#[derive(Debug, Serialize)]
pub(crate) struct Subject<'a> {
    product_id: ProductId,
    /// The receiver's own id, if it gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u64>,
    fence: u64,
}

/// A product as it is to be shown.
#[derive(Debug, Serialize)]
pub(crate) struct Product<'a> {
    product_id: ProductId,
    revision: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<&'a str>,
    slug: &'a str,
    name: &'a Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a Description>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category_id: Option<&'a CategoryId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    brand: Option<&'a Brand>,
    attributes: &'a BTreeMap<AttributeKey, AttributeValue>,
    tags: &'a [Tag],
    images: Vec<Image<'a>>,
    overridden: &'a [String],
}

#[derive(Debug, Serialize)]
struct Image<'a> {
    image_id: ImageId,
    #[serde(skip_serializing_if = "Option::is_none")]
    alt: Option<&'a str>,
    renditions: Vec<Picture<'a>>,
}

/// A size and format of an image.
#[derive(Debug, Serialize)]
struct Picture<'a> {
    name: &'a str,
    content_type: &'a str,
    width: u32,
    height: u32,
    bytes: u64,
    url: String,
}

/// The id of a command's delivery: `<product>/<channel>:<fence>`, the same for every repetition. Where an edit came
/// between two tries of one command, the newer content has its revision besides: whoever drops what was seen before
/// would miss it.
pub(crate) fn delivery_id(call: &Call<'_>, shows: Option<u64>) -> String {
    let listing = format!("{}/{}:{}", call.product_id, call.channel.id, call.fence);
    match shows {
        Some(revision) if revision != call.asked => format!("{listing}@{revision}"),
        _ => listing,
    }
}

impl<'a> Delivery<'a> {
    /// A delivery about no listing.
    pub(crate) fn ping(channel: &'a Channel, delivery_id: &'a str) -> Self {
        Self {
            r#type: Kind::Ping,
            delivery_id,
            merchant_id: channel.merchant_id,
            channel_id: &channel.id,
            listing: None,
            product: None,
        }
    }

    /// A delivery about the listing of a command.
    pub(crate) fn of(
        r#type: Kind,
        call: &Call<'a>,
        delivery_id: &'a str,
        standing: Option<&'a Standing>,
        product: Option<Product<'a>>,
    ) -> Self {
        let (product_id, fence) = (call.product_id, call.fence);
        // What we call it for want of a better name is not the receiver's.
        let own = product_id.to_string();
        let external_id = standing.map(|standing| standing.external_id.as_str()).filter(|id| *id != own);
        let revision = product.as_ref().map(|product| product.revision);
        let listing = Some(Subject { product_id, external_id, revision, fence });
        Self { r#type, listing, product, ..Self::ping(call.channel, delivery_id) }
    }
}

impl<'a> Product<'a> {
    /// A view with links to its images.
    pub(crate) fn new(view: &'a EffectiveView, links: &Links<'_>) -> Self {
        // Taken apart by name, so that what a view gains is not forgotten here.
        let EffectiveView {
            product_id,
            revision,
            sku,
            slug,
            name,
            description,
            price,
            category_id,
            brand,
            attributes,
            tags,
            images,
            overridden,
        } = view;
        Self {
            product_id: *product_id,
            revision: *revision,
            sku: sku.as_deref(),
            slug,
            name,
            description: description.as_ref(),
            price: *price,
            category_id: category_id.as_ref(),
            brand: brand.as_ref(),
            attributes,
            tags,
            images: images.iter().map(|image| Image::new(image, links)).collect(),
            overridden,
        }
    }
}

impl<'a> Image<'a> {
    fn new(image: &'a ViewImage, links: &Links<'_>) -> Self {
        let ViewImage { image_id, alt, renditions } = image;
        let picture = |rendition: &'a Rendition| Picture {
            name: &rendition.name,
            content_type: &rendition.content_type,
            width: rendition.width,
            height: rendition.height,
            bytes: rendition.bytes,
            url: links.link(&rendition.key),
        };
        Self { image_id: *image_id, alt: alt.as_deref(), renditions: renditions.iter().map(picture).collect() }
    }
}
