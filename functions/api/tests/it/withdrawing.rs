//! Taking products off channels, off the market and out of the catalog.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tola_catalog::listing::ChannelOutcome;
use tola_catalog::{OperationKind, OperationStatus};

use crate::market::refused;
use crate::support::{Actress, World, origin};

fn withdrawn(_: u64) -> ChannelOutcome {
    ChannelOutcome::Withdrawn { remains: Some("x-1".into()), already: false }
}

async fn commands(ana: &Actress, id: &str) -> Vec<(String, &'static str)> {
    let product = ana.stored(id).await;
    let kind = |listing: &tola_catalog::Listing| match listing.command.as_ref().map(|command| command.kind.offers()) {
        Some(true) => "offers",
        Some(false) => "withdraws",
        None => "nothing",
    };
    product.channels.iter().map(|(id, listing)| (id.to_string(), kind(listing))).collect()
}

#[tokio::test]
async fn unpublishing_takes_a_product_off_the_channels_that_are_named_or_off_all() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["a", "b", "c"]).await;

    let one = ana.acts(&id, "unpublish", json!({ "channels": ["b"] })).await;

    let first = one.accepted();
    assert_eq!(one.text("/operation/kind"), "unpublish");
    let expected = [("a", "offers"), ("b", "withdraws"), ("c", "offers")].map(|(c, k)| (c.to_owned(), k));
    assert_eq!(commands(&ana, &id).await, expected);
    assert_eq!(ana.acts(&id, "unpublish", json!({ "channels": ["b"] })).await.accepted(), first, "it is under way");

    let all = ana.ask("POST", &format!("/v1/products/{id}/unpublish")).send().await.accepted();
    assert_ne!(all, first);
    assert!(commands(&ana, &id).await.iter().all(|(_, kind)| *kind == "withdraws"));
}

#[tokio::test]
async fn what_cannot_be_unpublished_is_refused() {
    let world = World::new().await;
    let ana = world.merchant();
    let (live, ready) = (ana.has_live_product(&["a"]).await, ana.has_ready_product().await);
    let cases = [
        (json!({ "channels": ["a", "nowhere"] }), (422, "UNKNOWN_CHANNEL"), "/channels/1"),
        (json!({ "channels": ["a", "a"] }), (422, "INVALID_BODY"), "/channels/1"),
        (json!({ "channels": [] }), (422, "INVALID_BODY"), "/channels"),
        (json!({ "channels": null }), (422, "INVALID_BODY"), "/channels"),
        (json!({ "all": true }), (422, "INVALID_BODY"), "/all"),
    ];
    for (body, expected, pointer) in cases {
        let answer = ana.acts(&live, "unpublish", body.clone()).await;
        assert_eq!((answer.refused(), answer.pointer()), (expected, pointer), "{body}");
    }
    assert_eq!(ana.acts(&ready, "unpublish", json!({})).await.refused(), (409, "ACTION_NOT_POSSIBLE"));
    let path = format!("/v1/products/{live}/unpublish");
    assert_eq!(ana.ask("POST", &path).raw("text/plain", "all").send().await.refused(), (415, "UNSUPPORTED_MEDIA_TYPE"));
}

#[tokio::test]
async fn deactivating_holds_at_once_and_again_is_the_same_operation() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["a", "b"]).await;

    let first = ana.acts(&id, "deactivate", json!({})).await.accepted();
    let launched = world.launched().len();
    let second = ana.acts(&id, "deactivate", json!({})).await.accepted();

    assert_eq!(first, second);
    assert_eq!(world.launched().len(), launched);
    assert_eq!(ana.shown(&id).await.text("/status"), "INACTIVE");
    for channel in ["a", "b"] {
        ana.hears(&id, channel, withdrawn).await;
    }
    ana.sees_settled(&first, OperationStatus::Succeeded).await;
    assert_eq!(ana.acts(&id, "deactivate", json!({})).await.accepted(), first, "it holds");
    assert_eq!(world.launched().len(), launched);
}

#[tokio::test]
async fn deactivating_again_retries_only_what_was_refused() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["a", "b"]).await;
    let first = ana.acts(&id, "deactivate", json!({})).await.accepted();
    ana.hears(&id, "a", withdrawn).await;
    ana.hears(&id, "b", refused).await;
    ana.sees_settled(&first, OperationStatus::Failed).await;

    let second = ana.acts(&id, "deactivate", json!({})).await.accepted();

    assert_ne!(first, second);
    let channels = ana.shown(&id).await.body["channels"].clone();
    assert_eq!(
        (&channels["a"]["command"]["operation_id"], &channels["a"]["command"]["state"]),
        (&json!(first), &json!("DONE"))
    );
    assert_eq!(
        (&channels["b"]["command"]["operation_id"], &channels["b"]["command"]["state"]),
        (&json!(second), &json!("QUEUED"))
    );
}

#[tokio::test]
async fn what_failed_without_a_trace_on_the_listings_is_done_again_once() {
    let world = World::new().await;
    let ana = world.merchant();
    let deactivated = ana.has_live_product(&["a"]).await;
    let deleted = ana.has_ready_product().await;
    let first = ana.acts(&deactivated, "deactivate", json!({})).await.accepted();
    ana.hears(&deactivated, "a", withdrawn).await;
    ana.sees_settled(&first, OperationStatus::Failed).await;
    let gone = ana.deletes(&deleted, Some("*")).await.accepted();
    ana.sees_settled(&gone, OperationStatus::Cancelled).await;

    let asked = futures::future::join_all((0..4).map(|_| ana.acts(&deactivated, "deactivate", json!({})))).await;
    let again = ana.acts(&deactivated, "deactivate", json!({})).await;
    let deleting = ana.deletes(&deleted, None).await;

    for answer in &asked {
        assert_eq!(answer.accepted(), again.accepted());
    }
    assert_eq!(again.text("/operation/retry_of"), first);
    assert_eq!(ana.stored(&deactivated).await.last_operation[&OperationKind::Deactivate].to_string(), again.accepted());
    assert_eq!(deleting.text("/operation/retry_of"), gone);
    assert_eq!(ana.deletes(&deleted, None).await.accepted(), deleting.accepted());
    assert_eq!(json!(deleting.accepted()), json!(ana.stored(&deleted).await.deleting.unwrap()));
}

#[tokio::test]
async fn a_product_comes_back_once_every_channel_let_go() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["a"]).await;
    assert_eq!(ana.acts(&id, "reactivate", json!({})).await.refused(), (409, "ACTION_NOT_POSSIBLE"), "it is ACTIVE");
    ana.acts(&id, "deactivate", json!({})).await.accepted();
    let early = ana.acts(&id, "reactivate", json!({})).await;
    assert_eq!(early.refused(), (409, "ACTION_NOT_POSSIBLE"));
    assert!(early.text("/error/message").contains("withdrawn from a"), "{early:?}");
    ana.hears(&id, "a", withdrawn).await;
    let launched = world.launched().len();

    let back = ana.acts(&id, "reactivate", json!({})).await;

    assert_eq!((back.status, back.text("/status")), (StatusCode::OK, "READY"), "{back:?}");
    assert_eq!(back.header("etag"), ana.shown(&id).await.header("etag"));
    assert!(back.text("/images/0/renditions/0/url").starts_with("http"));
    assert_eq!(back.text("/channels/a/desired"), "OFF");
    assert_eq!(world.launched().len(), launched, "it publishes nothing");
    assert_eq!(ana.acts(&id, "reactivate", json!({ "x": 1 })).await.pointer(), "/x");
}

#[tokio::test]
async fn a_product_that_is_being_deleted_is_gone_for_readers() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["a"]).await;
    let other = ana.has_ready_product().await;
    let tag = ana.shown(&id).await.header("etag").to_owned();
    assert_eq!(ana.deletes(&id, None).await.refused(), (428, "PRECONDITION_REQUIRED"));
    assert_eq!(ana.deletes(&id, Some("\"99.1\"")).await.refused(), (412, "PRECONDITION_FAILED"));
    assert_eq!(ana.shown(&id).await.status, StatusCode::OK);

    let operation = ana.deletes(&id, Some(&tag)).await.accepted();

    assert_eq!(world.launched().last().unwrap().to_string(), operation);
    assert_eq!(ana.shown(&id).await.refused(), (404, "RESOURCE_NOT_FOUND"));
    assert_eq!(ana.get("/v1/products/by-slug/lamp").await.refused(), (404, "RESOURCE_NOT_FOUND"));
    for list in ["/v1/products", "/v1/products?status=READY"] {
        let items = ana.get(list).await.body["items"].clone();
        let ids: Vec<_> = items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!(ids, [&other], "{list}");
    }
    assert_eq!(ana.get("/v1/products?channel=a").await.body["items"], json!([]));
    assert_eq!(ana.get(&format!("/v1/products/{id}/history")).await.status, StatusCode::OK);
    assert_eq!(ana.get(&format!("/v1/operations/{operation}")).await.text("/kind"), "delete");
    for repeated in [None, Some("\"99.1\""), Some("*")] {
        assert_eq!(ana.deletes(&id, repeated).await.accepted(), operation);
    }
    assert_eq!(ana.deletes(&id, Some("nonsense")).await.refused(), (400, "INVALID_PARAMETER"));
}

#[tokio::test]
async fn what_is_left_of_a_deleted_product_answers_its_delete_and_keeps_its_history() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.registers(json!({ "sku": "S" })).await.text("/id").to_owned();
    let operation = ana.deletes(&id, Some("*")).await.accepted();
    let products = world.store.products(ana.scope());
    let purged = products.change(ana.stored(&id).await.id, |p| Ok::<_, tola_store::Error>(p.purge(&origin())));
    assert!(purged.await.unwrap().moved());
    ana.sees_settled(&operation, OperationStatus::Succeeded).await;

    assert_eq!(ana.deletes(&id, None).await.accepted(), operation);

    assert_eq!(ana.shown(&id).await.refused(), (404, "RESOURCE_NOT_FOUND"));
    assert_eq!(ana.get("/v1/products").await.body["items"], json!([]));
    let history = ana.get(&format!("/v1/products/{id}/history")).await;
    assert_eq!(history.text("/items/0/kind"), "ProductCreated");
    assert_eq!(ana.registers(json!({ "sku": "S" })).await.status, StatusCode::CREATED, "its SKU is free again");
}

#[tokio::test]
async fn pages_are_full_in_spite_of_products_that_are_being_deleted() {
    let world = World::new().await;
    let ana = world.merchant();
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(ana.registers(json!({})).await.text("/id").to_owned());
    }
    for id in [&made[1], &made[3]] {
        ana.deletes(id, Some("*")).await.accepted();
    }

    let first = ana.get("/v1/products?limit=2").await;
    let last = ana.get(&format!("/v1/products?limit=2&cursor={}", first.text("/next_cursor"))).await;

    assert_eq!((first.text("/items/0/id"), first.text("/items/1/id")), (made[4].as_str(), made[2].as_str()));
    assert_eq!((last.text("/items/0/id"), &last.body["next_cursor"]), (made[0].as_str(), &Value::Null));
}

#[tokio::test]
async fn nothing_else_is_done_to_a_product_that_is_being_deleted() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["a"]).await;
    ana.deletes(&id, Some("*")).await.accepted();
    let before = ana.stored(&id).await;

    let mut answers = vec![ana.patches(&id, "*", json!({ "name": "x" })).await];
    for (action, body) in [
        ("publish", json!({ "channels": ["a"] })),
        ("publish", json!({ "channels": ["nowhere"] })),
        ("publish?dry_run=true", json!({ "channels": ["a"] })),
        ("unpublish", json!({})),
        ("deactivate", json!({})),
        ("reactivate", json!({})),
    ] {
        answers.push(ana.acts(&id, action, body).await);
    }

    for answer in answers {
        assert_eq!(answer.refused(), (409, "ACTION_NOT_POSSIBLE"));
        assert!(answer.text("/error/message").contains("being deleted"), "{answer:?}");
    }
    assert_eq!(ana.stored(&id).await, before);
}

#[tokio::test]
async fn who_deletes_and_who_edits_at_once_never_both_win_on_one_revision() {
    let world = World::new().await;
    let ana = world.merchant();
    for _ in 0..5 {
        let id = ana.has_ready_product().await;
        let tag = ana.shown(&id).await.header("etag").to_owned();

        let (deleted, edited) =
            tokio::join!(ana.deletes(&id, Some(&tag)), ana.patches(&id, &tag, json!({ "name": "Z" })));

        let statuses = (deleted.status.as_u16(), edited.status.as_u16());
        assert!([(202, 409), (412, 200)].contains(&statuses), "{statuses:?}");
    }
}

#[tokio::test]
async fn another_merchant_can_do_nothing_of_it() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    let id = ana.has_live_product(&["a"]).await;
    let before = ana.stored(&id).await;

    for action in ["unpublish", "deactivate", "reactivate"] {
        assert_eq!(bob.acts(&id, action, json!({})).await.refused(), (404, "RESOURCE_NOT_FOUND"), "{action}");
    }
    for if_match in [None, Some("*")] {
        assert_eq!(bob.deletes(&id, if_match).await.refused(), (404, "RESOURCE_NOT_FOUND"));
    }
    let viewer = ana.in_role(tola_catalog::Role::Viewer);
    assert_eq!(viewer.deletes(&id, Some("*")).await.refused(), (403, "FORBIDDEN"));
    assert_eq!(ana.stored(&id).await, before);
}
