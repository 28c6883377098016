//! Offering products on channels, planning to, and edits that follow by themselves.

use axum::http::StatusCode;
use serde_json::json;
use tola_catalog::OperationStatus;

use crate::market::{listed, refused};
use crate::support::{Launching, World};

#[tokio::test]
async fn publishing_starts_an_operation_and_says_so_on_the_product() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.connects("shop").await;
    ana.connects("fair").await;
    let id = ana.has_ready_product().await;

    let asked = ana.acts(&id, "publish", json!({ "channels": ["shop", "fair"] })).await;

    let operation = asked.accepted();
    assert_eq!((asked.text("/operation/kind"), asked.text("/operation/status")), ("publish", "RUNNING"));
    assert_eq!(world.launched().last().unwrap().to_string(), operation);
    let shown = ana.shown(&id).await;
    for channel in ["shop", "fair"] {
        let listing = &shown.body["channels"][channel];
        assert_eq!((&listing["desired"], &listing["observed"]["presence"]), (&json!("ON"), &json!("ABSENT")));
        let expected = json!({
            "kind": "publish", "revision": 1, "fence": 1, "state": "QUEUED", "operation_id": operation, "problem": null,
        });
        assert_eq!(listing["command"], expected);
    }
    assert_eq!(ana.get(asked.header("location")).await.text("/id"), operation);
    assert_eq!(ana.stored(&id).await.intents, []);
}

#[tokio::test]
async fn what_holds_already_is_answered_with_its_operation() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["shop"]).await;
    let before = ana.shown(&id).await;
    let launched = world.launched().len();

    let again = ana.acts(&id, "publish", json!({ "channels": ["shop"] })).await;

    assert_eq!(json!(again.accepted()), before.body["last_operation"]["publish"]);
    assert_eq!(ana.shown(&id).await.body, before.body);
    assert_eq!(world.launched().len(), launched);
}

#[tokio::test]
async fn what_was_refused_is_tried_again_when_it_is_asked_for() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.connects("shop").await;
    let id = ana.has_ready_product().await;
    let first = ana.acts(&id, "publish", json!({ "channels": ["shop"] })).await.accepted();
    ana.hears(&id, "shop", refused).await;
    ana.sees_settled(&first, OperationStatus::Failed).await;
    let problem = ana.shown(&id).await.body["channels"]["shop"]["command"]["problem"].clone();
    assert_eq!((&problem["class"], &problem["code"]), (&json!("policy"), &json!("STEP_FAILED")));

    let second = ana.acts(&id, "publish", json!({ "channels": ["shop"] })).await.accepted();

    assert_ne!(first, second);
    assert_eq!(ana.shown(&id).await.body["channels"]["shop"]["command"]["fence"], 2);
}

#[tokio::test]
async fn what_a_cancelled_operation_left_undone_is_done_again() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.connects("done").await;
    ana.connects("waits").await;
    let id = ana.has_ready_product().await;
    let both = json!({ "channels": ["done", "waits"] });
    let first = ana.acts(&id, "publish", both.clone()).await.accepted();
    ana.hears(&id, "done", listed).await;
    ana.sees_settled(&first, OperationStatus::Cancelled).await;

    let second = ana.acts(&id, "publish", both.clone()).await;

    assert_eq!(second.text("/operation/retry_of"), first);
    assert_eq!(ana.acts(&id, "publish", both.clone()).await.accepted(), second.accepted());
    let channels = ana.shown(&id).await.body["channels"].clone();
    assert_eq!((&channels["done"]["command"]["fence"], &channels["waits"]["command"]["fence"]), (&json!(1), &json!(2)));
    ana.hears(&id, "waits", refused).await;
    ana.sees_settled(&second.accepted(), OperationStatus::Failed).await;
    let held = ana.acts(&id, "publish", json!({ "channels": ["done"] })).await.accepted();
    assert_eq!(held, first, "what is asked for holds since then, and nobody asked for the other");
}

#[tokio::test]
async fn of_many_who_publish_at_once_all_get_one_operation() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.connects("shop").await;
    let id = ana.has_ready_product().await;

    let asked = (0..6).map(|_| ana.acts(&id, "publish", json!({ "channels": ["shop"] })));
    let answers = futures::future::join_all(asked).await;

    let last = ana.stored(&id).await.last_operation[&tola_catalog::OperationKind::Publish].to_string();
    for answer in &answers {
        assert_eq!(answer.accepted(), last);
    }
    assert_eq!(ana.shown(&id).await.body["channels"]["shop"]["command"]["fence"], 1);
}

#[tokio::test]
async fn publishing_that_could_not_be_launched_is_launched_by_whoever_asks_next() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.connects("shop").await;
    let id = ana.has_ready_product().await;
    world.launching(Launching::Fails);
    let first = ana.acts(&id, "publish", json!({ "channels": ["shop"] })).await.accepted();
    assert!(!world.launched().iter().any(|launched| launched.to_string() == first));

    world.launching(Launching::Works);
    let second = ana.acts(&id, "publish", json!({ "channels": ["shop"] })).await.accepted();

    assert_eq!(first, second);
    assert_eq!(world.launched().last().unwrap().to_string(), first);
}

#[tokio::test]
async fn a_request_that_died_after_its_write_comes_to_the_same_end() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.connects("shop").await;
    let id = ana.has_ready_product().await;
    let ask = || {
        let ask = ana.ask("POST", &format!("/v1/products/{id}/publish")).with("idempotency-key", "k");
        ask.json(json!({ "channels": ["shop"] }))
    };
    world.launching(Launching::Panics);
    assert_eq!(ask().send().await.refused(), (500, "INTERNAL"));
    let written = ana.stored(&id).await.intents[0].operation_id;

    world.launching(Launching::Works);
    let (second, third) = (ask().send().await, ask().send().await);

    assert_eq!((second.accepted(), third.accepted()), (written.to_string(), written.to_string()));
    assert_eq!(third.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn what_cannot_be_published_is_refused() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    ana.connects("shop").await;
    bob.connects("his").await;
    let ready = ana.has_ready_product().await;
    let draft = ana.registers(json!({ "description": null })).await.text("/id").to_owned();
    let many: Vec<_> = (0..21).map(|n| format!("c{n}")).collect();
    let cases = [
        (json!({ "channels": ["shop", "his"] }), (422, "UNKNOWN_CHANNEL"), "/channels/1"),
        (json!({ "channels": ["nowhere"] }), (422, "UNKNOWN_CHANNEL"), "/channels/0"),
        (json!({ "channels": ["shop", "shop"] }), (422, "INVALID_BODY"), "/channels/1"),
        (json!({ "channels": ["No Id"] }), (422, "INVALID_BODY"), "/channels/0"),
        (json!({ "channels": [] }), (422, "INVALID_BODY"), "/channels"),
        (json!({ "channels": many }), (422, "INVALID_BODY"), "/channels"),
        (json!({}), (422, "INVALID_BODY"), "/channels"),
        (json!({ "channels": ["shop"], "now": true }), (422, "INVALID_BODY"), "/now"),
    ];
    for (body, expected, pointer) in cases {
        let answer = ana.acts(&ready, "publish", body.clone()).await;
        assert_eq!((answer.refused(), answer.pointer()), (expected, pointer), "{body}");
    }
    assert_eq!(ana.shown(&ready).await.body["channels"], json!({}));

    let incomplete = ana.acts(&draft, "publish", json!({ "channels": ["shop"] })).await;
    assert_eq!((incomplete.refused(), incomplete.pointer()), ((409, "PRODUCT_INCOMPLETE"), "/description"));
    let lacking = incomplete.body["error"]["missing"].as_array().unwrap();
    assert_eq!(lacking[0]["pointer"], "/description");
    assert!(lacking.iter().all(|gap| gap["rule"].is_string() && gap["message"].is_string()), "{lacking:?}");
    assert_eq!(incomplete.body["error"]["details"].as_array().unwrap().len(), 2, "the photo is missing, too");
    ana.acts(&ready, "deactivate", json!({})).await.accepted();
    let inactive = ana.acts(&ready, "publish", json!({ "channels": ["shop"] })).await;
    assert_eq!(inactive.refused(), (409, "ACTION_NOT_POSSIBLE"));
    let foreign = bob.acts(&ready, "publish", json!({ "channels": ["his"] })).await;
    assert_eq!(foreign.refused(), (404, "RESOURCE_NOT_FOUND"));
}

#[tokio::test]
async fn a_plan_tells_what_would_happen_and_changes_nothing() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["live", "lags"]).await;
    let config = json!({ "required_attributes": ["color", "size"] });
    ana.puts("new", json!({ "type": "sandbox", "config": config, "paused": true })).await;
    ana.patches(&id, "*", json!({ "attributes": { "size": "L" } })).await;
    ana.hears(&id, "live", listed).await;
    ana.hears(&id, "lags", refused).await;
    let (before, launched) = (ana.stored(&id).await, world.launched().len());

    let plan = ana.acts(&id, "publish?dry_run=true", json!({ "channels": ["new", "live", "lags"] })).await;

    assert_eq!(plan.status, StatusCode::OK, "{plan:?}");
    let planned: Vec<_> = plan.body["channels"].as_array().unwrap().iter().collect();
    let actions: Vec<_> = planned.iter().map(|planned| (&planned["channel"], &planned["action"])).collect();
    let expected = [("new", "create"), ("live", "nothing"), ("lags", "update")].map(|(c, a)| (json!(c), json!(a)));
    assert_eq!(actions, expected.iter().map(|(c, a)| (c, a)).collect::<Vec<_>>());
    assert_eq!((&planned[0]["status"], &planned[1]["status"]), (&json!("PAUSED"), &json!("ACTIVE")));
    assert_eq!(planned[0]["missing"][0]["pointer"], "/attributes/color");
    assert_eq!(planned[0]["missing"].as_array().unwrap().len(), 1);
    assert_eq!((&plan.body["missing"], &plan.body["irreversible"]), (&json!([]), &json!([])));
    assert_eq!((ana.stored(&id).await, world.launched().len()), (before, launched));
}

#[tokio::test]
async fn a_plan_for_an_incomplete_product_names_what_is_missing() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.connects("shop").await;
    let id = ana.registers(json!({})).await.text("/id").to_owned();
    let body = json!({ "channels": ["shop"] });

    let plan = ana.acts(&id, "publish?dry_run=true", body.clone()).await;

    assert_eq!(plan.status, StatusCode::OK, "{plan:?}");
    assert_eq!((plan.text("/missing/0/pointer"), plan.text("/channels/0/action")), ("/images", "create"));
    let unclear = ana.acts(&id, "publish?dry_run=yes", body.clone()).await;
    assert_eq!((unclear.refused(), unclear.pointer()), ((400, "INVALID_PARAMETER"), "/query/dry_run"));
    ana.acts(&id, "deactivate", json!({})).await.accepted();
    let inactive = ana.acts(&id, "publish?dry_run=true", body).await;
    assert_eq!(inactive.refused(), (409, "ACTION_NOT_POSSIBLE"));
}

#[tokio::test]
async fn the_key_of_a_plan_is_no_key_of_the_deed() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.connects("shop").await;
    let id = ana.has_ready_product().await;
    let ask = |query: &str| {
        let ask = ana.ask("POST", &format!("/v1/products/{id}/publish{query}")).with("idempotency-key", "k");
        ask.json(json!({ "channels": ["shop"] }))
    };

    assert_eq!(ask("?dry_run=true").send().await.status, StatusCode::OK);
    assert_eq!(ask("").send().await.refused(), (422, "IDEMPOTENCY_KEY_REUSED"));
}

#[tokio::test]
async fn an_edit_of_what_is_live_is_published_by_itself() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["shop"]).await;
    let image = ana.promises_image().await;

    let edited = ana.patches(&id, "*", json!({ "name": "Big lamp" })).await;

    assert_eq!((edited.status, edited.text("/operation/kind")), (StatusCode::OK, "publish"));
    assert_eq!(edited.body["operation"]["id"], edited.body["last_operation"]["publish"]);
    assert_eq!(world.launched().last().unwrap().to_string(), edited.text("/operation/id"));
    assert_eq!(edited.text("/channels/shop/command/kind"), "update");

    let during = ana.patches(&id, "*", json!({ "name": "Bigger lamp" })).await;
    assert!(during.body.get("operation").is_none(), "the publish that is unfinished asks again when it ends");

    let kinds = ana.patches(&id, "*", json!({ "images": [{ "image_id": image }] })).await;
    assert_eq!(kinds.text("/operation/kind"), "register");
}
