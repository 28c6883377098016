//! Uploads in any order, any number of times: one outcome each.

use std::time::Duration;

use serde_json::{Value, json};
use tola_catalog::image::Changed;
use tola_catalog::{Actor, Image, ImageId, OperationId, Origin, Timestamp};
use tola_testkit::{
    AWAITING_UPLOAD, DRAFT, Merchant, READY, REJECTED, SOON, SUCCEEDED, TestStack, a_photo, a_product, eventually,
};
use ulid::Ulid;

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;
const LONG_AGO: Duration = Duration::from_secs(5 * MINUTE);
const RENDER: &str = "Render the renditions";

/// What the bucket says when a file has arrived.
fn notification(stack: &TestStack, merchant: &Merchant, image: &str) -> String {
    let (bucket, key) = (stack.output("ImageBucketName"), tola_media::upload_key(&merchant.id().to_string(), image));
    let record =
        json!({ "eventName": "ObjectCreated:Post", "s3": { "bucket": { "name": bucket }, "object": { "key": key } } });
    json!({ "Records": [record] }).to_string()
}

/// An image that was promised that long ago, written as the API writes it.
async fn promised(stack: &TestStack, merchant: &Merchant, ulid: Ulid, seconds_ago: u64) -> String {
    let now = Timestamp::from_millis(ulid.timestamp_ms().try_into().expect("a time"));
    let created = now.before(Duration::from_secs(seconds_ago));
    let image = Image::awaiting_upload(ImageId::new(ulid), merchant.id(), "image/jpeg", created);
    stack.store().await.images(merchant.scope()).insert(&image).await.expect("an image");
    image.id.to_string()
}

/// Waits until every notification that is in the queue now was handled: the next upload is processed after them.
async fn heard_of(stack: &TestStack, merchant: &Merchant) {
    merchant.uploads(a_photo(64, 48)).await.becomes(READY).await;
    eventually("no notification waits", SOON, async || match stack.waiting("UploadsQueueUrl").await {
        0 => Ok(()),
        waiting => Err(format!("{waiting} wait")),
    })
    .await;
}

fn origin() -> Origin {
    let now = Timestamp::from_millis(Ulid::generate().timestamp_ms().try_into().expect("a time"));
    Origin { now, actor: Actor::system("test"), correlation_id: "uploads".into(), cause: None }
}

fn operation() -> OperationId {
    OperationId::new(Ulid::generate())
}

/// Puts a file where an upload goes, without a form.
async fn put(stack: &TestStack, merchant: &Merchant, image: &str, bytes: Vec<u8>) {
    let key = tola_media::upload_key(&merchant.id().to_string(), image);
    let put = stack.s3().put_object().bucket(stack.output("ImageBucketName")).key(key).content_type("image/jpeg");
    put.body(bytes.into()).send().await.expect("a file");
}

/// Has the function render an image, as its workflow does, and returns what it says.
async fn renders(stack: &TestStack, merchant: &Merchant, image: &str) -> Value {
    let payload = json!({
        "operation": {
            "merchant_id": merchant.id(), "operation_id": operation(), "correlation_id": "uploads"
        },
        "context": { "execution": "a workflow that died", "state": RENDER, "retries": 0 },
        "input": { "image_id": image },
    });
    stack.invokes("render-renditions", &payload).await
}

async fn processed(merchant: &Merchant, image: &str, status: &str) -> Value {
    eventually(&format!("{image} is {status}"), SOON, async || {
        let shown = merchant.gets(&format!("/v1/images/{image}")).await;
        if shown.body["status"] == status { Ok(shown.body.clone()) } else { Err(shown.to_string()) }
    })
    .await
}

#[tokio::test]
async fn a_notification_that_comes_again_and_again_starts_one_processing() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let photo = merchant.uploads(a_photo(640, 480)).await;
    let told = notification(&stack, &merchant, photo.id());
    for _ in 0..3 {
        stack.sends("UploadsQueueUrl", &told).await;
    }

    let ready = photo.becomes(READY).await;

    stack.sends("UploadsQueueUrl", &told).await;
    photo.processing().await.becomes(SUCCEEDED).await;
    photo.tells(&["ImageProcessed"]).await;
    assert_eq!(photo.shown().await.body["last_operation"], ready.body["last_operation"], "{ready}");
}

#[tokio::test]
async fn a_second_file_for_the_same_form_is_sent_in_vain() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let promise = merchant.promises("image/jpeg").await;
    for photo in [a_photo(641, 480), a_photo(642, 480)] {
        let (status, text) = promise.posts(&photo).await.expect("an answer");
        assert!((200..300).contains(&status), "{status} {text}");
    }

    let ready = promise.image.becomes(READY).await;

    promise.image.tells(&["ImageProcessed"]).await;
    let width = ready.body["file"]["width"].as_u64();
    let largest = &promise.image.renditions().await["1280.jpg"];
    assert_eq!(Some(u64::from(largest.width())), width, "what is shown is what is told");
    let key = tola_media::upload_key(&merchant.id().to_string(), promise.image.id());
    eventually("the other file is gone", SOON, async || match stack.lying(&key).await.len() {
        1 => Ok(()),
        versions => Err(format!("{versions} versions are there")),
    })
    .await;
    assert_eq!(promise.image.shown().await.body["file"], ready.body["file"]);
}

#[tokio::test]
async fn a_crash_between_renditions_and_record_costs_nothing() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let image = promised(&stack, &merchant, Ulid::generate(), 10 * MINUTE).await;
    let id = ImageId::parse(&image).expect("an image's id");
    let images = stack.store().await.images(merchant.scope());
    // Whoever hears of the file finds its workflow under way.
    let begun = images.change(id, |image| {
        let _ = image.arrive(None, operation(), &origin());
        image.intents.clear();
        Ok::<_, tola_store::Error>(Changed::Yes)
    });
    assert!(begun.await.expect("the database").moved());
    put(&stack, &merchant, &image, a_photo(613, 431).bytes).await;

    let (before, after) = (renders(&stack, &merchant, &image).await, renders(&stack, &merchant, &image).await);
    assert_eq!(before["verdict"], "RENDERED", "{before:#}");
    assert_eq!(before, after);
    assert_eq!(merchant.gets(&format!("/v1/images/{image}")).await.text("/status"), "UPLOADED");
    // The workflow that died is begun again.
    let again = images.change(id, |image| {
        image.request_processing(operation(), None, &Origin { now: origin().now.before(LONG_AGO), ..origin() });
        Ok::<_, tola_store::Error>(Changed::Yes)
    });
    assert!(again.await.expect("the database").moved());
    stack.sweeps().await;

    let ready = processed(&merchant, &image, READY).await;
    assert_eq!(ready["renditions"].as_array().map(Vec::len), before["renditions"].as_array().map(Vec::len));
    merchant.image(&image).tells(&["ImageProcessed"]).await;
}

#[tokio::test]
async fn the_same_photo_twice_is_rendered_once_and_goes_with_the_last_image_that_shows_it() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let one = merchant.uploads(a_photo(617, 433)).await;
    let first = one.becomes(READY).await;
    let two = merchant.uploads(a_photo(617, 433)).await;
    let second = two.becomes(READY).await;
    let paths = |shown: &Value| {
        let urls = shown["renditions"].as_array().into_iter().flatten().map(|r| r["url"].as_str().unwrap_or_default());
        urls.map(|url| url.split('?').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(paths(&first.body), paths(&second.body));
    assert_eq!(first.body["placeholder"], second.body["placeholder"]);
    let told = two.processing().await.becomes(SUCCEEDED).await;
    let rendered = told.body["steps"].as_array().into_iter().flatten().find(|step| step["name"] == RENDER);
    assert!(rendered.is_some_and(|step| step["result"].as_str().is_some_and(|r| r.starts_with("It found"))), "{told}");
    let folder = merchant.keeps(one.image_id()).await.pop().expect("a folder");

    merchant.deleted_long_ago(one.image_id()).await;
    stack.sweeps().await;

    merchant.has_no_more(one.image_id()).await;
    assert!(!two.renditions().await.is_empty(), "what another image shows stays");
    merchant.deleted_long_ago(two.image_id()).await;
    stack.sweeps().await;

    merchant.has_no_more(two.image_id()).await;
    assert_eq!(stack.lying(&folder).await, [""; 0], "nobody shows it any more");
}

#[tokio::test]
async fn an_upload_that_somebody_deleted_at_the_bucket_goes_with_what_that_left_behind() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let photo = merchant.uploads(a_photo(631, 443)).await;
    photo.becomes(READY).await;
    let upload = merchant.keeps(photo.image_id()).await.remove(0);
    let deleted = stack.s3().delete_object().bucket(stack.output("ImageBucketName")).key(&upload).send().await;
    deleted.expect("a delete marker");
    assert_eq!(stack.lying(&upload).await.len(), 2, "the version, and the marker over it");

    merchant.deleted_long_ago(photo.image_id()).await;
    stack.sweeps().await;

    merchant.has_no_more(photo.image_id()).await;
    assert_eq!(stack.lying(&upload).await, [""; 0]);
}

#[tokio::test]
async fn a_photo_that_comes_back_while_it_is_being_deleted_waits_and_is_rendered() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let one = merchant.uploads(a_photo(619, 439)).await;
    one.becomes(READY).await;
    let images = stack.store().await.images(merchant.scope());
    // In the middle of its deletion; too young for other tests' sweeps.
    for change in [Image::mark_purging, Image::let_go] {
        let changed = images.change(one.image_id(), |image| Ok::<_, tola_store::Error>(change(image, origin().now)));
        assert!(changed.await.expect("the database").moved());
    }

    let two = merchant.uploads(a_photo(619, 439)).await;

    let waiting = two.processing().await;
    waiting.reaches(RENDER, |step| step["outcome"] == "FAILED").await;
    merchant.deleted_long_ago(one.image_id()).await;
    stack.sweeps().await;
    two.becomes(READY).await;
    assert!(!two.renditions().await.is_empty(), "nobody deleted what was made after");
}

#[tokio::test]
async fn an_image_that_is_deleted_before_it_is_processed_stays_deleted() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let photo = merchant.uploads(a_photo(1200, 900)).await;

    assert_eq!(merchant.asks("DELETE", &photo.path()).await.status, 204);

    assert_eq!(merchant.gets(&photo.path()).await.status, 404);
    stack.sends("UploadsQueueUrl", &notification(&stack, &merchant, photo.id())).await;
    let refused = merchant.posts("/v1/products", a_product().with(&photo).body()).await;
    assert_eq!(refused.refused(), (422, "UNKNOWN_IMAGE"), "{refused}");
    let running = merchant.lists("/v1/operations", 100, "&status=RUNNING").await;
    for operation in running {
        merchant.operation(operation["id"].as_str().unwrap_or_default()).ends_within(SOON).await;
    }
    assert_eq!(merchant.gets(&photo.path()).await.status, 404);
}

#[tokio::test]
async fn an_upload_whose_notification_was_lost_is_found() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let image = promised(&stack, &merchant, Ulid::generate(), 10 * MINUTE).await;
    let id = ImageId::parse(&image).expect("an image's id");
    let images = stack.store().await.images(merchant.scope());
    // Whoever hears of the file finds its image on its way out, and leaves it alone.
    let purging = images.change(id, |image| Ok::<_, tola_store::Error>(image.mark_purging(origin().now))).await;
    assert!(purging.expect("the database").moved());
    put(&stack, &merchant, &image, a_photo(640, 480).bytes).await;
    heard_of(&stack, &merchant).await;
    let back = images.change(id, |image| Ok::<_, tola_store::Error>(image.restore(operation(), &origin()))).await;
    assert!(back.expect("the database").moved());
    assert_eq!(merchant.gets(&format!("/v1/images/{image}")).await.text("/status"), AWAITING_UPLOAD);

    let swept = stack.sweeps().await;

    assert!(swept["found"].as_u64() > Some(0), "{swept}");
    processed(&merchant, &image, READY).await;
}

#[tokio::test]
async fn a_file_that_arrives_for_an_image_that_is_gone_is_deleted() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let image = ImageId::new(Ulid::generate()).to_string();
    let key = tola_media::upload_key(&merchant.id().to_string(), &image);
    put(&stack, &merchant, &image, a_photo(64, 48).bytes).await;

    eventually("the file is gone", SOON, async || match stack.lying(&key).await.len() {
        0 => Ok(()),
        left => Err(format!("{left} versions are left")),
    })
    .await;
}

#[tokio::test]
async fn a_photo_that_never_came_is_given_up_and_its_product_says_so() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let image = promised(&stack, &merchant, Ulid::generate(), DAY + MINUTE).await;
    let draft = a_product().saying("images", json!([{ "image_id": image }]));
    let product = merchant.registers(draft).await;
    product.lacks(&[("/images/0", "IMAGE_READY")]).await;

    stack.sweeps().await;

    let rejected = processed(&merchant, &image, REJECTED).await;
    assert_eq!(rejected["rejection"]["code"], "IMAGE_NEVER_UPLOADED", "{rejected:#}");
    stack.sweeps().await;
    product.lacks(&[("/images/0", "IMAGE_USABLE")]).await;
    assert_eq!(product.shown().await.text("/status"), DRAFT);
}
