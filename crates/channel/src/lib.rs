//! What an adapter of a sales channel implements, and the harness that carries a workflow's commands out with it.
//!
//! An [`Adapter`] knows one kind of channel: how to look for a listing, offer, withdraw and close it, and nothing of
//! fences, claims, lost answers or workflows. The [`Harness`] knows those: it claims the command, looks at the channel
//! first when an earlier call did not say what came of it, stores the outcome, and only then answers the workflow.
//! Whoever adds a channel writes an adapter and runs the contract tests of [`testing`] against it.

mod adapter;
pub mod code;
mod harness;
mod inquiry;
mod replies;
#[cfg(test)]
mod room;
mod serve;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use adapter::{Adapter, Call, Failure, LetGo, Shelf, Visit, schema_of};
pub use harness::{CALL_TIMEOUT, Harness, LEASE};
pub use inquiry::CONNECT_TIMEOUT;
pub use replies::{Replies, Reply, WaitingTasks};
pub use serve::{handle, serve, serve_with};
pub use tola_catalog::{EffectiveView, ViewImage};
