use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::event::Actor;
use crate::id::{MerchantId, OperationId, ProductId};
use crate::product::arbitrary::named;
use crate::product::{Edit, NewProduct};
use crate::stock::{Adjustment, Count, Level, Quantity, StockReason};
use crate::text::{Name, StockNote};
use crate::time::Timestamp;

fn origin() -> Origin {
    Origin { now: Timestamp::from_millis(1_000), actor: Actor::system("test"), correlation_id: "c".into(), cause: None }
}

fn lamp() -> Product {
    let new = NewProduct { sku: None, slug: None, canonical: named("Lamp"), images: vec![] };
    let (id, merchant) = (ProductId::new(Ulid::from_parts(4, 4)), MerchantId::new(Ulid::from_parts(1, 1)));
    Product::register(new, id, merchant, OperationId::new(Ulid::from_parts(2, 2)), &origin()).unwrap()
}

fn pieces(number: i64) -> Quantity {
    Quantity::new(number).unwrap()
}

fn set(number: i64) -> StockChange {
    StockChange { count: Some(Count::Set(pieces(number))), ..StockChange::default() }
}

fn adjust(by: i64) -> StockChange {
    StockChange { count: Some(Count::Adjust(Adjustment::new(by).unwrap())), ..StockChange::default() }
}

fn threshold(number: Option<i64>) -> StockChange {
    StockChange { low_threshold: Some(number.map(pieces)), ..StockChange::default() }
}

fn change_id(number: u128) -> Ulid {
    Ulid::from_parts(5, number)
}

/// Changes, each made once, of which none is refused.
fn after(changes: &[StockChange]) -> Product {
    let mut product = lamp();
    for (change, number) in changes.iter().zip(1..) {
        assert_eq!(product.change_stock(change, change_id(number), &origin()), Ok(Changed::Yes), "{change:?}");
    }
    product
}

/// What was told of the stock, but for each single change.
fn crossings(product: &Product) -> Vec<EventKind> {
    let levels = [EventKind::InventoryLow, EventKind::InventoryDepleted, EventKind::InventoryRestocked];
    product.outbox.iter().map(|event| event.kind).filter(|kind| levels.contains(kind)).collect()
}

#[test]
fn a_change_is_no_edit() {
    let mut product = lamp();
    let before = product.clone();

    assert_eq!(product.change_stock(&set(12), change_id(1), &origin()), Ok(Changed::Yes));

    assert_eq!((product.revision, product.version), (before.revision, before.version + 1));
    assert_eq!((product.stock.on_hand(), product.stock.level()), (Some(pieces(12)), Some(Level::Ample)));
    assert_eq!((&product.intents, &product.channels), (&before.intents, &before.channels));
}

#[test]
fn history_tells_each_change_with_its_cause() {
    let mut product = after(&[set(12)]);
    let sale = StockChange {
        low_threshold: Some(Some(pieces(9))),
        reason: Some(StockReason::Sale),
        note: Some(StockNote::parse("order 17").unwrap()),
        ..adjust(-3)
    };

    let _ = product.change_stock(&sale, change_id(2), &origin()).unwrap();

    let told: Vec<_> = product.outbox.iter().skip(1).map(|event| (event.kind, &event.data)).collect();
    let first = json!({
        "change_id": change_id(1).to_string(), "on_hand": 12, "delta": null, "low_stock_threshold": null,
        "level": "AMPLE", "reason": null, "note": null,
    });
    let second = json!({
        "change_id": change_id(2).to_string(), "on_hand": 9, "delta": -3, "low_stock_threshold": 9,
        "level": "LOW", "reason": "SALE", "note": "order 17",
    });
    let low = json!({ "on_hand": 9, "low_stock_threshold": 9, "level": "LOW", "was": "AMPLE" });
    assert_eq!(
        told,
        [
            (EventKind::InventoryAdjusted, &first),
            (EventKind::InventoryAdjusted, &second),
            (EventKind::InventoryLow, &low),
        ]
    );
}

#[test]
fn each_way_across_a_threshold_is_told_once() {
    use EventKind::{InventoryDepleted, InventoryLow, InventoryRestocked};

    let low = || vec![set(10), threshold(Some(5)), adjust(-5)];
    let crossed = |more: &[StockChange]| crossings(&after(&[&low()[..], more].concat()));

    assert_eq!(crossed(&[]), [InventoryLow]);
    assert_eq!(crossed(&[adjust(-1), adjust(-1)]), [InventoryLow], "it is low already");
    assert_eq!(crossed(&[adjust(-5)]), [InventoryLow, InventoryDepleted]);
    assert_eq!(crossed(&[adjust(1), adjust(1)]), [InventoryLow, InventoryRestocked]);
    assert_eq!(crossed(&[set(0), set(3), set(30)]).len(), 4, "restocked to few, and then to enough");
    assert_eq!(crossed(&[threshold(None)]), [InventoryLow, InventoryRestocked]);
    assert_eq!(crossings(&after(&[set(10), adjust(-10)])), [InventoryDepleted], "not low besides");
    assert_eq!(crossings(&after(&[set(10), threshold(Some(10))])), [InventoryLow], "by the threshold alone");
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut product = after(&[set(2)]);
    let before = product.clone();

    let refused = product.change_stock(&adjust(-3), change_id(2), &origin());
    assert_eq!(refused, Err(StockRefused::Insufficient { on_hand: pieces(2), asked: 3 }));
    assert!(matches!(lamp().change_stock(&adjust(-3), change_id(2), &origin()), Err(StockRefused::Untracked)));
    product.deleting = Some(OperationId::new(Ulid::from_parts(2, 3)));
    assert!(matches!(product.change_stock(&set(1), change_id(2), &origin()), Err(StockRefused::NotPossible(_))));
    product.deleting = None;

    assert_eq!(product, before);
}

#[test]
fn what_is_off_the_market_can_be_counted() {
    let mut product = after(&[set(2)]);
    let _ = product.request_deactivation(OperationId::new(Ulid::from_parts(2, 3)), &origin()).unwrap();

    assert_eq!(product.change_stock(&adjust(-2), change_id(2), &origin()), Ok(Changed::Yes));
    assert_eq!(product.stock.on_hand(), Some(Quantity::ZERO));
}

#[test]
fn a_product_that_nobody_counts_is_stored_as_before() {
    let stored = serde_json::to_value(lamp()).unwrap();

    assert_eq!(stored.get("stock"), None);
    assert_eq!(serde_json::from_value::<Product>(stored).unwrap().stock, Stock::default());
}

fn any_change() -> impl Strategy<Value = StockChange> {
    let few = 0_i64..8;
    prop_oneof![
        2 => few.clone().prop_map(set),
        6 => (-4_i64..=4).prop_filter("an adjustment", |by| *by != 0).prop_map(adjust),
        1 => Just(StockChange { count: Some(Count::Forget), ..StockChange::default() }),
        2 => proptest::option::of(few.clone()).prop_map(threshold),
        1 => (-4_i64..0, few).prop_map(|(by, few)| StockChange {
            low_threshold: Some(Some(pieces(few))),
            ..adjust(by)
        }),
    ]
}

/// What a reader of events alone believes: how many there are, and how much that is.
#[derive(Debug, Default, PartialEq)]
struct Believed {
    on_hand: Option<i64>,
    level: Option<String>,
}

impl Believed {
    fn hears(&mut self, event: &Event) {
        let data = &event.data;
        match event.kind {
            EventKind::InventoryAdjusted => {
                if let (Some(before), Some(delta)) = (self.on_hand, data["delta"].as_i64()) {
                    assert_eq!(Some(before + delta), data["on_hand"].as_i64(), "the numbers add up");
                }
                self.on_hand = data["on_hand"].as_i64();
                // Who begins to count, or ends, tells no crossing.
                if self.on_hand.is_none() || self.level.is_none() {
                    self.level = self.on_hand.map(|_| "AMPLE".to_owned());
                }
            }
            EventKind::InventoryLow => self.level = Some("LOW".to_owned()),
            EventKind::InventoryDepleted => self.level = Some("DEPLETED".to_owned()),
            EventKind::InventoryRestocked => self.level = data["level"].as_str().map(str::to_owned),
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_told_there_are_never_less_than_none_and_events_tell_all_of_it(
        changes in proptest::collection::vec(any_change(), 0..40),
    ) {
        let (mut product, mut believed) = (lamp(), Believed::default());
        for (change, number) in changes.iter().zip(1..) {
            let before = product.clone();

            let outcome = product.change_stock(change, change_id(number), &origin());

            let stock = product.stock;
            let by = match change.count {
                Some(Count::Adjust(by)) => Some(i64::from(by)),
                _ => None,
            };
            let is = |stock: Stock| stock.on_hand().map(|pieces| i64::from(pieces.pieces()));
            match outcome {
                Ok(Changed::Yes) => {
                    prop_assert_eq!(product.version, before.version + 1);
                    if let Some(by) = by {
                        prop_assert_eq!(is(stock), is(before.stock).map(|before| before + by));
                    }
                }
                Ok(Changed::No) => prop_assert_eq!(&product, &before),
                Err(_) => {
                    prop_assert_eq!(&product, &before);
                    let is_right = is(stock).is_none_or(|there| there + by.unwrap_or_default() < 0);
                    prop_assert!(by.is_some() && is_right, "{:?} of {:?} was refused", change, stock);
                }
            }
            prop_assert_eq!(stock.level(), stock.on_hand().map(|there| Level::of(there, stock.low_threshold())));
            prop_assert_eq!(product.revision, before.revision);

            let told = &product.outbox[before.outbox.len()..];
            told.iter().for_each(|event| believed.hears(event));
            let crossed = told.iter().filter(|event| event.kind != EventKind::InventoryAdjusted).count();
            let (was, level) = (before.stock.level(), stock.level());
            let steps = usize::from(level.is_some() && was.unwrap_or(Level::Ample) != level.unwrap_or(Level::Ample));
            prop_assert_eq!(crossed, steps, "{:?} to {:?}", was, level);
            let level = serde_json::to_value(level).unwrap();
            prop_assert_eq!(
                &believed,
                &Believed { on_hand: is(stock), level: level.as_str().map(str::to_owned) }
            );
        }
    }

    #[test]
    fn what_is_repeated_has_no_effect(
        changes in proptest::collection::vec(any_change(), 1..20), edits in proptest::collection::vec(any::<bool>(), 20),
    ) {
        let mut product = lamp();
        let mut made = BTreeSet::new();
        for ((change, number), edit) in changes.iter().zip(1..).zip(edits) {
            if product.change_stock(change, change_id(number), &origin()) == Ok(Changed::Yes) {
                made.insert(number);
            }
            if edit {
                let name = Some(Name::parse(&format!("Lamp {number}")).unwrap());
                let operation = OperationId::new(Ulid::from_parts(2, number));
                let _ = product.edit(Edit { name, ..Edit::default() }, operation, &origin()).unwrap();
            }
        }
        let end = product.clone();

        for (change, number) in changes.iter().zip(1..).filter(|(_, number)| made.contains(number)) {
            let again = product.change_stock(change, change_id(number), &origin());
            prop_assert_eq!(again, Ok(Changed::No));
        }
        prop_assert_eq!(product, end);
    }

    #[test]
    fn a_stock_survives_the_document(changes in proptest::collection::vec(any_change(), 0..10)) {
        let mut product = lamp();
        for (change, number) in changes.iter().zip(1..) {
            let _ = product.change_stock(change, change_id(number), &origin());
        }

        let stored: Value = serde_json::to_value(&product).unwrap();
        prop_assert_eq!(serde_json::from_value::<Product>(stored).unwrap(), product);
    }
}
