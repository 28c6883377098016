//! A database that lives in memory and speaks MongoDB's wire protocol: so much of it as Tola uses, and nothing else. What
//! it does not know it refuses; what it knows is held against the embedded database by its tests.

mod commands;
mod query;
#[cfg(test)]
mod tests;
mod update;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};

use commands::Collections;
use mongodb::bson::Document;

pub(crate) use wire::Socket;

/// What all connections see.
#[derive(Clone, Default)]
pub(crate) struct Database(Arc<Mutex<Collections>>);

impl Database {
    /// Takes every document away, and leaves the indexes.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn answer(&self, command: &Document) -> Document {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).answer(command)
    }
}
