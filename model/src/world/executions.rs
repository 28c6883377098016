//! Executions of state machines: what they ask for, what they are told, and what goes wrong between.

use std::collections::BTreeSet;
use std::sync::Arc;

use fastrand::Rng;
use serde_json::{Value, json};
use tola_asl::{Execution, Failure, Outcome, Pending, Started};

use super::World;
use super::invocations::{Done, What};
use super::messages::Message;
use crate::cloud::status_of;
use crate::environment::Consumer;
use crate::faults::{Fate, Fault, Place};

pub(super) struct Running {
    pub(super) arn: String,
    pub(super) machine: String,
    pub(super) input: Value,
    pub(super) execution: Execution,
    /// Attempts that somebody does, or that lie in a queue.
    pub(super) begun: BTreeSet<u64>,
    /// Whether whoever wants to know has been told of its end.
    pub(super) is_told: bool,
}

/// A call that was taken for lost.
pub(super) enum Zombie {
    Call(String, Value),
    Message(Message),
}

impl World {
    /// Takes up what AWS was asked for, and what it tells of by itself.
    pub(super) fn takes_note(&mut self) {
        let (started, stopped, relay) = {
            let mut cloud = self.cloud.get();
            (std::mem::take(&mut cloud.started), std::mem::take(&mut cloud.stopped), std::mem::take(&mut cloud.relay))
        };
        for (name, arn, input) in started {
            let machine = self.machines.get(name.as_str()).unwrap_or_else(|| panic!("nobody runs {name}"));
            let started = Started { id: arn.clone(), input: input.clone(), at: self.now };
            let execution = Execution::start(Arc::clone(machine), started);
            self.tells("workflow", || format!("{arn} starts"));
            let begun = BTreeSet::new();
            self.executions.push(Running { arn, machine: name, input, execution, begun, is_told: false });
        }
        for (arn, failure) in stopped {
            if let Some(running) = self.executions.iter_mut().find(|running| running.arn == arn) {
                running.execution.stop(failure);
            }
        }
        for body in relay {
            self.sends(Consumer::Relay, body);
        }
        for number in 0..self.executions.len() {
            self.tells_of_end(number);
        }
    }

    /// What EventBridge tells `settle-execution` of an execution that did not come to a good end.
    pub(super) fn tells_of_end(&mut self, number: usize) {
        let running = &mut self.executions[number];
        let Some(outcome) = running.execution.outcome().filter(|_| !running.is_told).cloned() else { return };
        running.is_told = true;
        let (arn, input) = (running.arn.clone(), running.input.to_string());
        let status = status_of(Some(&outcome));
        self.tells("workflow", || format!("{arn} has {status}: {outcome:?}"));
        let is_good = matches!(outcome, Outcome::Succeeded(_));
        self.cloud.get().executions.insert(arn.clone(), Some(outcome));
        if !is_good {
            let detail = json!({ "executionArn": arn, "status": status, "input": input });
            self.sends(Consumer::Settler, json!({ "detail": detail }).to_string());
        }
    }

    pub(super) fn answers(&mut self, place: &Place, attempt: Option<(String, u64)>, answer: Result<Value, Failure>) {
        self.tells("ends", || format!("{} {attempt:?}: {answer:?}", place.1));
        let Some((arn, attempt)) = attempt else { return };
        if let Some(running) = self.executions.iter_mut().find(|running| running.arn == arn) {
            running.execution.answer(attempt, answer, self.now);
        }
    }

    pub(super) fn takes_callback(&mut self, number: usize) {
        let Some((token, answer)) = self.cloud.get().callbacks.remove(number) else { return };
        self.tells("callback", || format!("{token}: {answer:?}"));
        for running in &mut self.executions {
            running.execution.answer_token(&token, answer.clone(), self.now);
        }
    }

    pub(super) async fn does_a_task(&mut self, number: usize, attempt: u64) {
        let running = &mut self.executions[number];
        running.begun.insert(attempt);
        let Some(pending) = running.execution.attempt(attempt) else { return };
        let (arn, place) = (running.arn.clone(), (running.machine.clone(), pending.state.clone()));
        let mut no_dice = Rng::with_seed(0);
        let fault = self.faults.met(&place, self.dice.as_mut().unwrap_or(&mut no_dice));
        if let Some(fault) = fault {
            self.tells("fault", || format!("{} of {arn}: {}", place.1, fault.name()));
        }
        if pending.token.is_some() {
            self.gives_a_command(number, &pending, &place, fault);
            return;
        }
        let function = pending.arguments["FunctionName"].as_str().unwrap_or_default().to_owned();
        let payload = pending.arguments["Payload"].clone();
        let waiting = Some((arn, attempt));
        let failure = match fault {
            Some(Fault::FailsBefore) => "Lambda.Unknown",
            Some(Fault::GivesUp) => "STEP_FAILED",
            Some(fault @ (Fault::Zombie | Fault::Ghost)) => {
                self.zombies.push_back(Zombie::Call(function, payload));
                if fault == Fault::Ghost { "STEP_FAILED" } else { "States.Timeout" }
            }
            None | Some(Fault::AnswerLost | Fault::Dies(_) | Fault::Twice | Fault::BusRefuses) => {
                if fault == Some(Fault::Twice) && self.free().is_some() {
                    let echo = What::Task { place: place.clone(), attempt: None, answer_lost: true };
                    self.calls(echo, None, function.clone(), payload.clone()).await;
                    while self.dice.is_none() && !self.invocations.is_empty() {
                        self.goes_on(0).await;
                    }
                    if self.free().is_none() {
                        // There is room for one only: the other one comes when it is over.
                        self.executions[number].begun.remove(&attempt);
                        return;
                    }
                }
                if fault == Some(Fault::BusRefuses) {
                    self.cloud.get().bus_refuses = 1;
                }
                let fate = match fault {
                    Some(Fault::Dies(fate)) => Some(fate),
                    _ => None,
                };
                let what = What::Task { place, attempt: waiting, answer_lost: fault == Some(Fault::AnswerLost) };
                return self.calls(what, fate, function, payload).await;
            }
        };
        self.answers(&place, waiting, error(failure));
    }

    pub(super) async fn calls(&mut self, what: What, fate: Option<Fate>, function: String, payload: Value) {
        let functions = self.functions();
        let doing = async move { Done::Task(functions.call(&function, payload).await) };
        self.begins(what, 15, fate, Box::pin(doing)).await;
    }

    pub(super) fn gives_a_command(&mut self, number: usize, pending: &Pending, place: &Place, fault: Option<Fault>) {
        let body = pending.arguments["MessageBody"].to_string();
        let place_of = Some(place.clone());
        let message = Message { to: Consumer::Adapter, body, from: self.now, receives: 0, place: place_of, fate: None };
        match fault {
            None => self.puts(message.clone()),
            Some(Fault::AnswerLost | Fault::BusRefuses) => self.messages.push_back(message.clone()),
            Some(Fault::Dies(fate)) => self.messages.push_back(Message { fate: Some(fate), ..message.clone() }),
            Some(Fault::Twice) => self.messages.extend([message.clone(), message.clone()]),
            Some(Fault::FailsBefore | Fault::Zombie | Fault::GivesUp | Fault::Ghost) => {}
        }
        let failure = match fault {
            Some(Fault::FailsBefore) => "SQS.SdkClientException",
            // The queue has it, and nobody is told: it is given again.
            Some(Fault::AnswerLost) => "SQS.AmazonSQSException",
            Some(fault @ (Fault::Zombie | Fault::Ghost)) => {
                self.zombies.push_back(Zombie::Message(message));
                if fault == Fault::Ghost { "STEP_FAILED" } else { "States.Timeout" }
            }
            Some(Fault::GivesUp) => "STEP_FAILED",
            None | Some(Fault::Twice | Fault::Dies(_) | Fault::BusRefuses) => return,
        };
        let waiting = Some((self.executions[number].arn.clone(), pending.id));
        self.answers(place, waiting, error(failure));
    }
}

pub(super) fn error(name: &str) -> Result<Value, Failure> {
    Err(Failure { error: name.to_owned(), cause: "{\"errorMessage\": \"the test wants it so\"}".to_owned() })
}
