//! Uploads: promised, signed, read and deleted.

use axum::http::StatusCode;
use serde_json::json;
use tola_catalog::{ImageId, ImageStatus};

use crate::support::{World, origin};

#[tokio::test]
async fn an_upload_is_promised_with_a_form_ready_to_use() {
    let world = World::new().await;
    let ana = world.merchant();

    let made = ana.post("/v1/images", json!({ "content_type": "image/png" })).await;

    assert_eq!(made.status, StatusCode::CREATED);
    let id = made.text("/image/id");
    assert_eq!(made.header("location"), format!("/v1/images/{id}"));
    assert_eq!((made.text("/image/status"), made.text("/image/content_type")), ("AWAITING_UPLOAD", "image/png"));
    assert_eq!(made.text("/upload/url"), "http://localhost:4566/pictures");
    let key = format!("uploads/{}/{id}", ana.identity.merchant_id);
    assert_eq!(made.text("/upload/fields/key"), key);
    assert_eq!(made.text("/upload/fields/Content-Type"), "image/png");
    let curl = made.text("/upload/curl");
    assert!(curl.starts_with("curl ") && curl.contains(&key) && curl.contains("file=@photo.png"), "{curl}");
    assert!(made.text("/upload/expires_at").ends_with('Z'));
    assert_eq!(ana.get(made.header("location")).await.text("/status"), "AWAITING_UPLOAD");
}

#[tokio::test]
async fn only_images_are_promised() {
    let world = World::new().await;
    let ana = world.merchant();
    for (body, pointer) in [
        (json!({ "content_type": "text/html" }), "/content_type"),
        (json!({ "content_type": "image/svg+xml" }), "/content_type"),
        (json!({}), "/content_type"),
        (json!({ "content_type": "image/png", "name": "x" }), "/name"),
    ] {
        let answer = ana.post("/v1/images", body).await;
        assert_eq!((answer.refused(), answer.pointer()), ((422, "INVALID_BODY"), pointer));
    }
}

#[tokio::test]
async fn a_ready_image_shows_its_renditions() {
    let world = World::new().await;
    let ana = world.merchant();
    let image = ana.has_ready_image().await;

    let read = ana.get(&format!("/v1/images/{}", image.id)).await;

    assert_eq!(read.text("/status"), "READY");
    assert_eq!(read.body["file"], json!({ "content_type": "image/jpeg", "width": 400, "height": 300, "bytes": 9 }));
    assert!(read.text("/renditions/0/url").contains("X-Amz-Signature="));
    assert!(read.body["renditions"][0].get("key").is_none());
}

#[tokio::test]
async fn an_image_in_use_is_not_deleted_and_the_products_are_named() {
    let world = World::new().await;
    let ana = world.merchant();
    let image = ana.promises_image().await;
    let made = ana.registers(json!({ "images": [{ "image_id": image }] })).await;
    let path = format!("/v1/images/{image}");

    let refused = ana.ask("DELETE", &path).send().await;
    assert_eq!(refused.refused(), (409, "IMAGE_IN_USE"));
    assert!(refused.text("/error/details/0/message").contains(made.text("/id")));
    assert_eq!(ana.get(&path).await.text("/status"), "AWAITING_UPLOAD");

    ana.patches(made.text("/id"), "*", json!({ "images": [] })).await;
    assert_eq!(ana.ask("DELETE", &path).send().await.status, StatusCode::NO_CONTENT);
    assert_eq!(ana.ask("DELETE", &path).send().await.status, StatusCode::NO_CONTENT, "it may be repeated");
    assert_eq!(ana.get(&path).await.refused(), (404, "RESOURCE_NOT_FOUND"));
    let attached = ana.registers(json!({ "images": [{ "image_id": image }] })).await;
    assert_eq!((attached.refused(), attached.pointer()), ((422, "UNKNOWN_IMAGE"), "/images/0/image_id"));
}

#[tokio::test]
async fn of_deleting_and_attaching_at_once_no_product_is_left_without_its_image() {
    let world = World::new().await;
    let ana = world.merchant();
    for round in 0..12 {
        let image =
            if round % 2 == 0 { ana.promises_image().await } else { ana.has_ready_image().await.id.to_string() };
        let path = format!("/v1/images/{image}");

        let (deleted, attached) =
            tokio::join!(ana.ask("DELETE", &path).send(), ana.registers(json!({ "images": [{ "image_id": image }] })),);

        let id = ImageId::parse(&image).unwrap();
        let status = world.store.images(ana.scope()).get(id).await.unwrap().unwrap().status;
        match attached.status.as_u16() {
            201 => assert_ne!(status, ImageStatus::Purging, "round {round}: {deleted:?}"),
            _ => {
                assert_eq!(attached.refused(), (422, "UNKNOWN_IMAGE"));
                assert_eq!(deleted.status, StatusCode::NO_CONTENT);
            }
        }
    }
}

#[tokio::test]
async fn a_deletion_that_meets_a_new_reference_is_taken_back() {
    let world = World::new().await;
    let ana = world.merchant();
    let image = ana.has_ready_image().await;
    let made = ana.registers(json!({ "images": [{ "image_id": image.id }] })).await;
    let images = world.store.images(ana.scope());
    // What a DELETE leaves that dies right after its mark, the reference having been written just before.
    let marked = images.change(image.id, |image| Ok::<_, tola_store::Error>(image.mark_purging(origin().now)));
    assert!(marked.await.unwrap().moved());

    let edited = ana.patches(made.text("/id"), "*", json!({ "name": "Lamp 2" })).await;

    assert_eq!(edited.status, StatusCode::OK);
    assert_eq!(images.get(image.id).await.unwrap().unwrap().status, ImageStatus::Ready);
}

#[tokio::test]
async fn an_image_that_was_being_processed_is_processed_again_once_its_deletion_is_taken_back() {
    let world = World::new().await;
    let ana = world.merchant();
    let image = ImageId::parse(&ana.promises_image().await).unwrap();
    let made = ana.registers(json!({ "images": [{ "image_id": image }] })).await;
    let images = world.store.images(ana.scope());
    let marked = images.change(image, |image| {
        let _ = image.arrive(None, tola_catalog::OperationId::new(ulid::Ulid::generate()), &origin());
        Ok::<_, tola_store::Error>(image.mark_purging(origin().now))
    });
    assert!(marked.await.unwrap().moved());
    let before = world.launched().len();

    ana.patches(made.text("/id"), "*", json!({ "name": "Lamp 2" })).await;

    assert_eq!(images.get(image).await.unwrap().unwrap().status, ImageStatus::Uploaded);
    let kinds = ana.get("/v1/operations?limit=2").await;
    assert_eq!(world.launched().len(), before + 2, "the image's, and that of the product that shows it");
    assert_eq!((kinds.text("/items/0/kind"), kinds.text("/items/1/kind")), ("register", "process_image"));
}
