//! Where everything that runs crosses over to what outlives it: a command to the database, a call of AWS. A test decides
//! who crosses next, and who dies on the way over or on the way back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

/// What becomes of somebody who crosses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Passage {
    /// It is done, and the answer comes back.
    Safe,
    /// It is done, and no answer comes back.
    OneWay,
}

/// The gate of one environment of functions, which does one thing at a time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<oneshot::Sender<Passage>>,
    /// How many are on the way over of whom nobody will hear.
    leaving: usize,
}

impl Gate {
    /// Waits to be let over. Nothing if the one who waits is given up: then nothing is to be done.
    pub(crate) async fn cross(&self) -> Option<Passage> {
        let (let_over, over) = oneshot::channel();
        self.state().waiting.push_back(let_over);
        self.0.changed.notify_one();
        over.await.ok()
    }

    /// Says that what was to be done over there, and nobody to be told of, is done.
    pub(crate) fn crossed(&self) {
        let mut state = self.state();
        state.leaving = state.leaving.saturating_sub(1);
        drop(state);
        self.0.changed.notify_one();
    }

    /// Waits until somebody waits.
    pub(crate) async fn arrival(&self) {
        while self.state().waiting.is_empty() {
            self.0.changed.notified().await;
        }
    }

    /// Lets everybody over who waits.
    pub(crate) fn open(&self) {
        for waiting in self.state().waiting.drain(..) {
            let _ = waiting.send(Passage::Safe);
        }
    }

    /// Lets everybody over who waits, never to return; and waits until all are over.
    pub(crate) async fn let_go(&self) {
        {
            let mut state = self.state();
            let leaving: Vec<_> = state.waiting.drain(..).collect();
            state.leaving += leaving.into_iter().filter_map(|waiting| waiting.send(Passage::OneWay).ok()).count();
        }
        while self.state().leaving > 0 {
            self.0.changed.notified().await;
        }
    }

    /// Gives everybody up who waits, and waits for nobody.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        state.waiting.clear();
        state.leaving = 0;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
