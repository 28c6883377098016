//! What merchants and operators live through, over HTTP, on a stack deployed from `template.yaml`.
//!
//! Every test has merchants of its own, so that all of them run at once on one stack. `stopping` is the slow one: it waits
//! for what AWS tells of a stopped execution.

mod crowd;
mod images;
mod lists;
mod market;
mod publishing;
mod reconciling;
mod refusals;
mod registering;
mod rejected;
mod stopping;
mod tenants;
mod uploads;
mod webhooks;
mod withdrawing;
