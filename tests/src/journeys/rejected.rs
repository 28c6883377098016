//! Uploads that can't be used: the merchant learns why, and another file makes it good.

use serde_json::json;
use tola_testkit::{AWAITING_UPLOAD, READY, REJECTED, SUCCEEDED, TestStack, a_file, a_photo, a_product};

#[tokio::test]
async fn a_broken_photo_is_rejected_with_a_reason_and_another_one_makes_it_good() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let broken = merchant.uploads(a_photo(800, 600).cut_to(20_000)).await;
    let product = merchant.registers(a_product().with(&broken)).await;

    let rejected = broken.becomes(REJECTED).await;
    let lacking = product.lacks(&[("/images/0", "IMAGE_USABLE")]).await;

    assert_eq!(rejected.text("/rejection/code"), "IMAGE_CORRUPT");
    let reason = rejected.text("/rejection/message");
    assert!(reason.ends_with('.') && !rejected.text("/rejection/remedy").is_empty(), "{rejected}");
    assert!(lacking.text("/completeness/missing/0/message").contains(reason), "{lacking}");
    assert_eq!(lacking.text("/images/0/status"), REJECTED);
    broken.tells(&["ImageRejected"]).await;
    // The workflow did its work: that the photo is bad is its result.
    broken.processing().await.becomes(SUCCEEDED).await;

    let good = merchant.uploads(a_photo(800, 600)).await;
    let replaced = merchant.patches(&product, &json!({ "images": [{ "image_id": good.id() }] })).await.expects(200);
    assert_eq!(replaced.body["revision"], 2);
    product.becomes(READY).await;
    product.tells(&["ProductCreated", "ProductUpdated", "ProductReady"]).await;
}

#[tokio::test]
async fn a_page_that_calls_itself_a_photo_is_rejected() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let page = b"<!doctype html><title>Lamp</title><p>Not found</p>".to_vec();

    let image = merchant.uploads(a_file("photo.jpg", "image/jpeg", page)).await;

    let rejected = image.becomes(REJECTED).await;
    assert_eq!(rejected.text("/rejection/code"), "IMAGE_NOT_AN_IMAGE");
    assert_eq!(rejected.body["renditions"], json!([]));
    let product = merchant.registers(a_product().with(&image)).await;
    product.lacks(&[("/images/0", "IMAGE_USABLE")]).await;
    product.tells(&["ProductCreated"]).await;
}

#[tokio::test]
async fn the_bucket_refuses_what_the_form_does_not_allow() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let promise = merchant.promises("image/jpeg").await;

    let refused = [
        ("nothing", a_file("photo.jpg", "image/jpeg", Vec::new())),
        ("more than 20 MiB", a_file("photo.jpg", "image/jpeg", vec![0; 20 * 1024 * 1024 + 1])),
    ];
    for (what, file) in refused {
        let (status, text) = promise.posts(&file).await.expect("an answer");
        assert!((400..500).contains(&status), "the bucket took {what}: {status} {text}");
    }

    assert_eq!(promise.image.shown().await.text("/status"), AWAITING_UPLOAD);
    promise.receives(a_photo(400, 300)).await.becomes(READY).await;
}
