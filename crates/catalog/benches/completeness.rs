//! How long it takes to say what the largest product that there can be lacks for five channels, each of which asks sixty
//! things: 200 µs at most. `cargo bench -p tola-catalog` prints it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is a bench's report")]

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::Criterion;
use serde_json::{Value, json};
use tola_catalog::category::CategoryDraft;
use tola_catalog::channel_rules::Requirements;
use tola_catalog::image::{Image, Placeholder, UploadedFile};
use tola_catalog::product::{Canonical, ImageReference, MAX_ATTRIBUTES, MAX_IMAGES, NewProduct};
use tola_catalog::text::{ChannelCategory, Description, Name};
use tola_catalog::{
    Actor, CategoryKey, CategoryTree, Channel, ChannelId, ChannelRules, ChannelStatus, ImageId, MerchantId,
    OperationId, Origin, Product, ProductId, Rendition, Timestamp,
};
use ulid::Ulid;

const CHANNELS: usize = 5;
const RULES: usize = 60;

fn origin() -> Origin {
    let (now, actor) = (Timestamp::from_millis(0), Actor::system("bench"));
    Origin { now, actor, correlation_id: "c".into(), cause: None }
}

fn merchant() -> MerchantId {
    MerchantId::new(Ulid::from_parts(1, 1))
}

fn operation() -> OperationId {
    OperationId::new(Ulid::from_parts(2, 2))
}

fn attribute(number: usize) -> String {
    format!("attribute_{number:02}")
}

/// Twelve renditions, as an upload has them.
fn renditions(number: usize) -> Vec<Rendition> {
    let sizes = [(160, "160"), (320, "320"), (640, "640"), (1_280, "1280"), (1_920, "1920"), (1_080, "square-1080")];
    let of = |(side, name): (u32, &str)| {
        [("jpg", "image/jpeg"), ("webp", "image/webp")].map(|(ending, content_type)| Rendition {
            name: format!("{name}.{ending}"),
            content_type: content_type.to_owned(),
            width: side,
            height: if name.starts_with("square") { side } else { side * 3 / 4 },
            bytes: 90_000,
            key: format!("images/merchant_01JD0000000000000000000001/{number:032x}/{name}.{ending}"),
        })
    };
    sizes.into_iter().flat_map(of).collect()
}

/// As many photos, attributes and characters as there can be.
fn largest(attributes: usize, description: &str) -> Product {
    let ids: Vec<_> = (0..MAX_IMAGES).map(|n| ImageId::new(Ulid::from_parts(3, n as u128))).collect();
    let canonical: Canonical = serde_json::from_value(json!({
        "name": "A lamp of brass and linen that shines",
        "description": description.repeat(10_000 / description.len()),
        "price": { "amount": 189_900, "currency": "ARS" },
        "category_id": "floor-lamps",
        "brand": if attributes == MAX_ATTRIBUTES { json!("Lux") } else { Value::Null },
        "attributes": (0..attributes).map(|n| (attribute(n), json!("a value"))).collect::<serde_json::Map<_, _>>(),
    }))
    .unwrap();
    let images = ids.iter().map(|id| ImageReference { image_id: *id, alt: None }).collect();
    let new = NewProduct { sku: None, slug: None, canonical, images };
    let id = ProductId::new(Ulid::from_parts(4, 4));
    let mut product = Product::register(new, id, merchant(), operation(), &origin()).unwrap();
    let photos = ids.iter().enumerate().map(|(number, id)| photo(*id, number));
    let _ = product.absorb(&photos.collect::<Vec<_>>(), &origin());
    for number in 0..CHANNELS {
        let own = &mut product.channels.entry(id_of(number)).or_default().overrides;
        own.description = Some(Description::parse(&description.repeat(9_000 / description.len())).unwrap());
    }
    product
}

fn photo(id: ImageId, number: usize) -> Image {
    let mut image = Image::awaiting_upload(id, merchant(), "image/jpeg", origin().now);
    let _ = image.arrive(None, operation(), &origin());
    let file = UploadedFile { content_type: "image/jpeg".into(), width: 4_032, height: 3_024, bytes: 3_481_022 };
    let placeholder = Placeholder { blurhash: "L00000fQfQfQfQfQfQfQfQfQfQfQ".into(), colour: "#000000".into() };
    let _ = image.finish(file, placeholder, renditions(number), &origin());
    image
}

fn id_of(number: usize) -> ChannelId {
    ChannelId::parse(&format!("shop-{number}")).unwrap()
}

/// Channels that ask sixty things each, as they are stored; `bound` of the lengths that they take.
fn channels(bound: u32) -> Vec<Channel> {
    let asked: Requirements = serde_json::from_value(json!({
        "title_max": bound.min(200), "description_max": bound, "plain_description": true, "hashtags_max": bound / 10_000,
        "currencies": if bound > 1 { json!(["ARS", "USD"]) } else { json!(["EUR", "USD"]) },
        "category": true, "brand": true, "images_like": if bound > 1 { "mercado_libre" } else { "facebook" },
        "images_min": MAX_IMAGES, "attributes": (0..50).map(attribute).collect::<Vec<_>>(),
    }))
    .unwrap();
    let Value::Object(config) = json!({ "rules": asked, "required_attributes": [attribute(50)] }) else { panic!() };
    let channel = |number| Channel {
        id: id_of(number),
        merchant_id: merchant(),
        channel_type: "sandbox".to_owned(),
        config: config.clone(),
        secret: None,
        paused: false,
        status: ChannelStatus::Active,
        problem: None,
        reconcile_due_at: None,
        version: 1,
        created_at: origin().now,
        updated_at: origin().now,
    };
    let channels: Vec<_> = (0..CHANNELS).map(channel).collect();
    assert!(channels.iter().all(|channel| ChannelRules::of(channel).rules().len() == RULES));
    channels
}

/// Categories of which the topmost says what it is on each channel, or none does.
fn categories(mapped: bool) -> CategoryTree {
    let mut tree = CategoryTree::new(merchant());
    let ids = ["home", "lamps", "floor-lamps"];
    for (level, id) in ids.iter().enumerate() {
        let said = if mapped && level == 0 { (0..CHANNELS).map(id_of).collect() } else { Vec::new() };
        let draft = CategoryDraft {
            parent_id: level.checked_sub(1).map(|above| CategoryKey::parse(ids[above]).unwrap()),
            channel_categories: said
                .into_iter()
                .map(|id| (id, ChannelCategory::parse("77").unwrap()))
                .collect::<BTreeMap<_, _>>(),
            ..CategoryDraft::named(Name::parse(id).unwrap())
        };
        let _ = tree.put(&CategoryKey::parse(id).unwrap(), &draft, origin().now).unwrap();
    }
    tree
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let cases = [
        (
            "5 channels × 60 rules, all of them met",
            largest(MAX_ATTRIBUTES, "It shines in the dark. "),
            channels(10_000),
            true,
        ),
        ("5 channels × 60 rules, most of them not met", largest(0, "<b>It</b> shines #dark "), channels(1), false),
    ];
    for (name, product, channels, met) in cases {
        let tree = categories(met);
        let missing = |channel: &Channel| product.completeness_on(channel, &tree).missing.len();
        assert!(
            channels.iter().all(|channel| if met { missing(channel) == 0 } else { missing(channel) > 55 }),
            "{name}"
        );
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                for channel in &channels {
                    black_box(black_box(&product).completeness_on(channel, &tree));
                }
            });
        });
    }
    criterion.final_summary();
}
