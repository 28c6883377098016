use std::collections::BTreeMap;

use serde_json::{Value, json};
use ulid::Ulid;

use super::*;
use crate::category::CategoryDraft;
use crate::channel::ChannelStatus;
use crate::id::{CategoryKey, MerchantId};
use crate::product::arbitrary::{images, lamp, named, origin, registered};
use crate::product::{Canonical, ImageReference, NewProduct};
use crate::text::{Brand, CategoryId, ChannelCategory, Description, Name};
use crate::time::Timestamp;

mod properties;

fn id(text: &str) -> ChannelId {
    ChannelId::parse(text).unwrap()
}

fn channel(channel_type: &str, config: Value) -> Channel {
    let Value::Object(config) = config else { panic!("{config} is no config") };
    let now = Timestamp::from_millis(0);
    Channel {
        id: id("shop"),
        merchant_id: MerchantId::new(Ulid::from_parts(1, 1)),
        channel_type: channel_type.to_owned(),
        config,
        secret: None,
        paused: false,
        status: ChannelStatus::Active,
        problem: None,
        reconcile_due_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

fn no_categories() -> CategoryTree {
    CategoryTree::new(MerchantId::new(Ulid::from_parts(1, 1)))
}

/// A product with this said of it, and as many photos, which are large enough for everybody.
fn product(canonical: Canonical, photos: usize) -> Product {
    let shown = images().into_iter().take(photos).map(|image| ImageReference { image_id: image.id, alt: None });
    let mut product = registered(NewProduct { sku: None, slug: None, canonical, images: shown.collect() });
    let _ = product.absorb(&images(), &origin());
    for image in &mut product.images {
        image.renditions = vec![photo(1_080, 1_080)];
    }
    product
}

fn photo(width: u32, height: u32) -> crate::Rendition {
    let (name, content_type) = ("square-1080.jpg".to_owned(), "image/jpeg".to_owned());
    crate::Rendition { name, content_type, width, height, bytes: 90_000, key: "images/m/ab/square-1080.jpg".into() }
}

/// Rule and pointer of each gap.
fn gaps(found: &Completeness) -> Vec<(&str, &str)> {
    found.missing.iter().map(|gap| (gap.rule.as_str(), gap.pointer.as_str())).collect()
}

fn described(text: &str) -> Canonical {
    Canonical { description: Some(Description::parse(text).unwrap()), ..lamp() }
}

fn at_the_sandbox(product: &Product, rules: &Value) -> Completeness {
    product.completeness_on(&channel("sandbox", json!({ "rules": rules })), &no_categories())
}

#[test]
fn a_channel_without_rules_takes_what_is_complete() {
    for (channel_type, config) in
        [("sandbox", json!({})), ("webhook", json!({ "url": "https://a" })), ("bazaar", json!({}))]
    {
        let found = product(named("Lamp"), 0).completeness_on(&channel(channel_type, config), &no_categories());

        assert_eq!((found.score, gaps(&found)), (100, vec![]), "{channel_type}");
    }
}

#[test]
fn a_gap_says_what_is_so_what_to_do_and_where() {
    let found =
        at_the_sandbox(&product(described(&"x".repeat(70)), 1), &json!({ "description_max": 60, "title_max": 4 }));

    assert_eq!((found.score, found.missing.len()), (50, 1), "one of two");
    let gap = &found.missing[0];
    assert_eq!((gap.rule.as_str(), gap.pointer.as_str()), ("DESCRIPTION_TOO_LONG", "/description"));
    assert_eq!(gap.message, "The channel takes a description of 60 characters at most, and this one has 70.");
    assert!(gap.remedy.as_ref().is_some_and(|remedy| remedy.starts_with("Shorten")), "{gap:?}");
    assert_eq!(gap.channel, Some(id("shop")));
}

#[test]
fn bounds_are_inclusive_and_count_characters() {
    let found = |rules: Value| {
        gaps(&at_the_sandbox(
            &product(Canonical { name: Name::parse("ñandú").unwrap(), ..described("#a #b") }, 1),
            &rules,
        ))
        .len()
    };

    assert_eq!(found(json!({ "title_max": 5, "description_max": 5, "hashtags_max": 2, "images_min": 1 })), 0);
    assert_eq!(found(json!({ "title_max": 4 })), 1);
    assert_eq!(found(json!({ "description_max": 4 })), 1);
    assert_eq!(found(json!({ "hashtags_max": 1 })), 1);
    assert_eq!(found(json!({ "images_min": 2 })), 1);
}

#[test]
fn what_every_channel_asks_is_not_asked_again() {
    let rules = json!({ "description_max": 1, "plain_description": true, "hashtags_max": 0, "currencies": ["ARS"] });

    let found = at_the_sandbox(&product(named("Lamp"), 0), &rules);

    assert_eq!((found.score, gaps(&found)), (100, vec![]));
}

#[test]
fn each_photo_that_falls_short_is_named_and_is_one_rule() {
    let rules = json!({ "images_like": "mercado_libre" });
    let mut lamp = product(lamp(), 2);
    for image in &mut lamp.images {
        image.renditions = vec![photo(320, 320)];
    }

    let found = at_the_sandbox(&lamp, &rules);
    assert_eq!(gaps(&found), [("IMAGE_FITS_CHANNEL", "/images/0"), ("IMAGE_FITS_CHANNEL", "/images/1")]);
    assert_eq!(found.score, 50);

    // One that was rejected is not shown, and keeps its place.
    lamp.images[0].rejected = Some("It is no image.".into());
    assert_eq!(gaps(&at_the_sandbox(&lamp, &rules)), [("IMAGE_FITS_CHANNEL", "/images/1")]);
    lamp.images.clear();
    assert_eq!(gaps(&at_the_sandbox(&lamp, &rules)), [("IMAGE_REQUIRED", "/images")]);
}

#[test]
fn what_is_beyond_the_count_of_photos_is_not_shown() {
    let mut lamp = product(lamp(), 1);
    let small = vec![photo(10, 10)];
    lamp.images = std::iter::repeat_n(lamp.images[0].clone(), 11).collect();
    lamp.images[10].renditions = small.clone();

    assert_eq!(gaps(&at_the_sandbox(&lamp, &json!({ "images_like": "instagram" }))), []);
    lamp.images[9].renditions = small;
    assert_eq!(
        gaps(&at_the_sandbox(&lamp, &json!({ "images_like": "instagram" }))),
        [("IMAGE_FITS_CHANNEL", "/images/9")]
    );
}

#[test]
fn the_sandbox_says_its_rules_in_both_ways() {
    let rules = |config: Value| ChannelRules::of(&channel("sandbox", config));

    let old = rules(json!({ "required_attributes": ["watts", "colour"], "images_like": "facebook" }));
    let new = rules(json!({ "rules": { "attributes": ["watts", "colour"], "images_like": "facebook" } }));
    let both = rules(
        json!({ "required_attributes": ["watts"], "rules": { "attributes": ["watts", "colour"], "images_like": "facebook" } }),
    );

    assert_eq!((&old, &both), (&new, &new), "none is there twice");
    assert_eq!(new.rules().len(), 4);
    assert_eq!(rules(json!({ "rules": { "title_max": "many" }, "required_attributes": 7 })), ChannelRules::default());
}

#[test]
fn a_channel_can_be_like_a_marketplace_and_stricter() {
    let rules = ChannelRules::of(&channel(
        "webhook",
        json!({
            "rules": { "like": "mercado_libre", "site": "MLB", "title_max": 40, "attributes": ["voltage"] }
        }),
    ));

    let bound = |id: &str| rules.rules().iter().find(|rule| rule.id() == id).map(Rule::bound);
    assert_eq!(bound("TITLE_TOO_LONG"), Some(Bound::AtMost { count: 40, of: "characters" }));
    assert_eq!(bound("CURRENCY_NOT_TAKEN"), Some(Bound::OneOf { values: vec!["BRL"] }));
    assert_eq!(bound("ATTRIBUTE_REQUIRED"), Some(Bound::Present));
    assert_eq!(rules.rules().len(), ChannelType::named("mercado-libre").unwrap().rules(&Map::new()).rules().len() + 1);
}

/// What each type asks whose channels are not configured: name and bound of each rule.
#[test]
fn the_figures_of_every_type() {
    let told = |name: &str| -> Vec<(&str, Value)> {
        let rules = ChannelType::named(name).unwrap().rules(&Map::new());
        rules.rules().iter().map(|rule| (rule.id(), serde_json::to_value(rule.bound()).unwrap())).collect()
    };
    let at_most = |count: u32, of: &str| json!({ "kind": "at_most", "count": count, "of": of });
    let images = |profile: crate::Marketplace| {
        let mut bound = serde_json::to_value(profile.images()).unwrap();
        bound["kind"] = "images".into();
        bound
    };
    let one_image = json!({ "kind": "at_least", "count": 1, "of": "images" });

    assert_eq!((told("sandbox"), told("webhook")), (vec![], vec![]));
    assert_eq!(
        told("instagram"),
        [
            ("DESCRIPTION_TOO_LONG", at_most(2_200, "characters")),
            ("HASHTAGS_TOO_MANY", at_most(30, "hashtags")),
            ("IMAGE_REQUIRED", one_image.clone()),
            ("IMAGE_FITS_CHANNEL", images(crate::Marketplace::Instagram)),
        ]
    );
    let identifiers = json!({ "kind": "any_present", "pointers": ["/brand", "/attributes/gtin", "/attributes/mpn"] });
    assert_eq!(
        told("facebook"),
        [
            ("TITLE_TOO_LONG", at_most(200, "characters")),
            ("DESCRIPTION_TOO_LONG", at_most(9_999, "characters")),
            ("DESCRIPTION_NOT_PLAIN", json!({ "kind": "plain_text" })),
            ("IDENTIFIER_REQUIRED", identifiers),
            ("IMAGE_REQUIRED", one_image.clone()),
            ("IMAGE_FITS_CHANNEL", images(crate::Marketplace::Facebook)),
        ]
    );
    let currencies = json!(["ARS", "BRL", "CLP", "COP", "USD", "MXN", "PEN", "UYU"]);
    assert_eq!(
        told("mercado-libre"),
        [
            ("TITLE_TOO_LONG", at_most(60, "characters")),
            ("DESCRIPTION_TOO_LONG", at_most(50_000, "characters")),
            ("DESCRIPTION_NOT_PLAIN", json!({ "kind": "plain_text" })),
            ("CURRENCY_NOT_TAKEN", json!({ "kind": "one_of", "values": currencies })),
            ("CATEGORY_UNMAPPED", json!({ "kind": "mapped" })),
            ("BRAND_REQUIRED", json!({ "kind": "present" })),
            ("IMAGE_REQUIRED", one_image),
            ("IMAGE_FITS_CHANNEL", images(crate::Marketplace::MercadoLibre)),
        ]
    );
}

#[test]
fn every_type_has_a_name_that_a_channel_could_have_and_every_rule_words() {
    let names: Vec<_> = CHANNEL_TYPES.iter().map(|declared| declared.name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    for declared in &CHANNEL_TYPES {
        assert!(ChannelId::parse(declared.name).is_ok(), "{}", declared.name);
        for rule in declared.rules(&Map::new()).rules() {
            assert!(rule.message().starts_with("The channel ") && rule.message().ends_with('.'), "{}", rule.message());
            assert!(rule.remedy().ends_with('.') && rule.pointer().starts_with('/'), "{rule:?}");
        }
    }
}

#[test]
fn what_a_type_would_say_that_is_not_connected_names_the_type() {
    let lamp = product(lamp(), 1);
    let found = lamp.completeness_for(ChannelType::named("mercado-libre").unwrap(), &no_categories());

    assert_eq!(gaps(&found), [("CATEGORY_UNMAPPED", "/category_id"), ("BRAND_REQUIRED", "/brand")]);
    assert!(found.missing.iter().all(|gap| gap.channel == Some(id("mercado-libre"))), "{found:?}");
    assert_eq!(found.score, 75);
    // A channel that is called like a type lends it nothing.
    let mut own = lamp.clone();
    own.channels.entry(id("mercado-libre")).or_default().overrides.brand = Some(Brand::parse("Lux").unwrap());
    assert_eq!(own.completeness_for(ChannelType::named("mercado-libre").unwrap(), &no_categories()), found);
}

#[test]
fn a_category_counts_as_the_channels_own_if_it_is_said_to_be_one() {
    let mut tree = no_categories();
    let chairs = CategoryKey::parse("chairs").unwrap();
    let said = BTreeMap::from([(id("mercado-libre"), ChannelCategory::parse("MLA1574").unwrap())]);
    let draft = CategoryDraft { channel_categories: said, ..crate::category::tests::draft("Chairs", None) };
    let _ = tree.put(&chairs, &draft, Timestamp::from_millis(0)).unwrap();
    let filed = |category: &str| {
        let category_id = Some(CategoryId::parse(category).unwrap());
        product(Canonical { category_id, brand: Brand::parse("Lux").ok(), ..lamp() }, 1)
    };
    let unmapped = |product: &Product| {
        let found = product.completeness_on(&channel("mercado-libre", json!({ "site": "MEC" })), &tree);
        found.missing.iter().map(|gap| gap.message.clone()).collect::<Vec<_>>().join(" ")
    };

    assert_eq!(unmapped(&filed("chairs")), "");
    let nobodys = "The channel needs one of its own categories, and of the product's nobody says which one it is.";
    assert_eq!(unmapped(&filed("tables")), nobodys);
    // What the product is filed under on this channel alone.
    let mut moved = filed("tables");
    moved.channels.entry(id("shop")).or_default().overrides.category_id = CategoryId::parse("chairs").ok();
    assert_eq!(unmapped(&moved), "");
}

#[test]
fn what_is_refused_is_the_first_gap_with_its_remedy() {
    let rules = ChannelRules::from(Requirements { title_max: Some(3), brand: true, ..Requirements::default() });
    let lamp = product(lamp(), 1);
    let view = crate::EffectiveView::of(&lamp, &id("shop"));

    let problem = rules.refuse(&Candidate::of(&view)).unwrap();

    assert_eq!((problem.class, problem.code.as_str()), (ProblemClass::Validation, "CHANNEL_RULE_UNMET"));
    assert_eq!(problem.pointer.as_deref(), Some("/name"));
    assert_eq!(problem.message, "The channel takes a name of 3 characters at most, and this one has 4.");
    assert_eq!(problem.remedy, Rule::Title { at_most: 3 }.remedy());
    let codes = [
        Rule::Brand,
        Rule::Attribute(crate::text::AttributeKey::parse("watts").unwrap()),
        Rule::Images { at_least: 1 },
    ]
    .map(|rule| rule.code().name);
    assert_eq!(codes, ["CHANNEL_RULE_UNMET", "CHANNEL_ATTRIBUTE_MISSING", "CHANNEL_IMAGE_UNFIT"]);
    assert_eq!(ChannelRules::default().refuse(&Candidate::of(&view)), None);
}
