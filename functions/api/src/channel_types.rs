//! The kinds of channels that a merchant can connect, each with the form of its configuration.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Value, json};
use tola_catalog::{Channel, Missing, Product};

use crate::error::ApiError;

/// A kind of channel: what its adapter is called, and what that needs to know.
#[derive(Debug, Clone, Copy)]
pub struct ChannelType {
    /// Its name, which is its adapter's.
    pub name: &'static str,
    schema: fn() -> Value,
}

/// Every kind.
pub const ALL: &[ChannelType] = &[ChannelType { name: "sandbox", schema: sandbox }];

/// Our own marketplace.
fn sandbox() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "required_attributes": {
                "type": "array",
                "items": { "type": "string", "minLength": 1, "maxLength": 64 },
                "maxItems": 50,
                "uniqueItems": true,
            },
            "switch": { "type": "object", "maxProperties": 50 },
        },
    })
}

/// The most values at fault that a refusal names.
const MAX_FAULTS: usize = 10;

/// The deepest nesting of a configuration.
const MAX_DEPTH: usize = 10;

impl ChannelType {
    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|known| known.name == name)
    }

    /// Refuses a configuration that is not of this kind's form.
    ///
    /// # Errors
    /// 422 `INVALID_BODY`, with a pointer below `/config` to each value at fault.
    pub fn check(self, config: &Map<String, Value>) -> Result<(), ApiError> {
        let config = Value::Object(config.clone());
        storable(&config, "/config", 0)?;
        let validator = jsonschema::validator_for(&(self.schema)()).map_err(ApiError::internal)?;
        let faults: Vec<_> = validator.iter_errors(&config).take(MAX_FAULTS).map(|error| fault(&error)).collect();
        let mut faults = faults.into_iter();
        let Some((pointer, message)) = faults.next() else { return Ok(()) };
        let refusal = ApiError::invalid_body(pointer, message);
        Err(faults.fold(refusal, |refusal, (pointer, message)| {
            refusal.at(pointer, tola_catalog::code::INVALID_BODY, message)
        }))
    }
}

/// Where a value is at fault, and what is wrong with it.
fn fault(error: &ValidationError<'_>) -> (String, String) {
    let within = format!("/config{}", error.instance_path());
    let named = |name: &str| format!("{within}/{}", escaped(name));
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            (named(property.as_str().unwrap_or_default()), "this value is missing".to_owned())
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let name = unexpected.first().map(String::as_str).unwrap_or_default();
            (named(name), "this kind of channel knows no such value".to_owned())
        }
        // Masked: the value may be long, or a secret at the wrong place.
        _ => (within, error.masked_with("this value").to_string()),
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Refuses what the database can't hold as it is: other names, numbers beyond its own, nesting without end.
fn storable(value: &Value, pointer: &str, depth: usize) -> Result<(), ApiError> {
    if depth > MAX_DEPTH {
        return Err(ApiError::invalid_body(pointer, format!("a configuration is nested at most {MAX_DEPTH} deep")));
    }
    match value {
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            let fits = (1..=64).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
            if !fits {
                let message = "a name has 1 to 64 letters, digits, _ or -";
                return Err(ApiError::invalid_body(pointer, message));
            }
            storable(value, &format!("{pointer}/{name}"), depth + 1)
        }),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(position, item)| storable(item, &format!("{pointer}/{position}"), depth + 1)),
        Value::Number(number) if number.is_u64() && !number.is_i64() => {
            Err(ApiError::invalid_body(pointer, "this number is too large"))
        }
        _ => Ok(()),
    }
}

/// What a channel asks for besides what every channel does, as far as its configuration says.
pub fn missing(channel: &Channel, product: &Product) -> Vec<Missing> {
    let required = channel.config.get("required_attributes").and_then(Value::as_array);
    let names = required.into_iter().flatten().filter_map(Value::as_str);
    let overridden = |pointer: &str| {
        product.channels.get(&channel.id).is_some_and(|listing| listing.overrides.contains_key(pointer))
    };
    let missing = names.filter_map(|name| {
        let pointer = format!("/attributes/{}", escaped(name));
        let there = product.canonical.attributes.keys().any(|key| key.as_str() == name) || overridden(&pointer);
        (!there).then(|| Missing {
            pointer,
            rule: "ATTRIBUTE_REQUIRED".to_owned(),
            message: format!("The channel asks for the attribute {name}."),
            channel: Some(channel.id.clone()),
        })
    });
    missing.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_schema_is_one() {
        for known in ALL {
            assert!(jsonschema::meta::is_valid(&(known.schema)()), "{}", known.name);
            assert!(known.check(&Map::new()).is_ok(), "{}", known.name);
        }
    }

    #[test]
    fn the_pointer_leads_to_the_value_at_fault() {
        let at = |config: Value| {
            let config = config.as_object().unwrap().clone();
            let error = format!("{:?}", ChannelType::named("sandbox").unwrap().check(&config).unwrap_err());
            error.split("pointer: Some(\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
        };

        assert_eq!(at(json!({ "required_attributes": "color" })), "/config/required_attributes");
        assert_eq!(at(json!({ "required_attributes": ["a", 7] })), "/config/required_attributes/1");
        assert_eq!(at(json!({ "colour": 1 })), "/config/colour");
        assert_eq!(at(json!({ "switch": [] })), "/config/switch");
        assert_eq!(at(json!({ "switch": { "a": { "$b": 1 } } })), "/config/switch/a");
        assert_eq!(at(json!({ "switch": { "a": u64::MAX } })), "/config/switch/a");
    }
}
