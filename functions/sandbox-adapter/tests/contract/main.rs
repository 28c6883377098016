//! The adapter contract, held by the sandbox, and what the sandbox does besides.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is a test's report")]

mod answers;
mod commands;
mod configuration;
mod ledger;
mod looks;
mod marketplace;

use marketplace::marketplace;

tola_channel::contract_tests!(marketplace);
