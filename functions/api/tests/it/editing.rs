//! Editing products: merges, and who edits on what.

use axum::http::StatusCode;
use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn an_edit_merges() {
    let world = World::new().await;
    let ana = world.merchant();
    let made = ana.registers(json!({ "sku": "S", "tags": ["a", "b"], "attributes": { "x": 1, "y": [ "q" ] } })).await;
    let id = made.text("/id");

    let edit =
        json!({ "name": "Big lamp", "description": null, "attributes": { "x": null, "z": true }, "tags": ["c"] });
    let edited = ana.patches(id, made.header("etag"), edit).await;

    assert_eq!(edited.status, StatusCode::OK, "{:?}", edited.body);
    assert_eq!(edited.body["attributes"], json!({ "y": ["q"], "z": true }));
    assert_eq!((&edited.body["tags"], &edited.body["description"]), (&json!(["c"]), &json!(null)));
    assert_eq!((edited.text("/name"), edited.text("/sku"), edited.text("/slug")), ("Big lamp", "S", "lamp"));
    assert_eq!(edited.body["revision"], 2);
    assert!(edited.body.get("operation").is_none(), "without a new image there is nothing to run");
    assert_eq!(world.launched().len(), 1);

    let emptied = ana.patches(id, "*", json!({ "attributes": null, "tags": null, "sku": null })).await;
    assert_eq!(
        (&emptied.body["attributes"], &emptied.body["tags"], &emptied.body["sku"]),
        (&json!({}), &json!([]), &json!(null))
    );
}

#[tokio::test]
async fn an_edit_that_changes_nothing_writes_nothing() {
    let world = World::new().await;
    let ana = world.merchant();
    let made = ana.registers(json!({})).await;

    for nothing in [json!({}), json!({ "name": "Lamp" }), json!({ "attributes": null, "images": [], "brand": null })] {
        let edited = ana.patches(made.text("/id"), made.header("etag"), nothing).await;

        assert_eq!(edited.status, StatusCode::OK);
        assert_eq!(edited.header("etag"), made.header("etag"));
    }
}

#[tokio::test]
async fn a_new_image_starts_the_register_workflow() {
    let world = World::new().await;
    let ana = world.merchant();
    let made = ana.registers(json!({})).await;
    let image = ana.promises_image().await;

    let edited = ana.patches(made.text("/id"), made.header("etag"), json!({ "images": [{ "image_id": image }] })).await;

    assert_eq!(edited.text("/operation/kind"), "register");
    assert_eq!(edited.body["last_operation"]["register"], edited.body["operation"]["id"]);
    assert_eq!(world.launched().len(), 2);
    let again = ana.patches(made.text("/id"), "*", json!({ "images": [{ "image_id": image, "alt": "x" }] })).await;
    assert!(again.body.get("operation").is_none(), "an image that was there before needs no look");
}

#[tokio::test]
async fn if_match_compares_the_revision() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.registers(json!({})).await.text("/id").to_owned();
    let edit =
        |if_match: &'static str, name: &'static str| ana.patches(&id, if_match, json!({ "name": name })).then_status();

    assert_eq!(edit("\"1.999\"", "A").await, 200, "background writes raise the version and stop no edit");
    assert_eq!(edit("\"1.2\"", "B").await, 412);
    assert_eq!(edit("\"2\"", "B").await, 200);
    assert_eq!(edit("*", "C").await, 200);
    assert_eq!(edit("4", "D").await, 400);
    assert_eq!(edit("\"x\"", "D").await, 400);
    let missing = ana.ask("PATCH", &format!("/v1/products/{id}")).json(json!({})).send().await;
    assert_eq!((missing.refused(), missing.pointer()), ((428, "PRECONDITION_REQUIRED"), "/headers/if-match"));
    let stale = ana.patches(&id, "\"1.1\"", json!({ "name": "Z" })).await;
    assert_eq!(stale.refused(), (412, "PRECONDITION_FAILED"));
}

#[tokio::test]
async fn a_write_in_the_background_takes_no_edit_away() {
    let world = World::new().await;
    let ana = world.merchant();
    let image = ana.has_ready_image().await;
    let made = ana.registers(json!({ "images": [{ "image_id": image.id }] })).await;
    ana.absorbs(made.text("/id"), &image).await;

    let edited = ana.patches(made.text("/id"), made.header("etag"), json!({ "brand": "Lux" })).await;

    assert_eq!(edited.status, StatusCode::OK);
    assert_eq!((edited.text("/brand"), edited.text("/status")), ("Lux", "READY"));
}

#[tokio::test]
async fn of_many_who_edit_the_same_revision_one_wins() {
    let world = World::new().await;
    let ana = world.merchant();
    let made = ana.registers(json!({})).await;

    let edits =
        (0..8).map(|n| ana.patches(made.text("/id"), made.header("etag"), json!({ "name": format!("Lamp {n}") })));
    let statuses: Vec<_> = futures::future::join_all(edits).await.iter().map(|answer| answer.status.as_u16()).collect();

    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 7, "{statuses:?}");
}

trait ThenStatus {
    async fn then_status(self) -> u16;
}

impl<F: Future<Output = crate::support::Answer>> ThenStatus for F {
    async fn then_status(self) -> u16 {
        self.await.status.as_u16()
    }
}
