//! What happened when, for whoever has to find out why something went wrong.

use std::fmt;

use serde_json::Value;
use tola_catalog::Timestamp;

use crate::Testimony;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// By whom or where: `client`, `fault`, `event`, a channel.
    pub who: String,
    /// What.
    pub what: String,
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}  {:14} {}", self.at, self.who, self.what)
    }
}

/// What was noted down, with the products' events and what happened at the channels between, the first first.
pub fn timeline(noted: &[Moment], testimony: &Testimony) -> Vec<Moment> {
    let mut moments = noted.to_vec();
    for product in testimony.merchants.iter().flat_map(|merchant| &merchant.products) {
        moments.extend(product.history.iter().filter_map(|event| of_event(&product.id, event)));
        for (channel, shop) in &product.shops {
            moments.extend(shop.ledger.iter().map(|entry| {
                let fence = entry.fence.map(|fence| format!(" under fence {fence}")).unwrap_or_default();
                let what = format!("{} {:?}{fence}", product.id, entry.effect);
                Moment { at: entry.at, who: channel.clone(), what }
            }));
        }
    }
    moments.sort_by_key(|moment| moment.at);
    moments
}

fn of_event(product: &str, event: &Value) -> Option<Moment> {
    let at = event["occurred_at"].as_str().and_then(|at| Timestamp::parse(at).ok())?;
    let what = format!("{product} {} {} {}", event["sequence"], event["kind"].as_str()?, event["data"]);
    Some(Moment { at, who: "event".to_owned(), what })
}
