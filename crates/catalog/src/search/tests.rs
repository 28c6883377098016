use std::collections::BTreeMap;

use proptest::prelude::*;
use ulid::Ulid;

use super::*;
use crate::event::{Actor, Origin};
use crate::id::{MerchantId, OperationId, ProductId};
use crate::image::Changed;
use crate::product::arbitrary::named;
use crate::product::{Canonical, NewProduct};
use crate::stock::{Adjustment, Count, Quantity, StockChange};
use crate::text::{Brand, Description, Name, Sku};
use crate::time::Timestamp;

fn origin() -> Origin {
    Origin { now: Timestamp::from_millis(1), actor: Actor::system("test"), correlation_id: "c".into(), cause: None }
}

fn product(sku: Option<&str>, canonical: Canonical) -> Product {
    let new = NewProduct { sku: sku.map(|sku| Sku::parse(sku).unwrap()), slug: None, canonical, images: vec![] };
    let (id, merchant) = (ProductId::new(Ulid::from_parts(1, 1)), MerchantId::new(Ulid::from_parts(1, 2)));
    Product::register(new, id, merchant, OperationId::new(Ulid::from_parts(1, 3)), &origin()).unwrap()
}

fn is_found(product: &Product, clues: &[Clue]) -> bool {
    clues.iter().all(|clue| clue.terms().iter().any(|term| product.found_by.terms.contains(term)))
}

fn finds(product: &Product, search: &str) -> bool {
    is_found(product, &Clue::words(search, true).unwrap())
}

fn shoppers_find(product: &Product, search: &str) -> bool {
    is_found(product, &Clue::words(search, false).unwrap())
}

#[test]
fn words_are_found_without_accents_in_any_case_and_order() {
    let lamp = product(None, named("Lámpara de Mesa «São João» nº 5"));

    for search in ["lámpara", "LAMPARA mesa", "mesa lámpara", "sao joao", "São", "lamp mes", "5", "joa de la"] {
        assert!(finds(&lamp, search), "{search}");
    }
    for search in ["silla", "lampara silla", "ampara", "lamparas"] {
        assert!(!finds(&lamp, search), "{search}");
    }
    // As some systems write accents: behind the letter.
    assert!(finds(&product(None, named("La\u{301}mpara")), "lámpara"));
    assert!(finds(&lamp, "la\u{301}mpara"));
}

#[test]
fn each_part_of_a_product_is_searched_and_descriptions_by_whole_words_alone() {
    let mut chair = named("Chair");
    chair.brand = Some(Brand::parse("Taller Norte").unwrap());
    chair.tags = vec![Tag::parse("Jardín y terraza").unwrap()];
    chair.description = Some(Description::parse("Hecha de madera.").unwrap());
    let chair = product(Some("OAK-77/b"), chair);

    for search in ["taller", "norte", "jardin", "terr", "madera", "chair taller terraza madera", "oak-77", "OA 77"] {
        assert!(finds(&chair, search), "{search}");
    }
    assert!(!finds(&chair, "made"), "a beginning of a word of the description");
    assert!(!finds(&chair, "c"), "one letter is no beginning");
    assert!(shoppers_find(&chair, "jardin") && !shoppers_find(&chair, "oak"), "a SKU is the merchant's own");
}

#[test]
fn other_scripts_are_searched_as_they_are_read() {
    let chair = product(None, named("Дубовый стул 椅子"));

    assert!(finds(&chair, "стул") && finds(&chair, "stul") && finds(&chair, "椅"));
    assert!(!finds(&chair, "стол"));
}

#[test]
fn a_search_has_words_and_not_too_many() {
    for search in ["", "  ", "--- !", "\u{301}", "a b c d e f g h i j k", &"x".repeat(201)] {
        assert!(Clue::words(search, true).is_err(), "{search:?}");
    }
    assert_eq!(Clue::words("a a b A", true).unwrap().len(), 2, "each word counts once");
    let first = Clue::words("de lamparas la", false).unwrap()[0].clone();
    assert_eq!(first.terms(), [Term::word("lamparas")], "the longest comes first");
}

#[test]
fn tags_and_attributes_are_found_in_any_case_and_whole() {
    let mut shirt = named("Shirt");
    shirt.tags = vec![Tag::parse("Liquidación").unwrap()];
    let key = |text: &str| AttributeKey::parse(text).unwrap();
    shirt.attributes = BTreeMap::from([
        (key("size"), AttributeValue::Texts(vec!["M".into(), "XL".into()])),
        (key("colour"), AttributeValue::Text("Azul Marino".into())),
        (key("washable"), AttributeValue::Flag(true)),
        (key("weight"), AttributeValue::Decimal(0.25)),
        (key("story"), AttributeValue::Text("x".repeat(MAX_VALUE + 1))),
    ]);
    let shirt = product(None, shirt);
    let has = |name: &str, value: &str| is_found(&shirt, &[Clue::attribute(&key(name), value).unwrap()]);

    assert!(has("size", "xl") && has("size", "M") && has("colour", "azul marino"));
    assert!(has("washable", "true") && has("weight", "0.25"));
    assert!(!has("size", "l") && !has("colour", "azul") && !has("color", "azul marino"));
    assert!(Clue::attribute(&key("story"), &"x".repeat(MAX_VALUE + 1)).is_err());
    let tagged = |tag: &str| is_found(&shirt, &[Clue::tag(&Tag::parse(tag).unwrap())]);
    assert!(tagged("liquidación") && tagged("LIQUIDACIÓN") && !tagged("liquid"));
    assert!(is_found(&shirt, &[Clue::missing("PRICE_REQUIRED").unwrap()]));
    assert!(!is_found(&shirt, &[Clue::missing("PRICE_POSITIVE").unwrap()]));
    assert!(Clue::missing("price").is_err());
}

#[test]
fn a_states_name_is_read_back() {
    for state in ListingState::ALL {
        assert_eq!(ListingState::parse(state.name()), Some(state));
        assert_eq!(serde_json::to_value(state).unwrap(), state.name());
    }
    for state in StockState::ALL {
        assert_eq!(StockState::parse(state.name()), Some(state));
        assert_eq!(serde_json::to_value(state).unwrap(), state.name());
    }
}

#[test]
fn a_product_is_found_by_how_much_is_left_of_it_and_by_nothing_else_of_that() {
    let pieces = |number| Quantity::new(number).unwrap();
    let told = |count, threshold: Option<i64>| StockChange {
        count: Some(count),
        low_threshold: threshold.map(|threshold| Some(pieces(threshold))),
        ..StockChange::default()
    };
    let mut lamp = product(None, named("Lamp"));
    let by = |lamp: &Product| {
        let found = |state: &StockState| is_found(lamp, &[Clue::stock(*state)]);
        StockState::ALL.into_iter().filter(found).collect::<Vec<_>>()
    };
    assert_eq!(by(&lamp), [StockState::Untracked]);

    // A threshold alone counts nothing.
    let threshold_alone = StockChange { count: None, ..told(Count::Forget, Some(5)) };
    let changes = [
        (threshold_alone, StockState::Untracked),
        (told(Count::Set(pieces(6)), None), StockState::Ample),
        (told(Count::Adjust(Adjustment::new(-1).unwrap()), None), StockState::Low),
        (told(Count::Set(pieces(0)), None), StockState::Depleted),
        (told(Count::Set(pieces(5)), Some(4)), StockState::Ample),
        (told(Count::Forget, None), StockState::Untracked),
    ];
    for (number, (change, state)) in (1..).zip(changes) {
        let changed = lamp.change_stock(&change, Ulid::from_parts(number, 1), &origin()).unwrap();

        assert_eq!((changed, by(&lamp)), (Changed::Yes, vec![state]), "{change:?}");
        assert_eq!(lamp.found_by, FoundBy::of(&lamp));
    }
    let _ = lamp.purge(&origin());
    assert_eq!(by(&lamp), [], "nobody finds a tombstone");
}

fn any_product() -> impl Strategy<Value = Product> {
    let tags = proptest::collection::btree_set("\\PC{1,50}", 0..50);
    let texts = proptest::collection::vec("\\PC{0,200}", 0..50).prop_map(AttributeValue::Texts);
    let attributes = proptest::collection::btree_map("[a-z]{1,5}", texts, 0..8);
    ("\\PC{1,200}", "[!-~]{1,64}", "(\\PC{1,30} ){0,250}", tags, attributes).prop_filter_map(
        "a name that is blank",
        |(name, sku, description, tags, attributes)| {
            let mut said = named("x");
            said.name = Name::parse(&name).ok()?;
            said.description = Description::parse(&description).ok();
            said.tags =
                tags.iter().filter_map(|tag| Tag::parse(tag).ok()).collect::<BTreeSet<_>>().into_iter().collect();
            let key = |text: &String| AttributeKey::parse(text).unwrap();
            said.attributes = attributes.iter().map(|(name, value)| (key(name), value.clone())).collect();
            Some(product(Some(&sku), said))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_derived_is_bounded_ordered_and_the_same_each_time(product in any_product()) {
        let found_by = FoundBy::of(&product);

        prop_assert_eq!(&found_by, &product.found_by);
        prop_assert!(found_by.terms.is_sorted_by(|left, right| left < right), "each once");
        let words = found_by.terms.iter().filter(|term| !term.0.contains(':') || term.0.starts_with("sku:"));
        prop_assert!(words.count() <= MAX_WORDS_AND_BEGINNINGS);
        prop_assert!(found_by.terms.len() <= MAX_WORDS_AND_BEGINNINGS + MAX_VALUES + crate::product::MAX_TAGS + 10);
        prop_assert!(found_by.name.len() <= MAX_ORDERED && found_by.name.is_ascii());
        // A colon, at most 64 letters of a key, and lower case that is longer than what it comes from.
        prop_assert!(found_by.terms.iter().all(|term| term.0.chars().count() <= 80 + 3 * MAX_VALUE));
    }

    #[test]
    fn a_product_is_found_by_its_name_its_sku_and_their_beginnings(product in any_product(), letters in 2usize..30) {
        let words = words(product.canonical.name.as_str());
        for word in words.iter().take(MAX_SEARCH_WORDS) {
            prop_assert!(shoppers_find(&product, word), "{word}");
        }
        if let Some(word) = words.first() {
            let beginning = word.get(..letters).unwrap_or(word);
            prop_assert!(shoppers_find(&product, &beginning.to_uppercase()), "{beginning}");
        }
        if let Ok(clues) = Clue::words(product.sku.as_ref().unwrap().as_str(), true) {
            prop_assert!(is_found(&product, &clues));
        }
    }

    #[test]
    fn no_text_makes_a_search_panic(text in "\\PC{0,210}") {
        let _ = Clue::words(&text, true);
        let _ = Clue::missing(&text);
        let _ = Clue::attribute(&AttributeKey::parse("a").unwrap(), &text);
    }
}
