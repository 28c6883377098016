//! The deployed stack, broken while merchants are at work: faults, the merchants, and what is to be seen afterwards.
//!
//! [`run`] is where to start reading. A run is decided by its fault and its seed: what the merchants do, what breaks, how
//! and for how long. What a machine decides, such as who is first of two who are at it at the same time, it does not repeat.

pub(crate) mod ballast;
pub(crate) mod client;
pub(crate) mod faults;
pub(crate) mod load;
pub(crate) mod memory;
pub(crate) mod plan;
mod proxy;
pub(crate) mod report;
pub(crate) mod results;
pub(crate) mod run;
mod settle;
pub(crate) mod stage;
mod statistics;
mod testimony;
mod timeline;
mod workload;
