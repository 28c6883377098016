//! The time as a test says it is, on the thread on which it says so.

use std::cell::Cell;

use tola_catalog::Timestamp;

thread_local! {
    static NOW: Cell<Option<Timestamp>> = const { Cell::new(None) };
}

/// From now on it is this time on this thread.
pub fn set(now: Timestamp) {
    NOW.set(Some(now));
}

/// What was set.
pub(crate) fn told() -> Option<Timestamp> {
    NOW.get()
}
