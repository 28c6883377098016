use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::event::{EventKind, MAX_DATA, MAX_POINTERS};
use crate::id::ChannelId;
use crate::product::arbitrary::{long_text, new_product, operation, origin, registered};
use crate::product::{AttributeValue, Edit, ImageReference};
use crate::text::{AttributeKey, Name, Tag};
use crate::view::Overrides;

fn lamp() -> Product {
    let mut lamp = None;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    while lamp.is_none() {
        let new = new_product().new_tree(&mut runner).unwrap();
        lamp = Some(proptest::strategy::ValueTree::current(&new)).filter(|new| new.images.len() == 1);
    }
    let mut product = registered(lamp.unwrap());
    product.canonical.attributes.clear();
    product.canonical.tags.clear();
    product
}

fn told(product: &Product) -> Value {
    let last = product.outbox.iter().rfind(|event| event.kind == EventKind::ProductUpdated);
    last.unwrap().data.clone()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

#[test]
fn an_edit_tells_what_was_there_before_and_what_is_there_now() {
    let mut product = lamp();
    let (before, key) = (product.canonical.name.clone(), AttributeKey::parse("colour").unwrap());
    let edit = Edit {
        name: Some(name("Torch")),
        tags: Some(vec![Tag::parse("new").unwrap()]),
        attributes: [(key, Some(AttributeValue::Text("red".into())))].into(),
        images: Some(vec![]),
        ..Edit::default()
    };
    let image = json!([reference(&product.images[0])]);

    let _ = product.edit(edit, operation(2), &origin()).unwrap();

    let expected = json!({
        "revision": 2,
        "changed": ["/name", "/tags", "/images", "/attributes/colour"],
        "truncated": false,
        "changes": [
            { "pointer": "/name", "before": before, "after": "Torch" },
            { "pointer": "/tags", "before": null, "after": ["new"] },
            { "pointer": "/images", "before": image, "after": null },
            { "pointer": "/attributes/colour", "before": null, "after": "red" },
        ],
    });
    assert_eq!(told(&product), expected);
}

#[test]
fn what_is_different_on_a_channel_is_told_value_by_value() {
    let mut product = lamp();
    let channel = ChannelId::parse("shop").unwrap();
    let named = |text: &str| Overrides { name: Some(name(text)), tags: Some(vec![]), ..Overrides::default() };
    let _ = product.override_on(&channel, named("Lamp"), &origin()).unwrap();

    let _ = product.override_on(&channel, named("Torch"), &origin()).unwrap();

    let expected = json!([{ "pointer": "/channels/shop/overrides/name", "before": "Lamp", "after": "Torch" }]);
    assert_eq!(told(&product)["changes"], expected, "the tags are as they were");
}

#[test]
fn what_came_of_an_image_is_no_change_of_its_merchants() {
    let before = lamp();
    let mut after = before.clone();
    after.images[0].rejected = Some("It is damaged.".into());
    assert_eq!(changes(Some(&before), &after), []);

    let alt = crate::text::AltText::parse("A lamp at night").unwrap();
    let shown = vec![ImageReference { image_id: after.images[0].image_id, alt: Some(alt) }];
    let _ = after.edit(Edit { images: Some(shown), ..Edit::default() }, operation(2), &origin()).unwrap();
    assert_eq!(changes(Some(&before), &after)[0].after[0]["alt"], "A lamp at night");
}

#[test]
fn long_texts_share_the_room_that_short_values_leave() {
    let change = |pointer: &str, before: String, after: String| Change {
        pointer: pointer.to_owned(),
        before: before.into(),
        after: after.into(),
    };
    let changes = [
        change("/name", "Lamp".into(), "Torch".into()),
        change("/description", "ä".repeat(10_000), "It shines.".into()),
    ];

    let told = ToldChanges::of(2, &changes);

    assert_eq!(told.changes[0], ToldChange { change: changes[0].clone(), cut: false });
    let cut = &told.changes[1];
    let before = cut.change.before.as_str().unwrap();
    assert!(cut.cut && before.ends_with("ä…") && before.chars().count() > 3_000, "{}", before.chars().count());
    assert_eq!(cut.change.after, "It shines.");
}

fn any_value(longest: usize) -> impl Strategy<Value = Value> {
    let text = || long_text(longest).prop_map(Value::from);
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        text(),
        vec(text(), 0..4).prop_map(Value::from),
        Just(json!({ "amount": 100_000_000_000_i64, "currency": "USD" })),
    ]
}

fn any_changes() -> impl Strategy<Value = Vec<Change>> {
    let change = |longest: usize, text: usize| {
        let values = (any_value(text), any_value(text));
        (1..=longest, values).prop_map(|(length, (before, after))| Change {
            pointer: format!("/{}", "p".repeat(length)),
            before,
            after,
        })
    };
    prop_oneof![vec(change(20, 10_000), 0..8), vec(change(80, 300), 0..100), vec(change(140, 300), 50..70)]
}

/// What is left of a value was its beginning.
fn is_beginning(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::String(part), Value::String(whole)) => whole.starts_with(part.trim_end_matches('…')),
        (Value::Array(part), Value::Array(whole)) => whole.starts_with(part),
        (Value::Null, _) => true,
        _ => part == whole,
    }
}

proptest! {
    #[test]
    fn what_was_said_and_what_changed_make_what_is_said(old in new_product(), new in new_product(), other in new_product()) {
        let (mut before, channel) = (registered(old), ChannelId::parse("shop").unwrap());
        let own = |new: &crate::product::NewProduct| Overrides {
            attributes: new.canonical.attributes.clone(),
            brand: new.canonical.brand.clone(),
            ..Overrides::default()
        };
        let _ = before.override_on(&channel, own(&other), &origin()).unwrap();
        let mut after = before.clone();
        let _ = after.override_on(&channel, own(&new), &origin()).unwrap();
        let _ = after.replace(new, operation(2), &origin()).unwrap();
        let by_pointer = |product: &Product| -> BTreeMap<String, Value> {
            said(product).into_iter().map(|((_, pointer), value)| (pointer, value)).collect()
        };

        let mut patched = by_pointer(&before);
        for change in changes(Some(&before), &after) {
            prop_assert_ne!(&change.before, &change.after);
            prop_assert_eq!(patched.remove(&change.pointer).unwrap_or_default(), change.before);
            if !change.after.is_null() {
                patched.insert(change.pointer, change.after);
            }
        }

        prop_assert_eq!(patched, by_pointer(&after));
        let told: Vec<_> = changes(None, &after).into_iter().map(|change| (change.pointer, change.after)).collect();
        prop_assert_eq!(told.into_iter().collect::<BTreeMap<_, _>>(), by_pointer(&after));
    }

    #[test]
    fn whatever_changes_an_event_has_room_for_it(changes in any_changes()) {
        let told = ToldChanges::of(u64::MAX, &changes);

        let size = serde_json::to_vec(&told).unwrap().len();
        prop_assert!(size <= MAX_DATA, "{size}");
        prop_assert!(told.changed.iter().eq(changes.iter().map(|change| &change.pointer).take(told.changed.len())));
        prop_assert!(told.changed.len() >= changes.len().min(30) && told.changed.len() <= MAX_POINTERS);
        prop_assert_eq!(told.truncated, told.changed.len() < changes.len());
        prop_assert!(told.changes.len() >= told.changed.len().min(8), "{} changes", told.changes.len());
        // Pointers of generated changes may be alike: they are found in the order in which they were made.
        let mut rest = changes.iter();
        for ToldChange { change, cut } in &told.changes {
            let same = |whole: &&Change| {
                whole.pointer == change.pointer
                    && is_beginning(&change.before, &whole.before)
                    && is_beginning(&change.after, &whole.after)
            };
            let whole = rest.find(same);
            prop_assert!(whole.is_some(), "{change:?} never was");
            prop_assert_eq!(*cut, whole != Some(change));
        }
        let whole = serde_json::to_vec(&changes).unwrap().len() + 1_000;
        prop_assert!(whole > 4_000 || told.changes.iter().all(|change| !change.cut));
    }
}
