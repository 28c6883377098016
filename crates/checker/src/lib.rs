//! Nothing lost, nothing done twice: what an outsider can see of Tola, held against what it acknowledged.
//!
//! Whoever breaks something gathers a [`Testimony`] when everything has settled down: what the API shows, the events that
//! came over the bus, and the channels' own ledgers. [`check`] knows nothing else, neither documents nor executions, so that
//! it is the same for the deployed stack and for the workflows in process.

mod check;
mod oracle;
mod testimony;
mod timeline;
mod violation;

pub use check::check;
pub use oracle::{Oracle, Status};
pub use testimony::{MerchantTestimony, ProductTestimony, Shop, Testimony, Write};
pub use timeline::{Moment, timeline};
pub use violation::{Rule, Violation};
