//! Holds the configuration of a channel against the schema of its type.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Value};
use tola_contracts::channel::inquiry::Fault;
use tola_contracts::{StepError, StepErrorKind};

/// The most values at fault that are named.
const MAX_FAULTS: usize = 10;

/// The deepest nesting of a configuration.
const MAX_DEPTH: usize = 10;

/// What is wrong with a configuration; nothing, if it is of the form that `schema` describes.
pub(super) fn faults(schema: &Value, config: &Map<String, Value>) -> Result<Vec<Fault>, StepError> {
    let config = Value::Object(config.clone());
    if let Err(fault) = storable(&config, "", 0) {
        return Ok(vec![fault]);
    }
    let validator = jsonschema::validator_for(schema).map_err(|error| {
        StepError::new(StepErrorKind::StepFailed, format!("the adapter's schema of its configuration is none: {error}"))
    })?;
    Ok(validator.iter_errors(&config).take(MAX_FAULTS).map(|error| fault(&error)).collect())
}

/// Where a value is at fault, and what is wrong with it.
fn fault(error: &ValidationError<'_>) -> Fault {
    let within = error.instance_path().to_string();
    let named = |name: &str| format!("{within}/{}", escaped(name));
    let (pointer, message) = match error.kind() {
        ValidationErrorKind::Required { property } => {
            (named(property.as_str().unwrap_or_default()), "this value is missing".to_owned())
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let name = unexpected.first().map(String::as_str).unwrap_or_default();
            (named(name), "this kind of channel knows no such value".to_owned())
        }
        // Masked: the value may be long, or a secret at the wrong place.
        _ => (within, error.masked_with("this value").to_string()),
    };
    Fault { pointer, message }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Refuses what the database can't hold as it is: other names, numbers beyond its own, nesting without end.
fn storable(value: &Value, pointer: &str, depth: usize) -> Result<(), Fault> {
    let refused = |message: String| Err(Fault { pointer: pointer.to_owned(), message });
    if depth > MAX_DEPTH {
        return refused(format!("a configuration is nested at most {MAX_DEPTH} deep"));
    }
    match value {
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            let fits = (1..=64).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
            if !fits {
                return refused("a name has 1 to 64 letters, digits, _ or -".to_owned());
            }
            storable(value, &format!("{pointer}/{name}"), depth + 1)
        }),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(position, item)| storable(item, &format!("{pointer}/{position}"), depth + 1)),
        Value::Number(number) if number.is_u64() && !number.is_i64() => refused("this number is too large".to_owned()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Where a configuration is at fault, and what is said of it.
    fn found(config: Value) -> Vec<(String, String)> {
        let schema = json!({
            "type": "object",
            "properties": { "url": { "type": "string", "minLength": 9 }, "tries": { "type": "integer", "maximum": 9 } },
            "required": ["url"],
            "additionalProperties": false,
        });
        let Value::Object(config) = config else { panic!("no config") };
        let faults = faults(&schema, &config).unwrap();
        faults.into_iter().map(|fault| (fault.pointer, fault.message)).collect()
    }

    fn pointers(config: Value) -> Vec<String> {
        found(config).into_iter().map(|(pointer, _)| pointer).collect()
    }

    #[test]
    fn the_pointer_leads_to_the_value_at_fault() {
        assert_eq!(found(json!({ "url": "https://a", "tries": 9 })), []);
        assert_eq!(pointers(json!({})), ["/url"]);
        assert_eq!(pointers(json!({ "url": "https://a", "token": "x" })), ["/token"]);
        assert_eq!(pointers(json!({ "url": "a", "tries": 10 })), ["/url", "/tries"]);
    }

    #[test]
    fn a_value_is_never_quoted() {
        for config in [json!({ "url": "hunter2" }), json!({ "url": "https://a", "tries": "hunter2" })] {
            let faults = found(config);

            assert_eq!(faults.len(), 1);
            assert!(!faults[0].1.contains("hunter2"), "{faults:?}");
        }
    }

    #[test]
    fn what_the_database_cant_hold_is_refused_by_its_place() {
        let deep = (0..MAX_DEPTH).fold(json!(1), |inner, _| json!({ "a": inner }));

        assert_eq!(pointers(json!({ "url": { "$where": 1 } })), ["/url"]);
        assert_eq!(pointers(json!({ "url": { "": 1 } })), ["/url"]);
        assert_eq!(pointers(json!({ "tries": [1, u64::MAX] })), ["/tries/1"]);
        assert_eq!(pointers(json!({ "url": deep })), [format!("/url{}", "/a".repeat(MAX_DEPTH))]);
    }

    #[test]
    fn faults_are_named_up_to_a_number() {
        let schema = json!({ "items": false, "properties": { "list": { "items": { "type": "string" } } } });
        let config = Map::from_iter([("list".to_owned(), json!(vec![1; 50]))]);

        assert_eq!(faults(&schema, &config).unwrap().len(), MAX_FAULTS);
    }

    #[test]
    fn a_schema_that_is_none_is_our_mistake() {
        let error = faults(&json!({ "type": 7 }), &Map::new()).unwrap_err();

        assert_eq!(error.kind, StepErrorKind::StepFailed);
    }
}
