//! The workflows in process: the API, the steps, the sweep and the sandbox's adapter as they are deployed, and the state
//! machines as they are in their files, over a database in memory. What is played is what AWS does: it calls functions, keeps
//! executions and queues, and takes events ([`cloud`], and [`tola_asl`] for the machines).
//!
//! A test decides what time it is, and which attempt of which task fails and how ([`faults`]). Then everything settles down:
//! [`world::World::settles`]. What an outsider can see has to be the same as without the fault ([`story`]).

#![expect(clippy::expect_used, clippy::panic, reason = "a panic in a test is its report")]

mod bucket;
mod clients;
mod cloud;
mod database;
mod environment;
mod faults;
mod gate;
mod pictures;
mod seeds;
mod story;
mod witness;
mod world;
