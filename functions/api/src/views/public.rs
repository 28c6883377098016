//! A product as everybody may see it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::image::Placeholder;
use tola_catalog::product::AttributeValue;
use tola_catalog::text::{AltText, AttributeKey, Brand, CategoryId, Description, Name, Slug, Tag};
use tola_catalog::{MerchantId, Money, Product, ProductId, Timestamp};

use super::image::RenditionView;
use crate::signing::Links;

/// What is offered, without anything that is between a merchant and its channels.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PublicProduct")]
pub struct PublicProductView<'a> {
    id: ProductId,
    merchant_id: MerchantId,
    slug: &'a Slug,
    name: &'a Name,
    description: Option<&'a Description>,
    price: Option<Money>,
    category_id: Option<&'a CategoryId>,
    brand: Option<&'a Brand>,
    attributes: &'a BTreeMap<AttributeKey, AttributeValue>,
    tags: &'a [Tag],
    images: Vec<PublicImageView<'a>>,
    /// Whether there is one to be had. How many there are is the merchant's alone.
    in_stock: bool,
    updated_at: Timestamp,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PublicImage")]
struct PublicImageView<'a> {
    alt: Option<&'a AltText>,
    placeholder: Option<&'a Placeholder>,
    renditions: Vec<RenditionView<'a>>,
}

impl<'a> PublicProductView<'a> {
    /// The product as everybody may see it.
    pub(crate) fn new(product: &'a Product, links: Links<'_>) -> Self {
        let canonical = &product.canonical;
        let shown = product.images.iter().filter(|image| !image.renditions.is_empty());
        let images = shown.map(|image| PublicImageView {
            alt: image.alt.as_ref(),
            placeholder: image.placeholder.as_ref(),
            renditions: RenditionView::all(&image.renditions, links),
        });
        Self {
            id: product.id,
            merchant_id: product.merchant_id,
            slug: &product.slug,
            name: &canonical.name,
            description: canonical.description.as_ref(),
            price: canonical.price,
            category_id: canonical.category_id.as_ref(),
            brand: canonical.brand.as_ref(),
            attributes: &canonical.attributes,
            tags: &canonical.tags,
            images: images.collect(),
            in_stock: product.stock.is_available(),
            // Not when the stock changed last: how well it sells is the merchant's alone, too.
            updated_at: product.offer_updated_at.unwrap_or(product.updated_at),
        }
    }
}
