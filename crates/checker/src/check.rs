//! The promises, one after the other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::oracle::comparable;
use crate::{MerchantTestimony, Oracle, ProductTestimony, Rule, Shop, Testimony, Violation};

mod stock;

/// How much of a value a violation quotes, in characters.
const QUOTED: usize = 600;

/// Every promise that does not hold.
pub fn check(testimony: &Testimony) -> Vec<Violation> {
    let mut found = Found::default();
    for merchant in &testimony.merchants {
        listed(merchant, &mut found);
        for product in &merchant.products {
            let oracle = Oracle::of(&product.acknowledged);
            ends_right(product, &oracle, &mut found);
            for (channel, shop) in &product.shops {
                true_there(product, channel, shop, &oracle, &mut found);
                one_effect(product, channel, shop, &mut found);
            }
            every_event_once(merchant, product, &mut found);
            told_to_the_end(product, &oracle, &mut found);
            asked_once(merchant, product, &mut found);
            stock::counted_once(product, &oracle, &mut found);
        }
        every_image_told(merchant, &mut found);
        nothing_stuck(merchant, &mut found);
        let others = testimony.merchants.iter().filter(|other| other.id != merchant.id);
        no_trace(merchant, others, &mut found);
    }
    found.0
}

#[derive(Default)]
struct Found(Vec<Violation>);

impl Found {
    fn unless(&mut self, holds: bool, rule: Rule, of: &str, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(Violation { rule, of: of.to_owned(), what: what() });
        }
    }
}

/// The catalog has what was registered and not deleted, and nothing else.
fn listed(merchant: &MerchantTestimony, found: &mut Found) {
    let known: BTreeSet<_> = merchant.products.iter().map(|product| product.id.as_str()).collect();
    let mut seen = BTreeSet::new();
    for id in &merchant.listed {
        found.unless(seen.insert(id.as_str()), Rule::NothingTwice, id, || "it is listed twice".to_owned());
        found.unless(known.contains(id.as_str()), Rule::NothingTwice, id, || {
            format!("nobody registered it; {} has registered {known:?}", merchant.id)
        });
    }
    for product in &merchant.products {
        let (deleted, id) = (Oracle::of(&product.acknowledged).deleted, product.id.as_str());
        found.unless(deleted || seen.contains(id), Rule::NothingLost, id, || "it is not listed".to_owned());
        found.unless(!deleted || !seen.contains(id), Rule::SameEnd, id, || "it is deleted, and listed".to_owned());
    }
}

/// What is shown is what the acknowledged writes come to.
fn ends_right(product: &ProductTestimony, oracle: &Oracle, found: &mut Found) {
    let id = product.id.as_str();
    let Some(shown) = &product.shown else {
        return found.unless(oracle.deleted, Rule::NothingLost, id, || "it is gone, and nobody deleted it".to_owned());
    };
    found.unless(!oracle.deleted, Rule::SameEnd, id, || format!("it was deleted, and is shown: {}", quoted(shown)));
    if oracle.deleted {
        return;
    }
    for (field, wanted) in &oracle.fields {
        let is = comparable(field, &shown[field.as_str()]);
        found.unless(is == *wanted, Rule::NothingLost, id, || format!("its {field} is {is}, and was to be {wanted}"));
    }
    let (status, wanted) = (&shown["status"], oracle.status().name());
    found.unless(status == wanted, Rule::SameEnd, id, || {
        format!("it is {status}, and was to be {wanted}: {}", quoted(&shown["channels"]))
    });
    for (channel, listing) in shown["channels"].as_object().into_iter().flatten() {
        let presence = &listing["observed"]["presence"];
        let wanted = oracle.is_seen_on(channel);
        found.unless(wanted == (presence == "LIVE") && presence != "UNKNOWN", Rule::SameEnd, id, || {
            format!("it is {presence} on {channel}, where it was {} be seen", if wanted { "to" } else { "not to" })
        });
        let state = &listing["command"]["state"];
        found.unless(!["QUEUED", "SUBMITTED"].map(Value::from).contains(state), Rule::NothingStuck, id, || {
            format!("a command to {channel} is {state}")
        });
    }
    for channel in &oracle.on {
        found.unless(!shown["channels"][channel].is_null(), Rule::SameEnd, id, || {
            format!("it was published on {channel}, of which it says nothing")
        });
    }
}

/// Buyers see what they were to see.
fn true_there(product: &ProductTestimony, channel: &str, shop: &Shop, oracle: &Oracle, found: &mut Found) {
    let (id, wanted) = (product.id.as_str(), oracle.is_seen_on(channel));
    found.unless(wanted == shop.listing.is_some(), Rule::TrueThere, id, || {
        format!("buyers at {channel} {} see it", if wanted { "don't" } else { "still" })
    });
    let Some(listing) = shop.listing.as_ref().filter(|_| wanted) else { return };
    for field in ["name", "description", "price"] {
        let (Some(wanted), is) = (oracle.fields.get(field), &listing[field]) else { continue };
        found.unless(is == wanted, Rule::TrueThere, id, || {
            format!("buyers at {channel} see the {field} {is}, and were to see {wanted}")
        });
    }
}

/// No command changes anything twice, nor after a later one; and there is never a second listing beside the first.
fn one_effect(product: &ProductTestimony, channel: &str, shop: &Shop, found: &mut Found) {
    let id = product.id.as_str();
    let mut last = None;
    let mut open = BTreeSet::new();
    for entry in shop.ledger.iter().filter(|entry| entry.effect.is_change()) {
        if let Some(fence) = entry.fence {
            found.unless(last < Some(fence), Rule::OneEffect, id, || {
                let last = last.unwrap_or_default();
                format!("fence {fence} changed {channel} after fence {last} had: {:?}", shop.ledger)
            });
            last = last.max(Some(fence));
        }
        let Some(listing) = &entry.external_id else { continue };
        match entry.effect {
            tola_store::SandboxEffect::Closed | tola_store::SandboxEffect::Vanished => _ = open.remove(listing),
            _ => _ = open.insert(listing),
        }
        found.unless(open.len() <= 1, Rule::OneEffect, id, || format!("{channel} has more listings of it: {open:?}"));
    }
}

/// History has every event, and so has the bus; the same may come more often.
fn every_event_once(merchant: &MerchantTestimony, product: &ProductTestimony, found: &mut Found) {
    let id = product.id.as_str();
    let mut numbers: Vec<_> = product.history.iter().filter_map(|event| event["sequence"].as_u64()).collect();
    numbers.sort_unstable();
    let wanted: Vec<_> = (1..=product.history.len() as u64).collect();
    found.unless(numbers == wanted && !wanted.is_empty(), Rule::EveryEventOnce, id, || {
        format!("its history has the events {numbers:?}")
    });
    let mut told: BTreeMap<u64, &Value> = BTreeMap::new();
    for event in merchant.events.iter().filter(|event| event["aggregate_id"] == id) {
        let number = event["sequence"].as_u64().unwrap_or_default();
        let before = told.entry(number).or_insert(event);
        found.unless(*before == event, Rule::EveryEventOnce, id, || {
            format!("event {number} came over the bus as {} and as {}", quoted(before), quoted(event))
        });
    }
    for event in &product.history {
        let number = event["sequence"].as_u64().unwrap_or_default();
        let same = |told: &&Value| ["event_id", "kind", "data"].iter().all(|field| told[*field] == event[*field]);
        found.unless(told.remove(&number).as_ref().is_some_and(same), Rule::EveryEventOnce, id, || {
            format!("the bus never had event {number} as history has it: {}", quoted(event))
        });
    }
    for (number, event) in told {
        found.unless(false, Rule::EveryEventOnce, id, || {
            format!("event {number} came over the bus, and is not in history: {}", quoted(event))
        });
    }
}

/// What came over the bus of each image is numbered without gaps, and what came again is the same.
fn every_image_told(merchant: &MerchantTestimony, found: &mut Found) {
    let mut told: BTreeMap<&str, BTreeMap<u64, &Value>> = BTreeMap::new();
    for event in &merchant.events {
        let of = event["aggregate_id"].as_str().unwrap_or_default();
        if merchant.products.iter().any(|product| product.id == of) {
            continue;
        }
        let number = event["sequence"].as_u64().unwrap_or_default();
        let before = told.entry(of).or_default().entry(number).or_insert(event);
        found.unless(*before == event, Rule::EveryEventOnce, of, || {
            format!("event {number} came over the bus as {} and as {}", quoted(before), quoted(event))
        });
    }
    for (id, events) in told {
        let numbers: Vec<_> = events.into_keys().collect();
        found.unless(numbers.iter().copied().eq(1..=numbers.len() as u64), Rule::EveryEventOnce, id, || {
            format!("the bus has its events {numbers:?}")
        });
    }
}

/// Who knows nothing but the events knows how it ended. A gap shows that an event is lost between others; this shows that the
/// last ones are, which leave none.
fn told_to_the_end(product: &ProductTestimony, oracle: &Oracle, found: &mut Found) {
    let id = product.id.as_str();
    let mut history: Vec<&Value> = product.history.iter().collect();
    history.sort_by_key(|event| event["sequence"].as_u64());
    let kind = |event: &Value| event["kind"].as_str().unwrap_or_default().to_owned();
    let kinds: Vec<String> = history.iter().map(|event| kind(event)).collect();
    let last_of = |these: &[&str]| kinds.iter().rev().find(|kind| these.contains(&kind.as_str())).map(String::as_str);
    let mut holds = |holds: bool, what: &str| {
        found.unless(holds, Rule::EveryEventOnce, id, || format!("its events don't tell {what}: {kinds:?}"));
    };
    holds(kinds.iter().position(|kind| kind == "ProductCreated") == Some(0), "of its beginning first");
    holds(kinds.iter().filter(|kind| *kind == "ProductCreated").count() == 1, "of one beginning");
    holds(oracle.deleted == (kinds.last().is_some_and(|kind| kind == "ProductDeleted")), "whether it is deleted");
    if oracle.deleted {
        return;
    }
    let market = last_of(&["ProductDeactivated", "ProductActivated"]);
    holds(oracle.deactivated == (market == Some("ProductDeactivated")), "whether it is on the market");
    let complete = last_of(&["ProductReady", "ProductIncomplete"]);
    holds(oracle.is_complete() == (complete == Some("ProductReady")), "whether it is complete");
    let channels: BTreeSet<&str> = product.shops.keys().map(String::as_str).collect();
    for channel in channels {
        let about = history.iter().rev().find(|event| {
            let of = event["data"]["channels"].as_array().is_some_and(|of| of.iter().any(|name| name == channel));
            of && ["ProductPublished", "ProductUnpublished", "ProductPaused"].contains(&kind(event).as_str())
        });
        let is_there = about.is_some_and(|event| kind(event) == "ProductPublished");
        holds(oracle.is_seen_on(channel) == is_there, &format!("whether it is to be seen at {channel}"));
    }
    let revision = history.iter().filter_map(|event| event["data"]["revision"].as_u64()).max();
    let shown = product.shown.as_ref().and_then(|shown| shown["revision"].as_u64());
    holds(shown.is_none() || shown == revision, &format!("of its revision {shown:?}"));
}

/// For each thing that a merchant asked for there is one operation: more are retries that somebody asked for, bring an edit to
/// where the product is, what had to wait until its
/// category asked for less, and what was out of stock, or put right what a reconciliation has found.
fn asked_once(merchant: &MerchantTestimony, product: &ProductTestimony, found: &mut Found) {
    let id = product.id.as_str();
    let written = |name: &str| product.acknowledged.iter().filter(|write| write.name() == name).count();
    let (edits, crossings) = (written("edited"), stock::crossings_of_none(product));
    // What a channel has too little or too much is put right by operations of the reconciliation's.
    let put_right = merchant.operations.iter().filter(|operation| operation["kind"] == "reconcile").count();
    let own = || merchant.operations.iter().filter(|operation| operation["product_id"] == id);
    let of_kind = |kind: &'static str| own().filter(move |operation| operation["kind"] == kind);
    let failed = |kind| of_kind(kind).filter(|operation| operation["status"] != "SUCCEEDED").count();
    let most = [
        ("register", written("registered") + edits),
        ("publish", written("published") + edits + written("asked") + crossings.restocked + put_right),
        ("pause", crossings.sold_out + put_right),
        ("unpublish", written("unpublished") + put_right),
        ("deactivate", written("deactivated")),
        // It is asked for without a key: who has heard no answer asks again, which does again what has failed meanwhile.
        ("delete", written("deleted") + failed("delete")),
    ];
    for (kind, most) in most {
        let first = of_kind(kind).filter(|operation| operation["retry_of"].is_null()).count();
        found.unless(first <= most, Rule::NothingTwice, id, || {
            format!("it has {first} operations {kind}, and at most {most} were asked for")
        });
    }
}

/// Everything has come to an end.
fn nothing_stuck(merchant: &MerchantTestimony, found: &mut Found) {
    for operation in &merchant.operations {
        let ended = ["SUCCEEDED", "FAILED", "CANCELLED"].map(Value::from).contains(&operation["status"]);
        let id = operation["id"].as_str().unwrap_or_default();
        found.unless(ended, Rule::NothingStuck, id, || format!("it has not ended: {}", quoted(operation)));
    }
}

/// Nothing that a merchant sees names another merchant, or anything of another merchant's.
fn no_trace<'a>(merchant: &MerchantTestimony, others: impl Iterator<Item = &'a MerchantTestimony>, found: &mut Found) {
    let others: BTreeSet<&str> = others
        .flat_map(|other| other.products.iter().map(|product| product.id.as_str()).chain([other.id.as_str()]))
        .collect();
    let products = merchant.products.iter();
    let shown = products.flat_map(|product| {
        let listings = product.shops.values().filter_map(|shop| shop.listing.as_ref());
        product.shown.iter().chain(&product.history).chain(listings)
    });
    for seen in shown.chain(&merchant.operations).chain(&merchant.events) {
        let trace = trace(seen, &others);
        found.unless(trace.is_none(), Rule::NoTrace, &merchant.id, || {
            format!("it sees {} of another merchant: {}", trace.unwrap_or_default(), quoted(seen))
        });
    }
}

/// A text in a value that is one of these, or holds one.
fn trace<'a>(value: &'a Value, foreign: &BTreeSet<&str>) -> Option<&'a str> {
    match value {
        Value::String(text) => {
            let mut words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
            words.any(|word| foreign.contains(word)).then_some(text)
        }
        Value::Array(values) => values.iter().find_map(|value| trace(value, foreign)),
        Value::Object(fields) => fields.values().find_map(|value| trace(value, foreign)),
        _ => None,
    }
}

fn quoted(value: &Value) -> String {
    value.to_string().chars().take(QUOTED).collect()
}

#[cfg(test)]
mod tests;
