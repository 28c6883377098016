//! What merchants and operators live through, over HTTP, on a stack deployed from `template.yaml`.
//!
//! Every test has merchants of its own, so that all of them run at once on one stack. `stopping` and `interrupting`
//! are the slow ones: they wait for what AWS tells of a stopped execution.

mod by_sku;
mod canaries;
mod categories;
mod completeness;
mod crowd;
mod docs;
mod identity;
mod images;
mod interrupting;
mod inventory;
mod lists;
mod market;
mod patience;
mod plans;
mod publishing;
mod reconciling;
mod refusals;
mod registering;
mod rejected;
mod replays;
mod searching;
mod shelves;
mod stopping;
mod tenants;
mod uploads;
mod webhooks;
mod withdrawing;
