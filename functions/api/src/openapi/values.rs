//! The forms of values that the code reads from text, without a type of its own.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use tola_catalog::CHANNEL_TYPES;
use tola_catalog::money::MAX_AMOUNT;
use tola_catalog::search::{MAX_SEARCH, MAX_VALUE};

use crate::params::{DEFAULT_LIMIT, MAX_LIMIT, MAX_REPEATED};
use crate::selection::ORDERS;

macro_rules! values {
    ($($(#[$doc:meta])* $name:ident: $schema:tt;)*) => {
        $(
            $(#[$doc])*
            pub(crate) enum $name {}

            impl JsonSchema for $name {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!($schema)
                }
            }
        )*
    };
}

values! {
    /// How many items a page has.
    Limit: { "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT };
    /// What continues a list.
    Cursor: { "type": "string", "pattern": "^[A-Za-z0-9_-]+$" };
    /// Whether to plan and change nothing.
    Switch: { "type": "boolean", "default": false };
    /// Words to look for.
    Search: { "type": "string", "minLength": 1, "maxLength": MAX_SEARCH };
    /// A category's id.
    InCategory: { "type": "string", "pattern": "^[a-z0-9_-]{1,64}$" };
    /// The key of an attribute, a colon, and a value.
    AttributeIs: { "type": "string", "pattern": format!(r"^[a-z0-9_]{{1,64}}:[\s\S]{{0,{MAX_VALUE}}}$") };
    /// The name of a rule of completeness.
    Rule: { "type": "string", "pattern": "^[A-Z0-9_]{1,64}$" };
    /// The name of a type of channels.
    ChannelTypeName: { "type": "string", "enum": CHANNEL_TYPES.each_ref().map(|declared| declared.name) };
    /// Minor units of a currency.
    Amount: { "type": "integer", "minimum": 0, "maximum": MAX_AMOUNT };
    /// The order of a list of products.
    Order: { "type": "string", "enum": ORDERS.map(|(name, _)| name), "default": "newest" };
}

/// Several values of one parameter, each in a parameter of its own.
pub(crate) struct Several<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Several<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Several{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": generator.subschema_for::<T>(), "maxItems": MAX_REPEATED })
    }
}
