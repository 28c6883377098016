//! Everything that runs, and the order in which it does.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use api::app::{Adapters, App, Failure as Unanswered};
use api::cursor::CursorKey;
use api::signing::Signing;
use api::{AuthMode, router};
use aws_lambda_events::sqs::SqsMessage;
use axum::Router;
use futures::FutureExt as _;
use futures::future::{BoxFuture, LocalBoxFuture};
use sandbox_adapter::{SandboxAdapter, sandbox_adapter};
use serde_json::{Value, json};
use sweep::{RelayQueue, Sweep};
use tola_asl::{Execution, Failure, Machine, Outcome, Pending, Started};
use tola_catalog::Timestamp;
use tola_catalog::quota::Quota;
use tola_channel::{Harness, WaitingTasks};
use tola_contracts::StepError;
use tola_contracts::channel::inquiry::{Finding, Inquiry};
use tola_events::{Config, EventBus, Relay};
use tola_local::InProcessDatabase;
use tola_media::ImageBucket;
use tola_step::{Journal, Step, virtual_time};
use tola_store::{MongoConfig, Store};
use tola_workflow::{Executions, Launcher, Reconciler, Settler, WorkflowConfig};

use crate::cloud::{SharedCloud, status_of};
use crate::faults::{Fault, Faults, Place, Zombie};

/// Longer than anything that waits waits.
const FOREVER: Duration = Duration::from_secs(3 * 3600);
/// How much comes about in one story, at most: what goes on for longer goes on for ever.
const MOST: usize = 5_000;
const MACHINES: [&str; 4] = ["register-product", "publish-product", "withdraw-product", "reconcile-channel"];

/// The database of some worlds that come one after the other.
pub(crate) struct Ground {
    store: Store,
    _database: InProcessDatabase,
}

/// Everything that runs.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) cloud: SharedCloud,
    pub(crate) faults: Faults,
    pub(crate) router: Router,
    machines: BTreeMap<&'static str, Arc<Machine>>,
    executions: BTreeMap<String, Running>,
    commands: VecDeque<Command>,
    functions: Functions,
    now: Timestamp,
    happened: usize,
}

struct Running {
    machine: String,
    input: Value,
    execution: Execution,
    /// Attempts whose command lies in the queue.
    sent: BTreeSet<u64>,
}

/// A message for the adapter.
#[derive(Clone)]
struct Command {
    body: String,
    /// After how many turns the adapter dies that takes it. Then it comes again.
    dies_within: Option<u32>,
}

type SandboxHarness = Arc<Harness<SandboxAdapter, WaitingTasks>>;

struct Functions {
    store: Store,
    launcher: Launcher,
    settler: Settler,
    relay: Relay,
    harness: SandboxHarness,
    sweep: Sweep,
}

/// The one channel type that there is.
struct Sandbox(SandboxHarness);

impl Adapters for Sandbox {
    fn ask<'a>(
        &'a self,
        channel_type: &'a str,
        inquiry: &'a Inquiry,
    ) -> BoxFuture<'a, Result<Option<Finding>, Unanswered>> {
        async move {
            if channel_type == "sandbox" { Ok(Some(self.0.answer(inquiry, tola_step::now()).await?)) } else { Ok(None) }
        }
        .boxed()
    }
}

impl Ground {
    pub(crate) async fn new() -> Self {
        let database = InProcessDatabase::start().expect("a database");
        let store = Store::connect(&MongoConfig::new(database.uri(), "tola")).await.expect("the database");
        store.migrate().await.expect("indexes");
        Self { store, _database: database }
    }
}

impl World {
    pub(crate) fn on(ground: &Ground, faults: Faults) -> Self {
        let (store, cloud) = (ground.store.clone(), SharedCloud::default());
        let aws = cloud.config();
        let arn = |name: &str| format!("arn:aws:states:us-east-1:000000000000:stateMachine:{name}");
        let config = WorkflowConfig {
            register_product: arn("register-product"),
            process_image: arn("process-image"),
            publish_product: arn("publish-product"),
            withdraw_product: arn("withdraw-product"),
            reconcile_channel: arn("reconcile-channel"),
        };
        let executions = Executions::new(&aws, config);
        let launcher = Launcher::new(store.clone(), executions.clone());
        let settler = Settler::new(store.clone(), executions);
        let relay = Relay::new(store.clone(), EventBus::new(&aws, Config { name: "catalog".into() }));
        let harness =
            Arc::new(Harness::new(SandboxAdapter::new(store.clone()), store.clone(), WaitingTasks::new(&aws)));
        let sweep = Sweep {
            store: store.clone(),
            launcher: launcher.clone(),
            settler: settler.clone(),
            queue: RelayQueue::new(&aws, "https://sqs/relay".into()),
            bucket: ImageBucket::from_config(&aws, "images"),
            reconcile_every: FOREVER * 1_000,
        };
        let app = App {
            store: store.clone(),
            workflows: Arc::new(launcher.clone()),
            adapters: Arc::new(Sandbox(Arc::clone(&harness))),
            relay: Arc::new(relay.clone()),
            signing: Signing::new(&aws, "images", Some("http://localhost:4566"), None).expect("signing"),
            probes: Vec::new().into(),
            cursors: CursorKey::new(&[7; 32]),
            writes: Quota { burst: 100_000, per_second: 1_000 },
            reconcile_every: FOREVER * 1_000,
        };
        let functions = Functions { store: store.clone(), launcher, settler, relay, harness, sweep };
        let world = Self {
            store,
            cloud,
            faults,
            router: router(app, AuthMode::Header),
            machines: MACHINES.into_iter().map(|name| (name, machine(name))).collect(),
            executions: BTreeMap::new(),
            commands: VecDeque::new(),
            functions,
            now: Timestamp::from_millis(1_800_000_000_000),
            happened: 0,
        };
        virtual_time::set(world.now);
        world
    }

    /// Every task of every machine that is run here.
    pub(crate) fn tasks() -> BTreeSet<Place> {
        let of = |name: &'static str| {
            let tasks = machine(name).tasks().into_iter().map(str::to_owned).collect::<Vec<_>>();
            tasks.into_iter().map(move |task| (name.to_owned(), task))
        };
        MACHINES.into_iter().flat_map(of).collect()
    }

    /// Lets everything happen that happens by itself, until nothing is left to do.
    pub(crate) async fn settles(&mut self) {
        loop {
            while self.something_happens().await {
                self.happened += 1;
                assert!(self.happened < MOST, "it goes on for ever");
            }
            let wakes = self.executions.values().filter_map(|running| running.execution.wakes()).min();
            match wakes {
                Some(at) => self.passes(at),
                None if self.meets_a_zombie().await => {}
                // The sweep comes every minute, and finds what nobody else will do.
                None => {
                    self.passes(self.now.after(FOREVER));
                    let swept = self.functions.sweep.run(self.now).await;
                    assert_eq!(swept.failures, [""; 0], "{swept:?}");
                    let did = [swept.outboxes, swept.launched, swept.settled, swept.adopted, swept.reconciled];
                    if did == [0; 5] && self.is_quiet() {
                        return;
                    }
                }
            }
        }
    }

    fn is_quiet(&self) -> bool {
        let cloud = self.cloud.get();
        cloud.started.is_empty() && cloud.relay.is_empty() && cloud.callbacks.is_empty() && self.commands.is_empty()
    }

    fn passes(&mut self, now: Timestamp) {
        self.now = now.max(self.now);
        virtual_time::set(self.now);
        for running in self.executions.values_mut() {
            running.execution.advance(self.now);
        }
    }

    /// Does one thing of what can be done at once. Returns whether there was any.
    async fn something_happens(&mut self) -> bool {
        if self.starts() || self.stops() || self.takes_callback() {
            return true;
        }
        if self.tells_of_ends().await || self.delivers().await || self.relays().await {
            return true;
        }
        self.does_a_task().await
    }

    fn starts(&mut self) -> bool {
        let Some((name, arn, input)) = self.cloud.get().started.pop_front() else { return false };
        let machine = Arc::clone(self.machines.get(name.as_str()).unwrap_or_else(|| panic!("nobody runs {name}")));
        let started = Started { id: arn.clone(), input: input.clone(), at: self.now };
        let execution = Execution::start(machine, started);
        self.executions.insert(arn, Running { machine: name, input, execution, sent: BTreeSet::new() });
        true
    }

    fn stops(&mut self) -> bool {
        let Some((arn, failure)) = self.cloud.get().stopped.pop_front() else { return false };
        if let Some(running) = self.executions.get_mut(&arn) {
            running.execution.stop(failure);
        }
        true
    }

    fn takes_callback(&mut self) -> bool {
        let Some((token, answer)) = self.cloud.get().callbacks.pop_front() else { return false };
        for running in self.executions.values_mut() {
            running.execution.answer_token(&token, answer.clone(), self.now);
        }
        true
    }

    /// What EventBridge tells `settle-execution` of executions that did not come to a good end.
    async fn tells_of_ends(&mut self) -> bool {
        let ended = self.executions.iter().find_map(|(arn, running)| {
            let outcome = running.execution.outcome()?;
            let is_known = self.cloud.get().executions.get(arn).is_some_and(Option::is_some);
            (!is_known).then(|| (arn.clone(), outcome.clone(), running.input.clone()))
        });
        let Some((arn, outcome, input)) = ended else { return false };
        self.cloud.get().executions.insert(arn.clone(), Some(outcome.clone()));
        if !matches!(outcome, Outcome::Succeeded(_)) {
            let detail = json!({
                "executionArn": arn, "status": status_of(Some(&outcome)), "input": input.to_string(),
            });
            let message = message(&json!({ "detail": detail }).to_string());
            settle_execution::settle_execution(message, &self.functions.settler).await.expect("settled");
        }
        true
    }

    async fn delivers(&mut self) -> bool {
        let Some(Command { body, dies_within }) = self.commands.pop_front() else { return false };
        let taken = sandbox_adapter(Arc::clone(&self.functions.harness), message(&body));
        let taken = match dies_within {
            None => Some(taken.await),
            Some(turns) => for_some_turns(taken, turns).await,
        };
        match taken {
            Some(taken) => taken.unwrap_or_else(|error| panic!("the adapter can't take {body}: {error}")),
            None => {
                self.faults.somebody_died = true;
                self.commands.push_back(Command { body, dies_within: None });
            }
        }
        true
    }

    async fn relays(&mut self) -> bool {
        let Some(body) = self.cloud.get().relay.pop_front() else { return false };
        if relay_outbox::relay_outbox(message(&body), &self.functions.relay).await.is_err() {
            self.cloud.get().relay.push_back(body);
        }
        true
    }

    async fn does_a_task(&mut self) -> bool {
        let found = self.executions.iter().find_map(|(arn, running)| {
            let waits = |pending: &Pending| pending.token.is_none() || !running.sent.contains(&pending.id);
            Some((arn.clone(), running.machine.clone(), running.execution.pending().into_iter().find(waits)?))
        });
        let Some((arn, machine, pending)) = found else { return false };
        let fault = self.faults.met(&machine, &pending.state);
        if pending.token.is_some() {
            self.gives_a_command(&arn, &pending, fault);
            return true;
        }
        let function = pending.arguments["FunctionName"].as_str().unwrap_or_default().to_owned();
        let payload = pending.arguments["Payload"].clone();
        let answer = match fault {
            None => self.functions.call(&function, payload).await,
            Some(Fault::FailsBefore) => error("Lambda.Unknown"),
            Some(Fault::DiesAfter) => {
                drop(self.functions.call(&function, payload).await);
                error("Runtime.ExitError")
            }
            Some(Fault::DiesWithin(turns)) => {
                // Whatever it has asked the database for is done, as if it had died while it waited for the answer.
                let call = self.functions.call(&function, payload);
                let answer = for_some_turns(call, turns).await;
                self.faults.somebody_died |= answer.is_none();
                answer.unwrap_or_else(|| error("Runtime.ExitError"))
            }
            Some(Fault::Twice) => {
                drop(self.functions.call(&function, payload.clone()).await);
                self.functions.call(&function, payload).await
            }
            Some(Fault::Zombie) => {
                self.faults.zombies.push_back(Zombie::Call(function, payload));
                error("States.Timeout")
            }
            Some(Fault::GivesUp) => error("STEP_FAILED"),
            Some(Fault::BusRefuses) => {
                self.cloud.get().bus_refuses = 1;
                self.functions.call(&function, payload).await
            }
        };
        if let Some(running) = self.executions.get_mut(&arn) {
            running.execution.answer(pending.id, answer, self.now);
        }
        true
    }

    fn gives_a_command(&mut self, arn: &str, pending: &Pending, fault: Option<Fault>) {
        let body = pending.arguments["MessageBody"].to_string();
        let command = Command { body, dies_within: None };
        match fault {
            None | Some(Fault::DiesAfter | Fault::BusRefuses) => self.commands.push_back(command.clone()),
            Some(Fault::DiesWithin(turns)) => {
                self.commands.push_back(Command { dies_within: Some(turns), ..command.clone() });
            }
            Some(Fault::Twice) => self.commands.extend([command.clone(), command.clone()]),
            Some(Fault::FailsBefore | Fault::Zombie | Fault::GivesUp) => {}
        }
        let Some(running) = self.executions.get_mut(arn) else { return };
        running.sent.insert(pending.id);
        let failure = match fault {
            Some(Fault::FailsBefore) => "SQS.SdkClientException",
            // The queue has it, and nobody is told: it is given again.
            Some(Fault::DiesAfter) => "SQS.AmazonSQSException",
            Some(Fault::Zombie) => {
                self.faults.zombies.push_back(Zombie::Command(command.body));
                "States.Timeout"
            }
            Some(Fault::GivesUp) => "STEP_FAILED",
            None | Some(Fault::Twice | Fault::DiesWithin(_) | Fault::BusRefuses) => return,
        };
        running.execution.answer(pending.id, error(failure), self.now);
    }

    /// A call that was given up long ago comes to its end, when everything else has.
    async fn meets_a_zombie(&mut self) -> bool {
        match self.faults.zombies.pop_front() {
            None => return false,
            Some(Zombie::Call(function, payload)) => drop(self.functions.call(&function, payload).await),
            Some(Zombie::Command(body)) => self.commands.push_back(Command { body, dies_within: None }),
        }
        true
    }
}

impl Functions {
    async fn call(&self, function: &str, payload: Value) -> Result<Value, Failure> {
        let (store, launcher) = (self.store.clone(), self.launcher.clone());
        let reconciler = || Reconciler::new(store.clone(), launcher.clone());
        match function {
            "ValidateProductArn" => self.step(validate_product::ValidateProduct::new(store), payload).await,
            "TransitionStatusArn" => self.step(transition_status::TransitionStatus::new(store), payload).await,
            "PublishEventsArn" => self.step(publish_events::PublishEvents::new(self.relay.clone()), payload).await,
            "SettleOperationArn" => self.step(settle_operation::SettleOperation::new(store), payload).await,
            "PlanPublicationArn" => self.step(plan_publication::PlanPublication::new(store), payload).await,
            "RecordListingArn" => self.step(record_listing::RecordListing::new(store), payload).await,
            "SettleProductArn" => self.step(settle_product::SettleProduct::new(store, launcher), payload).await,
            "PlanWithdrawalArn" => self.step(plan_withdrawal::PlanWithdrawal::new(store), payload).await,
            "PurgeImagesArn" => self.step(purge_images::PurgeImages::new(store), payload).await,
            "PurgeProductArn" => self.step(purge_product::PurgeProduct::new(store), payload).await,
            "PlanReconciliationArn" => self.step(plan_reconciliation::PlanReconciliation::new(store), payload).await,
            "ReconcileListingsArn" => {
                let step = reconcile_listings::ReconcileListings::new(store.clone(), reconciler());
                self.step(step, payload).await
            }
            "FindGhostsArn" => {
                let step = find_ghosts::FindGhosts::new(store.clone(), reconciler());
                self.step(step, payload).await
            }
            "AdapterPrefixsandbox-adapter" => {
                let journal = Journal::new(store);
                let handled: LocalBoxFuture<'_, _> =
                    Box::pin(tola_step::handle(self.harness.as_ref(), &journal, payload));
                told(handled.await)
            }
            other => panic!("nobody plays {other}"),
        }
    }

    async fn step<S: Step>(&self, step: S, payload: Value) -> Result<Value, Failure> {
        let journal = Journal::new(self.store.clone());
        // Boxed, since the futures of database and AWS calls nest deeper than the compiler follows a layout.
        let handled: LocalBoxFuture<'_, _> = Box::pin(tola_step::handle(&step, &journal, payload));
        told(handled.await)
    }
}

/// An answer as Lambda hands it to Step Functions.
fn told<T: serde::Serialize>(answer: Result<T, StepError>) -> Result<Value, Failure> {
    match answer {
        Ok(answer) => Ok(json!({ "StatusCode": 200, "Payload": answer })),
        Err(error) => {
            let cause = json!({ "errorType": error.kind.name(), "errorMessage": error.message });
            Err(Failure { error: error.kind.name().to_owned(), cause: cause.to_string() })
        }
    }
}

fn error(name: &str) -> Result<Value, Failure> {
    Err(Failure { error: name.to_owned(), cause: "{\"errorMessage\": \"the test wants it so\"}".to_owned() })
}

/// Polls a future so often and then drops it, unless it is done before.
async fn for_some_turns<T>(future: impl Future<Output = T>, turns: u32) -> Option<T> {
    let (mut future, mut left) = (pin!(future), turns);
    std::future::poll_fn(|context| match (future.as_mut().poll(context), left) {
        (Poll::Ready(done), _) => Poll::Ready(Some(done)),
        (Poll::Pending, 0) => Poll::Ready(None),
        (Poll::Pending, _) => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

fn message(body: &str) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some("one".to_owned());
    message.body = Some(body.to_owned());
    message
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
