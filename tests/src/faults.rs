//! What breaks in the middle, and what comes of it: nothing that was acknowledged is lost, and products become READY all
//! the same.
//!
//! All of it is slow. Tests that break something have a stack of their own, which is started for them and stopped with
//! them; at most two such stacks run at a time.

mod database;
mod leftovers;
mod poison;
mod processes;
