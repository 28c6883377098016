//! Products for tests: plain ones, and for properties those that nobody thought of.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use ulid::Ulid;

use super::{AttributeValue, Canonical, ImageReference, NewProduct, Product};
use crate::event::{Actor, Cause, Origin};
use crate::id::{ImageId, MerchantId, OperationId, ProductId};
use crate::image::{Image, Placeholder, Rendition, UploadedFile};
use crate::money::{Currency, Money};
use crate::text::{AltText, AttributeKey, Brand, CategoryId, Description, Name, Sku, Slug, Tag};
use crate::time::Timestamp;

/// As much as there can be around the data of an event.
pub(crate) fn origin() -> Origin {
    let longest = "x".repeat(128);
    Origin {
        now: Timestamp::from_millis(1_000),
        actor: Actor::User { id: longest.clone() },
        correlation_id: longest.clone(),
        cause: Some(Cause::Request { id: longest, route: "PUT /v1/products/{id}/channels/{channel_id}".into() }),
    }
}

pub(crate) fn operation(n: u128) -> OperationId {
    OperationId::new(Ulid::from_parts(2, n))
}

fn merchant() -> MerchantId {
    MerchantId::new(Ulid::from_parts(1, 1))
}

pub(crate) fn registered(new: NewProduct) -> Product {
    Product::register(new, ProductId::new(Ulid::from_parts(4, 4)), merchant(), operation(1), &origin()).unwrap()
}

/// The images that products here may show: one is READY, one is awaited.
pub(crate) fn images() -> [Image; 2] {
    let [ready, awaited] = [1, 2].map(|n| Image::awaiting_upload(image(n), merchant(), "image/jpeg", origin().now));
    [processed(ready, operation(3), &origin()), awaited]
}

/// A photo that has arrived and is fit to be shown.
pub(crate) fn processed(mut image: Image, operation: OperationId, origin: &Origin) -> Image {
    let file = UploadedFile { content_type: "image/jpeg".into(), width: 4, height: 3, bytes: 9 };
    let rendition = Rendition {
        name: "320.jpg".into(),
        content_type: "image/jpeg".into(),
        width: 4,
        height: 3,
        bytes: 9,
        key: "images/m/ab/320.jpg".into(),
    };
    let placeholder = Placeholder { blurhash: "L00000fQfQfQfQfQfQfQfQfQfQfQ".into(), colour: "#000000".into() };
    let _ = image.arrive(None, operation, origin);
    let _ = image.finish(file, placeholder, vec![rendition], origin);
    image
}

/// What is said of a product that has a name and nothing else.
pub(crate) fn named(name: &str) -> Canonical {
    Canonical {
        name: Name::parse(name).unwrap(),
        description: None,
        price: None,
        category_id: None,
        attributes: BTreeMap::new(),
        tags: vec![],
        brand: None,
    }
}

/// The same of one that lacks nothing but a photo.
pub(crate) fn lamp() -> Canonical {
    Canonical {
        description: Some(Description::parse("It shines.").unwrap()),
        price: Some(Money::new(1999, Currency::parse("USD").unwrap()).unwrap()),
        ..named("Lamp")
    }
}

fn image(n: u128) -> ImageId {
    ImageId::new(Ulid::from_parts(3, n))
}

/// A text from nothing to more than an event has room for, with characters that JSON escapes.
pub(crate) fn long_text(most: usize) -> impl Strategy<Value = String> {
    ("[a-z]", prop_oneof!["[a-z \"\\\\\n]{0,20}", "\\PC{0,20}"], prop_oneof![Just(1), Just(40), Just(most / 21)])
        .prop_map(move |(first, text, times)| format!("{first}{}", text.repeat(times)).chars().take(most).collect())
}

fn value() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        any::<bool>().prop_map(AttributeValue::Flag),
        any::<i64>().prop_map(AttributeValue::Integer),
        (-1e9..1e9f64).prop_map(AttributeValue::Decimal),
        long_text(2_000).prop_map(AttributeValue::Text),
        vec(long_text(200), 0..4).prop_map(AttributeValue::Texts),
    ]
}

fn attributes() -> impl Strategy<Value = BTreeMap<AttributeKey, AttributeValue>> {
    let key = prop_oneof!["[ab]", "[a-c]{60,64}"].prop_map(|key| AttributeKey::parse(&key).unwrap());
    prop_oneof![9 => btree_map(key.clone(), value(), 0..3), 1 => btree_map(key, value(), 0..100)]
}

/// What a merchant may register, of few enough values that two of them have much in common.
pub(crate) fn new_product() -> impl Strategy<Value = NewProduct> {
    let sku = option::of("[AB]").prop_map(|sku| sku.map(|sku| Sku::parse(&sku).unwrap()));
    let slug = option::of("[ab]").prop_map(|slug| slug.map(|slug| Slug::parse(&slug).unwrap()));
    let description = option::of(prop_oneof![Just("It shines.".to_owned()), long_text(10_000)]);
    let price = option::of((0i64..2, prop_oneof!["USD", "EUR"]));
    let rest = (option::of("[ab]"), option::of("[ab]"), btree_set("[a-z]{1,50}", 0..4), 0..5usize);
    let values = (sku, slug, "[AB]", description, price, attributes(), rest);
    values.prop_map(|(sku, slug, name, description, price, attributes, (category, brand, tags, shown))| {
        let canonical = Canonical {
            name: Name::parse(&name).unwrap(),
            description: description.and_then(|text| Description::parse(&text).ok()),
            price: price.map(|(amount, currency)| Money::new(amount, Currency::parse(&currency).unwrap()).unwrap()),
            category_id: category.map(|category| CategoryId::parse(&category).unwrap()),
            attributes,
            tags: tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect(),
            brand: brand.map(|brand| Brand::parse(&brand).unwrap()),
        };
        let alt = (shown > 3).then(|| AltText::parse("A lamp").unwrap());
        let reference = |n| ImageReference { image_id: image(n), alt: alt.clone() };
        let images: &[u128] = [&[][..], &[1], &[2, 1], &[1], &[1, 2]][shown];
        NewProduct { sku, slug, canonical, images: images.iter().copied().map(reference).collect() }
    })
}
