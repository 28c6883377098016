//! Connecting channels, reading them, letting them go.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tola_catalog::{ChannelId, ChannelStatus, Problem, ProblemClass, code};

use crate::market::listed;
use crate::support::World;

fn sandbox(config: Value) -> Value {
    json!({ "type": "sandbox", "config": config })
}

#[tokio::test]
async fn a_channel_is_connected_and_replaced() {
    let world = World::new().await;
    let ana = world.merchant();
    let config =
        json!({ "required_attributes": ["color"], "switch": { "slow_ms": 20, "refuse": { "message": "No." } } });
    let body = json!({ "type": "sandbox", "config": config, "secret": "shop.key-1" });

    let created = ana.puts("shop", body.clone()).await;

    assert_eq!((created.status, created.header("location")), (StatusCode::CREATED, "/v1/channels/shop"), "{created:?}");
    assert_eq!((created.text("/id"), created.text("/type"), created.text("/status")), ("shop", "sandbox", "ACTIVE"));
    assert_eq!((&created.body["config"], created.text("/secret")), (&config, "shop.key-1"));
    assert_eq!(ana.get("/v1/channels/shop").await.body, created.body);

    let same = ana.puts("shop", body).await;
    assert_eq!((same.status, &same.body), (StatusCode::OK, &created.body), "a repeated PUT changes nothing");

    let paused = ana.puts("shop", json!({ "type": "sandbox", "config": {}, "paused": true })).await;
    assert_eq!((paused.status, paused.text("/status")), (StatusCode::OK, "PAUSED"));
    assert_eq!((&paused.body["config"], &paused.body["secret"]), (&json!({}), &Value::Null), "it is replaced whole");
    assert_eq!(paused.body["created_at"], created.body["created_at"]);
    assert_eq!(ana.puts("shop", sandbox(json!({}))).await.text("/status"), "ACTIVE");
}

#[tokio::test]
async fn channels_are_listed_by_name_and_only_to_their_merchant() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    for channel in ["shop", "fair", "bazaar"] {
        ana.connects(channel).await;
    }
    bob.puts("shop", json!({ "type": "sandbox", "config": {}, "paused": true })).await;

    let hers = ana.get("/v1/channels").await;
    let ids: Vec<_> = hers.body["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect();

    assert_eq!((json!(ids), &hers.body["next_cursor"]), (json!(["bazaar", "fair", "shop"]), &Value::Null));
    assert_eq!(bob.get("/v1/channels").await.body["items"].as_array().unwrap().len(), 1);
    let of_hers = format!("/v1/channels?merchant={}", ana.identity.merchant_id);
    assert_eq!(bob.get(&of_hers).await.refused(), (403, "FORBIDDEN"));
    assert_eq!(bob.in_role(tola_catalog::Role::Admin).get(&of_hers).await.body, hers.body);
    assert_eq!(bob.get("/v1/channels/fair").await.refused(), (404, "RESOURCE_NOT_FOUND"));
    assert_eq!(
        ana.get("/v1/channels/shop").await.text("/status"),
        "ACTIVE",
        "one name of two merchants is two channels"
    );
    assert_eq!(bob.ask("DELETE", "/v1/channels/fair").send().await.refused(), (404, "RESOURCE_NOT_FOUND"));
    assert_eq!(ana.get("/v1/channels/No%20Id").await.refused(), (404, "RESOURCE_NOT_FOUND"));
}

#[tokio::test]
async fn what_a_channel_cannot_be_is_refused() {
    let world = World::new().await;
    let ana = world.merchant();
    let deep = (0..20).fold(json!(1), |inner, _| json!({ "a": inner }));
    let cases = [
        (json!({ "type": "bazaar", "config": {} }), "/type"),
        (json!({ "config": {} }), "/type"),
        (json!({ "type": "sandbox" }), "/config"),
        (sandbox(json!([])), "/config"),
        (sandbox(json!({ "colour": 1 })), "/config/colour"),
        (sandbox(json!({ "required_attributes": "color" })), "/config/required_attributes"),
        (sandbox(json!({ "required_attributes": ["a", 7] })), "/config/required_attributes/1"),
        (sandbox(json!({ "switch": true })), "/config/switch"),
        (sandbox(json!({ "switch": { "$where": 1 } })), "/config/switch"),
        (sandbox(json!({ "switch": { "n": u64::MAX } })), "/config/switch/n"),
        (sandbox(json!({ "switch": { "d": deep } })), "/config/switch/d/a/a/a/a/a/a/a/a/a"),
        (json!({ "type": "sandbox", "config": {}, "secret": "no/path" }), "/secret"),
        (json!({ "type": "sandbox", "config": {}, "secret": "" }), "/secret"),
        (json!({ "type": "sandbox", "config": {}, "status": "ACTIVE" }), "/status"),
    ];
    for (body, pointer) in cases {
        let answer = ana.puts("shop", body.clone()).await;
        assert_eq!((answer.refused(), answer.pointer()), ((422, "INVALID_BODY"), pointer), "{body}");
    }
    let several = ana.puts("shop", sandbox(json!({ "required_attributes": [1, 2, 3] }))).await;
    assert_eq!(several.body["error"]["details"].as_array().unwrap().len(), 3);
    let secret = ana.puts("shop", json!({ "type": "sandbox", "config": {}, "secret": "s3cr3t !" })).await;
    assert!(!secret.body.to_string().contains("s3cr3t"), "{secret:?}");
    assert_eq!(ana.puts("No_Id", sandbox(json!({}))).await.refused(), (404, "RESOURCE_NOT_FOUND"));
    let viewer = ana.in_role(tola_catalog::Role::Viewer);
    assert_eq!(viewer.puts("shop", sandbox(json!({}))).await.refused(), (403, "FORBIDDEN"));
    assert_eq!(ana.get("/v1/channels").await.body["items"], json!([]));
}

#[tokio::test]
async fn the_type_of_a_channel_stays() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.connects("shop").await;
    let channels = world.store.channels(ana.scope());
    let before = channels.get(&ChannelId::parse("shop").unwrap()).await.unwrap().unwrap();
    let mut other = before.clone();
    other.channel_type = "another".into();
    other.version += 1;
    assert_eq!(channels.save(&before, &other).await.unwrap(), tola_store::Saved::Moved);

    assert_eq!(ana.puts("shop", sandbox(json!({}))).await.refused(), (409, "ACTION_NOT_POSSIBLE"));
    assert_eq!(ana.get("/v1/channels/shop").await.text("/type"), "another");
}

#[tokio::test]
async fn a_channel_that_refused_our_credentials_is_connected_again() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.connects("shop").await;
    let channels = world.store.channels(ana.scope());
    let before = channels.get(&ChannelId::parse("shop").unwrap()).await.unwrap().unwrap();
    let mut broken = before.clone();
    broken.status = ChannelStatus::AuthBroken;
    broken.problem = Some(Problem::new(ProblemClass::Auth, code::STEP_FAILED, "It does not know us."));
    broken.version += 1;
    assert_eq!(channels.save(&before, &broken).await.unwrap(), tola_store::Saved::Moved);
    let read = ana.get("/v1/channels/shop").await;
    assert_eq!((read.text("/status"), read.text("/problem/class")), ("AUTH_BROKEN", "auth"));

    let repaired = ana.puts("shop", sandbox(json!({}))).await;

    assert_eq!((repaired.status, repaired.text("/status")), (StatusCode::OK, "ACTIVE"));
    assert_eq!(repaired.body["problem"], Value::Null);
    assert!(repaired.text("/reconcile_due_at") <= repaired.text("/updated_at"), "what it missed is brought there now");
}

#[tokio::test]
async fn a_pause_outlasts_broken_credentials() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.puts("shop", json!({ "type": "sandbox", "config": {}, "paused": true })).await;
    let channels = world.store.channels(ana.scope());
    let before = channels.get(&ChannelId::parse("shop").unwrap()).await.unwrap().unwrap();
    let mut broken = before.clone();
    broken.status = ChannelStatus::AuthBroken;
    broken.version += 1;
    assert_eq!(channels.save(&before, &broken).await.unwrap(), tola_store::Saved::Moved);

    let tested = ana.post("/v1/channels/shop/test", json!({})).await;

    assert_eq!(tested.text("/channel/status"), "PAUSED", "{tested:?}");
}

#[tokio::test]
async fn a_connection_is_tried_and_its_failure_is_told_and_repaired() {
    let world = World::new().await;
    let ana = world.merchant();
    let locked = || sandbox(json!({ "switch": { "refuse": { "class": "auth", "message": "Who are you?" } } }));

    let connected = ana.puts("shop", locked()).await;
    assert_eq!((connected.status, connected.text("/status")), (StatusCode::CREATED, "AUTH_BROKEN"));
    assert_eq!((connected.text("/problem/class"), connected.text("/problem/message")), ("auth", "Who are you?"));
    assert_eq!(ana.post("/v1/channels/shop/reconcile", json!({})).await.refused(), (409, "ACTION_NOT_POSSIBLE"));

    let tested = ana.post("/v1/channels/shop/test", json!({})).await;
    assert_eq!((tested.status, &tested.body["connected"]), (StatusCode::OK, &json!(false)));
    assert_eq!(tested.text("/channel/status"), "AUTH_BROKEN");

    assert_eq!(ana.puts("shop", sandbox(json!({}))).await.text("/status"), "ACTIVE");
    let tested = ana.post("/v1/channels/shop/test", json!({})).await;
    assert_eq!((&tested.body["connected"], &tested.body["problem"]), (&json!(true), &Value::Null));

    let silent = ana.puts("shop", sandbox(json!({ "switch": { "fail_connect": true } }))).await;
    assert_eq!((silent.text("/status"), silent.text("/problem/class")), ("ACTIVE", "transient"), "it may answer again");
    let paused = ana.puts("shop", json!({ "type": "sandbox", "config": {}, "paused": true })).await;
    assert_eq!(paused.text("/status"), "PAUSED");
    assert_eq!(ana.post("/v1/channels/shop/test", json!({})).await.text("/channel/status"), "PAUSED");
    assert_eq!(world.merchant().post("/v1/channels/shop/test", json!({})).await.refused(), (404, "RESOURCE_NOT_FOUND"));
}

#[tokio::test]
async fn without_its_adapter_nothing_is_connected() {
    let world = World::new().await;
    let ana = world.merchant();
    world.adapters.silent.store(true, Ordering::SeqCst);

    let answer = ana.puts("shop", sandbox(json!({}))).await;

    assert_eq!(answer.refused(), (503, "UNAVAILABLE"));
    assert_eq!(ana.get("/v1/channels").await.body["items"], json!([]));
}

#[tokio::test]
async fn of_many_who_connect_one_channel_one_creates_it() {
    let world = World::new().await;
    let ana = world.merchant();

    let puts = (0..6).map(|n| ana.puts("shop", sandbox(json!({ "switch": { "slow_ms": n } }))));
    let statuses: Vec<_> = futures::future::join_all(puts).await.iter().map(|answer| answer.status.as_u16()).collect();

    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 201].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn a_channel_is_let_go_once_nothing_is_live_there() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["shop"]).await;
    ana.connects("empty").await;

    let refused = ana.ask("DELETE", "/v1/channels/shop").send().await;

    assert_eq!(refused.refused(), (409, "ACTION_NOT_POSSIBLE"));
    assert!(refused.text("/error/details/0/message").contains(&id), "{refused:?}");
    assert_eq!(ana.ask("DELETE", "/v1/channels/empty").send().await.status, StatusCode::NO_CONTENT);
    assert_eq!(ana.ask("DELETE", "/v1/channels/empty").send().await.refused(), (404, "RESOURCE_NOT_FOUND"));

    ana.deletes(&id, Some("*")).await.accepted();
    let held = ana.ask("DELETE", "/v1/channels/shop").send().await;
    assert_eq!(held.refused(), (409, "ACTION_NOT_POSSIBLE"), "the channel has yet to let the product go");
    ana.hears(&id, "shop", |_| tola_catalog::listing::ChannelOutcome::Withdrawn { remains: None, already: false })
        .await;
    assert_eq!(ana.ask("DELETE", "/v1/channels/shop").send().await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_channel_that_a_product_is_on_its_way_to_is_not_disconnected_but_one_that_keeps_it_hidden_is() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_ready_product().await;
    ana.connects("shop").await;
    ana.acts(&id, "publish", json!({ "channels": ["shop"] })).await.accepted();

    assert_eq!(ana.ask("DELETE", "/v1/channels/shop").send().await.refused(), (409, "ACTION_NOT_POSSIBLE"));

    ana.hears(&id, "shop", listed).await;
    ana.acts(&id, "deactivate", json!({})).await.accepted();
    let remains = |_| tola_catalog::listing::ChannelOutcome::Withdrawn { remains: Some("1".into()), already: false };
    ana.hears(&id, "shop", remains).await;
    assert_eq!(ana.ask("DELETE", "/v1/channels/shop").send().await.status, StatusCode::NO_CONTENT);
}
