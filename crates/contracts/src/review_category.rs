//! The step of `review-category`, which judges products by what is asked in their categories now, page by page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::{CategoryKey, ProductId};

use crate::Contract;

/// The most products that a page has.
pub const MAX_REVIEWED: u32 = 100;

/// Judges a page of the products of a category and of all that is part of it.
pub struct ReviewProducts;

/// Which category, and where the page before ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewInput {
    /// The merchant's category.
    pub category_id: CategoryKey,
    /// The place where the page before ended; none for the first page.
    #[serde(default)]
    pub after: Option<Place>,
    /// What the pages before came to.
    #[serde(default)]
    pub totals: ReviewTotals,
}

/// A place among the products: categories go by their ids, and in each of them products by theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The category.
    pub category_id: CategoryKey,
    /// The last product of it that was reviewed; none before its first.
    #[serde(default)]
    pub product_id: Option<ProductId>,
}

/// What a review has come to so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewTotals {
    /// Products that were judged.
    pub reviewed: u64,
    /// Products that lack something of what their category asks.
    pub incomplete: u64,
}

/// What a page came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reviewed {
    /// With the pages before.
    pub totals: ReviewTotals,
    /// The same in words.
    pub told: String,
    /// Where this page ended.
    pub after: Option<Place>,
    /// Whether there are more pages.
    pub more: bool,
    /// Products that stand otherwise than before, and may have events that are to be published.
    pub product_ids: Vec<ProductId>,
    /// Whether there are any.
    pub any: bool,
}

impl ReviewTotals {
    /// The totals in words.
    pub fn told(&self) -> String {
        let reviewed = match self.reviewed {
            0 => return "There was no product to review.".to_owned(),
            1 => "1 product reviewed".to_owned(),
            reviewed => format!("{reviewed} products reviewed"),
        };
        match self.incomplete {
            0 => format!("{reviewed}: all have what their categories ask."),
            1 => format!("{reviewed}: 1 lacks something that its category asks."),
            incomplete => format!("{reviewed}: {incomplete} lack something that their categories ask."),
        }
    }
}

impl Contract for ReviewProducts {
    const FUNCTION: &'static str = "review-products";
    type Input = ReviewInput;
    type Output = Reviewed;

    fn describe(output: &Reviewed) -> String {
        output.told.clone()
    }
}
