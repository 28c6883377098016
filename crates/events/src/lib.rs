//! The outbox relay: events from documents to history and to the event bus, at least once and in order.

mod bus;
mod relay;

pub use bus::{Config, EventBus, MissingName};
pub use relay::{Drained, Relay};

/// What can go wrong while events are delivered. None of it loses one: they stay in their outbox.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bus did not answer or refused the whole request.
    #[error("the event bus does not answer")]
    Bus(#[source] Box<aws_sdk_eventbridge::Error>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] tola_store::Error),
    /// An event can't be written as JSON.
    #[error("an event can't be written")]
    Event(#[from] serde_json::Error),
}

impl Error {
    /// Whether trying again helps.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Bus(_) => true,
            Self::Store(error) => error.is_transient(),
            Self::Event(_) => false,
        }
    }
}
