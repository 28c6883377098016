//! How many there are of a product, whoever changes it at the same time.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tola_catalog::listing::ChannelOutcome;
use tola_catalog::{ChannelId, OperationKind, OperationStatus};
use ulid::Ulid;

use crate::market::refused;
use crate::support::{Actress, Answer, Ask, World};

/// How many want the same at the same time.
const CROWD: usize = 100;

impl Actress {
    fn asks_to_count(&self, product: &str, body: Value) -> Ask {
        let key = Ulid::generate().to_string();
        self.ask("PATCH", &format!("/v1/products/{product}/inventory")).with("idempotency-key", &key).json(body)
    }

    /// Changes a stock, which is not refused.
    pub(crate) async fn counts(&self, product: &str, body: Value) -> Answer {
        let answer = self.asks_to_count(product, body).send().await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer
    }

    async fn inventory(&self, product: &str) -> Answer {
        self.get(&format!("/v1/products/{product}/inventory")).await
    }

    /// A product of which there are so many.
    async fn has_counted(&self, pieces: u32) -> String {
        let id = self.registers(json!({})).await.text("/id").to_owned();
        self.counts(&id, json!({ "set": pieces })).await;
        id
    }

    /// What history tells of a stock: kinds, and how many there were then.
    async fn told(&self, product: &str) -> Vec<(String, Value)> {
        let history = self.get(&format!("/v1/products/{product}/history?limit=100")).await;
        let items = history.body["items"].as_array().unwrap().iter();
        let told = items.filter(|event| event["kind"].as_str().unwrap().starts_with("Inventory"));
        told.map(|event| (event["kind"].as_str().unwrap().to_owned(), event["data"]["on_hand"].clone())).collect()
    }
}

fn sale(pieces: u32) -> Value {
    json!({ "adjust": -i64::from(pieces), "reason": "SALE" })
}

/// The answers to as many clients who want one piece each at the same moment, each in a task of its own.
async fn crowd(ana: &Actress, product: &str) -> Vec<Answer> {
    let barrier = Arc::new(Barrier::new(CROWD));
    let clients = (0..CROWD).map(|_| {
        let (barrier, ask) = (barrier.clone(), ana.asks_to_count(product, sale(1)));
        tokio::spawn(async move {
            barrier.wait().await;
            ask.send().await
        })
    });
    join_all(clients).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_stock_is_set_adjusted_and_no_longer_counted() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.registers(json!({ "sku": "S" })).await.text("/id").to_owned();

    let untold = ana.inventory(&id).await;
    assert_eq!(
        untold.body,
        json!({
            "product_id": id, "sku": "S", "tracked": false, "on_hand": null, "low_stock_threshold": null, "level": null,
        })
    );

    let set = ana.counts(&id, json!({ "set": 12, "reason": "COUNT", "low_stock_threshold": 5 })).await;
    assert_eq!((&set.body["on_hand"], set.text("/level")), (&json!(12), "AMPLE"));
    let sold = ana.counts(&id, json!({ "adjust": -7, "reason": "SALE", "note": "order 1017" })).await;
    assert_eq!((&sold.body["on_hand"], sold.text("/level")), (&json!(5), "LOW"));
    let back = ana.counts(&id, json!({ "adjust": 1, "reason": "RETURN" })).await;
    assert_eq!((&back.body["on_hand"], back.text("/level")), (&json!(6), "AMPLE"));
    let stricter = ana.counts(&id, json!({ "low_stock_threshold": 6 })).await;
    assert_eq!((&stricter.body["on_hand"], stricter.text("/level")), (&json!(6), "LOW"));
    assert_eq!(ana.inventory(&id).await.body, stricter.body);

    let forgotten = ana.counts(&id, json!({ "set": null, "low_stock_threshold": null })).await;
    assert_eq!(forgotten.body, untold.body);
    let kinds: Vec<_> = ana.told(&id).await.into_iter().map(|(kind, _)| kind).collect();
    let adjusted = "InventoryAdjusted";
    assert_eq!(
        kinds,
        [adjusted, adjusted, "InventoryLow", adjusted, "InventoryRestocked", adjusted, "InventoryLow", adjusted]
    );
}

#[tokio::test]
async fn a_change_says_who_made_it_and_why() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_counted(3).await;

    let ask = ana.asks_to_count(&id, json!({ "adjust": -3, "reason": "DAMAGE", "note": "Water in the cellar." }));
    ask.with("x-correlation-id", "cellar-1").send().await;

    let history = ana.get(&format!("/v1/products/{id}/history")).await;
    let told = history.body["items"].as_array().unwrap().iter().rev();
    let [gone, damaged] = told.take(2).collect::<Vec<_>>()[..] else { panic!("{:?}", history.body) };
    assert_eq!((&gone["kind"], &gone["data"]["was"]), (&json!("InventoryDepleted"), &json!("AMPLE")));
    assert_eq!((&damaged["kind"], &damaged["data"]["delta"]), (&json!("InventoryAdjusted"), &json!(-3)));
    assert_eq!(damaged["data"]["note"], "Water in the cellar.");
    for event in [gone, damaged] {
        assert_eq!((&event["actor"]["id"], &event["correlation_id"]), (&json!("ana"), &json!("cellar-1")));
    }
}

#[tokio::test]
async fn products_lists_and_the_public_show_what_is_theirs_to_know() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["shop"]).await;
    let public = async || ana.get(&format!("/v1/public/products/{id}")).await.body;
    assert_eq!(public().await["in_stock"], json!(true), "of what nobody counts there are enough");

    ana.counts(&id, json!({ "set": 2, "low_stock_threshold": 3 })).await;

    let stock = json!({ "tracked": true, "on_hand": 2, "low_stock_threshold": 3, "level": "LOW" });
    assert_eq!(ana.shown(&id).await.body["stock"], stock);
    assert_eq!(ana.get("/v1/products").await.body["items"][0]["stock"], stock);
    let shown = public().await;
    assert_eq!((&shown["in_stock"], shown.get("stock")), (&json!(true), None));
    ana.counts(&id, sale(2)).await;
    let page = ana.get(&format!("/v1/public/merchants/{}/products", ana.identity.merchant_id)).await;
    assert_eq!((&public().await["in_stock"], &page.body["items"][0]["in_stock"]), (&json!(false), &json!(false)));
}

#[tokio::test]
async fn a_sale_is_no_edit() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["shop"]).await;
    let (before, launched) = (ana.stored(&id).await, world.launched().len());
    let edits_on = ana.shown(&id).await.header("etag").to_owned();

    let sold = ana.counts(&id, json!({ "set": 3 })).await;

    let after = ana.stored(&id).await;
    assert_eq!((after.revision, after.version), (before.revision, before.version + 1));
    assert_eq!(sold.header("etag"), format!("\"{}.{}\"", after.revision, after.version));
    assert_eq!((after.channels, world.launched().len()), (before.channels, launched), "no channel is called");
    assert_eq!(ana.patches(&id, &edits_on, json!({ "name": "Lamp 2" })).await.status, StatusCode::OK);
    let read = ana.ask("GET", &format!("/v1/products/{id}/inventory"));
    let known = read.with("if-none-match", ana.inventory(&id).await.header("etag")).send().await;
    assert_eq!(known.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn the_last_piece_pauses_what_is_live_and_the_next_one_brings_it_back() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["shop"]).await;
    ana.counts(&id, json!({ "set": 1 })).await;
    let launched = world.launched().len();

    ana.counts(&id, sale(1)).await;

    let [pause] = world.launched()[launched..].try_into().unwrap();
    let operation = ana.get(&format!("/v1/operations/{pause}")).await;
    assert_eq!((operation.text("/kind"), operation.text("/product_id")), ("pause", id.as_str()));
    ana.hears(&id, "shop", |_| ChannelOutcome::Withdrawn { remains: Some("x-1".into()), already: false }).await;
    let shown = ana.shown(&id).await;
    let listing = &shown.body["channels"]["shop"];
    assert_eq!((&listing["desired"], &listing["hold"]), (&json!("ON"), &json!("DEPLETED")), "{shown:?}");
    assert_eq!((shown.text("/status"), &listing["observed"]["presence"]), ("READY", &json!("PAUSED")));
    let publish = ana.acts(&id, "publish", json!({ "channels": ["shop"] })).await;
    assert_eq!(publish.refused(), (409, "OUT_OF_STOCK"));
    assert!(publish.text("/error/details/0/message").contains("/inventory"), "it says what to do: {publish:?}");
    let planned = ana.acts(&id, "publish?dry_run=true", json!({ "channels": ["shop"] })).await;
    assert_eq!(planned.refused(), (409, "OUT_OF_STOCK"));

    ana.counts(&id, json!({ "adjust": 2, "reason": "RECEIVED" })).await;

    let back = *world.launched().last().unwrap();
    assert_eq!(ana.get(&format!("/v1/operations/{back}")).await.text("/kind"), "publish");
    let shown = ana.shown(&id).await;
    assert_eq!(shown.body["channels"]["shop"].get("hold"), None, "{shown:?}");
}

#[tokio::test]
async fn a_pause_that_a_channel_refused_is_done_again_for_as_long_as_there_are_none() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["shop"]).await;
    ana.counts(&id, json!({ "set": 0 })).await;
    let pause = world.launched().last().unwrap().to_string();
    ana.hears(&id, "shop", refused).await;
    ana.sees_settled(&pause, OperationStatus::Failed).await;
    let retry = async |operation: &str| ana.ask("POST", &format!("/v1/operations/{operation}/retry")).send().await;

    let again = retry(&pause).await;

    assert_eq!((again.status, again.text("/kind"), again.text("/retry_of")), (StatusCode::ACCEPTED, "pause", &*pause));
    let channel = ChannelId::parse("shop").unwrap();
    assert!(ana.stored(&id).await.channels[&channel].is_being_withdrawn());
    let again = again.text("/id").to_owned();
    ana.hears(&id, "shop", refused).await;
    ana.sees_settled(&again, OperationStatus::Failed).await;
    ana.counts(&id, json!({ "set": 3 })).await;
    assert_eq!(retry(&again).await.refused(), (409, "ACTION_NOT_POSSIBLE"));
    let shown = ana.get(&format!("/v1/operations/{again}")).await;
    assert_eq!(shown.body["retried_by"], json!(null), "what was refused leads nowhere: {shown:?}");
}

/// A hundred sell the last ten of what is live: it is paused by one operation.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_that_sells_it_out_pauses_it_once() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["a", "b"]).await;
    ana.counts(&id, json!({ "set": 10 })).await;

    let answers = crowd(&ana, &id).await;

    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 10);
    let paused = ana.stored(&id).await;
    let operations: BTreeSet<_> =
        paused.channels.values().map(|listing| listing.command.as_ref().unwrap().operation_id).collect();
    assert_eq!(operations, [paused.last_operation[&OperationKind::Pause]].into());
}

#[tokio::test]
async fn more_than_there_are_cannot_go() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_counted(2).await;
    let before = ana.stored(&id).await;

    let refused = ana.asks_to_count(&id, sale(3)).send().await;

    assert_eq!((refused.refused(), refused.pointer()), ((409, "STOCK_INSUFFICIENT"), "/adjust"));
    assert_eq!(refused.text("/error/message"), "there are 2, and 3 were to go");
    assert_eq!(ana.stored(&id).await, before);
    let too_many = ana.asks_to_count(&id, json!({ "adjust": 1_000_000_000, "reason": "RECEIVED" })).send().await;
    assert_eq!((too_many.refused(), too_many.pointer()), ((422, "INVALID_BODY"), "/adjust"));
    let uncounted = ana.registers(json!({})).await.text("/id").to_owned();
    let untracked = ana.asks_to_count(&uncounted, sale(1)).send().await;
    assert_eq!((untracked.refused(), untracked.pointer()), ((409, "STOCK_UNTRACKED"), "/adjust"));
    assert!(untracked.text("/error/message").contains("set that first"), "{untracked:?}");
}

#[tokio::test]
async fn what_makes_no_sense_is_pointed_at() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_counted(2).await;
    for (body, pointer, what) in [
        (json!({}), "", "nothing"),
        (json!({ "reason": "SALE" }), "", "a reason for nothing"),
        (json!({ "set": 1, "adjust": 1, "reason": "OTHER" }), "/adjust", "both"),
        (json!({ "set": null, "adjust": 1, "reason": "OTHER" }), "/adjust", "both, in a way"),
        (json!({ "adjust": -1 }), "/reason", "no reason"),
        (json!({ "adjust": -1, "reason": "THEFT" }), "/reason", "an unknown reason"),
        (json!({ "adjust": -1, "reason": null }), "/reason", "no reason, in a way"),
        (json!({ "adjust": 0, "reason": "OTHER" }), "/adjust", "none comes or goes"),
        (json!({ "adjust": null }), "/adjust", "null"),
        (json!({ "adjust": -1.0, "reason": "SALE" }), "/adjust", "a float"),
        (json!({ "set": -1 }), "/set", "less than none"),
        (json!({ "set": 1_000_000_001 }), "/set", "too many"),
        (json!({ "set": 1.5 }), "/set", "half a piece"),
        (json!({ "set": "1" }), "/set", "a text"),
        (json!({ "set": 1e300 }), "/set", "far too many"),
        (json!({ "low_stock_threshold": -1 }), "/low_stock_threshold", "a threshold below none"),
        (json!({ "set": 1, "note": "" }), "/note", "an empty note"),
        (json!({ "set": 1, "note": "x".repeat(501) }), "/note", "a long note"),
        (json!({ "set": 1, "level": "LOW" }), "/level", "what follows from the rest"),
    ] {
        let refused = ana.asks_to_count(&id, body.clone()).send().await;
        assert_eq!((refused.refused(), refused.pointer()), ((422, "INVALID_BODY"), pointer), "{what}: {body}");
    }
    assert_eq!(ana.inventory(&id).await.body["on_hand"], json!(2));
}

#[tokio::test]
async fn an_adjustment_needs_a_key_and_a_count_does_not() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_counted(2).await;
    let ask = |body: Value| ana.ask("PATCH", &format!("/v1/products/{id}/inventory")).json(body).send();

    let refused = ask(sale(1)).await;

    assert_eq!((refused.refused(), refused.pointer()), ((400, "IDEMPOTENCY_KEY_REQUIRED"), "/headers/idempotency-key"));
    assert_eq!(ask(json!({ "set": 7 })).await.body["on_hand"], json!(7));
    assert_eq!(ask(json!({ "low_stock_threshold": 7 })).await.text("/level"), "LOW");
}

#[tokio::test]
async fn a_repeated_key_has_one_effect() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_counted(5).await;
    let ask = |by: i64, key: &'static str| {
        let ask = ana.ask("PATCH", &format!("/v1/products/{id}/inventory")).with("idempotency-key", key);
        ask.json(json!({ "adjust": by, "reason": "SALE" })).send()
    };

    let (first, again) = (ask(-2, "k").await, ask(-2, "k").await);

    assert_eq!((&first.body["on_hand"], &again.body), (&json!(3), &first.body));
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(ask(-1, "k").await.refused(), (422, "IDEMPOTENCY_KEY_REUSED"));
    let refused = ask(-9, "l").await;
    ana.counts(&id, json!({ "set": 100 })).await;
    assert_eq!(ask(-9, "l").await.body, refused.body, "a refusal is repeated, too");
    assert_eq!(ana.inventory(&id).await.body["on_hand"], json!(100));
    assert_eq!(ask(-9, "m").await.body["on_hand"], json!(91));
}

/// The first request has changed the stock and died; then others have, and history has all of it.
#[tokio::test]
async fn a_change_whose_request_died_is_found_in_history() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_counted(1_000).await;
    let body = sale(7);
    let path = format!("/v1/products/{id}/inventory");
    let ask = || ana.ask("PATCH", &path).with("idempotency-key", "k").json(body.clone()).send();
    assert_eq!(ask().await.body["on_hand"], json!(993));
    world.forgets_answers().await;
    for _ in 0..120 {
        ana.counts(&id, sale(1)).await;
    }

    let resumed = ask().await;

    assert_eq!((resumed.status, &resumed.body["on_hand"]), (StatusCode::OK, &json!(873)), "as it is by now");
    assert_eq!(resumed.header("idempotency-replayed"), "");
    assert_eq!(ask().await.header("idempotency-replayed"), "true");
    assert_eq!(ana.inventory(&id).await.body["on_hand"], json!(873));
}

#[tokio::test]
async fn who_names_what_was_read_changes_that_alone() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_counted(5).await;
    let read = ana.inventory(&id).await.header("etag").to_owned();
    let ask = |tag: &str, pieces: u32| ana.asks_to_count(&id, json!({ "set": pieces })).with("if-match", tag).send();

    let counted = ask(&read, 6).await;
    assert_eq!((counted.status, &counted.body["on_hand"]), (StatusCode::OK, &json!(6)));
    let stale = ask(&read, 7).await;
    assert_eq!((stale.refused(), stale.pointer()), ((412, "PRECONDITION_FAILED"), "/headers/if-match"));
    assert_eq!(
        ask("\"1\"", 7).await.refused(),
        (412, "PRECONDITION_FAILED"),
        "a revision alone says nothing of a stock"
    );
    assert_eq!(ask("5", 7).await.refused(), (400, "INVALID_PARAMETER"));
    assert_eq!(ask("*", 8).await.body["on_hand"], json!(8));
}

#[tokio::test]
async fn what_is_off_the_market_can_be_counted_and_what_is_being_deleted_cannot() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["shop"]).await;
    ana.acts(&id, "deactivate", json!({})).await.accepted();
    assert_eq!(ana.counts(&id, json!({ "set": 4 })).await.body["on_hand"], json!(4));

    ana.deletes(&id, Some("*")).await.accepted();

    assert_eq!(ana.asks_to_count(&id, json!({ "set": 1 })).send().await.refused(), (409, "ACTION_NOT_POSSIBLE"));
    assert_eq!(ana.inventory(&id).await.refused(), (404, "RESOURCE_NOT_FOUND"));
}

/// A hundred want one of the last ten at the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_ten_go_to_ten_of_a_hundred() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_counted(10).await;
    ana.counts(&id, json!({ "low_stock_threshold": 3 })).await;

    let answers = crowd(&ana, &id).await;

    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
    assert_eq!((won.len(), lost.len()), (10, 90));
    for answer in lost {
        assert_eq!(answer.refused(), (409, "STOCK_INSUFFICIENT"));
        assert_eq!(answer.text("/error/message"), "there are 0, and 1 were to go");
    }
    let mut left: Vec<_> = won.iter().map(|answer| answer.body["on_hand"].as_u64().unwrap()).collect();
    left.sort_unstable();
    assert_eq!(left, (0..10).collect::<Vec<_>>(), "each of them took another one");
    assert_eq!(ana.inventory(&id).await.body["on_hand"], json!(0));
    let told = ana.told(&id).await;
    let adjusted = told.iter().filter(|(kind, _)| kind == "InventoryAdjusted").skip(2).map(|(_, there)| there.clone());
    assert_eq!(json!(adjusted.collect::<Vec<_>>()), json!((0..10).rev().collect::<Vec<_>>()));
    let crossings: Vec<_> = told.into_iter().filter(|(kind, _)| kind != "InventoryAdjusted").collect();
    let wanted = [("InventoryLow".to_owned(), json!(3)), ("InventoryDepleted".to_owned(), json!(0))];
    assert_eq!(crossings, wanted, "each once");
}

/// There are enough for all, so that every one of them has to get its turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn where_there_are_enough_each_of_a_hundred_gets_one() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_counted(150).await;

    let answers = crowd(&ana, &id).await;

    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != StatusCode::OK).collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(ana.inventory(&id).await.body["on_hand"], json!(50));
}
