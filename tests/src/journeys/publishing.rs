//! To channels and back: publishing, following edits, withdrawing, deleting.

use futures::stream::{self, StreamExt as _};
use serde_json::json;
use tola_store::SandboxEffect::{Closed, Created, Looked, Paused, SentAway, Updated};
use tola_store::SandboxState;
use tola_testkit::{FAILED, Product, READY, SUCCEEDED, TWO_MINUTES, TestStack};
use tola_testkit::{a_photo, a_product};

use super::market::{SUBMIT, asks_for, at_the_sandbox, attempts, connects, publishes, ready, reconciles, shows};

#[tokio::test]
async fn a_product_goes_to_its_channels_follows_its_edits_and_comes_back() {
    let told = [
        "ProductCreated",
        "ProductReady",
        "ProductPublished",
        "ProductUpdated",
        "ProductPublished",
        "ProductDeactivated",
        "ProductUnpublished",
        "ProductActivated",
        "ProductUnpublished",
        "ProductDeleted",
    ];
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    connects(&merchant, "south", &json!({ "switch": { "fail_transient": 2 } })).await;
    let product = ready(&merchant, "LAMP-7").await;
    let image = merchant.image(product.shown().await.text("/images/0/image_id"));
    let photo = merchant.keeps(image.image_id()).await;
    let public = format!("/v1/public/products/{}", product.id());
    assert_eq!(stack.asks("GET", &public).await.status, 404, "nobody sees it before it is ACTIVE");

    let published = publishes(&merchant, &product, &["north", "south"]).await.becomes(SUCCEEDED).await;

    assert_eq!(attempts(&published.body, SUBMIT, "north"), [(1, SUCCEEDED)], "{published}");
    assert_eq!(attempts(&published.body, SUBMIT, "south"), [(1, FAILED), (2, FAILED), (3, SUCCEEDED)], "{published}");
    product.becomes("ACTIVE").await;
    let seen = merchant.stack().asks("GET", &public).await.expects(200);
    assert!(seen.body["images"][0]["renditions"].is_array() && seen.body.get("channels").is_none(), "{seen}");
    let shelf = merchant.stack().asks("GET", &format!("/v1/public/merchants/{}/products", merchant.id())).await;
    assert_eq!(shelf.expects(200).items().len(), 1);
    let ids = (shows(&product, "north", 1).await, shows(&product, "south", 1).await);
    assert!(!ids.0.is_empty() && !ids.1.is_empty() && ids.0 != ids.1, "{ids:?}");

    merchant.patches(&product, &json!({ "name": "A better lamp" })).await.expects(200);

    assert_eq!(shows(&product, "north", 2).await, ids.0, "an update keeps the listing");
    assert_eq!(shows(&product, "south", 2).await, ids.1);
    // A channel shows the edit a moment before its operation is settled; a deactivation in between would end it untold.
    product.tells(&told[..5]).await;

    let deactivation = asks_for(&merchant, &product, "deactivate").await;
    deactivation.becomes(SUCCEEDED).await;
    let inactive = product.becomes("INACTIVE").await;
    assert_eq!(merchant.stack().asks("GET", &public).await.status, 404);
    for channel in ["north", "south"] {
        assert_eq!(inactive.body["channels"][channel]["observed"]["presence"], "PAUSED", "{inactive}");
    }
    let calls = async || {
        let operations = merchant.lists("/v1/operations", 100, &format!("&product_id={}", product.id())).await.len();
        let north = at_the_sandbox(&merchant, &product, "north").await;
        (operations, north, at_the_sandbox(&merchant, &product, "south").await)
    };
    let before = calls().await;
    assert_eq!(before.1.effects(), [Created, Updated, Paused]);
    assert_eq!(before.2.changes(), [Created, Updated, Paused]);
    assert_eq!(before.2.effects().iter().filter(|effect| **effect == SentAway).count(), 2);
    assert_eq!(asks_for(&merchant, &product, "deactivate").await.id(), deactivation.id());
    assert_eq!(calls().await, before, "asked again, no channel is called");

    merchant.acts(&format!("{}/reactivate", product.path())).await.expects(200);
    product.becomes(READY).await;

    let deletion = merchant.asks("DELETE", &product.path()).header("if-match", "*").await.expects(202);
    let deletion = merchant.operation(deletion.text("/operation/id"));
    assert_eq!(merchant.gets(&product.path()).await.status, 404);
    deletion.becomes(SUCCEEDED).await;
    assert_eq!(merchant.gets(&image.path()).await.status, 404, "its photo goes with it");
    for channel in ["north", "south"] {
        let left = at_the_sandbox(&merchant, &product, channel).await;
        assert_eq!((left.state, left.changes().pop()), (None, Some(Closed)), "{channel}: {left:?}");
    }
    assert_eq!(photo.len(), 2, "an upload and its renditions: {photo:?}");
    merchant.deleted_long_ago(image.image_id()).await;
    stack.sweeps().await;
    merchant.has_no_more(image.image_id()).await;
    for prefix in &photo {
        assert_eq!(stack.lying(prefix).await, [""; 0], "every version is gone");
    }
    merchant.registers(a_product().with_sku("LAMP-7")).await;
    product.tells(&told).await;
}

#[tokio::test]
async fn a_channel_that_refuses_holds_up_nobody_and_is_tried_again_when_asked() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    connects(&merchant, "south", &json!({ "required_attributes": ["colour"] })).await;
    let product = ready(&merchant, "LAMP-8").await;

    let operation = publishes(&merchant, &product, &["north", "south"]).await;

    let failed = operation.becomes(FAILED).await;
    assert!(failed.text("/problem/message").contains("south"), "{failed}");
    let shown = product.becomes("ACTIVE").await;
    let problem = &shown.body["channels"]["south"]["command"]["problem"];
    assert_eq!(
        (&problem["class"], &problem["pointer"]),
        (&json!("validation"), &json!("/attributes/colour")),
        "{shown}"
    );
    assert!(problem["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{shown}");
    shows(&product, "north", 1).await;

    // What was missing is added: both channels follow by themselves.
    merchant.patches(&product, &json!({ "attributes": { "colour": "green" } })).await.expects(200);
    shows(&product, "south", 2).await;
    shows(&product, "north", 2).await;
}

#[tokio::test]
async fn publish_and_at_once_deactivate_leaves_nothing_live() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({ "switch": { "slow_ms": 200 } })).await;
    let photo = merchant.uploads(a_photo(320, 240)).await;
    photo.becomes(READY).await;

    let all = (0..50).map(async |_| {
        let product = merchant.registers(a_product().with(&photo)).await;
        product.becomes(READY).await;
        let publication = publishes(&merchant, &product, &["north"]).await;
        let deactivation = asks_for(&merchant, &product, "deactivate").await;
        let ended = deactivation.ends_within(TWO_MINUTES).await;
        assert_eq!(ended.text("/status"), SUCCEEDED, "{ended}");
        publication.ends_within(TWO_MINUTES).await;
        product
    });
    let products: Vec<Product> = stream::iter(all).buffer_unordered(10).collect().await;

    let found = reconciles(&merchant, "north", "?dry_run=true").await;
    assert_eq!(found["drifts"], json!([]), "no drift and no ghost: {found:#}");
    for product in &products {
        let shown = product.becomes("INACTIVE").await;
        let observed = &shown.body["channels"]["north"]["observed"]["presence"];
        assert!(["PAUSED", "ABSENT"].contains(&observed.as_str().unwrap_or_default()), "{shown}");
        let sandbox = at_the_sandbox(&merchant, product, "north").await;
        assert_ne!(sandbox.state, Some(SandboxState::Live), "a ghost: {shown}\n{sandbox:?}");
        let made = sandbox.effects().into_iter().filter(|effect| *effect == Created).count();
        assert!(made <= 1, "{sandbox:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_create_makes_no_second_listing() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({ "switch": { "lose_answer": 1, "answer_twice": true } })).await;
    let product = ready(&merchant, "LAMP-10").await;

    publishes(&merchant, &product, &["north"]).await.becomes(SUCCEEDED).await;

    shows(&product, "north", 1).await;
    let sandbox = at_the_sandbox(&merchant, &product, "north").await;
    assert_eq!((sandbox.state, sandbox.effects()), (Some(SandboxState::Live), vec![Created, Looked]));
}

#[tokio::test]
async fn a_product_that_a_disconnected_channel_still_keeps_can_be_deleted() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    let product = ready(&merchant, "LAMP-11").await;
    publishes(&merchant, &product, &["north"]).await.becomes(SUCCEEDED).await;
    assert_eq!(merchant.asks("DELETE", "/v1/channels/north").await.status, 409, "the product is live there");
    asks_for(&merchant, &product, "deactivate").await.becomes(SUCCEEDED).await;
    assert_eq!(merchant.asks("DELETE", "/v1/channels/north").await.status, 204);

    let deletion = merchant.asks("DELETE", &product.path()).header("if-match", "*").await.expects(202);

    merchant.operation(deletion.text("/operation/id")).becomes(SUCCEEDED).await;
    merchant.registers(a_product().with_sku("LAMP-11")).await;
}
