//! The embedded database and the local cloud: everything that `cargo xtask up` and the end-to-end tests start on a
//! developer's machine. Development only: no function may depend on this crate.
//!
//! - [`database`] serves the embedded database over the MongoDB wire protocol, in a process of its own or in a test.
//! - [`python`] keeps the pinned Python packages that the local cloud needs in the project's own folder.
//! - [`cloud`] runs the local cloud; [`aws`] speaks to it, and to nothing else.
//! - [`functions`] builds the Lambda bootstraps; [`package`] zips them; [`deploy`] deploys `template.yaml`.
//! - [`demo`] seeds the demo merchants; [`users`] makes people who can sign in.
//! - [`stack`] puts all of it together, and is where to start reading.

pub mod aws;
pub mod browser;
mod cargo;
pub mod cloud;
pub mod database;
pub mod demo;
pub mod deploy;
mod error;
pub mod functions;
pub mod package;
pub mod port;
pub mod process;
mod progress;
pub mod python;
pub mod stack;
pub mod users;

pub use cargo::cargo;
pub use database::InProcessDatabase;
pub use error::{Error, Result};
pub use progress::{Progress, Quiet};
pub use stack::{Options, Stack, StackInfo};
