//! Merchants never see, change or learn of each other's data.

use serde_json::json;
use tola_testkit::{READY, SUCCEEDED, TestStack, a_photo, a_product};

#[tokio::test]
async fn nothing_of_one_merchant_is_there_for_another() {
    let stack = TestStack::deployed().await;
    let (owner, stranger) = (stack.merchant("casa-lumbre"), stack.merchant("taller-norte"));
    let photo = owner.uploads(a_photo(400, 300)).await;
    let product = owner.registers(a_product().with_sku("LAMP-1").named("Lamp").with(&photo)).await;
    product.becomes(READY).await;
    let operation = product.operation();
    operation.becomes(SUCCEEDED).await;
    let before = product.shown().await;

    let (product_path, image_path) = (product.path(), photo.path());
    let operation_path = format!("/v1/operations/{}", operation.id());
    for (method, path) in [
        ("GET", product_path.clone()),
        ("GET", format!("{product_path}/history")),
        ("PATCH", product_path.clone()),
        ("GET", "/v1/products/by-sku/LAMP-1".to_owned()),
        ("GET", "/v1/products/by-slug/lamp".to_owned()),
        ("GET", image_path.clone()),
        ("DELETE", image_path),
        ("GET", operation_path.clone()),
        ("POST", format!("{operation_path}/retry")),
        ("POST", format!("{operation_path}/cancel")),
    ] {
        let mut request = stranger.asks(method, &path).header("if-match", "*");
        if method == "PATCH" {
            request = request.json(&json!({ "name": "Mine" }));
        }
        assert_eq!(request.await.refused(), (404, "RESOURCE_NOT_FOUND"), "{method} {path}");
    }

    for path in ["/v1/products", "/v1/operations"] {
        assert_eq!(stranger.lists(path, 10, "").await, [] as [serde_json::Value; 0], "{path}");
    }
    let of_it = stranger.lists("/v1/operations", 10, &format!("&product_id={}", product.id())).await;
    assert!(of_it.is_empty(), "{of_it:#?}");
    let after = product.shown().await;
    assert_eq!((after.header("etag"), &after.body), (before.header("etag"), &before.body));
}

#[tokio::test]
async fn anothers_image_is_no_image_and_anothers_cursor_is_no_cursor() {
    let stack = TestStack::deployed().await;
    let (owner, stranger) = (stack.merchant("casa-lumbre"), stack.merchant("taller-norte"));
    let promise = owner.promises("image/jpeg").await;
    for n in 0..2 {
        owner.registers(a_product().with_sku(&format!("LAMP-{n}"))).await;
    }
    let own = stranger.registers(a_product().with_sku("LAMP-0")).await;

    let created = stranger.posts("/v1/products", a_product().with(&promise.image).body()).await;
    let edited = stranger.patches(&own, &json!({ "images": [{ "image_id": promise.image.id() }] })).await;
    for answer in [&created, &edited] {
        assert_eq!((answer.refused(), answer.pointer()), ((422, "UNKNOWN_IMAGE"), "/images/0/image_id"), "{answer}");
    }
    let cursor = owner.gets("/v1/products?limit=1").await.expects(200).text("/next_cursor").to_owned();
    let continued = stranger.gets(&format!("/v1/products?limit=1&cursor={cursor}")).await;
    assert_eq!((continued.refused(), continued.pointer()), ((400, "INVALID_CURSOR"), "/query/cursor"));
    assert_eq!(stranger.lists("/v1/products", 10, "").await.len(), 1);
}
