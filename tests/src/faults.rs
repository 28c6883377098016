//! What breaks in the middle, and what comes of it: nothing that was acknowledged is lost, and products become READY all
//! the same.
//!
//! All of it is slow. Tests that break something take turns with a stack that is started for them and stopped with them;
//! `leftovers` break nothing, and share the stack of the journeys.

mod database;
mod expiry;
mod leftovers;
mod poison;
mod processes;
