//! What can happen next, and what does.

use tola_asl::Failure;
use tola_catalog::Timestamp;

use super::World;
use super::executions::Zombie;
use super::invocations::{Done, What};
use super::messages::Message;
use crate::clients::Client;
use crate::environment::Consumer;

/// What can happen next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Choice {
    GoesOn(usize),
    Delivery(usize),
    Task(usize, u64),
    Callback(usize),
    Client(usize),
    Zombie(usize),
    Sweep,
    Time,
    Stop(usize),
}

impl World {
    /// What happens next: what the dice say, or the first thing of all that can.
    pub(super) fn choice(&mut self) -> Option<Choice> {
        self.takes_note();
        if self.dice.is_none() {
            return self.choices().next();
        }
        let choices: Vec<Choice> = self.choices().collect();
        let dice = self.dice.as_mut()?;
        if !self.faults.are_over() {
            match dice.u32(0..400) {
                0..2 if self.wakes().is_some() => return Some(Choice::Time),
                2..4 if !self.executions.is_empty() => {
                    let which = self.dice.as_mut()?.usize(0..self.executions.len());
                    if self.executions[which].execution.outcome().is_none() {
                        return Some(Choice::Stop(which));
                    }
                }
                4..8 if self.free().is_some() => return Some(Choice::Sweep),
                8..20 if self.free().is_some() && !self.zombies.is_empty() => {
                    return Some(Choice::Zombie(self.dice.as_mut()?.usize(0..self.zombies.len())));
                }
                _ => {}
            }
        }
        let dice = self.dice.as_mut()?;
        (!choices.is_empty()).then(|| choices[dice.usize(0..choices.len())])
    }

    /// What can happen at once, the first thing first.
    pub(super) fn choices(&self) -> impl Iterator<Item = Choice> {
        let now = self.now;
        let may_begin = self.free().is_some() && (self.dice.is_some() || self.invocations.is_empty());
        let goes_on = (0..self.invocations.len()).map(Choice::GoesOn);
        let callbacks = (0..self.cloud.get().callbacks.len()).map(Choice::Callback);
        let in_order = move |to: Consumer| {
            let messages = self.messages.iter().enumerate();
            messages.filter(move |(_, message)| message.to == to && message.from <= now)
        };
        let order = [Consumer::Settler, Consumer::Adapter, Consumer::Relay, Consumer::Ingest];
        let deliveries = order.into_iter().flat_map(in_order).map(|(number, _)| Choice::Delivery(number));
        let tasks = self.executions.iter().enumerate().flat_map(|(number, running)| {
            let attempts = running.execution.attempts().map(|(attempt, _)| attempt);
            let waiting = attempts.filter(|attempt| !running.begun.contains(attempt));
            waiting.map(move |attempt| Choice::Task(number, attempt))
        });
        let clients = self.clients.iter().enumerate().filter(move |(_, client)| client.acts_from() <= Some(now));
        let clients = clients.filter(|(_, client)| client.acts_from().is_some());
        let clients = clients.map(|(number, _)| Choice::Client(number));
        let begins = deliveries.chain(tasks).chain(clients);
        goes_on.chain(callbacks).chain(begins.filter(move |_| may_begin))
    }

    /// When something can happen that can't yet.
    pub(super) fn wakes(&self) -> Option<Timestamp> {
        let executions = self.executions.iter().filter_map(|running| running.execution.wakes());
        let messages = self.messages.iter().map(|message| message.from).filter(|from| *from > self.now);
        let clients = self.clients.iter().filter_map(Client::acts_from).filter(|from| *from > self.now);
        executions.chain(messages).chain(clients).min()
    }

    /// An environment that does nothing.
    pub(super) fn free(&self) -> Option<usize> {
        let is_busy = |number: &usize| self.invocations.iter().any(|invocation| invocation.environment == *number);
        (0..self.environments.len()).find(|number| !is_busy(number))
    }

    pub(super) async fn happens(&mut self, choice: Choice) {
        match choice {
            Choice::GoesOn(number) => self.goes_on(number).await,
            Choice::Callback(number) => self.takes_callback(number),
            Choice::Delivery(number) => {
                let Some(message) = self.messages.remove(number) else { return };
                let (functions, to, body) = (self.functions(), message.to, message.body.clone());
                let doing = async move { Done::Message(functions.takes(to, &body).await) };
                let fate = message.fate;
                self.begins(What::Message(message), 30, fate, Box::pin(doing)).await;
            }
            Choice::Task(number, attempt) => self.does_a_task(number, attempt).await,
            Choice::Client(number) => self.asks(number).await,
            Choice::Zombie(number) => match self.zombies.remove(number) {
                Some(Zombie::Call(function, payload)) => {
                    let place = (String::new(), function.clone());
                    self.calls(What::Task { place, attempt: None, answer_lost: true }, None, function, payload).await;
                }
                Some(Zombie::Message(message)) => self.puts(Message { from: self.now, ..message }),
                None => {}
            },
            Choice::Sweep => {
                let (functions, now) = (self.functions(), self.now);
                let doing = async move { Done::Sweep(Box::new(functions.sweep(now).await)) };
                self.begins(What::Sweep, 50, None, Box::pin(doing)).await;
            }
            Choice::Time => {
                if let Some(at) = self.wakes() {
                    self.passes(at);
                }
            }
            Choice::Stop(number) => {
                if let Some(dice) = &mut self.dice
                    && self.faults.takes_chance(dice)
                {
                    let arn = self.executions[number].arn.clone();
                    self.tells("fault", || format!("somebody stops {arn}"));
                    let cause = "somebody at a console wants it so".to_owned();
                    self.executions[number].execution.stop(Failure { error: "Stopped".to_owned(), cause });
                }
            }
        }
    }
}
