//! The rules that there are: what each looks at, its bound, and what it says to a merchant.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use crate::code::{self, Code};
use crate::image_profile::ImageProfile;
use crate::money::Currency;
use crate::text::AttributeKey;

/// The attributes that tell which product it is, whoever sells it: its number in trade, and its maker's own.
pub(super) const IDENTIFIERS: [&str; 2] = ["gtin", "mpn"];

/// One thing that a channel asks of products.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// A name of so many characters at most.
    Title {
        /// Characters.
        at_most: u32,
    },
    /// A description of so many characters at most.
    Description {
        /// Characters.
        at_most: u32,
    },
    /// A description without HTML.
    PlainDescription,
    /// So many hashtags in the description at most.
    Hashtags {
        /// Words that begin with `#`.
        at_most: u32,
    },
    /// A price in one of these currencies.
    Currency {
        /// One at least.
        any_of: Vec<Currency>,
    },
    /// A category of the merchant's of which it is said which one of the channel it is.
    Category,
    /// A brand.
    Brand,
    /// A brand, or an attribute that tells which product it is.
    Identifier,
    /// An attribute, of any value.
    Attribute(AttributeKey),
    /// So many photos at least.
    Images {
        /// Photos.
        at_least: u32,
    },
    /// No photo that the channel can't show.
    FitImages(ImageProfile),
}

/// The bound of a rule, for programs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(rename = "RuleBound")]
pub enum Bound {
    /// So many of something at most.
    AtMost {
        /// How many.
        count: u32,
        /// Of what: `characters`, `hashtags`.
        of: &'static str,
    },
    /// So many of something at least.
    AtLeast {
        /// How many.
        count: u32,
        /// Of what: `images`.
        of: &'static str,
    },
    /// One of these values.
    OneOf {
        /// The values.
        values: Vec<&'static str>,
    },
    /// It is there.
    Present,
    /// One of several values is there.
    AnyPresent {
        /// JSON pointers to them.
        pointers: Vec<String>,
    },
    /// Text without HTML.
    PlainText,
    /// The merchant's category names the channel's own in `channel_categories`.
    Mapped,
    /// Photos of these forms.
    Images(ImageProfile),
}

impl Rule {
    /// Its name, such as `TITLE_TOO_LONG`: part of the contract.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Title { .. } => "TITLE_TOO_LONG",
            Self::Description { .. } => "DESCRIPTION_TOO_LONG",
            Self::PlainDescription => "DESCRIPTION_NOT_PLAIN",
            Self::Hashtags { .. } => "HASHTAGS_TOO_MANY",
            Self::Currency { .. } => "CURRENCY_NOT_TAKEN",
            Self::Category => "CATEGORY_UNMAPPED",
            Self::Brand => "BRAND_REQUIRED",
            Self::Identifier => "IDENTIFIER_REQUIRED",
            Self::Attribute(_) => "ATTRIBUTE_REQUIRED",
            Self::Images { .. } => "IMAGE_REQUIRED",
            Self::FitImages(_) => "IMAGE_FITS_CHANNEL",
        }
    }

    /// JSON pointer to what it looks at, in the product as the channel is to show it.
    pub fn pointer(&self) -> String {
        match self {
            Self::Title { .. } => "/name".to_owned(),
            Self::Description { .. } | Self::PlainDescription | Self::Hashtags { .. } => "/description".to_owned(),
            Self::Currency { .. } => "/price/currency".to_owned(),
            Self::Category => "/category_id".to_owned(),
            Self::Brand | Self::Identifier => "/brand".to_owned(),
            Self::Attribute(key) => format!("/attributes/{key}"),
            Self::Images { .. } | Self::FitImages(_) => "/images".to_owned(),
        }
    }

    /// Its bound.
    pub fn bound(&self) -> Bound {
        match self {
            Self::Title { at_most } | Self::Description { at_most } => {
                Bound::AtMost { count: *at_most, of: "characters" }
            }
            Self::PlainDescription => Bound::PlainText,
            Self::Hashtags { at_most } => Bound::AtMost { count: *at_most, of: "hashtags" },
            Self::Currency { any_of } => {
                Bound::OneOf { values: any_of.iter().map(|currency| currency.code()).collect() }
            }
            Self::Category => Bound::Mapped,
            Self::Brand | Self::Attribute(_) => Bound::Present,
            Self::Identifier => {
                let attributes = IDENTIFIERS.iter().map(|key| format!("/attributes/{key}"));
                Bound::AnyPresent { pointers: std::iter::once("/brand".to_owned()).chain(attributes).collect() }
            }
            Self::Images { at_least } => Bound::AtLeast { count: *at_least, of: "images" },
            Self::FitImages(profile) => Bound::Images(*profile),
        }
    }

    /// What it says, for the merchant.
    pub fn message(&self) -> String {
        format!("{}.", self.statement())
    }

    /// What to do about a product that does not meet it.
    pub fn remedy(&self) -> String {
        let remedy = match self {
            Self::Title { .. } => "Shorten the name, or give the product another one on this channel.",
            Self::Description { .. } => "Shorten the description, or give the product another one on this channel.",
            Self::PlainDescription => {
                "Take the HTML out of the description, or describe the product otherwise on this channel."
            }
            Self::Hashtags { .. } => {
                "Leave hashtags out of the description, or describe the product otherwise on this channel."
            }
            Self::Currency { .. } => "Give the product a price in such a currency, if need be on this channel alone.",
            Self::Category => {
                "File the product, and say in its category's `channel_categories`, or in those of a category above it, which \
                 one of the channel it is; then publish again."
            }
            Self::Brand => "Say whose brand the product is.",
            Self::Identifier => "Say whose brand the product is, or give it the attribute gtin or mpn.",
            Self::Attribute(key) => {
                return format!("Give the product the attribute {key}, if need be on this channel alone.");
            }
            Self::Images { .. } => "Add photos.",
            Self::FitImages(_) => "Replace the photo.",
        };
        remedy.to_owned()
    }

    /// The code of the problem that a listing has whose product does not meet it.
    pub fn code(&self) -> Code {
        match self {
            Self::Attribute(_) => code::CHANNEL_ATTRIBUTE_MISSING,
            Self::Images { .. } | Self::FitImages(_) => code::CHANNEL_IMAGE_UNFIT,
            _ => code::CHANNEL_RULE_UNMET,
        }
    }

    /// What it says, without an end: what a product has instead may follow.
    pub(super) fn statement(&self) -> Cow<'static, str> {
        match self {
            Self::Title { at_most } => format!("The channel takes a name of {at_most} characters at most").into(),
            Self::Description { at_most } => {
                format!("The channel takes a description of {at_most} characters at most").into()
            }
            Self::PlainDescription => "The channel takes a description of plain text".into(),
            Self::Hashtags { at_most } => format!("The channel takes {at_most} hashtags at most").into(),
            Self::Currency { any_of } => {
                let codes: Vec<_> = any_of.iter().map(|currency| currency.code()).collect();
                format!("The channel takes prices in {}", codes.join(" or ")).into()
            }
            Self::Category => "The channel needs one of its own categories".into(),
            Self::Brand => "The channel needs a brand".into(),
            Self::Identifier => "The channel needs a brand, a GTIN or an MPN".into(),
            Self::Attribute(key) => format!("The channel needs the attribute {key}").into(),
            Self::Images { at_least: 1 } => "The channel shows nothing without a photo".into(),
            Self::Images { at_least } => format!("The channel needs {at_least} photos at least").into(),
            Self::FitImages(profile) => profile.in_words().into(),
        }
    }
}
