//! The forms of values that the code reads from text, without a type of its own.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::params::{DEFAULT_LIMIT, MAX_LIMIT};

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
}
