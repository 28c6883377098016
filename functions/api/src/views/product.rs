//! A product, whole and as an item of a list.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::image::Placeholder;
use tola_catalog::listing::{CommandKind, CommandState, Desired, Observed};
use tola_catalog::product::{AttributeValue, Hold};
use tola_catalog::text::{AltText, AttributeKey, Brand, CategoryId, Description, Name, Sku, Slug, Tag};
use tola_catalog::{
    ChannelId, Completeness, ImageId, Listing, MerchantId, Money, OperationId, OperationKind, Overrides,
};
use tola_catalog::{Problem, Product, ProductId, ProductImage, ProductStatus, Rendition, Timestamp};

use super::image::RenditionView;
use super::inventory::StockView;
use super::operation::OperationView;
use crate::signing::Links;

/// A product.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Product")]
pub struct ProductView<'a> {
    id: ProductId,
    merchant_id: MerchantId,
    sku: Option<&'a Sku>,
    slug: &'a Slug,
    status: ProductStatus,
    revision: u64,
    version: u64,
    name: &'a Name,
    description: Option<&'a Description>,
    price: Option<Money>,
    category_id: Option<&'a CategoryId>,
    brand: Option<&'a Brand>,
    attributes: &'a BTreeMap<AttributeKey, AttributeValue>,
    tags: &'a [Tag],
    images: Vec<ProductImageView<'a>>,
    /// How many there are.
    stock: StockView,
    channels: BTreeMap<&'a ChannelId, ListingView<'a>>,
    live_on: &'a [ChannelId],
    completeness: &'a Completeness,
    last_operation: &'a BTreeMap<OperationKind, OperationId>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// What the request that is answered has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<OperationView<'a>>,
}

/// How an image of a product or a category stands, for those who look at that.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ImageStanding {
    Pending,
    Ready,
    Rejected,
}

impl ImageStanding {
    pub(super) fn of(is_rejected: bool, is_shown: bool) -> Self {
        match (is_rejected, is_shown) {
            (true, _) => Self::Rejected,
            (false, true) => Self::Ready,
            (false, false) => Self::Pending,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProductImage")]
struct ProductImageView<'a> {
    image_id: ImageId,
    alt: Option<&'a AltText>,
    position: u32,
    status: ImageStanding,
    /// What stands in its place until it is loaded.
    placeholder: Option<&'a Placeholder>,
    renditions: Vec<RenditionView<'a>>,
    /// Why it can't be used.
    rejected: Option<&'a str>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Listing")]
struct ListingView<'a> {
    desired: Desired,
    /// Why it is not to be shown there though it is wanted; nothing if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<Hold>,
    overrides: &'a Overrides,
    /// The revision at which what this channel is to show last changed.
    content_revision: u64,
    observed: &'a Observed,
    command: Option<CommandView<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Command")]
struct CommandView<'a> {
    kind: CommandKind,
    revision: u64,
    fence: u64,
    state: CommandState,
    operation_id: OperationId,
    problem: Option<&'a Problem>,
}

impl<'a> ProductView<'a> {
    /// The product as its merchant sees it.
    pub(crate) fn new(product: &'a Product, links: Links<'_>) -> Self {
        let canonical = &product.canonical;
        Self {
            id: product.id,
            merchant_id: product.merchant_id,
            sku: product.sku.as_ref(),
            slug: &product.slug,
            status: product.status,
            revision: product.revision,
            version: product.version,
            name: &canonical.name,
            description: canonical.description.as_ref(),
            price: canonical.price,
            category_id: canonical.category_id.as_ref(),
            brand: canonical.brand.as_ref(),
            attributes: &canonical.attributes,
            tags: &canonical.tags,
            images: product.images.iter().map(|image| image_view(image, links)).collect(),
            stock: product.stock.into(),
            channels: product
                .channels
                .iter()
                .map(|(id, listing)| (id, listing_view(listing, product.hold())))
                .collect(),
            live_on: &product.live_on,
            completeness: &product.completeness,
            last_operation: &product.last_operation,
            created_at: product.created_at,
            updated_at: product.updated_at,
            operation: None,
        }
    }

    /// The same, with what the request has begun.
    pub(crate) fn with(mut self, operation: Option<OperationView<'a>>) -> Self {
        self.operation = operation;
        self
    }
}

fn image_view<'a>(image: &'a ProductImage, links: Links<'_>) -> ProductImageView<'a> {
    ProductImageView {
        image_id: image.image_id,
        alt: image.alt.as_ref(),
        position: image.position,
        status: ImageStanding::of(image.rejected.is_some(), !image.renditions.is_empty()),
        placeholder: image.placeholder.as_ref(),
        renditions: RenditionView::all(&image.renditions, links),
        rejected: image.rejected.as_deref(),
    }
}

fn listing_view(listing: &Listing, hold: Option<Hold>) -> ListingView<'_> {
    let command = listing.command.as_ref().map(|command| CommandView {
        kind: command.kind,
        revision: command.revision,
        fence: command.fence,
        state: command.state,
        operation_id: command.operation_id,
        problem: command.problem.as_ref(),
    });
    let (overrides, observed) = (&listing.overrides, &listing.observed);
    let hold = hold.filter(|_| listing.desired == Desired::On);
    let content_revision = listing.content_revision;
    ListingView { desired: listing.desired, hold, overrides, content_revision, observed, command }
}

/// A product as an item of a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProductItem {
    id: ProductId,
    sku: Option<Sku>,
    slug: Slug,
    status: ProductStatus,
    revision: u64,
    name: Name,
    price: Option<Money>,
    score: u8,
    /// How many there are.
    stock: StockView,
    live_on: Vec<ChannelId>,
    thumbnail: Option<Thumbnail>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Thumbnail {
    url: String,
    width: u32,
    height: u32,
    alt: Option<AltText>,
}

impl ProductItem {
    pub(crate) fn new(product: Product, links: Links<'_>) -> Self {
        let shown = product.images.iter().find_map(|image| Some((image, smallest(&image.renditions)?)));
        let thumbnail = shown.map(|(image, rendition)| Thumbnail {
            url: links.to(&rendition.key),
            width: rendition.width,
            height: rendition.height,
            alt: image.alt.clone(),
        });
        Self {
            thumbnail,
            id: product.id,
            sku: product.sku,
            slug: product.slug,
            status: product.status,
            revision: product.revision,
            name: product.canonical.name,
            price: product.canonical.price,
            score: product.completeness.score,
            stock: product.stock.into(),
            live_on: product.live_on,
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}

/// The smallest rendition, as a JPEG if there is a choice: every client shows one.
fn smallest(renditions: &[Rendition]) -> Option<&Rendition> {
    renditions.iter().min_by_key(|rendition| (rendition.width, rendition.content_type != "image/jpeg"))
}
