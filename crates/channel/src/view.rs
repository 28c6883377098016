//! A product as one channel is to show it: what the merchant says of it, overlaid by what is to be different there.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tola_catalog::product::{AttributeValue, Canonical};
use tola_catalog::{ChannelId, ImageId, Money, Problem, ProblemClass, Product, ProductId, Rendition};

use crate::code;

/// A product as one channel is to show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EffectiveView {
    /// The product: the merchant's key of the listing.
    pub product_id: ProductId,
    /// The product's revision that it shows.
    pub revision: u64,
    /// The merchant's own number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// The name in URLs.
    pub slug: String,
    /// What it is called.
    pub name: String,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// The merchant's category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<String>,
    /// Its brand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Its properties.
    pub attributes: BTreeMap<String, AttributeValue>,
    /// Its tags, in the merchant's order.
    pub tags: Vec<String>,
    /// Its images, the main one first.
    pub images: Vec<ViewImage>,
    /// JSON pointers to the values that are the channel's own; all others are the product's.
    pub overridden: Vec<String>,
}

/// An image as a channel may fetch it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ViewImage {
    /// The image.
    pub image_id: ImageId,
    /// What it shows, for those who can't see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    /// Its sizes and formats, and their keys in the image bucket.
    pub renditions: Vec<Rendition>,
}

/// The values that may be different on a channel, by the first part of their pointers.
const OVERRIDABLE: [&str; 7] = ["name", "description", "price", "category_id", "brand", "attributes", "tags"];

impl EffectiveView {
    /// The view of a product on a channel.
    ///
    /// # Errors
    /// The problem of an override that can't be used, with a pointer to it.
    pub fn of(product: &Product, channel: &ChannelId) -> Result<Self, Problem> {
        let none = BTreeMap::new();
        let overrides = product.channels.get(channel).map_or(&none, |listing| &listing.overrides);
        let canonical =
            overlaid(&product.canonical, overrides).map_err(|(pointer, reason)| invalid(channel, &pointer, &reason))?;
        let images = product.images.iter().filter(|image| image.rejected.is_none()).map(|image| ViewImage {
            image_id: image.image_id,
            alt: image.alt.as_ref().map(ToString::to_string),
            renditions: image.renditions.clone(),
        });
        Ok(Self {
            product_id: product.id,
            revision: product.revision,
            sku: product.sku.as_ref().map(ToString::to_string),
            slug: product.slug.to_string(),
            name: canonical.name.to_string(),
            description: canonical.description.as_ref().map(ToString::to_string),
            price: canonical.price,
            category_id: canonical.category_id.as_ref().map(ToString::to_string),
            brand: canonical.brand.as_ref().map(ToString::to_string),
            attributes: canonical.attributes.into_iter().map(|(key, value)| (key.to_string(), value)).collect(),
            tags: canonical.tags.iter().map(ToString::to_string).collect(),
            images: images.collect(),
            overridden: overrides.keys().cloned().collect(),
        })
    }
}

/// Where an override is wrong, and why.
type Wrong = (String, String);

fn overlaid(canonical: &Canonical, overrides: &BTreeMap<String, String>) -> Result<Canonical, Wrong> {
    if overrides.is_empty() {
        return Ok(canonical.clone());
    }
    let mut value = serde_json::to_value(canonical).map_err(|error| (String::new(), error.to_string()))?;
    for (pointer, text) in overrides {
        overlay(&mut value, pointer, text).map_err(|reason| (pointer.clone(), reason))?;
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = format!("/{}", error.path().to_string().replace('.', "/"));
        // Names of what is missing end a path with dots or nothing; the override that is nearest is at fault.
        let at_fault = overrides.keys().find(|pointer| **pointer == path).or_else(|| {
            let first = |pointer: &str| pointer.split('/').nth(1).map(str::to_owned);
            overrides.keys().find(|pointer| first(pointer) == first(&path))
        });
        (at_fault.cloned().unwrap_or(path), error.into_inner().to_string())
    })
}

/// Puts a text in the place of a value. Where a number, a boolean or a list stands, the text is read as JSON.
fn overlay(canonical: &mut Value, pointer: &str, text: &str) -> Result<(), String> {
    let parts: Vec<String> =
        pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let known = parts.first().is_some_and(|first| OVERRIDABLE.contains(&first.as_str()));
    let Some((last, parents)) = parts.split_last().filter(|_| known && parts.len() <= 2) else {
        return Err("no such value can be different on a channel".to_owned());
    };
    let mut place = canonical;
    for parent in parents {
        let object = place.as_object_mut().ok_or("there is no such value")?;
        place = object.entry(parent.as_str()).or_insert_with(|| Value::Object(serde_json::Map::new()));
    }
    let object = place.as_object_mut().ok_or("there is no such value")?;
    let structured = match object.get(last) {
        Some(Value::Number(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => true,
        Some(Value::String(_) | Value::Null) => false,
        None => pointer == "/price/amount",
    };
    let value = if structured {
        serde_json::from_str(text).map_err(|error| format!("`{text}` can't be read: {error}"))?
    } else {
        Value::String(text.to_owned())
    };
    object.insert(last.clone(), value);
    Ok(())
}

fn invalid(channel: &ChannelId, pointer: &str, reason: &str) -> Problem {
    let message = format!("{pointer} on {channel} can't be used: {reason}.");
    let escaped = pointer.replace('~', "~0").replace('/', "~1");
    Problem::new(ProblemClass::Validation, code::CHANNEL_OVERRIDE_INVALID, message)
        .at(format!("/channels/{channel}/overrides/{escaped}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn view(overrides: &[(&str, &str)]) -> Result<EffectiveView, Problem> {
        let channel = ChannelId::parse("shop").unwrap();
        let mut product = testing::lamp(ProductId::new(ulid::Ulid::from_parts(1, 4)));
        let listing = product.channels.entry(channel.clone()).or_default();
        listing.overrides = overrides.iter().map(|(at, text)| ((*at).to_owned(), (*text).to_owned())).collect();
        EffectiveView::of(&product, &channel)
    }

    #[test]
    fn without_overrides_it_is_what_the_merchant_says() {
        let view = view(&[]).unwrap();

        assert_eq!((view.name.as_str(), view.revision), ("Lamp", 1));
        assert_eq!(view.price.unwrap().amount(), 1999);
        assert_eq!(view.images[0].renditions[0].key, "images/m/ab/320.jpg");
        assert!(view.overridden.is_empty());
    }

    #[test]
    fn an_override_takes_the_place_of_its_value_and_of_no_other() {
        let view = view(&[
            ("/name", "Lampe"),
            ("/price/amount", "2499"),
            ("/attributes/watts", "12"),
            ("/attributes/colour", "rot"),
            ("/tags", r#"["neu"]"#),
            ("/brand", "Casa"),
        ])
        .unwrap();

        assert_eq!(view.name, "Lampe");
        assert_eq!(view.description.as_deref(), Some("It shines."));
        assert_eq!(view.price.unwrap().to_string(), "24.99 USD");
        assert_eq!(view.attributes["watts"], AttributeValue::Integer(12));
        assert_eq!(view.attributes["colour"], AttributeValue::Text("rot".into()));
        assert_eq!((view.tags, view.brand.as_deref()), (vec!["neu".to_owned()], Some("Casa")));
        assert!(view.overridden.contains(&"/price/amount".to_owned()));
    }

    #[test]
    fn an_override_that_cant_be_used_is_named() {
        let wrong = [("/name", ""), ("/price/amount", "19.99"), ("/price/amount", "-1"), ("/attributes/watts", "many")];
        for (pointer, text) in wrong.into_iter().chain([("/slug", "a"), ("name", "a"), ("/name/first", "a"), ("", "a")])
        {
            let problem = view(&[(pointer, text)]).unwrap_err();

            let escaped = pointer.replace('/', "~1");
            assert_eq!(problem.pointer, Some(format!("/channels/shop/overrides/{escaped}")), "{pointer}: {text}");
            assert_eq!(problem.class, ProblemClass::Validation);
        }
    }
}
