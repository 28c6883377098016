//! What end-to-end tests share. Tests speak the domain with it:
//!
//! ```no_run
//! # async fn example() {
//! use tola_testkit::{READY, TestStack, a_photo, a_product};
//!
//! let stack = TestStack::deployed().await;
//! let merchant = stack.merchant("casa-lumbre");
//! let photo = merchant.uploads(a_photo(1600, 1200)).await;
//! merchant.registers(a_product().named("Lamp").with(&photo)).await.becomes(READY).await;
//! # }
//! ```
//!
//! [`TestStack`] is a stack deployed from `template.yaml`, [`Merchant`] who uses its HTTP API, and [`OwnStack`] a stack
//! that one test at a time has for itself and may break. Every merchant is a new one, so that tests neither meet nor need an
//! empty stack. Whatever is not as it should be panics with what was seen: for tests alone, no function may depend on
//! this crate.

#![expect(clippy::expect_used, clippy::panic, reason = "a panic in a test is its report")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it does not find what a test asks for")]

mod browser;
mod draft;
mod events;
mod http;
mod image;
mod leftover;
mod merchant;
mod operation;
mod own;
mod photo;
mod poll;
mod processes;
mod product;
mod queues;
mod receiver;
mod session;
mod stack;
mod workflows;

pub use browser::Browser;
pub use draft::{Draft, a_product};
pub use events::{gapless, kinds};
pub use http::{Answer, Request};
pub use image::{Image, Promise};
pub use leftover::{an_operation, left_behind, listed_as, live_on, now, submitted_to};
pub use merchant::Merchant;
pub use operation::Operation;
pub use own::OwnStack;
pub use photo::{Photo, a_file, a_photo};
pub use poll::{SOON, TWO_MINUTES, caught, eventually, watched};
pub use product::Product;
pub use queues::Queue;
pub use receiver::{Delivery, Receiver};
pub use session::Session;
pub use stack::TestStack;
pub use workflows::Recorded;

/// A product that lacks something, or was not judged yet.
pub const DRAFT: &str = "DRAFT";
/// A product that is complete, or an image that has its renditions.
pub const READY: &str = "READY";
/// An image that can't be used.
pub const REJECTED: &str = "REJECTED";
/// An image that nobody uploaded yet.
pub const AWAITING_UPLOAD: &str = "AWAITING_UPLOAD";
/// An operation under way.
pub const RUNNING: &str = "RUNNING";
/// An operation, execution or step that did its work.
pub const SUCCEEDED: &str = "SUCCEEDED";
/// An operation that gave up.
pub const FAILED: &str = "FAILED";
/// An operation that somebody cancelled.
pub const CANCELLED: &str = "CANCELLED";
/// An execution that somebody stopped.
pub const ABORTED: &str = "ABORTED";
