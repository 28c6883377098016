//! The API in process: its router against an embedded database, with workflows and relay played by the test.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests report by panicking, as tests do")]
#![expect(clippy::needless_pass_by_value, reason = "json!(…) at a call reads best without a &")]

mod alike;
mod browsers;
mod by_sku;
mod categories;
mod category_images;
mod category_schemas;
mod channels;
mod commands;
mod completeness;
mod contract;
mod editing;
mod failing_well;
mod gateway;
mod idempotency;
mod images;
mod inventory;
mod listings;
mod market;
mod openapi;
mod operations;
mod places;
mod products;
mod publishing;
mod quotas;
mod reconciling;
mod repeating;
mod robustness;
mod search;
mod support;
mod tenants;
mod tokens;
mod withdrawing;
