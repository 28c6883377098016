//! How many there are of a product: each change counts once, and each step from one level to another is told once.

use serde_json::Value;

use super::{Found, quoted};
use crate::{Oracle, ProductTestimony, Rule};

/// What is shown, and what the last event tells, is what the acknowledged changes come to; and there were no more of them.
pub(super) fn counted_once(product: &ProductTestimony, oracle: &Oracle, found: &mut Found) {
    let (id, wanted) = (product.id.as_str(), Value::from(oracle.pieces));
    if let Some(shown) = &product.shown {
        let is = &shown["stock"]["on_hand"];
        found.unless(*is == wanted, Rule::NothingLost, id, || format!("there are {is} of it, and were to be {wanted}"));
    }
    let told = told_of_stock(product);
    let changes: Vec<&Value> = told.iter().filter(|event| kind(event) == "InventoryAdjusted").copied().collect();

    let written = product.acknowledged.iter().filter(|write| write.name() == "counted").count();
    found.unless(changes.len() <= written, Rule::NothingTwice, id, || {
        format!("{written} changes of its stock were acknowledged, and these were made: {changes:?}")
    });
    let last = changes.last().map_or(&Value::Null, |event| &event["data"]["on_hand"]);
    found.unless(*last == wanted, Rule::EveryEventOnce, id, || {
        format!("its events tell that there are {last}, and were to tell {wanted}")
    });
    let crossings: Vec<&str> =
        told.iter().map(|event| kind(event)).filter(|kind| *kind != "InventoryAdjusted").collect();
    let wanted = crossed(&changes);
    found.unless(crossings == wanted, Rule::EveryEventOnce, id, || {
        let changes: Vec<_> = changes.iter().map(|event| quoted(&event["data"])).collect();
        format!("its events tell of {crossings:?}, and were to tell of {wanted:?} after {changes:?}")
    });
}

/// What history tells of a product's stock, in order.
fn told_of_stock(product: &ProductTestimony) -> Vec<&Value> {
    let mut told: Vec<&Value> = product.history.iter().filter(|event| kind(event).starts_with("Inventory")).collect();
    told.sort_by_key(|event| event["sequence"].as_u64());
    told
}

/// How often the last piece of a product went, and how often there were some again.
#[derive(Default)]
pub(super) struct CrossingsOfNone {
    pub(super) sold_out: usize,
    pub(super) restocked: usize,
}

/// By what its events tell of each change.
pub(super) fn crossings_of_none(product: &ProductTestimony) -> CrossingsOfNone {
    let mut changes: Vec<&Value> = product.history.iter().filter(|event| kind(event) == "InventoryAdjusted").collect();
    changes.sort_by_key(|event| event["sequence"].as_u64());
    let (mut none, mut crossings) = (false, CrossingsOfNone::default());
    for change in changes {
        let is_none = change["data"]["on_hand"] == 0;
        crossings.sold_out += usize::from(is_none && !none);
        crossings.restocked += usize::from(!is_none && none);
        none = is_none;
    }
    crossings
}

fn kind(event: &Value) -> &str {
    event["kind"].as_str().unwrap_or_default()
}

/// The crossings that these changes come to.
fn crossed(changes: &[&Value]) -> Vec<&'static str> {
    let (mut before, mut crossed) = (AMPLE, Vec::new());
    for change in changes {
        let Some(after) = level(&change["data"]) else {
            before = AMPLE;
            continue;
        };
        if after > before {
            crossed.push("InventoryRestocked");
        } else if after < before {
            crossed.push(if after == DEPLETED { "InventoryDepleted" } else { "InventoryLow" });
        }
        before = after;
    }
    crossed
}

const DEPLETED: u8 = 0;
const LOW: u8 = 1;
const AMPLE: u8 = 2;

/// How much is left by the numbers; nothing if nobody counts.
fn level(data: &Value) -> Option<u8> {
    let pieces = data["on_hand"].as_u64()?;
    let is_low = data["low_stock_threshold"].as_u64().is_some_and(|few| pieces <= few);
    Some(match pieces {
        0 => DEPLETED,
        _ if is_low => LOW,
        _ => AMPLE,
    })
}
