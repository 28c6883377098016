//! Where two states of a product differ in what its merchant says of it: value by value, before and after. What a dry run
//! foresees and what an event tells are this one difference.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::product::{Product, ProductImage};

mod telling;
pub use telling::{ToldChange, ToldChanges};

/// A value that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// JSON pointer into the product, or into what is different on one of its channels.
    pub pointer: String,
    /// What it was; `null` if nothing was said.
    pub before: Value,
    /// What it is; `null` if nothing is said any more.
    pub after: Value,
}

/// Where a product differs from what it was before, in the order of its fields. Of one that was not there before, nothing was
/// said. A list changes as a whole; attributes, and values that are different on a channel, one by one.
pub fn changes(before: Option<&Product>, after: &Product) -> Vec<Change> {
    let (mut old, mut new) = (before.map(said).unwrap_or_default(), said(after));
    let pointers: BTreeSet<Place> = old.keys().chain(new.keys()).cloned().collect();
    let changed = pointers.into_iter().filter_map(|place| {
        let (before, after) = (old.remove(&place).unwrap_or_default(), new.remove(&place).unwrap_or_default());
        (before != after).then_some(Change { pointer: place.1, before, after })
    });
    changed.collect()
}

/// Which field a value belongs to, and the pointer to it.
type Place = (usize, String);

/// The fields in the order in which they are told. What most people ask for comes first: an event has no room for many.
const FIELDS: [&str; 9] =
    ["/sku", "/slug", "/name", "/description", "/price", "/category_id", "/brand", "/tags", "/images"];
const ATTRIBUTES: usize = FIELDS.len();
const OVERRIDES: usize = ATTRIBUTES + 1;

/// All that a merchant says of a product. What is not said is not there.
fn said(product: &Product) -> BTreeMap<Place, Value> {
    let mut said = BTreeMap::new();
    let mut common = fields_of(&product.canonical);
    common.insert("sku".to_owned(), json!(product.sku));
    common.insert("slug".to_owned(), json!(product.slug));
    common.insert("images".to_owned(), product.images.iter().map(reference).collect());
    for (name, value) in common {
        if name == "attributes" {
            note_each(&mut said, ATTRIBUTES, "/attributes", value);
            continue;
        }
        let pointer = format!("/{name}");
        let field = FIELDS.iter().position(|field| *field == pointer).unwrap_or(ATTRIBUTES);
        // No tags, and no images, are nothing that was said.
        if value.as_array().is_none_or(|items| !items.is_empty()) {
            note(&mut said, field, pointer, value);
        }
    }
    for (channel, listing) in &product.channels {
        let parent = format!("/channels/{channel}/overrides");
        let mut own = fields_of(&listing.overrides);
        let attributes = own.remove("attributes").unwrap_or_default();
        note_each(&mut said, OVERRIDES, &parent, own.into());
        note_each(&mut said, OVERRIDES, &format!("{parent}/attributes"), attributes);
    }
    said
}

fn fields_of(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// An image as a merchant refers to it: what came of it is not the merchant's to say.
fn reference(image: &ProductImage) -> Value {
    let mut reference = json!({ "image_id": image.image_id });
    if let Some(alt) = &image.alt {
        reference["alt"] = json!(alt);
    }
    reference
}

fn note_each(said: &mut BTreeMap<Place, Value>, field: usize, parent: &str, values: Value) {
    let Value::Object(values) = values else { return };
    for (key, value) in values {
        note(said, field, format!("{parent}/{key}"), value);
    }
}

fn note(said: &mut BTreeMap<Place, Value>, field: usize, pointer: String, value: Value) {
    if !value.is_null() {
        said.insert((field, pointer), value);
    }
}

#[cfg(test)]
mod tests;
