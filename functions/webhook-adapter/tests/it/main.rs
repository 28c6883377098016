//! The adapter against receivers on this machine.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is a test's report")]

mod contract;
mod deliveries;
mod network;
mod receiver;
