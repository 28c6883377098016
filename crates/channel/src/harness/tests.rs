//! The harness with a channel in memory: the contract first, then what has to do with no channel in particular.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use tola_catalog::listing::Standing;
use tola_catalog::operation::{Intent, StepOutcome, Subject};
use tola_catalog::{Operation, OperationKind, ProductId};
use tola_local::database::InProcessDatabase;
use tola_store::MongoConfig;

use super::*;
use crate::testing::{Bench, Effect, Fault, Shop, Told};
use crate::{EffectiveView, LetGo};

/// A channel in memory. `"fault"` of its config says how it misbehaves, `"once"` that it does so once.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<Contents>>);

#[derive(Default)]
struct Contents {
    made: usize,
    listings: BTreeMap<ProductId, Standing>,
    effects: Vec<Effect>,
    faults: u32,
    looks: u32,
}

impl Shelf {
    /// Does something, unless the channel misbehaves.
    fn call<T>(&self, call: &Call<'_>, act: impl FnOnce(&mut Contents) -> (String, T)) -> Result<T, Failure> {
        let mut contents = self.0.lock().unwrap();
        let fault = call.channel.config.get("fault").and_then(Value::as_str).unwrap_or_default();
        let first = contents.faults == 0 || call.channel.config.get("once").is_none();
        contents.faults += u32::from(!fault.is_empty());
        let refused = |class, code| Failure::Refused(Problem::new(class, code, "Not today."));
        match fault {
            "fails" if first => return Err(Failure::Transient("it failed".into())),
            "refuses" => return Err(refused(ProblemClass::Policy, code::CHANNEL_REFUSED)),
            "locked" => return Err(refused(ProblemClass::Auth, code::CHANNEL_AUTH_BROKEN)),
            "throttles" if first => {
                let problem = Problem::new(ProblemClass::Throttled, code::CHANNEL_THROTTLED, "Too much.");
                return Err(Failure::Throttled { seconds: 7, problem });
            }
            "throttles for long" => {
                let problem = Problem::new(ProblemClass::Throttled, code::CHANNEL_THROTTLED, "Much too much.");
                return Err(Failure::Throttled { seconds: 86_400, problem });
            }
            "panics" => panic!("a mistake"),
            _ => {}
        }
        let (external_id, answer) = act(&mut contents);
        contents.effects.push(Effect { external_id, fence: call.fence });
        if fault == "loses" && first { Err(Failure::Transient("it was lost".into())) } else { Ok(answer) }
    }

    fn looks(&self) -> u32 {
        self.0.lock().unwrap().looks
    }
}

/// Whether the channel misbehaves in this way.
fn is(call: &Call<'_>, fault: &str) -> bool {
    call.channel.config.get("fault").and_then(Value::as_str) == Some(fault)
}

impl Adapter for Shelf {
    const TYPE: &'static str = "shelf";

    fn config_schema() -> Value {
        json!({})
    }

    async fn find(&self, call: &Call<'_>) -> Result<Option<Standing>, Failure> {
        let found = {
            let mut contents = self.0.lock().unwrap();
            contents.looks += 1;
            contents.listings.get(&call.product_id).cloned()
        };
        if is(call, "slow") {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        if is(call, "blind") {
            let problem = Problem::new(ProblemClass::Auth, code::CHANNEL_AUTH_BROKEN, "Who are you?");
            return Err(Failure::Refused(problem));
        }
        Ok(found)
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
            let listed = Standing { external_id: external_id.clone(), revision: view.revision, live: true };
            contents.listings.insert(call.product_id, listed.clone());
            (external_id, listed)
        })
    }

    async fn withdraw(&self, call: &Call<'_>, standing: &Standing) -> Result<LetGo, Failure> {
        let remains = Some(standing.external_id.clone());
        if !standing.live {
            return Ok(LetGo { remains, already: true });
        }
        self.call(call, |contents| {
            contents.listings.entry(call.product_id).and_modify(|listing| listing.live = false);
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

struct Room {
    _database: InProcessDatabase,
    store: Store,
    shelf: Shelf,
}

async fn room() -> Room {
    let database = InProcessDatabase::start().unwrap();
    let store = Store::connect(&MongoConfig::new(database.uri(), "tola")).await.unwrap();
    store.migrate().await.unwrap();
    Room { _database: database, store, shelf: Shelf::default() }
}

fn fault(name: &str) -> Map<String, Value> {
    json!({ "fault": name, "once": true }).as_object().unwrap().clone()
}

impl Bench for Room {
    type Adapter = Shelf;

    fn store(&self) -> Store {
        self.store.clone()
    }

    fn adapter(&self) -> Shelf {
        self.shelf.clone()
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
        self.shelf.0.lock().unwrap().effects.clone()
    }
}

crate::contract_tests!(room);

/// A product that was asked for on a channel that misbehaves in this way.
async fn asked(name: &str) -> (Shop<Room>, ChannelCommand) {
    let shop = Shop::open(room().await, Fault::None).await;
    shop.reconfigure(|channel| channel.config = fault(name)).await;
    let command = shop.publish().await;
    (shop, command)
}

#[tokio::test]
async fn a_channel_is_looked_at_only_when_something_is_in_doubt() {
    let (shop, command) = asked("").await;
    shop.carry_out(&command).await;
    for command in [shop.edit(Some("It shines more.")).await, shop.deactivate().await] {
        let _ = shop.deliver(&command).await;
    }

    assert_eq!(shop.bench().shelf.looks(), 0);
}

#[tokio::test]
async fn a_channel_that_cant_be_called_is_a_refusal_that_says_why() {
    for (status, expected) in
        [(ChannelStatus::Paused, "CHANNEL_PAUSED"), (ChannelStatus::AuthBroken, "CHANNEL_AUTH_BROKEN")]
    {
        let (shop, command) = asked("").await;
        shop.reconfigure(|channel| channel.status = status).await;

        let outcome = shop.carry_out(&command).await;

        let ChannelOutcome::Refused { problem, seen: Seen::NotLooked } = outcome else { panic!("{outcome:?}") };
        assert_eq!(problem.code, expected);
        assert!(!shop.listing().await.may_exist());
    }
}

#[tokio::test]
async fn a_channel_of_another_type_or_none_is_a_refusal() {
    let (shop, command) = asked("").await;
    shop.reconfigure(|channel| channel.channel_type = "window".into()).await;
    let outcome = shop.carry_out(&command).await;
    assert!(matches!(outcome, ChannelOutcome::Refused { problem, .. } if problem.code == "CHANNEL_GONE"));

    let (shop, command) = asked("").await;
    let scope = scope_of(&command.operation);
    shop.bench().store.channels(scope).remove(&shop.channel().await).await.unwrap();
    let outcome = shop.carry_out(&command).await;
    assert!(matches!(outcome, ChannelOutcome::Refused { problem, .. } if problem.code == "CHANNEL_GONE"));
}

#[tokio::test]
async fn a_paused_channel_still_lets_go() {
    let (shop, command) = asked("").await;
    assert!(matches!(shop.carry_out(&command).await, ChannelOutcome::Listed(_)));
    shop.reconfigure(|channel| channel.status = ChannelStatus::Paused).await;

    let outcome = shop.carry_out(&shop.deactivate().await).await;

    assert!(matches!(outcome, ChannelOutcome::Withdrawn { remains: Some(_), already: false }), "{outcome:?}");
}

#[tokio::test]
async fn what_is_in_doubt_stays_so_when_the_channel_cant_be_asked() {
    for paused in [true, false] {
        let (shop, command) = asked("loses").await;
        assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));
        shop.reconfigure(|channel| {
            if paused {
                channel.status = ChannelStatus::Paused;
            } else {
                channel.config = fault("blind");
            }
        })
        .await;

        assert!(matches!(shop.carry_out(&command).await, ChannelOutcome::Unknown { .. }));

        assert!(shop.listing().await.may_exist());
    }
}

#[tokio::test]
async fn every_attempt_is_recorded_in_the_operation() {
    let (shop, mut command) = asked("fails").await;
    let operations = shop.bench().store.operations(scope_of(&command.operation));
    let intent = Intent {
        operation_id: command.operation.operation_id,
        kind: OperationKind::Publish,
        requested_at: shop.now(),
        requested_by: Actor::system("test"),
        correlation_id: "c".into(),
        retry_of: None,
    };
    let merchant_id = command.operation.merchant_id;
    let operation = Operation::of_intent(&intent, merchant_id, Subject::Product(command.product_id));
    operations.ensure(&operation).await.unwrap();

    assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));
    command.retries = 1;
    shop.carry_out(&command).await;
    let _ = shop.deliver(&command).await;

    let steps = operations.get(operation.id).await.unwrap().unwrap().steps;
    let seen: Vec<_> = steps.iter().map(|step| (step.attempt, step.outcome)).collect();
    assert_eq!(seen, [(1, StepOutcome::Failed), (2, StepOutcome::Succeeded)]);
    assert_eq!(steps[0].channel.as_ref(), Some(&command.channel_id));
    assert_eq!(steps[1].result.as_deref(), Some("The channel has revision 1 as 1."));
}

#[tokio::test]
async fn a_product_that_became_incomplete_is_not_offered() {
    let (shop, command) = asked("").await;
    shop.edit(None).await;

    let outcome = shop.carry_out(&command).await;

    let ChannelOutcome::Refused { problem, seen: Seen::NotLooked } = outcome else { panic!("{outcome:?}") };
    assert_eq!(problem.code, "PRODUCT_INCOMPLETE");
    assert_eq!(shop.fences().await, [0; 0]);
}

#[tokio::test]
async fn what_an_incomplete_product_has_at_the_channel_is_told() {
    let (shop, command) = asked("loses").await;
    assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));
    shop.edit(None).await;

    // The channel has what was asked for.
    assert!(matches!(shop.carry_out(&command).await, ChannelOutcome::Listed(Standing { revision: 1, .. })));

    let (shop, command) = asked("fails").await;
    assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));
    shop.edit(None).await;
    assert!(matches!(shop.carry_out(&command).await, ChannelOutcome::Refused { seen: Seen::Absent, .. }));
    assert!(!shop.listing().await.may_exist());
}

#[tokio::test]
async fn an_override_that_cant_be_used_is_a_refusal_that_names_it() {
    let (shop, command) = asked("").await;
    shop.override_with("/price/amount", "cheap").await;

    let outcome = shop.carry_out(&command).await;

    let ChannelOutcome::Refused { problem, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(problem.pointer.as_deref(), Some("/channels/shop/overrides/~1price~1amount"));
}

#[tokio::test]
async fn a_newer_edit_is_what_is_offered() {
    let (shop, command) = asked("").await;
    shop.edit(Some("It shines more.")).await;

    let outcome = shop.carry_out(&command).await;

    assert!(matches!(outcome, ChannelOutcome::Listed(Standing { revision: 2, .. })));
}

#[tokio::test]
async fn nobody_waits_longer_than_a_workflow_may() {
    let (shop, command) = asked("throttles for long").await;

    let told = shop.deliver(&command).await;

    assert!(matches!(told, Ok(CommandAnswer::RetryAfter { seconds: MAX_WAIT_SECONDS, .. })), "{told:?}");
}

#[tokio::test]
async fn an_adapter_that_panics_fails_with_a_name_and_leaves_the_doubt() {
    let (shop, command) = asked("panics").await;

    assert_eq!(shop.deliver(&command).await, Err("STEP_FAILED".into()));

    assert!(shop.listing().await.may_exist());
    assert_eq!(shop.outcome(&command).await, None);
}

#[tokio::test]
async fn a_call_that_hangs_keeps_its_claim_so_that_nobody_overtakes_it() {
    let (shop, command) = asked("hangs").await;
    let store = shop.bench().store.clone();
    let hasty = Harness::new(shop.bench().adapter(), store, Told::default()).with_patience(Duration::from_millis(1));

    hasty.carry_out(&command, "hangs", shop.now()).await.unwrap();
    assert_eq!(hasty.replies().last(), Err("TRANSIENT".into()));
    shop.reconfigure(|channel| channel.config = Map::new()).await;
    let told = shop.deliver(&command).await;
    assert!(matches!(&told, Ok(CommandAnswer::RetryAfter { seconds: 90, problem }) if problem.code == "CHANNEL_BUSY"));

    shop.wait(LEASE);
    shop.carry_out(&command).await;
    assert_eq!(shop.fences().await, [command.fence]);
}
