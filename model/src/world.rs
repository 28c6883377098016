//! Everything that runs, and the order in which it does.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use fastrand::Rng;
use futures::future::LocalBoxFuture;
use serde_json::{Value, json};
use sweep::Swept;
use tempfile::TempDir;
use tola_asl::{Execution, Failure, Machine, Outcome, Pending, Started};
use tola_catalog::Timestamp;
use tola_checker::Moment;
use tola_media::testing::photo_jpeg;
use tola_step::virtual_time;
use tola_store::Store;

use crate::clients::Client;
use crate::cloud::{Cloud, SharedCloud, status_of};
use crate::database::Database;
use crate::environment::{Asked, Consumer, Environment, Functions};
use crate::faults::{self, Fate, Fault, Faults, Place};

/// Longer than anything that waits waits.
const FOREVER: Duration = Duration::from_secs(3 * 3600);
/// How much comes about in one story, at most: what goes on for longer goes on for ever.
const MOST: usize = 20_000;
/// How many things are done at once, at most.
const ENVIRONMENTS: usize = 4;
/// When a message comes again that was not taken, and how often it comes before it lies with the dead letters.
const AGAIN: Duration = Duration::from_secs(60);
const MAX_RECEIVES: u32 = 5;
/// The smallest photo that is taken.
pub(crate) const PHOTO: (u16, u16) = (320, 320);
/// One, as a client uploads it.
static PHOTO_FILE: LazyLock<Vec<u8>> = LazyLock::new(|| photo_jpeg(PHOTO.0, PHOTO.1, 7));
const MACHINES: [&str; 5] =
    ["register-product", "process-image", "publish-product", "withdraw-product", "reconcile-channel"];

/// What stories share that are told one after the other.
pub(crate) struct Ground {
    database: Database,
    cloud: SharedCloud,
    environments: Rc<[Environment]>,
    machines: BTreeMap<&'static str, Arc<Machine>>,
    _folder: TempDir,
}

/// Everything that runs.
pub(crate) struct World {
    pub(crate) cloud: SharedCloud,
    pub(crate) faults: Faults,
    pub(crate) clients: Vec<Client>,
    environments: Rc<[Environment]>,
    machines: BTreeMap<&'static str, Arc<Machine>>,
    executions: Vec<Running>,
    messages: VecDeque<Message>,
    zombies: VecDeque<Zombie>,
    invocations: Vec<Invocation>,
    /// Decides what happens next; nothing where everything is done in order, one after the other.
    dice: Option<Rng>,
    now: Timestamp,
    happened: usize,
    /// What happened, if somebody wants to know.
    log: Option<Vec<Moment>>,
}

struct Running {
    arn: String,
    machine: String,
    input: Value,
    execution: Execution,
    /// Attempts that somebody does, or that lie in a queue.
    begun: BTreeSet<u64>,
    /// Whether whoever wants to know has been told of its end.
    is_told: bool,
}

/// Something for a function to take.
#[derive(Debug, Clone)]
struct Message {
    to: Consumer,
    body: String,
    /// Before that nobody sees it.
    from: Timestamp,
    /// How often it was received.
    receives: u32,
    /// The task that it belongs to, and how whoever takes it dies.
    place: Option<Place>,
    fate: Option<Fate>,
}

/// A call that was taken for lost.
enum Zombie {
    Call(String, Value),
    Message(Message),
}

/// Something that is being done.
struct Invocation {
    environment: usize,
    what: What,
    doing: LocalBoxFuture<'static, Done>,
    /// When Lambda ends it.
    deadline: Timestamp,
    fate: Option<Fate>,
    crossings: u32,
    has_begun: bool,
}

enum What {
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

enum Done {
    Task(Result<Value, Failure>),
    Message(bool),
    Request(u16, Value),
    Sweep(Box<Swept>),
}

/// What can happen next.
#[derive(Debug, Clone, Copy)]
enum Choice {
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

impl Ground {
    pub(crate) async fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let (database, cloud) = (Database::default(), SharedCloud::default());
        let mut environments = Vec::new();
        for number in 0..ENVIRONMENTS {
            let path = folder.path().join(format!("{number}.sock"));
            environments.push(Environment::new(&path, &database, &cloud).await);
        }
        environments[0].functions.store.migrate().await.expect("indexes");
        let machines = MACHINES.into_iter().map(|name| (name, machine(name))).collect();
        Self { database, cloud, environments: environments.into(), machines, _folder: folder }
    }
}

impl World {
    /// A new world, in which nothing is left of the last one.
    pub(crate) fn on(ground: &Ground, faults: Faults, dice: Option<Rng>, is_told: bool) -> Self {
        ground.database.clear();
        *ground.cloud.get() = Cloud::default();
        for environment in ground.environments.iter() {
            environment.gate.clear();
        }
        let world = Self {
            cloud: ground.cloud.clone(),
            faults,
            clients: Vec::new(),
            environments: Rc::clone(&ground.environments),
            machines: ground.machines.clone(),
            executions: Vec::new(),
            messages: VecDeque::new(),
            zombies: VecDeque::new(),
            invocations: Vec::new(),
            dice,
            now: Timestamp::from_millis(1_800_000_000_000),
            happened: 0,
            log: is_told.then(Vec::new),
        };
        virtual_time::set(world.now);
        virtual_time::draw_ids(world.dice.as_ref().map_or(0, Rng::get_seed));
        world
    }

    /// Every task of every machine.
    pub(crate) fn tasks() -> BTreeSet<Place> {
        let of = |name: &'static str| {
            let tasks = machine(name).tasks().into_iter().map(str::to_owned).collect::<Vec<_>>();
            tasks.into_iter().map(move |task| (name.to_owned(), task))
        };
        MACHINES.into_iter().flat_map(of).collect()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// What happened, with what was noted.
    pub(crate) fn log(&self) -> &[Moment] {
        self.log.as_deref().unwrap_or_default()
    }

    /// The documents, for what no request can bring about.
    pub(crate) fn store(&self) -> &Store {
        &self.environments[0].functions.store
    }

    /// Does something of which no part can go wrong.
    pub(crate) async fn undisturbed<T>(&self, doing: impl Future<Output = T>) -> T {
        let gate = &self.environments[0].gate;
        let mut doing = std::pin::pin!(doing);
        loop {
            tokio::select! {
                biased;
                done = &mut doing => return done,
                () = gate.arrival() => gate.open(),
            }
        }
    }

    /// A request in which nothing goes wrong.
    pub(crate) async fn request(&self, asked: Asked) -> (u16, Value) {
        self.undisturbed(self.environments[0].functions.request(asked)).await
    }

    /// A merchant's file arrives in the bucket, and the bucket says so.
    pub(crate) fn uploads(&mut self, key: &str, bytes: Vec<u8>) {
        let version = self.cloud.get().bucket.put(key, bytes);
        let body = json!({ "Records": [{ "s3": { "object": { "key": key, "versionId": version } } }] });
        self.sends(Consumer::Ingest, body.to_string());
    }

    /// Lets everything happen that happens by itself, until nothing is left to do. Whether it came to that: something may
    /// go on for ever.
    #[must_use]
    pub(crate) async fn settles(&mut self) -> bool {
        loop {
            while let Some(choice) = self.choice() {
                self.happens(choice).await;
                self.happened += 1;
                if self.happened > MOST {
                    return false;
                }
            }
            self.happened += 1;
            if self.happened > MOST {
                return false;
            }
            if let Some(at) = self.wakes() {
                self.passes(at);
            } else if !self.zombies.is_empty() {
                self.happens(Choice::Zombie(0)).await;
            } else {
                // The sweep comes every minute, and finds what nobody else will do.
                self.passes(self.now.after(FOREVER));
                let swept = self.undisturbed(self.environments[0].functions.sweep(self.now)).await;
                assert_eq!(swept.failures, [""; 0], "{swept:?}");
                if did_nothing(&swept) && self.choice().is_none() {
                    return true;
                }
            }
        }
    }

    /// What happens next: what the dice say, or the first thing of all that can.
    fn choice(&mut self) -> Option<Choice> {
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
    fn choices(&self) -> impl Iterator<Item = Choice> {
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
    fn wakes(&self) -> Option<Timestamp> {
        let executions = self.executions.iter().filter_map(|running| running.execution.wakes());
        let messages = self.messages.iter().map(|message| message.from).filter(|from| *from > self.now);
        let clients = self.clients.iter().filter_map(Client::acts_from).filter(|from| *from > self.now);
        executions.chain(messages).chain(clients).min()
    }

    /// An environment that does nothing.
    fn free(&self) -> Option<usize> {
        let is_busy = |number: &usize| self.invocations.iter().any(|invocation| invocation.environment == *number);
        (0..self.environments.len()).find(|number| !is_busy(number))
    }

    /// Takes up what AWS was asked for, and what it tells of by itself.
    fn takes_note(&mut self) {
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
    fn tells_of_end(&mut self, number: usize) {
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

    fn sends(&mut self, to: Consumer, body: String) {
        self.puts(Message { to, body, from: self.now, receives: 0, place: None, fate: None });
    }

    /// Puts a message into its queue: by chance twice, by chance to come late.
    fn puts(&mut self, mut message: Message) {
        if let Some(dice) = &mut self.dice
            && message.fate.is_none()
            && self.faults.takes_chance(dice)
        {
            match dice.u32(0..3) {
                0 => self.messages.push_back(message.clone()),
                1 => message.from = self.now.after(Duration::from_secs(dice.u64(0..300))),
                _ => message.fate = Some(faults::some_fate(dice)),
            }
        }
        self.messages.push_back(message);
    }

    /// A message that was not taken comes again some time later, unless it has come too often.
    fn comes_again(&mut self, message: Message) {
        let receives = message.receives + 1;
        if receives < MAX_RECEIVES {
            let from = self.now.after(AGAIN);
            self.messages.push_back(Message { from, receives, fate: None, ..message });
        } else {
            self.tells("dead letter", || format!("{message:?}"));
        }
    }

    fn passes(&mut self, now: Timestamp) {
        self.now = now.max(self.now);
        virtual_time::set(self.now);
        for running in &mut self.executions {
            running.execution.advance(self.now);
        }
        // What took too long is ended, wherever it was.
        while let Some(number) = self.invocations.iter().position(|invocation| invocation.deadline <= self.now) {
            self.dies(number);
        }
    }

    async fn happens(&mut self, choice: Choice) {
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

    /// What runs in the environment that is free.
    fn functions(&self) -> Rc<Functions> {
        Rc::clone(&self.environments[self.free().unwrap_or_default()].functions)
    }

    async fn begins(&mut self, what: What, seconds: u64, fate: Option<Fate>, doing: LocalBoxFuture<'static, Done>) {
        let environment = self.free().expect("a free environment");
        let deadline = self.now.after(Duration::from_secs(seconds));
        self.tells("begins", || what.to_string());
        let begun = Invocation { environment, what, doing, deadline, fate, crossings: 0, has_begun: false };
        self.invocations.push(begun);
        self.goes_on(self.invocations.len() - 1).await;
    }

    /// Lets somebody over who waits to cross, and follows him to the next crossing or to his end.
    async fn goes_on(&mut self, number: usize) {
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

    fn ends(&mut self, invocation: Invocation, done: Done) {
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
    fn dies(&mut self, number: usize) {
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
            What::Message(message) => self.comes_again(message),
            What::Request(Some(client)) => self.clients[client].hears(None, self.now),
            What::Request(None) | What::Sweep => {}
        }
    }

    fn answers(&mut self, place: &Place, attempt: Option<(String, u64)>, answer: Result<Value, Failure>) {
        self.tells("ends", || format!("{} {attempt:?}: {answer:?}", place.1));
        let Some((arn, attempt)) = attempt else { return };
        if let Some(running) = self.executions.iter_mut().find(|running| running.arn == arn) {
            running.execution.answer(attempt, answer, self.now);
        }
    }

    fn takes_callback(&mut self, number: usize) {
        let Some((token, answer)) = self.cloud.get().callbacks.remove(number) else { return };
        self.tells("callback", || format!("{token}: {answer:?}"));
        for running in &mut self.executions {
            running.execution.answer_token(&token, answer.clone(), self.now);
        }
    }

    async fn does_a_task(&mut self, number: usize, attempt: u64) {
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
            Some(Fault::Zombie) => {
                self.zombies.push_back(Zombie::Call(function, payload));
                "States.Timeout"
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

    async fn calls(&mut self, what: What, fate: Option<Fate>, function: String, payload: Value) {
        let functions = self.functions();
        let doing = async move { Done::Task(functions.call(&function, payload).await) };
        self.begins(what, 15, fate, Box::pin(doing)).await;
    }

    fn gives_a_command(&mut self, number: usize, pending: &Pending, place: &Place, fault: Option<Fault>) {
        let body = pending.arguments["MessageBody"].to_string();
        let place_of = Some(place.clone());
        let message = Message { to: Consumer::Adapter, body, from: self.now, receives: 0, place: place_of, fate: None };
        match fault {
            None => self.puts(message.clone()),
            Some(Fault::AnswerLost | Fault::BusRefuses) => self.messages.push_back(message.clone()),
            Some(Fault::Dies(fate)) => self.messages.push_back(Message { fate: Some(fate), ..message.clone() }),
            Some(Fault::Twice) => self.messages.extend([message.clone(), message.clone()]),
            Some(Fault::FailsBefore | Fault::Zombie | Fault::GivesUp) => {}
        }
        let failure = match fault {
            Some(Fault::FailsBefore) => "SQS.SdkClientException",
            // The queue has it, and nobody is told: it is given again.
            Some(Fault::AnswerLost) => "SQS.AmazonSQSException",
            Some(Fault::Zombie) => {
                self.zombies.push_back(Zombie::Message(message));
                "States.Timeout"
            }
            Some(Fault::GivesUp) => "STEP_FAILED",
            None | Some(Fault::Twice | Fault::Dies(_) | Fault::BusRefuses) => return,
        };
        let waiting = Some((self.executions[number].arn.clone(), pending.id));
        self.answers(place, waiting, error(failure));
    }

    /// A client makes its next request. By chance it dies on its way, or nobody waits for the answer any more.
    async fn asks(&mut self, number: usize) {
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

    /// Notes what happens, if somebody wants to know.
    pub(crate) fn tells(&mut self, who: &str, what: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push(Moment { at: self.now, who: who.to_owned(), what: what() });
        }
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

fn did_nothing(swept: &Swept) -> bool {
    let Swept { outboxes, launched, settled, adopted, found, expired, purged, reconciled, forgotten, .. } = swept;
    [outboxes, launched, settled, adopted, found, expired, purged, reconciled, forgotten] == [&0; 9]
}

fn error(name: &str) -> Result<Value, Failure> {
    Err(Failure { error: name.to_owned(), cause: "{\"errorMessage\": \"the test wants it so\"}".to_owned() })
}

/// A machine with its substitutions made: each is its own name.
fn machine(name: &str) -> Arc<Machine> {
    let path = format!("{}/../statemachines/{name}.asl.json", env!("CARGO_MANIFEST_DIR"));
    let mut text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
    while let Some(at) = text.find("${") {
        let end = at + text[at..].find('}').expect("the end of a substitution");
        text.replace_range(end..=end, "");
        text.replace_range(at..at + 2, "");
    }
    Arc::new(Machine::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
}
