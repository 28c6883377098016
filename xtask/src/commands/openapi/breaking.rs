//! What a client that was made by one contract could not do with another.
//!
//! Requests: what was accepted still is. Answers: what clients rely on is still there. Fields and enum values of answers,
//! and ways to be refused, may be added: the contract says so to clients.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The changes from `before` to `after` that break clients, each with its place.
pub(super) fn changes(before: &Value, after: &Value) -> Vec<String> {
    let comparison = Comparison { before, after };
    let mut found = Vec::new();
    for (path, item) in object(&before["paths"]) {
        for (method, operation) in object(item) {
            let place = format!("{} {path}", method.to_uppercase());
            match after["paths"][path].get(method) {
                Some(newer) => comparison.operation(&place, operation, newer, &mut found),
                None => found.push(format!("{place} is gone")),
            }
        }
    }
    found
}

/// Which side of a request a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// What clients send: it may come to be taken more freely.
    Sent,
    /// What clients get: it may come to be narrower, or have more fields.
    Got,
}

struct Comparison<'a> {
    before: &'a Value,
    after: &'a Value,
}

impl Comparison<'_> {
    fn operation(&self, place: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
        if old["operationId"] != new["operationId"] {
            found.push(format!("{place} is called {} in clients, and was {}", new["operationId"], old["operationId"]));
        }
        if object(&new["security"][0]).iter().any(|(name, scopes)| old["security"][0].get(name) != Some(scopes)) {
            found.push(format!("{place} asks for other credentials"));
        }
        self.parameters(place, old, new, found);
        self.body(place, old, new, found);
        for (status, response) in object(&new["responses"]).iter().filter(|(status, _)| status.starts_with('2')) {
            let place = format!("{place}, {status}");
            match old["responses"].get(status) {
                Some(older) => self.answer(&place, older, response, found),
                None => found.push(format!("{place} is an answer that clients don't expect")),
            }
        }
    }

    fn parameters(&self, place: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
        let same = |a: &Value, b: &Value| a["in"] == b["in"] && a["name"] == b["name"];
        let (old, new) = (parameters(old), parameters(new));
        for parameter in old {
            let place = format!("{place}, {} {}", text(parameter, "in"), text(parameter, "name"));
            match new.iter().find(|newer| same(newer, parameter)) {
                Some(newer) => {
                    if newer["required"] == true && parameter["required"] != true {
                        found.push(format!("{place} has to be there now"));
                    }
                    self.schema(Side::Sent, &place, &parameter["schema"], &newer["schema"], 0, found);
                }
                None => found.push(format!("{place} is gone")),
            }
        }
        let asked = new.iter().filter(|newer| newer["required"] == true && !old.iter().any(|older| same(older, newer)));
        found.extend(
            asked.map(|newer| format!("{place}, {} {} has to be there now", text(newer, "in"), text(newer, "name"))),
        );
    }

    fn body(&self, place: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
        let (old, new) = (&old["requestBody"], &new["requestBody"]);
        if new["required"] == true && old["required"] != true {
            found.push(format!("{place} has to have a body now"));
        }
        for (media_type, content) in object(&old["content"]) {
            match new["content"].get(media_type) {
                Some(newer) => {
                    let place = format!("{place}, body ");
                    self.schema(Side::Sent, &place, &content["schema"], &newer["schema"], 0, found);
                }
                None => found.push(format!("{place} takes no {media_type} any more")),
            }
        }
    }

    fn answer(&self, place: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
        let gone = object(&old["headers"]).keys().filter(|name| new["headers"].get(name.as_str()).is_none());
        found.extend(gone.map(|name| format!("{place} has no {name} any more")));
        for (media_type, content) in object(&new["content"]) {
            match old["content"].get(media_type) {
                Some(older) => {
                    let place = format!("{place}, ");
                    self.schema(Side::Got, &place, &older["schema"], &content["schema"], 0, found);
                }
                None => found.push(format!("{place} is {media_type} now")),
            }
        }
    }

    /// `depth` ends what refers to itself.
    fn schema(&self, side: Side, place: &str, old: &Value, new: &Value, depth: usize, found: &mut Vec<String>) {
        let (old, new) = (resolved(self.before, old), resolved(self.after, new));
        if old == new && self.before == self.after || depth > 12 {
            return;
        }
        let (variants, newer) = (variants(old), variants(new));
        if variants.len() > 1 || newer.len() > 1 {
            // Each form that may come has to be one of those that were, or are, expected.
            let (given, taken) = if side == Side::Sent { (&variants, &newer) } else { (&newer, &variants) };
            let fits = |given: &&Value, taken: &&Value| {
                let (old, new) = if side == Side::Sent { (*given, *taken) } else { (*taken, *given) };
                let mut misfits = Vec::new();
                self.schema(side, place, old, new, depth + 1, &mut misfits);
                misfits.is_empty()
            };
            if !given.iter().all(|given| taken.iter().any(|taken| fits(given, taken))) {
                found.push(format!("{} has other forms", place.trim_end()));
            }
            return;
        }
        let (given, taken) = if side == Side::Sent { (old, new) } else { (new, old) };
        let (given_types, taken_types) = (types(given), types(taken));
        if !taken_types.is_empty() && !given_types.is_subset(&taken_types) {
            found.push(format!(
                "{} was {} and is {}",
                place.trim_end(),
                described(&types(old)),
                described(&types(new))
            ));
        }
        if side == Side::Sent {
            narrowed(place, old, new, found);
        }
        self.fields(side, place, old, new, depth, found);
        for key in ["items", "additionalProperties"] {
            if let (Some(older @ Value::Object(_)), Some(newer @ Value::Object(_))) = (old.get(key), new.get(key)) {
                self.schema(side, &format!("{place}/*"), older, newer, depth + 1, found);
            }
        }
    }

    fn fields(&self, side: Side, place: &str, old: &Value, new: &Value, depth: usize, found: &mut Vec<String>) {
        for (name, older) in object(&old["properties"]) {
            let place = format!("{place}/{name}");
            match new["properties"].get(name) {
                Some(newer) => self.schema(side, &place, older, newer, depth + 1, found),
                None => found.push(format!("{place} is gone")),
            }
        }
        let (were, are) = (required(old), required(new));
        let differing = if side == Side::Sent { are.difference(&were) } else { were.difference(&are) };
        let words = if side == Side::Sent { "has to be there now" } else { "may be missing now" };
        found.extend(differing.map(|name| format!("{place}/{name} {words}")));
        if side == Side::Sent && new["additionalProperties"] == false && old["additionalProperties"] != false {
            found.push(format!("{place} takes no unknown fields any more"));
        }
    }
}

/// Bounds and forms of a value that is sent.
fn narrowed(place: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    let number = |schema: &Value, key: &str| schema.get(key).and_then(Value::as_f64);
    for key in ["maxLength", "maximum", "maxItems", "maxProperties"] {
        if number(new, key).is_some_and(|most| number(old, key).is_none_or(|was| most < was)) {
            found.push(format!("{place} has a smaller {key}"));
        }
    }
    for key in ["minLength", "minimum", "minItems", "minProperties"] {
        if number(new, key).is_some_and(|least| number(old, key).is_none_or(|was| least > was)) {
            found.push(format!("{place} has a greater {key}"));
        }
    }
    for key in ["pattern", "format", "const", "multipleOf", "uniqueItems"] {
        if new.get(key).is_some() && new.get(key) != old.get(key) {
            found.push(format!("{place} has another {key}"));
        }
    }
    if let Some(allowed) = new["enum"].as_array() {
        let kept = old["enum"].as_array().is_some_and(|were| were.iter().all(|value| allowed.contains(value)));
        if !kept {
            found.push(format!("{place} takes fewer values"));
        }
    }
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    target.and_then(|target| document.pointer(target)).unwrap_or(schema)
}

/// The forms that a value may have; the schema itself if it has but one.
fn variants(schema: &Value) -> Vec<&Value> {
    let offered = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)?.as_array());
    offered.map(|forms| forms.iter().collect()).unwrap_or_else(|| vec![schema])
}

fn types(schema: &Value) -> BTreeSet<&str> {
    match &schema["type"] {
        Value::String(name) => BTreeSet::from([name.as_str()]),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

fn described(types: &BTreeSet<&str>) -> String {
    if types.is_empty() { "anything".to_owned() } else { types.iter().copied().collect::<Vec<_>>().join(" or ") }
}

fn required(schema: &Value) -> BTreeSet<&str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn parameters(operation: &Value) -> &[Value] {
    operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn object(value: &Value) -> &Map<String, Value> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&EMPTY)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contract() -> Value {
        let product = json!({
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "price": { "anyOf": [{ "$ref": "#/components/schemas/Money" }, { "type": "null" }] },
                "tags": { "type": "array", "items": { "type": "string" } },
                "status": { "type": "string", "enum": ["DRAFT", "READY"] },
            },
            "required": ["id", "price"],
        });
        let money = json!({
            "type": "object",
            "properties": { "amount": { "type": "integer", "maximum": 100 } },
            "required": ["amount"],
            "additionalProperties": false,
        });
        let edit = json!({
            "type": "object",
            "properties": {
                "name": { "type": ["string", "null"], "maxLength": 200 },
                "price": { "$ref": "#/components/schemas/Money" },
                "kind": { "type": "string", "enum": ["a", "b"] },
            },
            "additionalProperties": false,
        });
        let schema = |name: &str| json!({ "schema": { "$ref": format!("#/components/schemas/{name}") } });
        json!({
            "paths": { "/v1/things/{id}": {
                "get": { "operationId": "read", "responses": {
                    "200": { "headers": { "ETag": {} }, "content": { "application/json": schema("Product") } },
                    "404": {},
                }},
                "put": {
                    "operationId": "write",
                    "security": [{ "token": ["read"] }],
                    "parameters": [
                        { "in": "path", "name": "id", "required": true, "schema": { "type": "string" } },
                        { "in": "query", "name": "limit", "schema": { "type": "integer", "maximum": 100 } },
                    ],
                    "requestBody": { "content": { "application/json": schema("Edit") } },
                    "responses": { "204": {} },
                },
            }},
            "components": { "schemas": { "Product": product, "Money": money, "Edit": edit } },
        })
    }

    /// What a change of the value at a place comes to.
    fn after(pointer: &str, value: Value) -> Vec<String> {
        let (before, mut after) = (contract(), contract());
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match after.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}")) {
            Value::Array(values) if key == "-" => values.push(value),
            Value::Object(object) if value.is_null() => drop(object.remove(&key.replace("~1", "/"))),
            Value::Object(object) => drop(object.insert(key.replace("~1", "/"), value)),
            other => panic!("{other} has no {key}"),
        }
        assert_ne!(before, after, "{pointer}");
        changes(&before, &after)
    }

    const GET: &str = "/paths/~1v1~1things~1{id}/get";
    const PUT: &str = "/paths/~1v1~1things~1{id}/put";
    const SCHEMAS: &str = "/components/schemas";

    #[test]
    fn what_breaks_clients_is_found() {
        assert_eq!(changes(&contract(), &contract()), [""; 0]);
        let needed = json!({ "in": "query", "name": "why", "required": true, "schema": {} });
        let cases = [
            ("/paths/~1v1~1things~1{id}".to_owned(), Value::Null, "GET /v1/things/{id} is gone"),
            (GET.to_owned(), Value::Null, "GET /v1/things/{id} is gone"),
            (format!("{GET}/operationId"), json!("get"), "is called"),
            (format!("{GET}/security"), json!([{ "token": ["read"] }]), "other credentials"),
            (format!("{PUT}/security"), json!([{ "token": ["write"] }]), "other credentials"),
            (format!("{GET}/responses/202"), json!({}), "202 is an answer"),
            (format!("{GET}/responses/200/headers"), Value::Null, "has no ETag"),
            (format!("{GET}/responses/200/content"), json!({ "text/html": {} }), "is text/html"),
            (format!("{PUT}/parameters"), json!([]), "query limit is gone"),
            (format!("{PUT}/parameters/-"), needed, "query why has to be there"),
            (format!("{PUT}/parameters/1/required"), json!(true), "query limit has to be there"),
            (format!("{PUT}/parameters/1/schema/maximum"), json!(50), "smaller maximum"),
            (format!("{PUT}/requestBody/required"), json!(true), "has to have a body"),
            (format!("{PUT}/requestBody/content"), json!({ "text/csv": {} }), "takes no application/json"),
            (format!("{SCHEMAS}/Edit/required"), json!(["name"]), "body /name has to be there"),
            (format!("{SCHEMAS}/Edit/properties/name"), Value::Null, "body /name is gone"),
            (
                format!("{SCHEMAS}/Edit/properties/name/type"),
                json!("string"),
                "body /name was null or string and is string",
            ),
            (format!("{SCHEMAS}/Edit/properties/name/maxLength"), json!(100), "body /name has a smaller maxLength"),
            (format!("{SCHEMAS}/Edit/properties/name/pattern"), json!("^a$"), "body /name has another pattern"),
            (format!("{SCHEMAS}/Edit/properties/kind/enum"), json!(["a"]), "body /kind takes fewer values"),
            (
                format!("{SCHEMAS}/Money/required"),
                json!(["amount", "currency"]),
                "body /price/currency has to be there",
            ),
            (format!("{SCHEMAS}/Product/required"), json!(["id"]), "200, /price may be missing"),
            (format!("{SCHEMAS}/Product/properties/id"), Value::Null, "200, /id is gone"),
            (format!("{SCHEMAS}/Product/properties/id/type"), json!(["string", "null"]), "200, /id was string and is"),
            (format!("{SCHEMAS}/Product/properties/tags/items/type"), json!("integer"), "200, /tags/* was string"),
            (
                format!("{SCHEMAS}/Product/properties/price/anyOf/-"),
                json!({ "type": "string" }),
                "200, /price has other forms",
            ),
        ];
        for (pointer, value, expected) in cases {
            let found = after(&pointer, value);
            assert!(found.iter().any(|change| change.contains(expected)), "{pointer}: {found:?}");
        }
    }

    #[test]
    fn what_is_added_breaks_nobody() {
        let optional = json!({ "in": "query", "name": "why", "schema": {} });
        let cases = [
            ("/paths/~1v1~1more".to_owned(), json!({ "get": {} })),
            (format!("{GET}/summary"), json!("Reads it")),
            (format!("{GET}/responses/429"), json!({})),
            (format!("{GET}/responses/404"), Value::Null),
            (format!("{PUT}/parameters/-"), optional),
            (format!("{PUT}/parameters/1/schema/maximum"), json!(200)),
            (format!("{PUT}/security"), json!([])),
            (format!("{SCHEMAS}/Edit/properties/more"), json!({ "type": "string" })),
            (format!("{SCHEMAS}/Edit/properties/kind/enum/-"), json!("c")),
            (format!("{SCHEMAS}/Edit/properties/name/maxLength"), json!(300)),
            (format!("{SCHEMAS}/Product/properties/more"), json!({ "type": "string" })),
            (format!("{SCHEMAS}/Product/properties/status/enum/-"), json!("ACTIVE")),
            (format!("{SCHEMAS}/Product/required/-"), json!("tags")),
        ];
        for (pointer, value) in cases {
            assert_eq!(after(&pointer, value), [""; 0], "{pointer}");
        }
    }
}
