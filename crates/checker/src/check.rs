//! The promises, one after the other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::oracle::comparable;
use crate::{MerchantTestimony, Oracle, ProductTestimony, Rule, Shop, Testimony, Violation};

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
        }
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
        let wanted = oracle.on.contains(channel);
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
    let (id, wanted) = (product.id.as_str(), oracle.on.contains(channel));
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
