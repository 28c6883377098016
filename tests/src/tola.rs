//! One test binary for what no single crate can promise.
//!
//! `contracts` holds the state machines to the Rust types, `template` holds `template.yaml` to the code; both only read
//! files. Each of their checks is a function from what was read to findings, and is proven by a mutation: the same
//! check, given a machine or template with one mistake, has to find it.
//!
//! `journeys` and `fixtures` use the stack that `cargo xtask test` has deployed; most of `faults` start stacks of their
//! own and break them.

#![expect(clippy::expect_used, clippy::panic, reason = "a panic in a test is its report")]

mod asl;
mod channel_types;
mod cloudformation;
mod contracts;
mod faults;
mod findings;
mod fixtures;
mod journeys;
mod runbook;
mod scopes;
mod template;
mod workspace;
