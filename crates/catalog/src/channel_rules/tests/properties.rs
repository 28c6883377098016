//! What holds of rules for products and rules that nobody thought of.

use proptest::collection::{btree_map, btree_set};
use proptest::option;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::image_profile::Marketplace;
use crate::money::{Currency, Money};
use crate::product::arbitrary::new_product;
use crate::product::{AttributeValue, ProductImage};
use crate::text::AttributeKey;
use crate::view::EffectiveView;

fn key(text: &str) -> AttributeKey {
    AttributeKey::parse(text).unwrap()
}

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

/// Texts of which each rule about texts takes some and refuses others.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![Just("shines "), Just("#lamp "), Just("<b>bold</b> "), Just("ñandú "), Just("5 < 6 ")];
    (part, 1..12usize).prop_map(|(part, times)| part.repeat(times).trim().to_owned())
}

fn overrides() -> impl Strategy<Value = Overrides> {
    let price = (1..9i64, prop_oneof!["USD", "EUR", "ARS"]);
    let attributes = btree_map(prop_oneof!["[ab]", "gtin"], any::<i64>(), 0..3);
    (option::of(text()), option::of(text()), option::of(price), option::of("[abc]"), option::of("[ab]"), attributes)
        .prop_map(|(name, description, price, category, brand, attributes)| Overrides {
            name: name.map(|name| Name::parse(&name).unwrap()),
            description: description.map(|text| Description::parse(&text).unwrap()),
            price: price.map(|(amount, code)| Money::new(amount, currency(&code)).unwrap()),
            category_id: category.map(|category| CategoryId::parse(&category).unwrap()),
            brand: brand.map(|brand| Brand::parse(&brand).unwrap()),
            attributes: attributes.into_iter().map(|(name, n)| (key(&name), AttributeValue::Integer(n))).collect(),
            tags: None,
        })
}

/// A product with photos of several sizes, and what is different of it on the channels `shop` and `fair`.
fn a_product() -> impl Strategy<Value = Product> {
    (new_product(), overrides(), overrides(), 300..1_600u32, any::<bool>()).prop_map(
        |(new, shop, fair, width, twice)| {
            let mut product = registered(new);
            let _ = product.absorb(&images(), &origin());
            for image in &mut product.images {
                image.renditions = vec![photo(width, 700); 1 + usize::from(twice)];
            }
            product.channels.entry(id("shop")).or_default().overrides = shop;
            product.channels.entry(id("fair")).or_default().overrides = fair;
            product
        },
    )
}

/// Categories of which `a` is said to be one of every sandbox.
fn categories() -> CategoryTree {
    let mut tree = no_categories();
    file(&mut tree, "a", true);
    file(&mut tree, "b", false);
    tree
}

fn file(tree: &mut CategoryTree, category: &str, mapped: bool) {
    let said = mapped.then(|| (id("sandbox"), ChannelCategory::parse("77").unwrap()));
    let draft = CategoryDraft {
        channel_categories: said.into_iter().collect(),
        ..crate::category::tests::draft(category, None)
    };
    let _ = tree.put(&CategoryKey::parse(category).unwrap(), &draft, Timestamp::from_millis(0)).unwrap();
}

fn requirements() -> impl Strategy<Value = Requirements> {
    let marketplace =
        prop_oneof![Just(Marketplace::Instagram), Just(Marketplace::Facebook), Just(Marketplace::MercadoLibre)];
    let texts = (option::of(1..80u32), option::of(1..80u32), any::<bool>(), option::of(0..4u32));
    let currencies = btree_set(prop_oneof!["USD", "ARS"], 0..2);
    let rest = (any::<[bool; 3]>(), btree_set(prop_oneof!["[a-c]", "gtin"], 0..4), option::of(1..4u32));
    (option::of(marketplace.clone()), texts, currencies, rest, option::of(marketplace)).prop_map(
        |(like, (title_max, description_max, plain_description, hashtags_max), currencies, rest, images_like)| {
            let ([category, brand, identifier], attributes, images_min) = rest;
            Requirements {
                like,
                site: None,
                title_max,
                description_max,
                plain_description,
                hashtags_max,
                currencies: currencies.iter().map(|code| currency(code)).collect(),
                category,
                brand,
                identifier,
                attributes: attributes.iter().map(|name| key(name)).collect(),
                images_min,
                images_like,
            }
        },
    )
}

/// A sandbox with these rules, as it is stored.
fn sandbox(name: &str, asked: &Requirements) -> Channel {
    Channel { id: id(name), ..channel("sandbox", json!({ "rules": asked })) }
}

/// The value that a pointer is about: a text, a price, an attribute, all photos.
fn value(pointer: &str) -> &str {
    if pointer.starts_with("/attributes/") { pointer } else { pointer[1..].split('/').next().unwrap_or_default() }
}

fn elsewhere<'a>(found: &'a Completeness, gap: &Missing) -> Vec<&'a Missing> {
    found.missing.iter().filter(|other| value(&other.pointer) != value(&gap.pointer)).collect()
}

/// Does what a gap asks for, on the channel `shop` alone where that is possible.
fn mend(product: &mut Product, rules: &ChannelRules, gap: &Missing) {
    let rule =
        rules.rules().iter().find(|rule| rule.id() == gap.rule && gap.pointer.starts_with(&rule.pointer())).unwrap();
    let common = product.canonical.clone();
    let own = &mut product.channels.get_mut(&id("shop")).unwrap().overrides;
    let description =
        own.description.as_ref().or(common.description.as_ref()).map_or("", Description::as_str).to_owned();
    let described = |text: &str| Some(Description::parse(text).unwrap());
    match rule {
        Rule::Title { .. } => own.name = Some(Name::parse("L").unwrap()),
        Rule::Description { .. } => own.description = described("x"),
        Rule::PlainDescription => own.description = described(&description.replace('<', "(")),
        Rule::Hashtags { .. } => own.description = described(&description.replace('#', "x")),
        Rule::Currency { any_of } => own.price = Some(Money::new(1, any_of[0]).unwrap()),
        Rule::Category => own.category_id = CategoryId::parse("a").ok(),
        Rule::Brand | Rule::Identifier => own.brand = Brand::parse("Lux").ok(),
        Rule::Attribute(key) => drop(own.attributes.insert(key.clone(), AttributeValue::Flag(true))),
        Rule::Images { at_least } => {
            while product.images.len() < *at_least as usize {
                let image_id = images()[0].id;
                let renditions = vec![photo(1_080, 1_080)];
                let position = u32::try_from(product.images.len()).unwrap();
                product.images.push(ProductImage {
                    image_id,
                    alt: None,
                    position,
                    renditions,
                    placeholder: None,
                    rejected: None,
                });
            }
        }
        Rule::FitImages(_) => {
            let position: usize = gap.pointer.rsplit('/').next().unwrap().parse().unwrap();
            product.images[position].renditions = vec![photo(1_080, 1_080)];
        }
    }
}

proptest! {
    #[test]
    fn a_judgement_is_a_pure_function_of_its_layers(product in a_product(), asked in requirements()) {
        let (shop, tree) = (sandbox("shop", &asked), categories());

        let found = product.completeness_on(&shop, &tree);

        prop_assert_eq!(&product.clone().completeness_on(&shop.clone(), &tree.clone()), &found);
        prop_assert_eq!(found.score == 100, found.missing.is_empty());
        prop_assert!(found.missing.iter().all(|gap| gap.channel.as_ref() == Some(&shop.id)));
        // Put together beforehand or not, what the channel is to show is judged alike, and what is missing is refused.
        let (rules, view) = (ChannelRules::from(asked.clone()), EffectiveView::of(&product, &shop.id));
        let candidate = Candidate::of(&view).filed(&tree, "shop", "sandbox");
        prop_assert_eq!(&rules.judge(&candidate, Some(&shop.id)), &found);
        let refused = rules.refuse(&candidate);
        prop_assert_eq!(refused.and_then(|problem| problem.pointer), found.missing.first().map(|gap| gap.pointer.clone()));
    }

    #[test]
    fn what_is_said_to_be_missing_is_all_that_has_to_be_mended(product in a_product(), asked in requirements()) {
        let (shop, tree, rules) = (sandbox("shop", &asked), categories(), ChannelRules::from(asked.clone()));
        let mut mended = product;
        let mut before = mended.completeness_on(&shop, &tree);

        for _ in 0..rules.rules().len() + 10 {
            let Some(gap) = before.missing.first().cloned() else { break };
            mend(&mut mended, &rules, &gap);
            let after = mended.completeness_on(&shop, &tree);
            prop_assert!(after.missing.iter().all(|other| (&other.rule, &other.pointer) != (&gap.rule, &gap.pointer)), "{gap:?}");
            prop_assert_eq!(elsewhere(&after, &gap), elsewhere(&before, &gap), "no other value is judged otherwise");
            before = after;
        }

        prop_assert_eq!(before, Completeness { score: 100, missing: vec![] });
    }

    #[test]
    fn what_is_different_on_one_channel_changes_no_other(product in a_product(), own in overrides(), asked in requirements()) {
        let (shop, fair, tree) = (sandbox("shop", &asked), sandbox("fair", &asked), categories());
        let types = |product: &Product| CHANNEL_TYPES.each_ref().map(|declared| product.completeness_for(declared, &tree));
        let (before, declared) = (product.completeness_on(&fair, &tree), types(&product));

        let mut after = product;
        after.channels.get_mut(&shop.id).unwrap().overrides = own;

        prop_assert_eq!(after.completeness_on(&fair, &tree), before);
        prop_assert_eq!(types(&after), declared);
    }
}
