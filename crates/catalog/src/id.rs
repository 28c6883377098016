//! Ids as types: a prefixed ULID per aggregate, so that a [`ProductId`] can't be passed for an [`ImageId`].

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// Why a text is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {expected}")]
pub struct InvalidId {
    given: String,
    expected: &'static str,
}

impl InvalidId {
    fn new(given: &str, expected: &'static str) -> Self {
        // A hostile id may be megabytes long, and its text ends up in answers and logs.
        Self { given: given.chars().take(80).collect(), expected }
    }
}

macro_rules! prefixed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $expected:literal, $pattern:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Ulid);

        impl $name {
            /// What stands before the ULID.
            pub const PREFIX: &'static str = $prefix;

            /// The id of this kind around a ULID that the caller minted.
            pub const fn new(ulid: Ulid) -> Self {
                Self(ulid)
            }

            /// The ULID behind the prefix; its first 48 bits are the milliseconds at which it was minted.
            pub const fn ulid(self) -> Ulid {
                self.0
            }

            /// Reads the canonical form only: the prefix, then 26 upper-case Crockford characters.
            ///
            /// # Errors
            /// [`InvalidId`] for any other text.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix($prefix)
                    .and_then(canonical_ulid)
                    .map(Self)
                    .ok_or_else(|| InvalidId::new(text, $expected))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

prefixed_id!(
    /// A product of a merchant.
    ProductId, "product_", "a product id (product_ and a ULID)", "^product_[0-9A-HJKMNP-TV-Z]{26}$"
);
prefixed_id!(
    /// An image that a merchant uploads, an aggregate of its own.
    ImageId, "image_", "an image id (image_ and a ULID)", "^image_[0-9A-HJKMNP-TV-Z]{26}$"
);
prefixed_id!(
    /// A merchant: the tenant to whom everything else belongs.
    MerchantId, "merchant_", "a merchant id (merchant_ and a ULID)", "^merchant_[0-9A-HJKMNP-TV-Z]{26}$"
);
prefixed_id!(
    /// Something long-running that a person can watch; also the second half of its execution's name.
    OperationId, "operation_", "an operation id (operation_ and a ULID)", "^operation_[0-9A-HJKMNP-TV-Z]{26}$"
);

fn canonical_ulid(text: &str) -> Option<Ulid> {
    let ulid = Ulid::from_string(text).ok()?;
    // The ULID crate also reads lower case and look-alikes; one id has one spelling here, since it is compared as text.
    (ulid.to_string() == text).then_some(ulid)
}

macro_rules! chosen_id {
    ($(#[$doc:meta])* $name:ident, $schema:literal, $max:literal, $expected:literal $(, but $reserved:literal)?) => {
        $(#[$doc])*
        ///
        /// It is a key inside a document, which is why dots and dollar signs are out.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads an id that a merchant chose.
            ///
            /// # Errors
            /// [`InvalidId`] for a text that is empty, too long, has another character, or is reserved.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let fits = (1..=$max).contains(&text.len())
                    && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
                    $(&& text != $reserved)?;
                if fits { Ok(Self(text.to_owned())) } else { Err(InvalidId::new(text, $expected)) }
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $schema.into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let pattern = concat!("^[a-z0-9_-]{1,", $max, "}$");
                schemars::json_schema!({ "type": "string", "pattern": pattern $(, "not": { "const": $reserved })? })
            }
        }
    };
}

chosen_id!(
    /// A merchant's name for one of its channels: 1 to 40 characters of `a-z`, `0-9`, `_` and `-`.
    ChannelId, "ChannelId", 40, "a channel id (1 to 40 of a-z, 0-9, _ and -)"
);
chosen_id!(
    /// A merchant's own id of a category: 1 to 64 of `a-z`, `0-9`, `_` and `-`. `tree` is none, since the whole tree is
    /// read under that name.
    CategoryKey, "CategoryId", 64, "a category's id (1 to 64 of a-z, 0-9, _ and -, and not `tree`)", but "tree"
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id = ProductId::new(Ulid::from_parts(1_700_000_000_000, u128::MAX >> 48));
        let text = id.to_string();

        assert_eq!(ProductId::parse(&text), Ok(id));
        assert!(ProductId::parse(&text.to_lowercase()).is_err());
        assert!(ImageId::parse(&text).is_err());
        assert!(ProductId::parse("product_").is_err());
    }

    #[test]
    fn an_error_does_not_repeat_a_huge_id() {
        let error = ProductId::parse(&"x".repeat(1_000_000)).unwrap_err();

        assert!(error.to_string().len() < 200);
    }

    proptest! {
        #[test]
        fn every_id_survives_its_text(ms in 0u64..(1 << 48), random: u128) {
            let id = OperationId::new(Ulid::from_parts(ms, random));

            prop_assert_eq!(OperationId::parse(&id.to_string()), Ok(id));
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(serde_json::from_str::<OperationId>(&json).unwrap(), id);
        }

        #[test]
        fn no_text_makes_parsing_panic(text in "\\PC{0,60}") {
            let _ = ProductId::parse(&text);
            if let Ok(channel) = ChannelId::parse(&text) {
                prop_assert!(!channel.as_str().contains(['.', '$', '\0']));
            }
        }
    }
}
