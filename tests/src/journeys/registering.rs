//! From a product and a photo, in whichever order they come, to READY.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde_json::json;
use tola_testkit::{DRAFT, Merchant, Promise, READY, SUCCEEDED, TestStack, a_photo, a_product};

/// What 1600 × 1200 becomes, by the name of each rendition.
const RENDITIONS: [(&str, (u32, u32)); 12] = [
    ("160.jpg", (160, 120)),
    ("160.webp", (160, 120)),
    ("320.jpg", (320, 240)),
    ("320.webp", (320, 240)),
    ("640.jpg", (640, 480)),
    ("640.webp", (640, 480)),
    ("1280.jpg", (1280, 960)),
    ("1280.webp", (1280, 960)),
    // Never larger than the photo.
    ("1920.jpg", (1600, 1200)),
    ("1920.webp", (1600, 1200)),
    ("square-1080.jpg", (1080, 1080)),
    ("square-1080.webp", (1080, 1080)),
];

#[tokio::test]
async fn a_product_becomes_ready_when_its_photo_arrives() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let promise = merchant.promises("image/jpeg").await;
    let product = merchant.registers(a_product().with(&promise.image)).await;
    product.lacks(&[("/images/0", "IMAGE_READY")]).await;
    product.operation().becomes(SUCCEEDED).await;

    let image = promise.receives(a_photo(1600, 1200)).await;

    let shown = product.becomes(READY).await;
    assert_eq!(shown.body["completeness"], json!({ "score": 100, "missing": [] }));
    assert_eq!(shown.text("/images/0/status"), READY);
    let renditions = product.renditions(0).await;
    let sizes: BTreeMap<_, _> =
        renditions.iter().map(|(name, picture)| (name.as_str(), (picture.width(), picture.height()))).collect();
    assert_eq!(sizes, BTreeMap::from(RENDITIONS));
    product.tells(&["ProductCreated", "ProductReady"]).await;
    image.tells(&["ImageProcessed"]).await;
}

#[tokio::test]
async fn a_photo_that_is_there_before_its_product_serves_as_well() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let photo = merchant.uploads(a_photo(800, 600)).await;
    photo.becomes(READY).await;

    let product = merchant.registers(a_product().with(&photo)).await;

    product.becomes(READY).await;
    product.tells(&["ProductCreated", "ProductReady"]).await;
    told_step_by_step(&merchant, product.operation().id(), &["Validate the product", "Make the product READY"]).await;
    let processing = photo.processing().await;
    told_step_by_step(
        &merchant,
        processing.id(),
        &["Inspect the upload", "Render the renditions", "Record the image", "Advance the products that show it"],
    )
    .await;
}

/// Whoever watches an operation reads what it did, step by step, in sentences.
async fn told_step_by_step(merchant: &Merchant, operation: &str, first: &[&str]) {
    let shown = merchant.operation(operation).becomes(SUCCEEDED).await;
    let steps = shown.body["steps"].as_array().expect("steps");

    let names: Vec<_> = steps.iter().map(|step| step["name"].as_str().unwrap_or_default()).collect();
    assert_eq!(&names[..first.len()], first, "{shown}");
    assert_eq!(names[first.len()], "Publish the events", "{shown}");
    for step in steps.iter().filter(|step| step["name"] != "Settle the operation") {
        assert_eq!((&step["attempt"], &step["outcome"]), (&json!(1), &json!(SUCCEEDED)), "{shown}");
        assert!(step["duration_ms"].is_u64() && step["started"].is_string() && step["ended"].is_string(), "{shown}");
        assert!(step["result"].as_str().is_some_and(|result| result.ends_with('.')), "{shown}");
    }
    assert_eq!(shown.text("/next"), "Nothing: it is done.");
    assert!(shown.text("/execution_arn").contains(operation), "{shown}");
    assert!(!shown.text("/result").is_empty(), "{shown}");
}

#[tokio::test]
async fn a_reader_who_has_the_latest_version_is_told_so() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let photo = merchant.uploads(a_photo(640, 480)).await;
    let product = merchant.registers(a_product().with_sku("LAMP-1").with(&photo)).await;
    let tag = product.becomes(READY).await.header("etag").to_owned();

    let known = merchant.gets(&product.path()).header("if-none-match", &tag).await;
    let by_sku = merchant.gets("/v1/products/by-sku/LAMP-1").header("if-none-match", &tag).await;
    assert_eq!((known.status, known.bytes.len(), known.header("etag")), (304, 0, tag.as_str()));
    assert_eq!(by_sku.status, 304);

    let edited = merchant.asks("PATCH", &product.path()).header("if-match", &tag).json(&json!({ "name": "Lamp" }));
    let edited = edited.await.expects(200);
    assert!(tag.starts_with("\"1.") && edited.header("etag").starts_with("\"2."), "{tag}, {}", edited.header("etag"));
    let anew = merchant.gets(&product.path()).header("if-none-match", &tag).await.expects(200);
    assert_eq!((anew.text("/name"), anew.text("/status")), ("Lamp", READY));
    product.tells(&["ProductCreated", "ProductReady", "ProductUpdated"]).await;
}

/// The gateway decodes what stands in a path before the function sees it. A SKU with a slash is not among these: the local
/// cloud decodes before it looks for a route, too, and finds none.
#[tokio::test]
async fn a_product_is_found_by_its_sku_whatever_that_is_made_of() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");

    for (sku, encoded) in [("A?b=1", "A%3Fb%3D1"), ("A#1", "A%231"), ("A\\1", "A%5C1"), ("A%2F1", "A%252F1")] {
        let product = merchant.registers(a_product().with_sku(sku)).await;
        let found = merchant.gets(&format!("/v1/products/by-sku/{encoded}")).await;
        assert_eq!((found.status, found.text("/id")), (200, product.id()), "{sku}: {found}");
    }
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_answer_and_makes_nothing_new() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let request = merchant.posts("/v1/products", a_product().with_sku("LAMP-1").body()).key("monday's order");

    let first = request.clone().await.expects(201);
    let second = request.await.expects(201);

    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), ("", "true"));
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(first.text("/status"), DRAFT);
    assert_eq!(merchant.lists("/v1/products", 10, "").await.len(), 1);
    assert_eq!(merchant.lists("/v1/operations", 10, "").await.len(), 1);
    merchant.product(first.text("/id")).tells(&["ProductCreated"]).await;
}

#[tokio::test]
async fn the_same_request_at_the_same_time_makes_one_product() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let request = merchant.posts("/v1/products", a_product().body()).key("monday's order");

    let answers = join_all((0..4).map(|_| merchant.insists(&request))).await;

    let made: BTreeSet<String> = answers.into_iter().map(|answer| answer.expects(201).text("/id").to_owned()).collect();
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!(merchant.lists("/v1/products", 10, "").await.len(), 1);
    assert_eq!(merchant.lists("/v1/operations", 10, "").await.len(), 1);
}

#[tokio::test]
async fn a_repeated_request_for_an_upload_gets_a_form_that_works() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let request = merchant.posts("/v1/images", &json!({ "content_type": "image/jpeg" })).key("photo 1");

    let first = request.clone().await.expects(201);
    let second = request.await.expects(201);

    assert_eq!(first.text("/image/id"), second.text("/image/id"));
    let image = Promise::of(&merchant, &second).receives(a_photo(400, 300)).await;
    image.becomes(READY).await;
    image.tells(&["ImageProcessed"]).await;
}

#[tokio::test]
async fn the_stack_says_that_it_is_well() {
    let stack = TestStack::deployed().await;

    let health = stack.asks("GET", "/v1/health").await.expects(200);

    assert_eq!(health.text("/status"), "ok", "{health}");
    for part in ["database", "bus", "queue"] {
        assert_eq!(health.text(&format!("/checks/{part}/status")), "ok", "{health}");
    }
}
