//! What a channel asks of products, as data: a channel type's own, or the config of a channel that lets its merchant say.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::ChannelRules;
use super::marketplace::Site;
use super::rule::Rule;
use crate::image_profile::Marketplace;
use crate::money::Currency;
use crate::product::MAX_IMAGES;
use crate::text::AttributeKey;

/// The most attributes that a channel asks for.
pub const MAX_REQUIRED: usize = 50;
/// The most currencies of a channel.
pub const MAX_CURRENCIES: usize = 50;

/// What a channel asks of products; of what is left out, nothing. What may be left out can't be null: the schema names then
/// the value at fault, and not all that it is part of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "an object with what the channel asks of products")]
pub struct Requirements {
    /// A marketplace whose rules it has, besides what is said here. A length, the currencies and the number of photos that
    /// are said here hold instead of the marketplace's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Marketplace")]
    pub like: Option<Marketplace>,
    /// The site of Mercado Libre whose rules it has, if it is like that: each has its currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Site")]
    pub site: Option<Site>,
    /// The most characters of a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 1_000))]
    pub title_max: Option<u32>,
    /// The most characters of a description.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 100_000))]
    pub description_max: Option<u32>,
    /// Whether a description may have no HTML.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub plain_description: bool,
    /// The most hashtags of a description.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(max = 1_000))]
    pub hashtags_max: Option<u32>,
    /// The currencies that a price may have; any if none is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "currencies")]
    pub currencies: Vec<Currency>,
    /// Whether the merchant's category has to name one of the channel's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub category: bool,
    /// Whether there has to be a brand.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub brand: bool,
    /// Whether there has to be a brand, or an attribute `gtin` or `mpn`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub identifier: bool,
    /// Attributes without which it takes no product.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_REQUIRED), inner(regex(pattern = "^[a-z0-9_]{1,64}$")), extend("uniqueItems" = true))]
    pub attributes: Vec<AttributeKey>,
    /// The fewest photos.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = MAX_IMAGES))]
    pub images_min: Option<u32>,
    /// Whose rules for photos it has; it takes any if this is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Marketplace")]
    pub images_like: Option<Marketplace>,
}

impl Requirements {
    /// Asks for attributes besides, each once.
    pub(super) fn and_attributes(&mut self, more: Vec<AttributeKey>) {
        for key in more {
            if !self.attributes.contains(&key) {
                self.attributes.push(key);
            }
        }
    }

    /// What it asks, with all that the marketplace asks which it is like.
    fn whole(self) -> Self {
        let Some(like) = self.like else { return self };
        let theirs = like.requirements(self.site);
        let mut whole = Self {
            like: None,
            site: None,
            title_max: self.title_max.or(theirs.title_max),
            description_max: self.description_max.or(theirs.description_max),
            plain_description: self.plain_description || theirs.plain_description,
            hashtags_max: self.hashtags_max.or(theirs.hashtags_max),
            currencies: if self.currencies.is_empty() { theirs.currencies } else { self.currencies },
            category: self.category || theirs.category,
            brand: self.brand || theirs.brand,
            identifier: self.identifier || theirs.identifier,
            attributes: theirs.attributes,
            images_min: self.images_min.or(theirs.images_min),
            images_like: self.images_like.or(theirs.images_like),
        };
        whole.and_attributes(self.attributes);
        whole
    }
}

impl From<Requirements> for ChannelRules {
    /// The rules that come of it, in the order of a product's fields.
    fn from(asked: Requirements) -> Self {
        let whole = asked.whole();
        let mut rules = Vec::with_capacity(whole.attributes.len() + 10);
        rules.extend(whole.title_max.map(|at_most| Rule::Title { at_most }));
        rules.extend(whole.description_max.map(|at_most| Rule::Description { at_most }));
        rules.extend(whole.plain_description.then_some(Rule::PlainDescription));
        rules.extend(whole.hashtags_max.map(|at_most| Rule::Hashtags { at_most }));
        rules.extend((!whole.currencies.is_empty()).then_some(Rule::Currency { any_of: whole.currencies }));
        rules.extend(whole.category.then_some(Rule::Category));
        rules.extend(whole.brand.then_some(Rule::Brand));
        // Whoever has a brand has an identifier.
        rules.extend((whole.identifier && !whole.brand).then_some(Rule::Identifier));
        rules.extend(whole.attributes.into_iter().map(Rule::Attribute));
        // Whoever says how a photo has to look shows none without one.
        let images = whole.images_min.or(whole.images_like.map(|_| 1));
        rules.extend(images.map(|at_least| Rule::Images { at_least }));
        rules.extend(whole.images_like.map(|like| Rule::FitImages(like.images())));
        Self(rules)
    }
}

/// Three letters are not always a currency, and the schema is to say which are.
fn currencies(_: &mut SchemaGenerator) -> Schema {
    let codes: Vec<_> = Currency::all().map(Currency::code).collect();
    json_schema!({
        "description": "The currencies that a price may have; any if none is named.",
        "type": "array",
        "items": { "type": "string", "enum": codes },
        "maxItems": MAX_CURRENCIES,
        "uniqueItems": true,
    })
}
