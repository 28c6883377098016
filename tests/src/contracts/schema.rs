//! JSON schemas, as far as our contracts need them: fields, and whether one value may stand where another is expected.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The schema of a Rust type, with everything inline.
pub(super) fn of<T: schemars::JsonSchema>() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    schemars::SchemaGenerator::new(settings).into_root_schema_for::<T>().to_value()
}

/// The schemas that a value may follow, when a schema offers several.
pub(super) fn variants(schema: &Value) -> Vec<&Value> {
    ["oneOf", "anyOf"].iter().filter_map(|key| schema.get(key)?.as_array()).flatten().collect()
}

/// The schema of a field; of one that only some variants have, those variants' schemas.
pub(super) fn field(schema: &Value, name: &str) -> Option<Value> {
    let own = schema.get("properties").and_then(|properties| properties.get(name)).cloned();
    let mut found: Vec<_> =
        own.into_iter().chain(variants(schema).into_iter().filter_map(|v| field(v, name))).collect();
    found.dedup();
    match found.len() {
        0 => None,
        1 => found.pop(),
        _ => Some(json!({ "anyOf": found })),
    }
}

/// The fields that a value may have and must have.
pub(super) fn fields(schema: &Value) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    (properties.map(String::as_str).collect(), required.collect())
}

/// What keeps a value of schema `given` from standing where `wanted` is expected. Only what is surely wrong: a type that
/// never fits, a field that is unknown or never there, a constant that differs.
pub(super) fn mismatches(given: &Value, wanted: &Value, path: &str) -> Vec<String> {
    let given_as = variants(given);
    if given_as.len() > 1 && given.get("properties").is_some() {
        // A value of several forms with fields that all of them have: it fits if one of its forms does.
        let forms = given_as.into_iter().map(|form| merged(given, form));
        let tried: Vec<_> = forms.map(|form| mismatches(&form, wanted, path)).collect();
        return tried.into_iter().min_by_key(Vec::len).unwrap_or_default();
    }
    let offers = variants(wanted);
    if !offers.is_empty() && wanted.get("properties").is_none() {
        let tried: Vec<_> = offers.into_iter().map(|offer| mismatches(given, offer, path)).collect();
        return tried.into_iter().min_by_key(Vec::len).unwrap_or_default();
    }
    let (have, want) = (types(given), types(wanted));
    if !have.is_empty() && !want.is_empty() && have.is_disjoint(&want) {
        return vec![format!("{path} is {have:?} and should be {want:?}")];
    }
    if let (Some(have), Some(want)) = (given.get("const"), wanted.get("const"))
        && have != want
    {
        return vec![format!("{path} is {have} and should be {want}")];
    }
    let (Some(Value::Object(_)), true) = (given.get("properties"), want.contains("object")) else { return Vec::new() };
    field_mismatches(given, wanted, path)
}

/// One form of a value, with the fields that all its forms have.
fn merged(common: &Value, form: &Value) -> Value {
    let fields = |schema: &Value| schema["properties"].as_object().cloned().unwrap_or_default();
    let required = |schema: &Value| schema["required"].as_array().cloned().unwrap_or_default();
    let properties: Map<_, _> = fields(common).into_iter().chain(fields(form)).collect();
    let required: Vec<_> = required(common).into_iter().chain(required(form)).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

fn field_mismatches(given: &Value, wanted: &Value, path: &str) -> Vec<String> {
    let (have, _) = fields(given);
    let (known, required) = fields(wanted);
    let mut found = Vec::new();
    if wanted.get("additionalProperties") == Some(&Value::Bool(false)) {
        found.extend(have.difference(&known).map(|name| format!("{path}/{name} is unknown")));
    }
    found.extend(required.difference(&have).map(|name| format!("{path}/{name} is missing")));
    for name in have.intersection(&known) {
        if let (Some(given), Some(wanted)) = (field(given, name), field(wanted, name)) {
            found.extend(mismatches(&given, &wanted, &format!("{path}/{name}")));
        }
    }
    found
}

fn types(schema: &Value) -> BTreeSet<&str> {
    let own = match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => variants(schema).into_iter().flat_map(types).collect(),
    };
    own.into_iter().map(|name| if name == "integer" { "number" } else { name }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(fields: &Value, required: &Value) -> Value {
        json!({ "type": "object", "properties": fields, "required": required, "additionalProperties": false })
    }

    #[test]
    fn a_mismatch_is_named_by_its_path() {
        let wanted = object(&json!({ "id": { "type": "string" }, "n": { "type": "integer" } }), &json!(["id"]));
        let given = |fields: Value| object(&fields, &json!([]));

        let found = |fields| mismatches(&given(fields), &wanted, "");
        assert!(found(json!({ "id": { "type": "string" }, "n": { "type": "number" } })).is_empty());
        assert_eq!(found(json!({ "n": { "type": "number" } })), ["/id is missing"]);
        assert_eq!(found(json!({ "id": {}, "x": {} })), ["/x is unknown"]);
        assert_eq!(found(json!({ "id": { "type": "array" } })).len(), 1);
    }

    #[test]
    fn of_several_variants_the_nearest_counts() {
        let variant = |tag: &str, name: &str| {
            object(&json!({ "outcome": { "type": "string", "const": tag }, name: {} }), &json!(["outcome", name]))
        };
        let wanted = json!({ "oneOf": [variant("A", "a"), variant("B", "b")] });

        assert!(mismatches(&variant("B", "b"), &wanted, "").is_empty());
        assert_eq!(mismatches(&variant("B", "a"), &wanted, ""), ["/outcome is \"B\" and should be \"A\""]);
    }

    #[test]
    fn a_value_of_several_forms_fits_if_one_of_them_does() {
        let given = json!({
            "type": "object",
            "properties": { "summary": { "type": "string" } },
            "oneOf": [
                { "properties": { "tag": { "const": "A" }, "a": {} }, "required": ["tag", "a"] },
                { "properties": { "tag": { "const": "B" }, "b": {} }, "required": ["tag", "b"] },
            ],
        });
        let wanted =
            |name: &str| json!({ "type": "object", "properties": { "tag": {}, name: {} }, "required": ["tag", name] });

        assert!(mismatches(&given, &wanted("b"), "").is_empty());
        assert_eq!(mismatches(&given, &wanted("c"), ""), ["/c is missing"]);
    }

    #[test]
    fn a_field_of_one_variant_is_found() {
        let schema = json!({ "properties": { "all": 1 }, "oneOf": [{ "properties": { "some": 2 } }, {}] });

        assert_eq!((field(&schema, "all"), field(&schema, "some")), (Some(json!(1)), Some(json!(2))));
        assert_eq!(field(&schema, "none"), None);
    }
}
