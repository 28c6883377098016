//! Each promise is broken once.

use serde_json::json;
use tola_catalog::Timestamp;
use tola_store::{SandboxEffect, SandboxEntry};

use super::*;
use crate::Write;

const LAMP: &str = "product_01LAMP";

fn entry(fence: u64, effect: SandboxEffect) -> SandboxEntry {
    let at = Timestamp::from_millis(i64::try_from(fence).unwrap());
    SandboxEntry { external_id: Some("mlb-1".into()), fence: Some(fence), effect, revision: Some(1), at }
}

fn event(sequence: u64, kind: &str) -> Value {
    json!({
        "event_id": format!("{LAMP}:{sequence}"), "sequence": sequence, "kind": kind, "aggregate_id": LAMP,
        "data": { "revision": 1 }, "merchant_id": "merchant_01A",
    })
}

/// A lamp that was published and edited, and another merchant who has nothing.
fn all_is_well() -> Testimony {
    let registered = json!({
        "name": "Lamp", "description": "It shines.", "price": { "amount": 1999, "currency": "USD" },
        "images": [{ "image_id": "image_01" }],
    });
    let mut shown = registered.clone();
    shown["id"] = json!(LAMP);
    shown["name"] = json!("Torch");
    shown["status"] = json!("ACTIVE");
    shown["channels"] = json!({ "north": { "observed": { "presence": "LIVE" }, "command": { "state": "DONE" } } });
    let north = Shop {
        ledger: vec![
            entry(1, SandboxEffect::Created),
            entry(1, SandboxEffect::Nothing),
            entry(2, SandboxEffect::Updated),
        ],
        listing: Some(shown.clone()),
    };
    let mut published = event(4, "ProductPublished");
    published["data"]["channels"] = json!(["north"]);
    let history = vec![published, event(3, "ProductUpdated"), event(2, "ProductReady"), event(1, "ProductCreated")];
    let product = ProductTestimony {
        id: LAMP.into(),
        acknowledged: vec![
            Write::Registered(registered),
            Write::Published { channels: vec!["north".into()] },
            Write::Edited(json!({ "name": "Torch" })),
        ],
        shown: Some(shown),
        history: history.clone(),
        shops: [("north".to_owned(), north)].into(),
    };
    let merchant = MerchantTestimony {
        id: "merchant_01A".into(),
        products: vec![product],
        listed: vec![LAMP.into()],
        operations: vec![json!({ "id": "op_1", "kind": "publish", "status": "SUCCEEDED", "product_id": LAMP })],
        events: [history.clone(), history].concat(),
    };
    let other = MerchantTestimony { id: "merchant_01B".into(), ..MerchantTestimony::default() };
    Testimony { merchants: vec![merchant, other] }
}

/// The rules that are broken after this was done to what was seen.
fn broken_by(change: impl FnOnce(&mut MerchantTestimony)) -> Vec<Rule> {
    let mut testimony = all_is_well();
    change(&mut testimony.merchants[0]);
    let mut rules: Vec<_> = check(&testimony).into_iter().map(|violation| violation.rule).collect();
    rules.dedup();
    rules
}

fn ledger(merchant: &mut MerchantTestimony) -> &mut Vec<SandboxEntry> {
    &mut merchant.products[0].shops.get_mut("north").unwrap().ledger
}

#[test]
fn what_is_well_breaks_nothing() {
    assert_eq!(check(&all_is_well()), []);
}

#[test]
fn a_lost_write_is_seen() {
    let edit = Write::Edited(json!({ "name": "Never seen" }));
    let rules = broken_by(|merchant| merchant.products[0].acknowledged.push(edit));
    assert_eq!(rules, [Rule::NothingLost, Rule::TrueThere], "an edit");
    let gone = broken_by(|merchant| {
        merchant.products[0].shown = None;
        merchant.listed.clear();
    });
    assert_eq!(gone, [Rule::NothingLost], "a product");
}

#[test]
fn a_request_that_was_done_twice_is_seen() {
    assert_eq!(broken_by(|merchant| merchant.listed.push("product_01TWIN".into())), [Rule::NothingTwice]);
    let operation = |retry_of: Value| {
        let twin = json!({ "id": "op_2", "kind": "unpublish", "status": "SUCCEEDED", "product_id": LAMP, "retry_of": retry_of });
        broken_by(|merchant| merchant.operations.push(twin))
    };
    assert_eq!(operation(Value::Null), [Rule::NothingTwice]);
    assert_eq!(operation(json!("op_1")), [], "a retry");
}

#[test]
fn another_end_is_seen() {
    let deleted = broken_by(|merchant| merchant.products[0].acknowledged.push(Write::Deleted));
    assert_eq!(deleted, [Rule::SameEnd, Rule::TrueThere, Rule::EveryEventOnce]);
    let paused = broken_by(|merchant| merchant.products[0].acknowledged.push(Write::Deactivated));
    assert_eq!(paused, [Rule::SameEnd, Rule::TrueThere, Rule::EveryEventOnce]);
    let unknown = broken_by(|merchant| {
        let shown = merchant.products[0].shown.as_mut().unwrap();
        shown["channels"]["north"]["observed"]["presence"] = json!("UNKNOWN");
    });
    assert_eq!(unknown, [Rule::SameEnd]);
}

#[test]
fn a_second_effect_a_late_one_and_a_second_listing_are_seen() {
    let twice = broken_by(|merchant| ledger(merchant).push(entry(2, SandboxEffect::Updated)));
    assert_eq!(twice, [Rule::OneEffect]);
    let late = broken_by(|merchant| ledger(merchant).push(entry(1, SandboxEffect::Updated)));
    assert_eq!(late, [Rule::OneEffect]);
    let second = broken_by(|merchant| {
        let listing = SandboxEntry { external_id: Some("mlb-2".into()), ..entry(3, SandboxEffect::Created) };
        ledger(merchant).push(listing);
    });
    assert_eq!(second, [Rule::OneEffect]);
}

#[test]
fn events_that_are_lost_untold_or_changed_are_seen() {
    let lost = broken_by(|merchant| drop(merchant.products[0].history.remove(1)));
    assert_eq!(lost, [Rule::EveryEventOnce], "out of history");
    let untold = broken_by(|merchant| merchant.events.retain(|event| event["sequence"] != 2));
    assert_eq!(untold, [Rule::EveryEventOnce], "on the bus");
    let changed = broken_by(|merchant| merchant.events[3]["kind"] = json!("ProductDeleted"));
    assert_eq!(changed, [Rule::EveryEventOnce], "on its way");
    for number in 1..=4 {
        let cut_off = broken_by(|merchant| {
            merchant.products[0].history.retain(|event| event["sequence"].as_u64() < Some(number));
            merchant.events.retain(|event| event["sequence"].as_u64() < Some(number));
        });
        assert_eq!(cut_off, [Rule::EveryEventOnce], "from {number} on");
    }
    let image = json!({ "sequence": 2, "kind": "ImageProcessed", "aggregate_id": "image_01", "data": {} });
    assert_eq!(broken_by(|merchant| merchant.events.push(image)), [Rule::EveryEventOnce], "of an image");
}

#[test]
fn what_has_not_ended_is_seen() {
    let operation = broken_by(|merchant| merchant.operations[0]["status"] = json!("RUNNING"));
    assert_eq!(operation, [Rule::NothingStuck]);
    let command = broken_by(|merchant| {
        let shown = merchant.products[0].shown.as_mut().unwrap();
        shown["channels"]["north"]["command"]["state"] = json!("SUBMITTED");
    });
    assert_eq!(command, [Rule::NothingStuck]);
}

#[test]
fn a_trace_of_another_merchant_is_seen() {
    let arn = "arn:aws:states:us-east-1:0:execution:publish-product:merchant_01B-op_2";
    let trace = broken_by(|merchant| merchant.operations[0]["execution_arn"] = json!(arn));
    assert_eq!(trace, [Rule::NoTrace]);
}

/// A change of a stock in history and on the bus, after which there are so many; and the crossing that it made, if any.
fn counts(merchant: &mut MerchantTestimony, pieces: u64, crossing: Option<&str>) {
    for kind in ["InventoryAdjusted"].into_iter().chain(crossing) {
        let mut told = event(merchant.products[0].history.len() as u64 + 1, kind);
        told["data"] = json!({ "on_hand": pieces, "low_stock_threshold": 2 });
        merchant.products[0].history.push(told.clone());
        merchant.events.push(told);
    }
    merchant.products[0].shown.as_mut().unwrap()["stock"] = json!({ "on_hand": pieces });
}

fn counted(merchant: &mut MerchantTestimony, body: Value) {
    merchant.products[0].acknowledged.push(Write::Counted(body));
}

#[test]
fn each_change_of_a_stock_counts_once() {
    let sold = |merchant: &mut MerchantTestimony| {
        counted(merchant, json!({ "set": 5, "low_stock_threshold": 2 }));
        counts(merchant, 5, None);
        counted(merchant, json!({ "adjust": -3 }));
        counts(merchant, 2, Some("InventoryLow"));
    };

    assert_eq!(broken_by(sold), []);
    let twice = broken_by(|merchant| {
        sold(merchant);
        counts(merchant, 1, None);
    });
    assert_eq!(twice, [Rule::NothingLost, Rule::NothingTwice, Rule::EveryEventOnce]);
    let lost = broken_by(|merchant| {
        sold(merchant);
        counted(merchant, json!({ "adjust": -1 }));
    });
    assert_eq!(lost, [Rule::NothingLost, Rule::EveryEventOnce]);
    let told_again = broken_by(|merchant| {
        sold(merchant);
        counted(merchant, json!({ "adjust": -1 }));
        counts(merchant, 1, Some("InventoryLow"));
    });
    assert_eq!(told_again, [Rule::EveryEventOnce]);
}
