//! What the merchants of a run do: decided by its seed, and by nothing else.

use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

/// The merchants of a run.
pub(crate) const MERCHANTS: usize = 3;
/// The products of each.
pub(crate) const PRODUCTS: usize = 2;
/// The channels of each.
pub(crate) const CHANNELS: [&str; 2] = ["north", "south"];

/// What a merchant does with one product after it has registered it, one thing after the other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Story {
    /// The product's name.
    pub(crate) name: String,
    /// Whether it waits until the product is READY.
    pub(crate) patient: bool,
    /// Whether it registers the product once more, with the same key, as a client does that has forgotten the answer.
    pub(crate) forgets: bool,
    /// What follows.
    pub(crate) steps: Vec<Step>,
}

/// Something that a merchant does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) action: Action,
    /// Whether it waits for what comes of it.
    pub(crate) waits: bool,
    /// How long it thinks before.
    pub(crate) thinks: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Edit(Value),
    Count(Value),
    Publish(Vec<String>),
    Unpublish(Vec<String>),
    Deactivate,
    Reactivate,
    Delete,
}

/// The stories of a run: of each merchant, of each of its products.
pub(crate) fn stories(rng: &mut Rng) -> Vec<Vec<Story>> {
    let of_merchant = |merchant: usize, rng: &mut Rng| {
        (0..PRODUCTS).map(|product| story(&format!("Lamp {merchant}.{product}"), rng)).collect()
    };
    (0..MERCHANTS).map(|merchant| of_merchant(merchant, rng)).collect()
}

fn story(name: &str, rng: &mut Rng) -> Story {
    let (mut steps, mut edits) = (Vec::new(), 0);
    let mut then = |action: Action, rng: &mut Rng| {
        let thinks = Duration::from_millis(rng.u64(0..1_200));
        steps.push(Step { action, waits: rng.u8(0..10) < 4, thinks });
    };
    if rng.bool() {
        then(edit(name, &mut edits, rng), rng);
    }
    then(Action::Count(json!({ "set": rng.u8(1..4), "low_stock_threshold": 1 })), rng);
    // Every product is published: channels are where most can go wrong.
    then(Action::Publish(channels(rng)), rng);
    for _ in 0..rng.usize(2..=4) {
        let action = match rng.u8(0..13) {
            10..13 => Action::Count(sale_or_delivery(rng)),
            0..4 => edit(name, &mut edits, rng),
            4..6 => Action::Publish(channels(rng)),
            6..8 => Action::Unpublish(channels(rng)),
            8 => Action::Deactivate,
            _ => Action::Reactivate,
        };
        let deactivates = action == Action::Deactivate;
        then(action, rng);
        if deactivates && rng.bool() {
            then(Action::Reactivate, rng);
        }
    }
    if rng.u8(0..4) == 0 {
        then(Action::Delete, rng);
    }
    Story { name: name.to_owned(), patient: rng.u8(0..10) < 7, forgets: rng.bool(), steps }
}

/// An edit that no other is like, so that a lost one is seen.
fn edit(name: &str, edits: &mut u32, rng: &mut Rng) -> Action {
    *edits += 1;
    Action::Edit(match rng.u8(0..3) {
        0 => json!({ "name": format!("{name}, edited {edits}") }),
        1 => json!({ "description": format!("Brass and linen, edited {edits}.") }),
        _ => json!({ "price": { "amount": 100_000 + u64::from(*edits), "currency": "ARS" } }),
    })
}

/// What can't be repeated without counting twice, unless its key tells that it is a repetition.
fn sale_or_delivery(rng: &mut Rng) -> Value {
    match rng.u8(0..3) {
        0 => json!({ "adjust": 2, "reason": "RECEIVED" }),
        _ => json!({ "adjust": -1, "reason": "SALE" }),
    }
}

fn channels(rng: &mut Rng) -> Vec<String> {
    match rng.u8(0..4) {
        0 => vec![CHANNELS[0].to_owned()],
        1 => vec![CHANNELS[1].to_owned()],
        _ => CHANNELS.map(str::to_owned).to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_everything() {
        let of = |seed| stories(&mut Rng::with_seed(seed));

        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn every_action_comes_in_a_few_runs() {
        let actions: Vec<_> = (0..20)
            .flat_map(|seed| stories(&mut Rng::with_seed(seed)))
            .flatten()
            .flat_map(|story| story.steps)
            .map(|step| std::mem::discriminant(&step.action))
            .collect();

        let distinct = actions.iter().collect::<std::collections::HashSet<_>>();
        assert_eq!(distinct.len(), 7);
    }
}
