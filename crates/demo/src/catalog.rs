//! What the catalog is made of, as the API takes it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tola_catalog::money::Currency;
use tola_catalog::product::Canonical;
use tola_catalog::text::{AltText, AttributeKey, Description, Name, Sku};
use tola_catalog::{AttributeRule, CategoryKey, Stock};

use crate::picture::Picture;

/// What all demo merchants offer.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalog {
    /// The merchants.
    pub shops: Vec<Shop>,
}

/// What a merchant offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Shop {
    /// What the merchant is called.
    pub merchant: &'static str,
    /// In what its prices are.
    pub currency: Currency,
    /// Its categories, each after the one that it is part of.
    pub categories: Vec<Category>,
    /// Its products, its trades mixed.
    pub items: Vec<Item>,
}

/// A category, and what it asks of its products.
#[derive(Debug, Clone, PartialEq)]
pub struct Category {
    /// The merchant's id of it.
    pub id: CategoryKey,
    /// What it is called.
    pub name: Name,
    /// The category that it is part of.
    pub parent_id: Option<CategoryKey>,
    /// What belongs into it.
    pub description: Description,
    /// Where it stands among its siblings.
    pub position: u32,
    /// What it asks of attributes.
    pub attributes: BTreeMap<AttributeKey, AttributeRule>,
}

/// A product.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The merchant's number for it.
    pub sku: Sku,
    /// What it is part of: `fashion`, `electronics` …
    pub trade: &'static str,
    /// What is said of it.
    pub canonical: Canonical,
    /// What it looks like.
    pub pictures: Vec<Shown>,
    /// How many there are; nothing is known of some.
    pub stock: Stock,
    /// What was left out of it or is wrong with it, so that there is something to look for.
    pub gap: Option<Gap>,
    /// What is to be done with it.
    pub fate: Fate,
}

/// A picture of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The picture; other products show it, too.
    pub picture: Picture,
    /// What it shows.
    pub alt: AltText,
}

/// What keeps a product from being complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gap {
    /// It has no picture.
    Picture,
    /// It has no price.
    Price,
    /// An attribute is left out that its category asks for.
    Attribute,
    /// Nothing describes it.
    Description,
    /// An attribute has a value that is none of its category's choices.
    Choice,
}

/// What is to be done with a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It goes to the merchant's channel, and is ACTIVE.
    Published,
    /// It stays READY, or DRAFT if something is missing.
    Kept,
    /// It is taken off the market, and is INACTIVE.
    Withdrawn,
}

impl Catalog {
    /// The first products of all merchants in turn, `count` of them, with all categories.
    #[must_use]
    pub fn cut_to(mut self, count: usize) -> Self {
        let shops = self.shops.len().max(1);
        let mut left = count;
        // A merchant who has fewer than its share leaves the rest to those who have more.
        let mut by_size: Vec<&mut Shop> = self.shops.iter_mut().collect();
        by_size.sort_by_key(|shop| shop.items.len());
        for (done, shop) in by_size.into_iter().enumerate() {
            shop.items.truncate(left.div_ceil(shops - done));
            left -= shop.items.len().min(left);
        }
        self
    }

    /// How many products there are.
    #[must_use]
    pub fn products(&self) -> usize {
        self.shops.iter().map(|shop| shop.items.len()).sum()
    }
}

impl Category {
    /// The body of `PUT /v1/categories/{id}`.
    #[must_use]
    pub fn body(&self) -> Value {
        let Self { name, parent_id, description, position, .. } = self;
        json!({ "name": name, "parent_id": parent_id, "description": description, "position": position })
    }

    /// The body of `PUT /v1/categories/{id}/schema`.
    #[must_use]
    pub fn schema(&self) -> Value {
        json!({ "attributes": self.attributes })
    }
}

impl Item {
    /// The body of `PUT /v1/products/by-sku/{sku}`, if the pictures are images with these ids.
    #[must_use]
    pub fn body<'a>(&self, image: impl Fn(Picture) -> Option<&'a str>) -> Value {
        let mut body = json!(self.canonical);
        let shown = self.pictures.iter().filter_map(|shown| Some((image(shown.picture)?, &shown.alt)));
        body["images"] = shown.map(|(id, alt)| json!({ "image_id": id, "alt": alt })).collect();
        body
    }

    /// The body of `PATCH /v1/products/{id}/inventory`.
    #[must_use]
    pub fn inventory(&self) -> Value {
        json!({ "set": self.stock.on_hand(), "low_stock_threshold": self.stock.low_threshold() })
    }
}
