//! The outbox relay: events from documents to history and to the event bus.
