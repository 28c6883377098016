//! The whole catalog, held against the domain's own rules and against the API's contract.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tola_catalog::product::{ImageReference, NewProduct};
use tola_catalog::text::Slug;
use tola_catalog::{
    Actor, CategoryKey, CategoryTree, ImageId, Level, MerchantId, OperationId, Origin, Product, ProductId, Timestamp,
};
use ulid::Ulid;

use super::*;
use crate::check_digit::is_valid;
use crate::dice::Dice;
use crate::till::{BRL, MXN, Till, USD};
use crate::trade::{BOOKS, ELECTRONICS, FASHION, FURNITURE, GROCERY, Trade};

const TRADES: [&Trade; 5] = [&FASHION, &ELECTRONICS, &GROCERY, &BOOKS, &FURNITURE];

fn everybodys() -> Catalog {
    catalog(SEED).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_768_464_000_000)
}

/// The categories of a merchant as the API makes them, each after the one that it is part of.
fn tree(shop: &Shop) -> CategoryTree {
    let (mut made, mut paths) = (serde_json::Map::new(), BTreeMap::<&CategoryKey, Vec<&CategoryKey>>::new());
    for category in &shop.categories {
        let path: Vec<_> = category.parent_id.iter().flat_map(|id| paths[id].iter().copied().chain([id])).collect();
        let document = json!({
            "name": category.name, "slug": category.id, "path": path, "position": category.position, "active": true,
            "created_at": now(), "updated_at": now(),
        });
        assert_eq!(made.insert(category.id.to_string(), document), None);
        paths.insert(&category.id, path);
    }
    assert!(paths.values().all(|path| path.len() < 3));
    let tree = json!({ "merchant_id": MerchantId::new(Ulid::nil()), "version": 1, "categories": made });
    let mut tree: CategoryTree = serde_json::from_value(tree).unwrap();
    for category in &shop.categories {
        let _ = tree.ask_of(&category.id, &category.attributes, now()).unwrap();
    }
    tree
}

/// The product as the API registers it.
fn registered(tree: &CategoryTree, item: &Item) -> Product {
    let origin =
        Origin { now: now(), actor: Actor::User { id: "demo".into() }, correlation_id: "demo".into(), cause: None };
    let image = |position: u128| ImageId::new(Ulid(position));
    let images = (0..).zip(&item.pictures);
    let new = NewProduct {
        sku: Some(item.sku.clone()),
        slug: None,
        canonical: item.canonical.clone(),
        images: images
            .map(|(at, shown)| ImageReference { image_id: image(at), alt: Some(shown.alt.clone()) })
            .collect(),
    };
    let (id, operation) = (ProductId::new(Ulid::nil()), OperationId::new(Ulid::nil()));
    Product::register_in(tree, new, id, operation, &origin).unwrap()
}

fn texts_of(item: &Item, key: &str) -> Option<String> {
    json!(item.canonical.attributes).get(key).and_then(Value::as_str).map(str::to_owned)
}

#[test]
fn a_seed_always_makes_the_same_catalog_and_another_seed_another() {
    assert_eq!(everybodys(), everybodys());
    assert_ne!(everybodys(), catalog(SEED + 100).unwrap());
}

#[test]
fn three_merchants_have_a_thousand_products_of_five_trades() {
    let catalog = everybodys();

    assert_eq!(catalog.shops.len(), 3);
    assert_eq!(catalog.products(), PRODUCTS);
    let items = catalog.shops.iter().flat_map(|shop| &shop.items);
    let trades: BTreeSet<_> = items.map(|item| item.trade).collect();
    assert_eq!(trades, BTreeSet::from(["books", "electronics", "fashion", "furniture", "grocery"]));
}

#[test]
fn no_sku_and_no_slug_is_there_twice_at_a_merchant_and_no_number_anywhere() {
    let catalog = everybodys();
    let mut numbers = BTreeSet::new();
    for shop in &catalog.shops {
        let skus: BTreeSet<_> = shop.items.iter().map(|item| &item.sku).collect();
        let slugs: BTreeSet<_> = shop.items.iter().map(|item| Slug::derive(&item.canonical.name)).collect();

        assert_eq!(skus.len(), shop.items.len());
        assert_eq!(slugs.len(), shop.items.len());
        for (item, key) in shop.items.iter().flat_map(|item| ["gtin", "isbn"].map(|key| (item, key))) {
            let Some(number) = texts_of(item, key) else { continue };
            assert!(is_valid(&number), "{key} {number}");
            assert!(numbers.insert(number.clone()), "{key} {number} is there twice");
        }
    }
    assert!(numbers.len() > 500);
}

#[test]
fn every_product_lacks_what_was_left_out_on_purpose_and_nothing_else() {
    for shop in &everybodys().shops {
        let tree = tree(shop);
        for item in &shop.items {
            let product = registered(&tree, item);

            let missing: Vec<&str> = product.completeness.missing.iter().map(|gap| gap.rule.as_str()).collect();
            let expected = match item.gap {
                None => vec!["IMAGE_READY"],
                Some(Gap::Picture) => vec!["IMAGE_REQUIRED"],
                Some(Gap::Price) => vec!["PRICE_REQUIRED", "IMAGE_READY"],
                Some(Gap::Description) => vec!["DESCRIPTION_REQUIRED", "IMAGE_READY"],
                Some(Gap::Attribute) => vec!["ATTRIBUTE_REQUIRED", "IMAGE_READY"],
                Some(Gap::Choice) => vec!["ATTRIBUTE_CHOICE", "IMAGE_READY"],
            };
            assert_eq!(missing, expected, "{} {}", item.sku.as_str(), item.canonical.name);
        }
    }
}

#[test]
fn products_have_no_attribute_that_their_category_does_not_ask_for() {
    for shop in &everybodys().shops {
        let tree = tree(shop);
        for item in &shop.items {
            let (id, _) = tree.category_of(&item.canonical).unwrap();
            let asked = tree.in_force(id);
            let stranger = item.canonical.attributes.keys().find(|key| !asked.contains_key(key));
            assert_eq!(stranger, None, "{}", item.canonical.name);
        }
    }
}

#[test]
fn prices_are_in_the_merchants_currency_and_within_what_its_trades_ask() {
    let tills: BTreeMap<&str, Till> = [MXN, BRL, USD].into_iter().map(|till| (till.currency, till)).collect();
    for shop in &everybodys().shops {
        let till = tills[shop.currency.code()];
        for item in &shop.items {
            let (least, most) = TRADES.iter().find(|trade| trade.name == item.trade).unwrap().dollars;
            let bound = |dollars: u32| till.price(dollars * 100).unwrap().amount();
            let Some(price) = item.canonical.price else { continue };

            assert_eq!(price.currency(), shop.currency);
            let in_bounds = (bound(least)..=bound(most)).contains(&price.amount());
            assert!(in_bounds, "{} costs {price}", item.canonical.name);
        }
    }
}

#[test]
fn descriptions_are_two_to_four_whole_sentences_without_a_seam() {
    for trade in TRADES {
        let mut dice = Dice::new(7);
        for _ in 0..2_000 {
            let sketch = (trade.sketch)(&mut dice);
            assert!((2..=4).contains(&sketch.sentences.len()), "{:?}", sketch.sentences);
            for sentence in &sketch.sentences {
                let begins_well = sentence.starts_with(|first: char| first.is_uppercase() || first.is_numeric());
                let has_seam = ["  ", " ,", " .", "..", "{", "}"].iter().any(|seam| sentence.contains(seam));
                assert!(begins_well && sentence.ends_with('.') && !has_seam, "{sentence}");
            }
            assert!(sketch.name.chars().count() <= 80, "{}", sketch.name);
            assert!(!sketch.tags.is_empty());
        }
    }
}

#[test]
fn each_merchants_first_four_products_end_in_each_way_and_all_together_in_enough_of_each() {
    for shop in &everybodys().shops {
        let [published, withdrawn, ready, draft] = &shop.items[..4] else { panic!("there are more than four") };
        assert_eq!((published.fate, published.gap), (Fate::Published, None));
        assert_eq!((withdrawn.fate, withdrawn.gap), (Fate::Withdrawn, None));
        assert_eq!((ready.fate, ready.gap), (Fate::Kept, None));
        assert!(draft.gap.is_some());

        let count = |is_it: &dyn Fn(&Item) -> bool| shop.items.iter().filter(|item| is_it(item)).count();
        assert!(count(&|item| item.fate == Fate::Published) > shop.items.len() / 3);
        assert!(count(&|item| item.fate == Fate::Withdrawn) > 5);
        for gap in [Gap::Picture, Gap::Price, Gap::Attribute, Gap::Description, Gap::Choice] {
            assert!(count(&|item| item.gap == Some(gap)) > 1, "{gap:?}");
        }
        for (level, least) in
            [(None, 10), (Some(Level::Depleted), 20), (Some(Level::Low), 30), (Some(Level::Ample), 200)]
        {
            assert!(count(&|item| item.stock.level() == level) > least, "{level:?}");
        }
    }
}

#[test]
fn other_seeds_make_catalogs_too() {
    for seed in 0..30 {
        assert_eq!(catalog(seed * 1_000).unwrap().products(), PRODUCTS);
    }
}

#[test]
fn a_part_of_the_catalog_is_shared_among_the_merchants() {
    let sizes = |count| everybodys().cut_to(count).shops.iter().map(|shop| shop.items.len()).collect::<Vec<_>>();

    assert_eq!(sizes(12), [4, 4, 4]);
    assert_eq!(sizes(1), [0, 0, 1]);
    assert_eq!(sizes(950), [325, 325, 300]);
    assert_eq!(sizes(5_000), [350, 350, 300]);
}

#[test]
fn bodies_are_as_the_contract_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let schema = |name: &str| {
        let whole = json!({ "$ref": format!("#/components/schemas/{name}"), "components": document["components"] });
        jsonschema::validator_for(&whole).unwrap()
    };
    let (product, inventory) = (schema("NewProduct"), schema("InventoryChange"));
    let (category, asked) = (schema("CategoryDraft"), schema("CategorySchemaDraft"));
    let holds = |schema: &jsonschema::Validator, body: &Value| {
        let wrong: Vec<_> = schema.iter_errors(body).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?} in {body}");
    };

    for shop in &everybodys().shops {
        for made in &shop.categories {
            holds(&category, &made.body());
            holds(&asked, &made.schema());
        }
        for item in &shop.items {
            let body = item.body(|_| Some("image_01JD0000000000000000000001"));
            assert_eq!(body["images"].as_array().unwrap().len(), item.pictures.len());
            holds(&product, &body);
            holds(&inventory, &item.inventory());
        }
    }
    assert!(!product.is_valid(&json!({ "name": "Chair", "price": { "amount": 1.5, "currency": "USD" } })));
}

#[test]
fn some_sixty_pictures_are_drawn_each_of_its_own() {
    let catalog = everybodys();
    let shown = |shop: &Shop| -> BTreeSet<Picture> {
        shop.items.iter().flat_map(|item| &item.pictures).map(|shown| shown.picture).collect()
    };
    let uploads: usize = catalog.shops.iter().map(|shop| shown(shop).len()).sum();
    let pictures: BTreeSet<Picture> = catalog.shops.iter().flat_map(shown).collect();

    assert!((40..=70).contains(&uploads), "{uploads}");
    let mut files = BTreeSet::new();
    for picture in pictures {
        let file = picture.draw().unwrap();
        let decoded = image::load_from_memory(&file.bytes).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (1_200, 1_200), "{}", file.name);
        assert_eq!(image::guess_format(&file.bytes).unwrap().to_mime_type(), file.content_type);
        assert!((8_000..300_000).contains(&file.bytes.len()), "{} has {} bytes", file.name, file.bytes.len());
        save(&file);
        assert!(files.insert(file.bytes), "{} is another one's picture", file.name);
    }
}

/// Leaves the pictures where `TOLA_DEMO_PICTURES` says, for whoever wants to look at them.
#[expect(clippy::disallowed_methods, reason = "a wish of whoever runs the test")]
fn save(file: &File) {
    if let Some(folder) = std::env::var_os("TOLA_DEMO_PICTURES") {
        std::fs::write(std::path::Path::new(&folder).join(&file.name), &file.bytes).unwrap();
    }
}

/// To be read by people: whether it makes sense, no other test can tell.
#[test]
fn products_read_as_in_a_shop() {
    let catalog = everybodys();
    let mut text = String::new();
    for trade in TRADES {
        let items = catalog.shops.iter().flat_map(|shop| &shop.items).filter(|item| item.trade == trade.name);
        for item in items.step_by(23).take(5) {
            let canonical = &item.canonical;
            let (price, about) = (canonical.price.map(|price| price.to_string()), &canonical.description);
            text.push_str(&format!(
                "{} {} – {} – {}\n  {}\n  {}\n",
                item.sku.as_str(),
                canonical.name,
                canonical.brand.as_ref().map_or("–", |brand| brand.as_str()),
                price.as_deref().unwrap_or("–"),
                about.as_ref().map_or("–", |about| about.as_str()),
                json!(canonical.attributes),
            ));
        }
    }
    insta::assert_snapshot!(text);
}
