//! Everything that runs, and the order in which it does.

mod choice;
mod executions;
mod invocations;
mod messages;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use sweep::Swept;
use tempfile::TempDir;
use tola_asl::Machine;
use tola_catalog::Timestamp;
use tola_checker::Moment;
use tola_media::testing::photo_jpeg;
use tola_step::virtual_time;
use tola_store::Store;

use crate::clients::Client;
use crate::cloud::{Cloud, SharedCloud};
use crate::database::Database;
use crate::environment::{Asked, Consumer, Environment};
use crate::faults::{Faults, Place};

use self::choice::Choice;
use self::executions::{Running, Zombie};
use self::invocations::Invocation;
use self::messages::Message;

/// Longer than anything that waits waits.
const FOREVER: Duration = Duration::from_secs(3 * 3600);
/// How much comes about in one story, at most: what goes on for longer goes on for ever.
const MOST: usize = 20_000;
/// How many things are done at once, at most.
const ENVIRONMENTS: usize = 4;
/// How often a message comes that is not taken, before it lies with the dead letters.
const MAX_RECEIVES: u32 = 5;
/// The smallest photo that is taken.
pub(crate) const PHOTO: (u16, u16) = (320, 320);
/// One, as a client uploads it.
static PHOTO_FILE: LazyLock<Vec<u8>> = LazyLock::new(|| photo_jpeg(PHOTO.0, PHOTO.1, 7));
const MACHINES: [&str; 6] = [
    "register-product",
    "process-image",
    "publish-product",
    "withdraw-product",
    "reconcile-channel",
    "review-category",
];

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
            } else if !self.zombies.is_empty() && (self.dice.is_some() || self.faults.are_over()) {
                // Where all is planned, one that is to meet somebody's death waits for that.
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

    /// Notes what happens, if somebody wants to know.
    pub(crate) fn tells(&mut self, who: &str, what: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push(Moment { at: self.now, who: who.to_owned(), what: what() });
        }
    }
}

fn did_nothing(swept: &Swept) -> bool {
    let Swept { outboxes, launched, settled, adopted, found, expired, purged, reconciled, forgotten, .. } = swept;
    [outboxes, launched, settled, adopted, found, expired, purged, reconciled, forgotten] == [&0; 9]
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
