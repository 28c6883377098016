//! What a product still lacks before it can be offered, each gap with a pointer to where it is filled.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::category::CategoryVerdict;
use crate::id::ChannelId;
use crate::product::{Canonical, ProductImage};

/// One gap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// JSON pointer into the product as the API shows it.
    pub pointer: String,
    /// The rule that is not met, such as `IMAGE_REQUIRED`.
    pub rule: String,
    /// What is missing, for the merchant.
    pub message: String,
    /// What to do, where the message only says what is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The channel that has the rule, or a type of channels that none is connected of; absent where every channel has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
}

/// How complete a product is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Completeness {
    /// Percent of the rules that are met, rounded down; 100 exactly when nothing is missing.
    pub score: u8,
    /// Every gap, in the order of the product's fields.
    pub missing: Vec<Missing>,
}

impl Completeness {
    /// Whether nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }

    /// Judges a product by the rules that every channel has, and takes over what came of those of its category. A pure
    /// function of its arguments.
    pub fn of(canonical: &Canonical, images: &[ProductImage], category: Option<&CategoryVerdict>) -> Self {
        let mut judge = Judge::default();
        judge.rule(canonical.description.is_some(), "/description", "DESCRIPTION_REQUIRED", || {
            "Describe the product.".to_owned()
        });
        judge.rule(canonical.price.is_some(), "/price", "PRICE_REQUIRED", || "Give the product a price.".to_owned());
        if let Some(price) = canonical.price {
            judge.rule(price.amount() > 0, "/price/amount", "PRICE_POSITIVE", || {
                "A price is more than zero.".to_owned()
            });
        }
        if let Some(verdict) = category {
            judge.rules += usize::try_from(verdict.rules).unwrap_or(usize::MAX);
            judge.missing.extend(verdict.missing.iter().cloned());
        }
        judge.rule(!images.is_empty(), "/images", "IMAGE_REQUIRED", || "Add a photo.".to_owned());
        for (position, image) in images.iter().enumerate() {
            judge.image(position, image);
        }
        judge.verdict()
    }
}

#[derive(Default)]
struct Judge {
    rules: usize,
    missing: Vec<Missing>,
}

impl Judge {
    fn rule(&mut self, met: bool, pointer: &str, rule: &str, message: impl FnOnce() -> String) {
        self.rules += 1;
        if !met {
            let (pointer, rule) = (pointer.to_owned(), rule.to_owned());
            self.missing.push(Missing { pointer, rule, message: message(), remedy: None, channel: None });
        }
    }

    fn image(&mut self, position: usize, image: &ProductImage) {
        let pointer = format!("/images/{position}");
        match &image.rejected {
            Some(reason) => self.rule(false, &pointer, "IMAGE_USABLE", || format!("Replace the photo: {reason}")),
            None => self.rule(!image.renditions.is_empty(), &pointer, "IMAGE_READY", || {
                "The photo was not uploaded yet, or is still being processed.".to_owned()
            }),
        }
    }

    fn verdict(self) -> Completeness {
        let met = self.rules - self.missing.len();
        let score = u8::try_from(met * 100 / self.rules.max(1)).unwrap_or(100);
        Completeness { score, missing: self.missing }
    }
}
