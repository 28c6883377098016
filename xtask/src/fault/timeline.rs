//! What happened in a run, told by whoever was there.

use std::sync::{Arc, Mutex, PoisonError};

use tola_catalog::Timestamp;
use tola_checker::{Moment, Testimony};

/// What happened in a run. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Timeline(Arc<Mutex<Vec<Moment>>>);

impl Timeline {
    /// Something happens now.
    pub(crate) fn tell(&self, who: &str, what: impl Into<String>) {
        let moment = Moment { at: now(), who: who.to_owned(), what: what.into() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(moment);
    }

    /// Everything, with events and what happened at channels between, the first first.
    pub(crate) fn told(&self, testimony: &Testimony) -> String {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        tola_checker::timeline(&noted, testimony).iter().map(|moment| format!("{moment}\n")).collect()
    }
}

/// The time, as documents have it.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}
