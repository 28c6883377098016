//! Functions at work, from one crossing to the next, and how they end.

use std::rc::Rc;
use std::time::Duration;

use futures::future::LocalBoxFuture;
use serde_json::Value;
use sweep::Swept;
use tola_asl::Failure;
use tola_catalog::Timestamp;

use super::executions::error;
use super::messages::Message;
use super::{PHOTO_FILE, World};
use crate::environment::{Consumer, Functions};
use crate::faults::{self, Fate, Place};

/// Something that is being done.
pub(super) struct Invocation {
    pub(super) environment: usize,
    pub(super) what: What,
    pub(super) doing: LocalBoxFuture<'static, Done>,
    /// When Lambda ends it.
    pub(super) deadline: Timestamp,
    pub(super) fate: Option<Fate>,
    pub(super) crossings: u32,
    pub(super) has_begun: bool,
}

pub(super) enum What {
    /// An attempt of an execution; of no execution, if nobody waits for the answer.
    Task {
        place: Place,
        attempt: Option<(String, u64)>,
        answer_lost: bool,
    },
    Message(Message),
    /// A request of a client; of none, if the client has gone away.
    Request(Option<usize>),
    Sweep,
}

pub(super) enum Done {
    Task(Result<Value, Failure>),
    Message(bool),
    Request(u16, Value),
    Sweep(Box<Swept>),
}

impl World {
    /// What runs in the environment that is free.
    pub(super) fn functions(&self) -> Rc<Functions> {
        Rc::clone(&self.environments[self.free().unwrap_or_default()].functions)
    }

    pub(super) async fn begins(
        &mut self,
        what: What,
        seconds: u64,
        fate: Option<Fate>,
        doing: LocalBoxFuture<'static, Done>,
    ) {
        let environment = self.free().expect("a free environment");
        let deadline = self.now.after(Duration::from_secs(seconds));
        self.tells("begins", || what.to_string());
        let begun = Invocation { environment, what, doing, deadline, fate, crossings: 0, has_begun: false };
        self.invocations.push(begun);
        self.goes_on(self.invocations.len() - 1).await;
    }

    /// Lets somebody over who waits to cross, and follows him to the next crossing or to his end.
    pub(super) async fn goes_on(&mut self, number: usize) {
        let invocation = &mut self.invocations[number];
        let gate = self.environments[invocation.environment].gate.clone();
        if invocation.has_begun {
            let fate = invocation.fate.filter(|fate| fate.crossing == invocation.crossings);
            match fate {
                Some(Fate { back: true, .. }) => {
                    tokio::select! { biased; _ = &mut invocation.doing => {}, () = gate.let_go() => {} }
                    return self.dies(number);
                }
                Some(_) => return self.dies(number),
                None => gate.open(),
            }
            invocation.crossings += 1;
        }
        invocation.has_begun = true;
        let done = tokio::select! {
            biased;
            done = &mut invocation.doing => Some(done),
            () = gate.arrival() => None,
        };
        if let Some(done) = done {
            let invocation = self.invocations.remove(number);
            self.ends(invocation, done);
        }
    }

    pub(super) fn ends(&mut self, invocation: Invocation, done: Done) {
        let (what, crossings) = (invocation.what, invocation.crossings);
        match (what, done) {
            (What::Task { place, attempt, answer_lost }, Done::Task(answer)) => {
                self.faults.crossed(&place, crossings);
                let answer = if answer_lost { error("Runtime.ExitError") } else { answer };
                self.answers(&place, attempt, answer);
            }
            (What::Message(message), Done::Message(was_taken)) => {
                if let Some(place) = &message.place {
                    self.faults.crossed(place, crossings);
                }
                self.tells("ends", || format!("{message:?} {}", if was_taken { "taken" } else { "not taken" }));
                if !was_taken {
                    self.comes_again(message);
                }
            }
            (What::Request(client), Done::Request(status, answer)) => {
                self.tells("answer", || format!("client {client:?} hears {status} {answer}"));
                if let Some(client) = client {
                    self.clients[client].hears(Some((status, answer)), self.now);
                    if let Some(key) = self.clients[client].uploads() {
                        self.uploads(&key, PHOTO_FILE.clone());
                    }
                }
            }
            (What::Sweep, Done::Sweep(swept)) => self.tells("ends", || format!("{swept:?}")),
            (what, _) => panic!("{what} came to another end"),
        }
    }

    /// Somebody dies where he stands.
    pub(super) fn dies(&mut self, number: usize) {
        let invocation = self.invocations.remove(number);
        self.environments[invocation.environment].gate.clear();
        self.tells("fault", || {
            format!("{} dies at {:?} of {}", invocation.what, invocation.fate, invocation.crossings)
        });
        let place = match &invocation.what {
            What::Task { place, .. } => Some(place),
            What::Message(message) => message.place.as_ref(),
            _ => None,
        };
        if let (Some(place), Some(fate)) = (place, invocation.fate) {
            self.faults.died(place, fate);
        }
        match invocation.what {
            What::Task { place, attempt, .. } => self.answers(&place, attempt, error("Runtime.ExitError")),
            What::Message(message) => {
                if message.to == Consumer::Adapter {
                    self.calls_up_a_ghost();
                }
                self.comes_again(message);
            }
            What::Request(Some(client)) => self.clients[client].hears(None, self.now),
            What::Request(None) | What::Sweep => {}
        }
    }

    /// A client makes its next request. By chance it dies on its way, or nobody waits for the answer any more.
    pub(super) async fn asks(&mut self, number: usize) {
        let now = self.now;
        let Some(asked) = self.clients[number].asks() else { return };
        self.tells("request", || format!("client {number}: {asked:?}"));
        let (mut fate, mut waiting) = (None, Some(number));
        if let Some(dice) = &mut self.dice
            && self.faults.takes_chance(dice)
        {
            // An edit names no version here, so that one that nobody waits for must not outlive the next.
            if asked.method == "PATCH" || dice.bool() {
                fate = Some(faults::some_fate(dice));
            } else {
                waiting = None;
                self.clients[number].hears(None, now);
            }
        }
        let functions = self.functions();
        let doing = async move {
            let (status, answer) = functions.request(asked).await;
            Done::Request(status, answer)
        };
        self.begins(What::Request(waiting), 30, fate, Box::pin(doing)).await;
    }
}

impl std::fmt::Display for What {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Task { place, attempt, .. } => write!(formatter, "{} {attempt:?}", place.1),
            Self::Message(message) => write!(formatter, "{:?} {}", message.to, message.body),
            Self::Request(client) => write!(formatter, "request of {client:?}"),
            Self::Sweep => formatter.write_str("sweep"),
        }
    }
}
