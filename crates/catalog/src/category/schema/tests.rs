use proptest::prelude::*;
use serde_json::json;
use ulid::Ulid;

use super::*;
use crate::category::CategoryDraft;
use crate::category::tests::{draft, key, made, now, put};
use crate::id::MerchantId;
use crate::text::{CategoryId, Name};

fn asked(rules: &serde_json::Value) -> BTreeMap<AttributeKey, AttributeRule> {
    serde_json::from_value(rules.clone()).unwrap()
}

fn ask(tree: &mut CategoryTree, id: &str, rules: &serde_json::Value) -> Result<Changed, CategoryRefused> {
    tree.ask_of(&key(id), &asked(rules), now())
}

fn asks(tree: &mut CategoryTree, id: &str, rules: &serde_json::Value) {
    assert_eq!(ask(tree, id, rules), Ok(Changed::Yes), "{id}");
}

/// Home asks for a material; lamps, a part of it, for a wattage; floor lamps ask nothing of their own. There are gardens.
fn lamps() -> CategoryTree {
    let mut tree = CategoryTree::new(MerchantId::new(Ulid::from_parts(1, 1)));
    for (id, parent) in [("home", None), ("lamps", Some("home")), ("floor-lamps", Some("lamps")), ("garden", None)] {
        made(&mut tree, id, parent);
    }
    let material = json!({ "material": { "type": "text", "required": true, "choices": ["oak", "steel"] } });
    asks(&mut tree, "home", &material);
    let watts = json!({ "watts": { "type": "integer", "required": true, "unit": "W", "label": "Power" } });
    asks(&mut tree, "lamps", &watts);
    tree
}

fn product(category: &str, attributes: &serde_json::Value) -> Canonical {
    Canonical {
        name: Name::parse("Lamp").unwrap(),
        description: None,
        price: None,
        category_id: Some(CategoryId::parse(category).unwrap()),
        attributes: serde_json::from_value(attributes.clone()).unwrap(),
        tags: Vec::new(),
        brand: None,
    }
}

fn gaps(tree: &CategoryTree, category: &str, attributes: &serde_json::Value) -> Vec<(String, String, String)> {
    let verdict = tree.judge(&product(category, attributes)).unwrap();
    verdict.missing.into_iter().map(|gap| (gap.pointer, gap.rule, gap.message)).collect()
}

fn gap(pointer: &str, rule: &str, message: &str) -> (String, String, String) {
    (pointer.to_owned(), rule.to_owned(), message.to_owned())
}

#[test]
fn what_is_asked_above_is_asked_below() {
    let tree = lamps();

    assert_eq!(
        gaps(&tree, "floor-lamps", &json!({})),
        [
            gap("/attributes/material", "ATTRIBUTE_REQUIRED", "Give material: a text."),
            gap("/attributes/watts", "ATTRIBUTE_REQUIRED", "Give Power in W: a whole number."),
        ]
    );
    assert_eq!(gaps(&tree, "floor-lamps", &json!({ "material": "oak", "watts": 7, "colour": "red" })), []);
    assert_eq!(tree.judge(&product("floor-lamps", &json!({}))).unwrap().rules, 2);
    assert_eq!(tree.judge(&product("home", &json!({}))).unwrap().rules, 1);
}

#[test]
fn a_value_of_another_kind_and_a_text_that_is_no_choice_are_gaps() {
    let tree = lamps();

    assert_eq!(
        gaps(&tree, "lamps", &json!({ "material": "straw", "watts": "many" })),
        [
            gap("/attributes/material", "ATTRIBUTE_CHOICE", "material is not `straw`, but one of: oak, steel."),
            gap("/attributes/watts", "ATTRIBUTE_TYPE", "Power is a whole number in W."),
        ]
    );
    assert_eq!(gaps(&tree, "lamps", &json!({ "material": 1, "watts": 7.5 })).len(), 2);
}

#[test]
fn each_kind_takes_its_values() {
    let values = json!(["a", ["a", "b"], 1, 1.5, true]);
    let takes = |kind: &str| -> Vec<bool> {
        let rule = asked(&json!({ "it": { "type": kind } })).into_values().next().unwrap();
        let values = values.as_array().unwrap().iter();
        let values = values.map(|value| serde_json::from_value::<AttributeValue>(value.clone()).unwrap());
        values.map(|value| rule.kind.takes(&value)).collect()
    };
    assert_eq!(takes("text"), [true, false, false, false, false]);
    assert_eq!(takes("texts"), [true, true, false, false, false]);
    assert_eq!(takes("integer"), [false, false, true, false, false]);
    assert_eq!(takes("decimal"), [false, false, true, true, false]);
    assert_eq!(takes("flag"), [false, false, false, false, true]);
}

#[test]
fn of_two_that_speak_of_one_attribute_the_nearer_one_holds() {
    let mut tree = lamps();
    asks(&mut tree, "floor-lamps", &json!({ "material": { "type": "texts" } }));

    assert_eq!(gaps(&tree, "floor-lamps", &json!({ "watts": 7 })), []);
    assert_eq!(gaps(&tree, "lamps", &json!({ "watts": 7 })).len(), 1);
    let (floor, rules) = (key("floor-lamps"), tree.in_force(&key("floor-lamps")));
    let from: Vec<_> = rules.iter().map(|(key, rule)| (key.as_str(), rule.from.as_str())).collect();
    assert_eq!(from, [("material", floor.as_str()), ("watts", "lamps")]);
}

#[test]
fn a_category_knows_since_when_it_asks_what_it_asks() {
    let mut tree = lamps();
    let since = |tree: &CategoryTree, id: &str| tree.categories[&key(id)].rules_version;
    assert_eq!((since(&tree, "home"), since(&tree, "lamps"), since(&tree, "floor-lamps")), (5, 6, 6));
    assert_eq!(since(&tree, "garden"), 0);
    assert_eq!(tree.judge(&product("garden", &json!({}))), None);
    assert_eq!(tree.judge(&product("unheard-of", &json!({}))), None);

    // Another name asks nothing else. Another place may, and does so wherever something was asked before: whoever was to judge
    // its products by that looks for them where they are no more.
    made(&mut tree, "garden", Some("home"));
    assert!(tree.asks_anew());
    assert_eq!((since(&tree, "garden"), since(&tree, "home")), (7, 5));
    made(&mut tree, "garden", None);
    assert_eq!(since(&tree, "garden"), 8);
    let verdict = CategoryVerdict { version: 8, rules: 0, missing: Vec::new() };
    assert_eq!(tree.judge(&product("garden", &json!({}))), Some(verdict));
    made(&mut tree, "shed", Some("garden"));
    assert!(!tree.asks_anew());

    // The same again is nothing new.
    let version = tree.version;
    let material = json!({ "material": { "type": "text", "required": true, "choices": ["oak", "steel"] } });
    assert_eq!(ask(&mut tree, "home", &material), Ok(Changed::No));
    assert_eq!((tree.version, tree.categories[&key("home")].schema_version), (version, 1));
}

#[test]
fn where_it_is_asked_the_same_products_are_judged_anew_all_the_same() {
    let mut tree = lamps();
    let material = json!({ "material": { "type": "text", "required": true, "choices": ["oak", "steel"] } });
    asks(&mut tree, "garden", &material);
    assert_eq!(put(&mut tree, "lamps", Some("garden")), Ok(Changed::Yes));
    assert!(tree.asks_anew());
}

#[test]
fn who_comes_after_one_that_is_gone_has_its_products_judged() {
    let mut tree = lamps();
    made(&mut tree, "shed", None);
    assert!(!tree.asks_anew());
    assert_eq!(tree.remove(&key("floor-lamps")), Ok(Changed::Yes));
    made(&mut tree, "floor-lamps", None);
    assert!(tree.asks_anew());
}

#[test]
fn the_texts_of_all_categories_are_bounded() {
    let mut tree = lamps();
    let long = "é".repeat(9_900);
    let described = |tree: &mut CategoryTree, n: usize| {
        let description = Some(crate::text::Description::parse(&long).unwrap());
        let draft = CategoryDraft { description, ..draft("Shed", None) };
        tree.put(&key(&format!("shed{n}")), &draft, now())
    };
    let refused = (0..MAX_ALL_TEXT / long.len() + 1).find_map(|n| described(&mut tree, n).err());
    assert_eq!(refused, Some(CategoryRefused::TooManyInAll));
    assert!(tree.categories.len() > 300);
}

#[test]
fn rules_that_contradict_themselves_are_refused() {
    let mut tree = lamps();
    let before = tree.clone();
    let mut refused = |rule: serde_json::Value| match ask(&mut tree, "lamps", &json!({ "it": rule })) {
        Err(CategoryRefused::Contradiction { pointer, message }) => (pointer, message),
        other => panic!("{other:?}"),
    };

    let (pointer, message) = refused(json!({ "type": "flag", "choices": ["yes"] }));
    assert_eq!((pointer.as_str(), message.as_str()), ("/attributes/it/choices", "only text and texts have choices"));
    assert_eq!(refused(json!({ "type": "text", "choices": ["a", "b", "a"] })).0, "/attributes/it/choices/2");
    assert_eq!(refused(json!({ "type": "text", "unit": "cm" })).0, "/attributes/it/unit");
    let many: Vec<_> = (0..=MAX_CHOICES).map(|choice| choice.to_string()).collect();
    assert_eq!(refused(json!({ "type": "text", "choices": many })).0, "/attributes/it/choices");

    let unknown = ask(&mut tree, "sheds", &json!({}));
    assert_eq!(unknown, Err(CategoryRefused::Unknown(key("sheds"))));
    assert_eq!(tree, before);
}

/// So many attributes, all of them texts, from the `from`th on.
fn many(from: usize, count: usize) -> serde_json::Value {
    let rules = (from..from + count).map(|n| (format!("a{n}"), json!({ "type": "text" })));
    serde_json::Value::Object(rules.collect())
}

#[test]
fn no_more_is_asked_than_a_product_can_have() {
    let mut tree = lamps();
    asks(&mut tree, "garden", &many(0, MAX_ATTRIBUTES));
    assert_eq!(
        ask(&mut tree, "home", &many(0, MAX_ATTRIBUTES)),
        Err(CategoryRefused::TooManyAttributes(key("floor-lamps")))
    );

    // Neither by moving: lamps ask for one attribute more.
    let before = tree.clone();
    let refused = put(&mut tree, "lamps", Some("garden"));
    assert!(matches!(refused, Err(CategoryRefused::TooManyAttributes(_))), "{refused:?}");
    assert_eq!(tree, before);
}

#[test]
fn no_more_is_asked_than_a_document_can_hold() {
    let mut tree = lamps();
    let rules = asked(&many(0, MAX_ATTRIBUTES));
    for n in 0..MAX_ALL_ATTRIBUTES / MAX_ATTRIBUTES - 1 {
        made(&mut tree, &format!("c{n}"), None);
        assert_eq!(tree.ask_of(&key(&format!("c{n}")), &rules, now()), Ok(Changed::Yes));
    }
    made(&mut tree, "last", None);
    assert_eq!(tree.ask_of(&key("last"), &rules, now()), Err(CategoryRefused::TooManyInAll));
    assert_eq!(ask(&mut tree, "last", &many(0, MAX_ATTRIBUTES - 2)), Ok(Changed::Yes));
}

/// A step of a merchant's day, of one of six categories.
#[derive(Debug, Clone)]
enum Step {
    /// It is made or moved.
    Put(Option<u8>),
    /// It asks for some attributes, or must have them.
    Ask(Vec<(u8, bool)>),
}

fn step() -> impl Strategy<Value = (u8, Step)> {
    let rules = proptest::collection::vec((0_u8..4, any::<bool>()), 0..4);
    let step = prop_oneof![proptest::option::of(0_u8..6).prop_map(Step::Put), rules.prop_map(Step::Ask)];
    (0_u8..6, step)
}

proptest! {
    /// Whatever is done: what is noted of a category changes exactly when what is asked in it does, and a verdict is a pure
    /// function of what is asked and of the product.
    #[test]
    fn what_is_noted_tells_what_is_asked(steps in proptest::collection::vec(step(), 0..40)) {
        let mut tree = CategoryTree::new(MerchantId::new(Ulid::from_parts(1, 1)));
        for (id, step) in steps {
            let before = tree.clone();
            let id = format!("c{id}");
            let done = match step {
                Step::Ask(rules) => {
                    let rules = rules.into_iter().map(|(n, required)| {
                        (format!("a{n}"), json!({ "type": "integer", "required": required }))
                    });
                    ask(&mut tree, &id, &serde_json::Value::Object(rules.collect()))
                }
                Step::Put(parent) => put(&mut tree, &id, parent.map(|parent| format!("c{parent}")).as_deref()),
            };
            if done != Ok(Changed::Yes) {
                prop_assert_eq!(&tree, &before);
            }
            for (key, category) in &tree.categories {
                let rules = |tree: &CategoryTree| -> Vec<(AttributeKey, AttributeRule)> {
                    tree.in_force(key).into_iter().map(|(key, asked)| (key.clone(), asked.rule.clone())).collect()
                };
                let known = before.categories.get(key).map_or(0, |category| category.rules_version);
                let moves = before.categories.get(key).is_some_and(|was| known > 0 && was.path != category.path);
                let is_judged_anew = rules(&tree) != rules(&before) || moves;
                prop_assert_eq!(category.rules_version != known, is_judged_anew, "{}", key);
                let lamp = product(key.as_str(), &json!({ "a0": 1, "a1": "one" }));
                let verdict = tree.judge(&lamp);
                prop_assert_eq!(&verdict, &tree.clone().judge(&lamp));
                prop_assert_eq!(verdict.map(|verdict| verdict.rules as usize).unwrap_or_default(), rules(&tree).len());
            }
        }
    }
}
