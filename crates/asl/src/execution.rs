//! An execution: where each of its threads is, and what it waits for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tola_catalog::Timestamp;

use crate::expression::Expression;
use crate::machine::{Catch, Machine, State, States, Task};

/// What Step Functions calls a task that did not answer in its time.
const TIMEOUT: &str = "States.Timeout";
/// What it calls an expression that has no value.
const NO_VALUE: &str = "States.QueryEvaluationError";
/// A task that waits until somebody answers its token.
const CALLBACK: &str = ".waitForTaskToken";
/// The thread that is no item of a map.
const MAIN: u64 = 0;

/// What an execution was started with.
#[derive(Debug, Clone)]
pub struct Started {
    /// Its ARN.
    pub id: String,
    /// Its input.
    pub input: Value,
    /// When.
    pub at: Timestamp,
}

/// A task that waits for an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// Which attempt of which task this is: every one has its own.
    pub id: u64,
    /// The state's name.
    pub state: String,
    /// The service and what is asked of it.
    pub resource: String,
    /// With what, everything evaluated.
    pub arguments: Value,
    /// When it is too late.
    pub deadline: Timestamp,
    /// What an answer names, if the task waits for one that comes from elsewhere.
    pub token: Option<String>,
}

/// An error as Retry and Catch see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its name.
    pub error: String,
    /// What lies behind it.
    pub cause: String,
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// With this output.
    Succeeded(Value),
    /// In a state that says so, or with an error that nobody caught.
    Failed(Failure),
    /// It took longer than its machine allows.
    TimedOut,
    /// Somebody stopped it.
    Aborted(Failure),
}

/// An execution of a machine.
#[derive(Debug, Clone)]
pub struct Execution {
    machine: Arc<Machine>,
    started: Started,
    threads: BTreeMap<u64, Thread>,
    count: u64,
    entered: Vec<String>,
    outcome: Option<Outcome>,
}

/// The main thread, or an item of a map.
#[derive(Debug, Clone)]
struct Thread {
    /// The thread of the map, and which of its items this is.
    item_of: Option<(u64, usize)>,
    state: String,
    input: Value,
    variables: Map<String, Value>,
    /// How often the state was retried: in all, and by each of its rules.
    retries: u32,
    by_rule: Vec<u32>,
    waits: Waits,
}

#[derive(Debug, Clone)]
enum Waits {
    /// For nothing: it is under way.
    No,
    /// For an answer to this attempt, until then.
    Answer { attempt: u64, until: Timestamp },
    /// For the next attempt.
    Retry { at: Timestamp },
    /// For the time.
    Time { at: Timestamp },
    /// For the items of a map, of which some have come to their end.
    Items { results: Vec<Option<Value>> },
}

impl Execution {
    /// Starts an execution, which runs up to its first tasks.
    pub fn start(machine: Arc<Machine>, started: Started) -> Self {
        let first = thread(None, machine.start_at.clone(), started.input.clone(), Map::new());
        let at = started.at;
        let threads = BTreeMap::from([(MAIN, first)]);
        let mut execution = Self { machine, started, threads, count: 0, entered: Vec::new(), outcome: None };
        execution.go_on(MAIN, at);
        execution
    }

    /// How it ended, if it has.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// The states that were entered so far, in this order.
    pub fn entered(&self) -> &[String] {
        &self.entered
    }

    /// The tasks that wait for an answer.
    pub fn pending(&self) -> Vec<Pending> {
        self.threads.keys().filter_map(|thread| self.pending_of(*thread)).collect()
    }

    /// The attempts that wait for an answer, each with its state, the first to begin first.
    pub fn attempts(&self) -> impl Iterator<Item = (u64, &str)> {
        self.threads.values().filter_map(|thread| match thread.waits {
            Waits::Answer { attempt, .. } => Some((attempt, thread.state.as_str())),
            _ => None,
        })
    }

    /// What one of them asks for.
    pub fn attempt(&self, attempt: u64) -> Option<Pending> {
        let waits = |thread: &Thread| matches!(thread.waits, Waits::Answer { attempt: own, .. } if own == attempt);
        self.threads.iter().find(|(_, thread)| waits(thread)).and_then(|(id, _)| self.pending_of(*id))
    }

    /// When something happens by itself next: a retry, the end of a wait, a task or the whole that takes too long.
    pub fn wakes(&self) -> Option<Timestamp> {
        if self.outcome.is_some() {
            return None;
        }
        let of_threads = self.threads.values().filter_map(|thread| match thread.waits {
            Waits::Answer { until: at, .. } | Waits::Retry { at } | Waits::Time { at } => Some(at),
            Waits::No | Waits::Items { .. } => None,
        });
        of_threads.chain([self.ends_by()]).min()
    }

    /// Lets everything happen that is due.
    pub fn advance(&mut self, now: Timestamp) {
        if self.outcome.is_none() && self.ends_by() <= now {
            self.end(Outcome::TimedOut);
        }
        while let Some(thread) = self.due(now) {
            let Some(waiting) = self.threads.get_mut(&thread) else { return };
            match std::mem::replace(&mut waiting.waits, Waits::No) {
                Waits::Answer { .. } => {
                    let cause = "the task took longer than it may".to_owned();
                    self.failed(thread, Failure { error: TIMEOUT.to_owned(), cause }, now);
                }
                _ => self.go_on_after_waiting(thread, now),
            }
        }
    }

    /// Gives an attempt its answer. Returns whether anybody waited for it: an answer that comes too late, or once more,
    /// changes nothing.
    pub fn answer(&mut self, attempt: u64, answer: Result<Value, Failure>, now: Timestamp) -> bool {
        let waits = |thread: &Thread| matches!(thread.waits, Waits::Answer { attempt: own, .. } if own == attempt);
        let Some(thread) = self.threads.iter().find(|(_, thread)| waits(thread)).map(|(id, _)| *id) else {
            return false;
        };
        match answer {
            Ok(result) => self.succeeded(thread, &result, now),
            Err(failure) => self.failed(thread, failure, now),
        }
        true
    }

    /// Gives the attempt with this token its answer; see [`Self::answer`].
    pub fn answer_token(&mut self, token: &str, answer: Result<Value, Failure>, now: Timestamp) -> bool {
        let found = self.pending().into_iter().find(|pending| pending.token.as_deref() == Some(token));
        found.is_some_and(|pending| self.answer(pending.id, answer, now))
    }

    /// Stops it, unless it has ended.
    pub fn stop(&mut self, failure: Failure) {
        if self.outcome.is_none() {
            self.end(Outcome::Aborted(failure));
        }
    }

    fn ends_by(&self) -> Timestamp {
        later(self.started.at, self.machine.timeout_seconds)
    }

    fn end(&mut self, outcome: Outcome) {
        self.threads.clear();
        self.outcome = Some(outcome);
    }

    fn due(&self, now: Timestamp) -> Option<u64> {
        let is_due = |thread: &Thread| match thread.waits {
            Waits::Answer { until: at, .. } | Waits::Retry { at } | Waits::Time { at } => at <= now,
            Waits::No | Waits::Items { .. } => false,
        };
        self.threads.iter().find(|(_, thread)| is_due(thread)).map(|(id, _)| *id)
    }

    fn pending_of(&self, id: u64) -> Option<Pending> {
        let thread = self.threads.get(&id)?;
        let Waits::Answer { attempt, until } = thread.waits else { return None };
        let Some(State::Task(task)) = self.state_of(thread) else { return None };
        // It was evaluated before, when the task was begun.
        let arguments = self.evaluated(&task.arguments, thread, None, None).ok()?;
        let token = task.resource.ends_with(CALLBACK).then(|| self.token(attempt));
        let (state, resource) = (thread.state.clone(), task.resource.clone());
        Some(Pending { id: attempt, state, resource, arguments, deadline: until, token })
    }

    fn token(&self, attempt: u64) -> String {
        format!("{}#{attempt}", self.started.id)
    }

    fn state_of(&self, thread: &Thread) -> Option<&State> {
        self.states_of(thread)?.get(&thread.state)
    }

    /// The states among which a thread moves: those of its map, or the machine's.
    fn states_of(&self, thread: &Thread) -> Option<&States> {
        let Some((parent, _)) = thread.item_of else { return Some(&self.machine.states) };
        match self.state_of(self.threads.get(&parent)?)? {
            State::Map(map) => Some(&map.item_processor.states),
            _ => None,
        }
    }

    /// Takes a thread as far as it comes without an answer or the time.
    fn go_on(&mut self, id: u64, now: Timestamp) {
        let machine = Arc::clone(&self.machine);
        while let Some(thread) = self.threads.get(&id).cloned() {
            self.entered.push(thread.state.clone());
            let states = match thread.item_of {
                None => &machine.states,
                Some((parent, _)) => match self.threads.get(&parent).and_then(|map| machine.states.get(&map.state)) {
                    Some(State::Map(map)) => &map.item_processor.states,
                    _ => return,
                },
            };
            let Some(state) = states.get(&thread.state) else { return };
            match self.step(id, &thread, state, now) {
                Ok(Some((next, output))) => self.enter(id, &next, output),
                Ok(None) => return,
                Err(failure) => return self.failed(id, failure, now),
            }
        }
    }

    /// Does a state: returns the next one with its input, or nothing if the thread waits or has ended.
    fn step(
        &mut self,
        id: u64,
        thread: &Thread,
        state: &State,
        now: Timestamp,
    ) -> Result<Option<(String, Value)>, Failure> {
        match state {
            State::Task(task) => {
                self.begin(id, task, now)?;
                Ok(None)
            }
            State::Choice(choice) => {
                let holds = |condition: &Value| self.evaluated(condition, thread, None, None);
                for rule in &choice.choices {
                    match holds(&rule.condition)? {
                        Value::Bool(true) => return Ok(Some((rule.next.clone(), thread.input.clone()))),
                        Value::Bool(false) => {}
                        other => return Err(no_value(&format!("a condition is {other}"))),
                    }
                }
                Ok(Some((choice.default.clone(), thread.input.clone())))
            }
            State::Pass(pass) => {
                let assigned = self.assigned(&pass.assign, thread, None, None)?;
                self.assign(id, assigned);
                match &pass.next {
                    Some(next) => Ok(Some((next.clone(), thread.input.clone()))),
                    None => {
                        self.finish(id, thread.input.clone(), now);
                        Ok(None)
                    }
                }
            }
            State::Wait(wait) => {
                let seconds = self.evaluated(&wait.seconds, thread, None, None)?;
                let seconds = seconds.as_u64().ok_or_else(|| no_value(&format!("a wait is {seconds}")))?;
                self.wait(id, Waits::Time { at: later(now, seconds) });
                Ok(None)
            }
            State::Map(map) => {
                let Value::Array(items) = self.evaluated(&map.items, thread, None, None)? else {
                    return Err(no_value("the items of a map are no list"));
                };
                if items.is_empty() {
                    let output = self.evaluated(&map.output, thread, Some(&json!([])), None)?;
                    return Ok(Some((map.next.clone(), output)));
                }
                self.wait(id, Waits::Items { results: vec![None; items.len()] });
                let start = &map.item_processor.start_at;
                let first = self.count + 1;
                for (position, item) in items.into_iter().enumerate() {
                    self.count += 1;
                    let item = self::thread(Some((id, position)), start.clone(), item, thread.variables.clone());
                    self.threads.insert(self.count, item);
                }
                // Later ones may be gone already: one that fails ends the map.
                (first..=self.count).for_each(|item| self.go_on(item, now));
                Ok(None)
            }
            State::Succeed(_) => {
                self.finish(id, thread.input.clone(), now);
                Ok(None)
            }
            State::Fail(fail) => {
                let text = |value: &Value| {
                    let value = self.evaluated(value, thread, None, None)?;
                    Ok::<_, Failure>(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                };
                let failure = Failure { error: text(&fail.error)?, cause: text(&fail.cause)? };
                self.uncaught(id, failure, now);
                Ok(None)
            }
        }
    }

    fn begin(&mut self, id: u64, task: &Task, now: Timestamp) -> Result<(), Failure> {
        self.count += 1;
        let until = later(now, task.timeout_seconds);
        self.wait(id, Waits::Answer { attempt: self.count, until });
        let Some(thread) = self.threads.get(&id) else { return Ok(()) };
        self.evaluated(&task.arguments, thread, None, None).map(drop)
    }

    fn go_on_after_waiting(&mut self, id: u64, now: Timestamp) {
        let Some(thread) = self.threads.get(&id).cloned() else { return };
        let outcome = match self.state_of(&thread).cloned() {
            Some(State::Task(task)) => self.begin(id, &task, now).map(|()| None),
            Some(State::Wait(wait)) => {
                let output = wait.output.as_ref().map(|output| self.evaluated(output, &thread, None, None));
                output.unwrap_or(Ok(thread.input)).map(|output| Some((wait.next, output)))
            }
            _ => Ok(None),
        };
        match outcome {
            Ok(Some((next, output))) => {
                self.enter(id, &next, output);
                self.go_on(id, now);
            }
            Ok(None) => {}
            Err(failure) => self.failed(id, failure, now),
        }
    }

    fn succeeded(&mut self, id: u64, result: &Value, now: Timestamp) {
        let Some(thread) = self.threads.get(&id).cloned() else { return };
        let (assign, output, next) = match self.state_of(&thread) {
            Some(State::Task(task)) => (task.assign.clone(), task.output.clone(), task.next.clone()),
            Some(State::Map(map)) => (Map::new(), map.output.clone(), Some(map.next.clone())),
            _ => return,
        };
        let assigned = self.assigned(&assign, &thread, Some(result), None);
        let output = self.evaluated(&output, &thread, Some(result), None);
        match (assigned, output) {
            (Ok(assigned), Ok(output)) => {
                self.assign(id, assigned);
                match next {
                    Some(next) => {
                        self.enter(id, &next, output);
                        self.go_on(id, now);
                    }
                    None => self.finish(id, output, now),
                }
            }
            (Err(failure), _) | (_, Err(failure)) => self.failed(id, failure, now),
        }
    }

    /// A state failed: it is tried again, or somebody catches the failure, or it goes further out.
    fn failed(&mut self, id: u64, failure: Failure, now: Timestamp) {
        let Some(thread) = self.threads.get(&id).cloned() else { return };
        let (retry, catch) = match self.state_of(&thread) {
            Some(State::Task(task)) => (task.retry.clone(), task.catch.clone()),
            Some(State::Map(map)) => (Vec::new(), map.catch.clone()),
            _ => (Vec::new(), Vec::new()),
        };
        self.drop_items_of(id);
        let rule = retry.iter().position(|rule| matches(&rule.error_equals, &failure.error));
        if let Some((number, rule)) = rule.and_then(|number| Some((number, retry.get(number)?))) {
            let attempts = thread.by_rule.get(number).copied().unwrap_or_default();
            if attempts < rule.max_attempts {
                let factor = rule.backoff_rate.powi(i32::try_from(attempts).unwrap_or(i32::MAX));
                // As late as jitter may make it.
                let delay = (f64::from(rule.interval_seconds) * factor).min(f64::from(rule.max_delay_seconds));
                self.wait(id, Waits::Retry { at: now.after(Duration::from_secs_f64(delay)) });
                if let Some(thread) = self.threads.get_mut(&id) {
                    thread.retries += 1;
                    thread.by_rule.resize(retry.len(), 0);
                    thread.by_rule[number] += 1;
                }
                return;
            }
        }
        match catch.into_iter().find(|catch| matches(&catch.error_equals, &failure.error)) {
            Some(catch) => self.caught(id, &thread, &catch, &failure, now),
            None => self.uncaught(id, failure, now),
        }
    }

    fn caught(&mut self, id: u64, thread: &Thread, catch: &Catch, failure: &Failure, now: Timestamp) {
        let said = json!({ "Error": failure.error, "Cause": failure.cause });
        let assigned = self.assigned(&catch.assign, thread, None, Some(&said));
        let output = catch.output.as_ref().map(|output| self.evaluated(output, thread, None, Some(&said)));
        match (assigned, output.unwrap_or_else(|| Ok(said.clone()))) {
            (Ok(assigned), Ok(output)) => {
                self.assign(id, assigned);
                self.enter(id, &catch.next, output);
                self.go_on(id, now);
            }
            (Err(failure), _) | (_, Err(failure)) => self.uncaught(id, failure, now),
        }
    }

    /// Nobody caught it here: an item fails its map, and the main thread the execution.
    fn uncaught(&mut self, id: u64, failure: Failure, now: Timestamp) {
        match self.threads.get(&id).and_then(|thread| thread.item_of) {
            Some((map, _)) => self.failed(map, failure, now),
            None => self.end(Outcome::Failed(failure)),
        }
    }

    fn finish(&mut self, id: u64, output: Value, now: Timestamp) {
        let Some((map, position)) = self.threads.get(&id).and_then(|thread| thread.item_of) else {
            return self.end(Outcome::Succeeded(output));
        };
        self.threads.remove(&id);
        let Some(Thread { waits: Waits::Items { results }, .. }) = self.threads.get_mut(&map) else { return };
        if let Some(result) = results.get_mut(position) {
            *result = Some(output);
        }
        let done: Option<Vec<Value>> = results.iter().cloned().collect();
        if let Some(done) = done {
            self.succeeded(map, &Value::Array(done), now);
        }
    }

    fn drop_items_of(&mut self, map: u64) {
        self.threads.retain(|_, thread| thread.item_of.is_none_or(|(parent, _)| parent != map));
    }

    fn enter(&mut self, id: u64, state: &str, input: Value) {
        if let Some(thread) = self.threads.get_mut(&id) {
            state.clone_into(&mut thread.state);
            (thread.input, thread.retries, thread.waits) = (input, 0, Waits::No);
            thread.by_rule.clear();
        }
    }

    fn wait(&mut self, id: u64, waits: Waits) {
        if let Some(thread) = self.threads.get_mut(&id) {
            thread.waits = waits;
        }
    }

    fn assign(&mut self, id: u64, assigned: Map<String, Value>) {
        if let Some(thread) = self.threads.get_mut(&id) {
            thread.variables.extend(assigned);
        }
    }

    fn assigned(
        &self,
        assign: &Map<String, Value>,
        thread: &Thread,
        result: Option<&Value>,
        error: Option<&Value>,
    ) -> Result<Map<String, Value>, Failure> {
        let each = assign.iter().map(|(name, value)| Ok((name.clone(), self.evaluated(value, thread, result, error)?)));
        each.collect()
    }

    /// A value with all of its expressions evaluated.
    fn evaluated(
        &self,
        value: &Value,
        thread: &Thread,
        result: Option<&Value>,
        error: Option<&Value>,
    ) -> Result<Value, Failure> {
        match value {
            Value::String(text) => match Expression::parse(text) {
                Ok(None) => Ok(value.clone()),
                Ok(Some(expression)) => {
                    let root = |name: &str| self.root(name, thread, result, error);
                    expression.value(&root).ok_or_else(|| no_value(&format!("{text} has no value")))
                }
                Err(error) => Err(no_value(&error.to_string())),
            },
            Value::Array(items) => items.iter().map(|item| self.evaluated(item, thread, result, error)).collect(),
            Value::Object(entries) => {
                let entry = |(name, value): (&String, &Value)| {
                    Ok::<_, Failure>((name.clone(), self.evaluated(value, thread, result, error)?))
                };
                Ok(Value::Object(entries.iter().map(entry).collect::<Result<_, _>>()?))
            }
            other => Ok(other.clone()),
        }
    }

    fn root(&self, name: &str, thread: &Thread, result: Option<&Value>, error: Option<&Value>) -> Option<Value> {
        if name != "states" {
            return thread.variables.get(name).cloned();
        }
        let mut context = json!({
            "Execution": {
                "Id": self.started.id,
                "Name": self.started.id.rsplit(':').next(),
                "Input": self.started.input,
                "StartTime": self.started.at.to_string(),
            },
            "State": { "Name": thread.state, "RetryCount": thread.retries },
        });
        if let Waits::Answer { attempt, .. } = thread.waits {
            context["Task"] = json!({ "Token": self.token(attempt) });
        }
        let mut states = json!({ "input": thread.input, "context": context });
        for (name, value) in [("result", result), ("errorOutput", error)] {
            if let Some(value) = value {
                states[name] = value.clone();
            }
        }
        Some(states)
    }
}

fn thread(item_of: Option<(u64, usize)>, state: String, input: Value, variables: Map<String, Value>) -> Thread {
    Thread { item_of, state, input, variables, retries: 0, by_rule: Vec::new(), waits: Waits::No }
}

/// `States.ALL` is any error but those that stop an execution whatever it says.
fn matches(names: &[String], error: &str) -> bool {
    const NEVER: [&str; 2] = ["States.Runtime", "States.DataLimitExceeded"];
    names.iter().any(|name| name == error || (name == "States.ALL" && !NEVER.contains(&error)))
}

fn no_value(cause: &str) -> Failure {
    Failure { error: NO_VALUE.to_owned(), cause: cause.to_owned() }
}

fn later(time: Timestamp, seconds: u64) -> Timestamp {
    time.after(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests;
