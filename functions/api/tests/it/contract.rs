//! Every answer of every test, held against the document.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use api::AuthMode;
use api::openapi::document;
use axum::http::{Method, header};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::support::Answer;

pub(crate) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document(AuthMode::Cognito).unwrap());

/// Validators by pointer to what they were made of: making one takes longer than most tests.
static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static Validator>>> = LazyLock::new(Mutex::default);

/// Fails when a route answers in a way that the document does not know.
pub(crate) fn holds(method: &Method, path: &str, answer: &Answer) {
    let method = if *method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
    let Some((template, item)) = route(path) else { return };
    let Some(operation) = item.get(&method) else { return };
    let place = format!("{} {template}, {}", method.to_uppercase(), answer.status);

    let pointer = format!("/paths/{}/{method}/responses/{}", escaped(template), answer.status.as_u16());
    let response = operation["responses"].get(answer.status.as_str());
    let response = response.unwrap_or_else(|| panic!("{place} is not in the document: {}", answer.body));
    let (pointer, response) = resolved(pointer, response);
    for name in answer.headers.keys().filter(|name| ![header::CONTENT_TYPE, header::CONTENT_LENGTH].contains(name)) {
        let documented = response["headers"].as_object().into_iter().flatten();
        assert!(
            documented.into_iter().any(|(known, _)| name == known.as_str()),
            "{place}: {name} is not in the document"
        );
    }
    let kept = answer.headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap());
    let content = response["content"].as_object();
    match (kept, content) {
        (Some(kept), Some(content)) if content.contains_key(kept) => {
            let pointer = format!("{pointer}/content/{}/schema", escaped(kept));
            fits(&pointer, &answer.body).unwrap_or_else(|why| panic!("{place}: {why}\n{:#}", answer.body));
        }
        (None, None) => assert!(answer.body.is_null(), "{place} has a body"),
        (kept, _) => panic!("{place} is {kept:?}, which is not in the document"),
    }
}

/// Whether a value fits the schema at a place of the document.
pub(crate) fn fits(pointer: &str, value: &Value) -> Result<(), String> {
    let mut known = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = *known.entry(pointer.to_owned()).or_insert_with(|| {
        let mut schema = DOCUMENT.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}")).clone();
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        schema["components"] = json!({ "schemas": DOCUMENT["components"]["schemas"] });
        Box::leak(Box::new(jsonschema::validator_for(&schema).unwrap_or_else(|why| panic!("{pointer}: {why}"))))
    });
    drop(known);
    let found: Vec<_> = validator.iter_errors(value).map(|why| format!("{}: {why}", why.instance_path())).collect();
    if found.is_empty() { Ok(()) } else { Err(found.join("\n")) }
}

/// The path of the document that a path is one of: the one with the fewest parameters.
fn route(path: &str) -> Option<(&'static str, &'static Value)> {
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let matches = |template: &str| {
        let template: Vec<&str> = template.split('/').collect();
        let same = |(known, part): (&&str, &&str)| known == part || (known.starts_with('{') && !part.is_empty());
        template.len() == parts.len() && template.iter().zip(&parts).all(same)
    };
    let all = DOCUMENT["paths"].as_object().unwrap().iter().map(|(template, item)| (template.as_str(), item));
    all.filter(|(template, _)| matches(template)).min_by_key(|(template, _)| template.matches('{').count())
}

/// What a reference leads to.
pub(crate) fn resolved(pointer: String, value: &Value) -> (String, &Value) {
    match value.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#')) {
        Some(target) => (target.to_owned(), DOCUMENT.pointer(target).unwrap_or_else(|| panic!("no {target}"))),
        None => (pointer, value),
    }
}

pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
