//! A channel in memory, for tests of what has to do with no channel in particular.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tola_catalog::listing::{Standing, Visibility};
use tola_catalog::{Channel, Missing, Problem, ProblemClass, ProductId};
use tola_contracts::channel::inquiry::ListedListing;
use tola_local::database::InProcessDatabase;
use tola_store::{MongoConfig, Store};

use crate::testing::{Bench, Effect, Fault};
use crate::{Adapter, Call, EffectiveView, Failure, LetGo, Shelf, Visit, code};

/// A channel in memory. `"fault"` of its config says how it misbehaves, `"once"` that it does so once.
#[derive(Clone, Default)]
pub(crate) struct Stall(Arc<Mutex<Contents>>);

#[derive(Default)]
struct Contents {
    made: usize,
    listings: BTreeMap<ProductId, Standing>,
    effects: Vec<Effect>,
    faults: u32,
    looks: u32,
    looking: u32,
    most_looking: u32,
}

impl Stall {
    /// Does something, unless the channel misbehaves.
    fn call<T>(&self, call: &Call<'_>, act: impl FnOnce(&mut Contents) -> (String, T)) -> Result<T, Failure> {
        let mut contents = self.0.lock().unwrap();
        let fault = call.channel.config.get("fault").and_then(Value::as_str).unwrap_or_default();
        let first = contents.faults == 0 || call.channel.config.get("once").is_none();
        contents.faults += u32::from(!fault.is_empty());
        match fault {
            "fails" if first => return Err(Failure::Transient("it failed".into())),
            "refuses" => {
                let problem = Problem::new(ProblemClass::Policy, code::CHANNEL_REFUSED, "Not today.");
                return Err(Failure::Refused(problem));
            }
            "locked" => return Err(Failure::Refused(who_are_you())),
            "throttles" if first => return Err(Failure::Throttled { seconds: 7, problem: too_much() }),
            "throttles for long" => return Err(Failure::Throttled { seconds: 86_400, problem: too_much() }),
            "panics" => panic!("a mistake"),
            _ => {}
        }
        let (external_id, answer) = act(&mut contents);
        contents.effects.push(Effect { external_id, fence: call.fence });
        if fault == "loses" && first { Err(Failure::Transient("it was lost".into())) } else { Ok(answer) }
    }

    pub(crate) fn looks(&self) -> u32 {
        self.0.lock().unwrap().looks
    }

    /// How many looks there were at once.
    pub(crate) fn most_looking(&self) -> u32 {
        self.0.lock().unwrap().most_looking
    }
}

fn who_are_you() -> Problem {
    Problem::new(ProblemClass::Auth, code::CHANNEL_AUTH_BROKEN, "Who are you?")
}

fn too_much() -> Problem {
    Problem::new(ProblemClass::Throttled, code::CHANNEL_THROTTLED, "Too much.")
}

/// Whether the channel misbehaves in this way.
fn is(call: &Call<'_>, fault: &str) -> bool {
    call.channel.config.get("fault").and_then(Value::as_str) == Some(fault)
}

impl Adapter for Stall {
    const TYPE: &'static str = "stall";
    const IRREVERSIBLE: &'static [&'static str] = &["A lamp that shines was seen."];

    fn config_schema() -> Value {
        json!({ "properties": { "fault": { "type": "string" }, "once": { "const": true } }, "additionalProperties": false })
    }

    async fn connect(&self, visit: &Visit<'_>) -> Result<(), Failure> {
        match visit.channel.config.get("fault").and_then(Value::as_str) {
            Some("locked") => Err(Failure::Refused(who_are_you())),
            Some("throttles") => Err(Failure::Throttled { seconds: 7, problem: too_much() }),
            Some("hangs") => std::future::pending().await,
            Some("fails") => Err(Failure::Transient("no route to 10.0.0.1".into())),
            Some("panics") => panic!("a mistake"),
            _ => Ok(()),
        }
    }

    fn examine(&self, _: &Channel, view: &EffectiveView) -> Vec<Missing> {
        let (pointer, rule) = ("/brand".to_owned(), "BRAND_REQUIRED".to_owned());
        let missing = Missing { pointer, rule, message: "Say who makes it.".into(), remedy: None, channel: None };
        if view.brand.is_none() { vec![missing] } else { vec![] }
    }

    async fn list(&self, _: &Visit<'_>, cursor: Option<&str>) -> Result<Shelf, Failure> {
        let contents = self.0.lock().unwrap();
        let mut rest = contents.listings.iter().map(|(id, standing)| (id.to_string(), standing));
        let entry = rest.find(|(key, _)| cursor.is_none_or(|cursor| key.as_str() > cursor));
        let next = rest.next().and(entry.as_ref()).map(|(key, _)| key.clone());
        let entries = entry.map(|(key, standing)| ListedListing { key, standing: standing.clone() });
        Ok(Shelf { entries: entries.into_iter().collect(), next })
    }

    async fn find(&self, call: &Call<'_>) -> Result<Option<Standing>, Failure> {
        let found = {
            let mut contents = self.0.lock().unwrap();
            contents.looks += 1;
            contents.looking += 1;
            contents.most_looking = contents.most_looking.max(contents.looking);
            contents.listings.get(&call.product_id).cloned()
        };
        if is(call, "slow") {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.0.lock().unwrap().looking -= 1;
        match call.channel.config.get("fault").and_then(Value::as_str) {
            Some("blind") => Err(Failure::Refused(who_are_you())),
            Some("look fails") => Err(Failure::Transient("it failed".into())),
            Some("look hangs") => std::future::pending().await,
            Some("look panics") => panic!("a mistake"),
            Some("look throttles") => Err(Failure::Throttled { seconds: 86_400, problem: too_much() }),
            _ => Ok(found),
        }
    }

    async fn offer(
        &self,
        call: &Call<'_>,
        view: &EffectiveView,
        standing: Option<&Standing>,
    ) -> Result<Standing, Failure> {
        if is(call, "hangs") {
            return std::future::pending().await;
        }
        if is(call, "slow") {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.call(call, |contents| {
            contents.made += usize::from(standing.is_none());
            let external_id = standing.map_or_else(|| contents.made.to_string(), |known| known.external_id.clone());
            let (revision, mark) = (view.revision, Some(view.revision.to_string()));
            let listed = Standing { external_id: external_id.clone(), revision, visibility: Visibility::Live, mark };
            contents.listings.insert(call.product_id, listed.clone());
            (external_id, listed)
        })
    }

    async fn withdraw(&self, call: &Call<'_>, standing: &Standing) -> Result<LetGo, Failure> {
        let remains = Some(standing.external_id.clone());
        if !standing.is_offered() {
            return Ok(LetGo { remains, already: true });
        }
        self.call(call, |contents| {
            contents.listings.entry(call.product_id).and_modify(|listing| listing.visibility = Visibility::Hidden);
            (standing.external_id.clone(), LetGo { remains, already: false })
        })
    }

    async fn close(&self, call: &Call<'_>, standing: &Standing) -> Result<LetGo, Failure> {
        self.call(call, |contents| {
            contents.listings.remove(&call.product_id);
            (standing.external_id.clone(), LetGo { remains: None, already: false })
        })
    }
}

pub(crate) struct Room {
    _database: InProcessDatabase,
    pub(crate) store: Store,
    pub(crate) stall: Stall,
}

pub(crate) async fn room() -> Room {
    let database = InProcessDatabase::start().unwrap();
    let store = Store::connect(&MongoConfig::new(database.uri(), "tola")).await.unwrap();
    store.migrate().await.unwrap();
    Room { _database: database, store, stall: Stall::default() }
}

pub(crate) fn fault(name: &str) -> Map<String, Value> {
    json!({ "fault": name, "once": true }).as_object().unwrap().clone()
}

impl Bench for Room {
    type Adapter = Stall;

    fn store(&self) -> Store {
        self.store.clone()
    }

    fn adapter(&self) -> Stall {
        self.stall.clone()
    }

    fn config(&self, fault: Fault) -> Map<String, Value> {
        match fault {
            Fault::None => Map::new(),
            Fault::FailsFirst => self::fault("fails"),
            Fault::LosesFirstAnswer => self::fault("loses"),
            Fault::Refuses => self::fault("refuses"),
            Fault::RefusesCredentials => self::fault("locked"),
            Fault::Slow => self::fault("slow"),
            Fault::ThrottlesFirst => self::fault("throttles"),
        }
    }

    async fn effects(&self, _: &Channel, _: ProductId) -> Vec<Effect> {
        self.stall.0.lock().unwrap().effects.clone()
    }

    async fn shows(&self, _: &Channel, product_id: ProductId) -> Option<u64> {
        let contents = self.stall.0.lock().unwrap();
        let listing = contents.listings.get(&product_id).filter(|listing| listing.is_offered());
        listing.map(|listing| listing.revision)
    }
}
