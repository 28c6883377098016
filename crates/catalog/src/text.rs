//! Texts that merchants write, parsed once at the border: inside the house they are always within bounds.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::ProductId;

/// Why a text was refused, as a sentence that continues with what would be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidText(String);

impl InvalidText {
    pub(crate) fn saying(message: &str) -> Self {
        Self(message.to_owned())
    }
}

/// What is left of a text when the white space around it is cut off is not empty, and has no control characters.
const TEXT: &str =
    r"^[^\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]*$";

macro_rules! bounded_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $min:literal..=$max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The least and the greatest number of characters.
            pub const LENGTH: std::ops::RangeInclusive<usize> = $min..=$max;

            /// Reads the text; white space around it is cut off.
            ///
            /// # Errors
            /// [`InvalidText`] when it is too short, too long, or has control characters other than line breaks and tabs.
            pub fn parse(text: &str) -> Result<Self, InvalidText> {
                bounded(text, $what, Self::LENGTH).map(Self)
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        text_impls!($name, $min, $max, TEXT);
    };
}

macro_rules! text_impls {
    ($name:ident, $min:literal, $max:literal, $pattern:expr) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidText;
            fn try_from(text: String) -> Result<Self, InvalidText> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "minLength": $min, "maxLength": $max, "pattern": $pattern })
            }
        }
    };
}

bounded_text!(
    /// What a product is called: 1 to 200 characters.
    Name, "a name", 1..=200
);
bounded_text!(
    /// What a product is: 1 to 10,000 characters.
    Description, "a description", 1..=10_000
);
bounded_text!(
    /// A brand: 1 to 100 characters.
    Brand, "a brand", 1..=100
);
bounded_text!(
    /// A tag: 1 to 50 characters.
    Tag, "a tag", 1..=50
);
bounded_text!(
    /// What an image shows, for those who can't see it: 1 to 500 characters.
    AltText, "an alternative text", 1..=500
);
bounded_text!(
    /// A merchant's category: 1 to 100 characters.
    CategoryId, "a category id", 1..=100
);
bounded_text!(
    /// Why pieces came or went, in the merchant's words: 1 to 500 characters.
    StockNote, "a note", 1..=500
);

bounded_text!(
    /// What people call an attribute: 1 to 100 characters.
    Label, "a label", 1..=100
);
bounded_text!(
    /// In what an attribute is measured, such as `cm`: 1 to 20 characters.
    Unit, "a unit", 1..=20
);
bounded_text!(
    /// A text that an attribute may have: 1 to 100 characters.
    Choice, "a choice", 1..=100
);

bounded_text!(
    /// A channel's own id of a category: 1 to 100 characters.
    ChannelCategory, "a channel's id of a category", 1..=100
);

bounded_text!(
    /// The title of a page, for search engines: 1 to 120 characters. They show some 60.
    SeoTitle, "a title", 1..=120
);
bounded_text!(
    /// The description of a page, for search engines: 1 to 320 characters. They show some 160.
    SeoDescription, "a description", 1..=320
);

/// A merchant's stock keeping unit, unique in its catalog: 1 to 64 printable ASCII characters without spaces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sku(String);

impl Sku {
    /// Reads a SKU. It is kept as written: `ab-1` and `AB-1` are two.
    ///
    /// # Errors
    /// [`InvalidText`] when it is empty, longer than 64, or has a space or another character than printable ASCII.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        if (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidText("a SKU has 1 to 64 printable ASCII characters and no spaces".into()))
        }
    }

    /// The SKU as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_impls!(Sku, 1, 64, "^[!-~]+$");

/// A product's name in URLs, unique in its merchant's catalog: 1 to 100 of `a-z`, `0-9` and single hyphens between.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

impl Slug {
    /// Reads a slug that a merchant chose.
    ///
    /// # Errors
    /// [`InvalidText`] when it has another form than the one above.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let fits = (1..=100).contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--");
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidText("a slug has 1 to 100 of a-z and 0-9, with single hyphens between".into()))
        }
    }

    /// The slug that a name suggests. A name without a letter or digit that has an ASCII reading gives `product`.
    pub fn derive(name: &Name) -> Self {
        Self::suggested(name.as_str()).unwrap_or_else(|| Self("product".to_owned()))
    }

    /// The slug that a text suggests, if it has a letter or digit that has an ASCII reading.
    pub fn suggested(text: &str) -> Option<Self> {
        let mut slug = slug::slugify(text);
        slug.truncate(80);
        let slug = slug.trim_matches('-');
        (!slug.is_empty()).then(|| Self(slug.to_owned()))
    }

    /// The same slug, told apart from an equal one by the end of the product's id: repeating this gives the same slug.
    #[must_use]
    pub fn disambiguated(&self, product: ProductId) -> Self {
        let id = product.to_string().to_ascii_lowercase();
        let base: String = self.0.chars().take(80).collect();
        Self(format!("{}-{}", base.trim_end_matches('-'), &id[id.len() - 8..]))
    }

    /// The same slug, told apart from equal ones by a number.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let base: String = self.0.chars().take(80).collect();
        Self(format!("{}-{number}", base.trim_end_matches('-')))
    }

    /// The slug of what is left of a deleted product: one that no merchant would choose.
    pub fn of_tombstone(product: ProductId) -> Self {
        Self(product.to_string().to_ascii_lowercase().replace('_', "-"))
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_impls!(Slug, 1, 100, "^[a-z0-9]+(-[a-z0-9]+)*$");

/// The key of an attribute: 1 to 64 of `a-z`, `0-9` and `_`. It is a key in the document, so no dots or dollars.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttributeKey(String);

impl AttributeKey {
    /// Reads an attribute's key.
    ///
    /// # Errors
    /// [`InvalidText`] when it has another form than the one above.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let fits =
            (1..=64).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidText("an attribute's key has 1 to 64 of a-z, 0-9 and _".into()))
        }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_impls!(AttributeKey, 1, 64, "^[a-z0-9_]+$");

impl std::borrow::Borrow<str> for AttributeKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

fn bounded(text: &str, what: &str, length: std::ops::RangeInclusive<usize>) -> Result<String, InvalidText> {
    let text = text.trim();
    let count = text.chars().count();
    if !length.contains(&count) {
        let (min, max) = (length.start(), length.end());
        return Err(InvalidText(format!("{what} has {min} to {max} characters, and this one has {count}")));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(InvalidText(format!("{what} can't have control characters")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ulid::Ulid;

    use super::*;

    #[test]
    fn texts_are_trimmed_and_bounded() {
        assert_eq!(Name::parse("  Lamp \n").unwrap().as_str(), "Lamp");
        assert!(Name::parse("   ").is_err());
        assert!(Name::parse(&"ä".repeat(200)).is_ok());
        assert!(Name::parse(&"ä".repeat(201)).is_err());
        assert!(Name::parse("La\u{0}mp").is_err());
        assert!(Sku::parse("A 1").is_err());
        assert!(Slug::parse("a--b").is_err());
        assert!(AttributeKey::parse("a.b").is_err());
    }

    #[test]
    fn a_slug_is_derived_from_any_script() {
        assert_eq!(Slug::derive(&Name::parse("Lámpara de Mesa!").unwrap()).as_str(), "lampara-de-mesa");
        assert_eq!(Slug::derive(&Name::parse("🙈 ---").unwrap()).as_str(), "see-no-evil");
        assert_eq!(Slug::derive(&Name::parse("---").unwrap()).as_str(), "product");
    }

    proptest! {
        #[test]
        fn every_derived_slug_is_one_that_a_merchant_could_choose(name in "\\PC{1,220}", random: u128) {
            let Ok(name) = Name::parse(&name) else { return Ok(()) };
            let slug = Slug::derive(&name);
            let other = slug.disambiguated(ProductId::new(Ulid::from_parts(0, random)));

            prop_assert_eq!(Slug::parse(slug.as_str()), Ok(slug.clone()));
            prop_assert_eq!(Slug::parse(other.as_str()), Ok(other.clone()));
            prop_assert_ne!(slug, other);
        }
    }
}
