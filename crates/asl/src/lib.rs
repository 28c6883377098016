//! Runs our state machines in process, a task at a time. Development only: whoever tests what becomes of a workflow when its
//! tasks fail, die, or answer twice decides here in which order things happen and what time it is.
//!
//! It knows the part of the Amazon States Language that our machines use, and refuses a machine that uses more
//! ([`Machine::parse`]). An [`Execution`] does nothing by itself: it says which tasks wait for an answer, takes answers, and is
//! told the time. An end-to-end test holds it to the local cloud, by having it walk through what was recorded there.

mod execution;
mod expression;
mod machine;

pub use execution::{Execution, Failure, Outcome, Pending, Started};
pub use expression::{Expression, NotAnExpression};
pub use machine::{Machine, Unsupported};
