//! Operations that somebody stops, cancels, and does again.

use serde_json::json;
use tola_testkit::{
    ABORTED, CANCELLED, FAILED, Image, Merchant, Operation, Product, READY, SUCCEEDED, TWO_MINUTES, TestStack, a_photo,
    a_product,
};

/// A workflow is over within a second, so that the attempt to stop one may come too late.
const ATTEMPTS: usize = 20;

#[tokio::test]
async fn an_operation_whose_execution_was_stopped_says_so_and_can_be_done_again() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let photo = merchant.uploads(a_photo(400, 300)).await;
    photo.becomes(READY).await;

    let (product, operation) = stopped_in_the_middle(&merchant, &photo).await;

    let failed = operation.shown().await;
    assert_eq!(failed.text("/problem/code"), "EXECUTION_STOPPED");
    assert!(failed.text("/problem/message").contains("stopped by a test"), "{failed}");
    assert_eq!(failed.text("/next"), "Retry the operation, if that was not meant.");
    let listed = merchant.lists("/v1/operations", 10, "&status=FAILED").await;
    assert!(listed.iter().any(|item| item["id"] == operation.id()), "{listed:#?}");

    let retry = operation.retried().await;
    assert_eq!(operation.retried().await.id(), retry.id(), "doing it again twice is doing it again once");
    retry.becomes(SUCCEEDED).await;
    product.becomes(READY).await;
    product.tells(&["ProductCreated", "ProductReady"]).await;
    let replaced = operation.shown().await;
    assert_eq!((replaced.text("/status"), replaced.text("/retried_by")), (FAILED, retry.id()));
    assert_eq!(replaced.text("/next"), format!("See {}, which does it again.", retry.id()));
}

/// A product whose workflow an operator stopped while it was at work, and its operation, which has failed by now.
async fn stopped_in_the_middle(merchant: &Merchant, photo: &Image) -> (Product, Operation) {
    for _ in 0..ATTEMPTS {
        let product = merchant.registers(a_product().with(photo)).await;
        let operation = product.operation();
        let execution = operation.execution().await;
        merchant.stack().stops(&execution).await;
        if merchant.stack().execution_status(&execution).await == SUCCEEDED {
            continue;
        }
        assert_eq!(merchant.stack().execution_status(&execution).await, ABORTED);
        // Slow: AWS tells of the end of an execution, or the sweep asks about those that take long. Stopped while its
        // last step was under way, the operation succeeds all the same.
        let ended = operation.ends_within(TWO_MINUTES).await;
        if ended.text("/status") == FAILED {
            return (product, operation);
        }
    }
    panic!("{ATTEMPTS} workflows were over before they could be stopped");
}

#[tokio::test]
async fn a_photo_whose_processing_was_stopped_is_processed_again() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let image = merchant.uploads(a_photo(6000, 4500)).await;
    let product = merchant.registers(a_product().with(&image)).await;
    let operation = image.processing().await;
    let execution = operation.execution().await;
    stack.stops(&execution).await;
    stack.execution_becomes(&execution, ABORTED).await;

    let failed = operation.becomes_within(FAILED, TWO_MINUTES).await;
    assert_eq!(failed.text("/problem/code"), "EXECUTION_STOPPED");

    operation.retried().await.becomes(SUCCEEDED).await;
    image.becomes(READY).await;
    product.becomes(READY).await;
    image.tells(&["ImageProcessed"]).await;
    product.tells(&["ProductCreated", "ProductReady"]).await;
}

#[tokio::test]
async fn a_cancelled_operation_stays_cancelled_and_its_execution_ends() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let photo = merchant.uploads(a_photo(400, 300)).await;
    photo.becomes(READY).await;

    let (product, operation) = cancelled_in_the_middle(&merchant, &photo).await;

    stack.execution_becomes(&operation.execution().await, ABORTED).await;
    let cancelled = operation.shown().await;
    assert_eq!((cancelled.text("/status"), cancelled.text("/problem/code")), (CANCELLED, "OPERATION_CANCELLED"));
    assert!(cancelled.text("/problem/message").contains(&merchant.session().subject().await), "{cancelled}");
    let listed = merchant.lists("/v1/operations", 10, "&status=CANCELLED").await;
    assert_eq!(listed.len(), 1, "{listed:#?}");

    operation.retried().await.becomes(SUCCEEDED).await;
    product.becomes(READY).await;
    assert_eq!(operation.shown().await.text("/status"), CANCELLED, "what follows does not change how it ended");
}

/// A product whose workflow its merchant cancelled while it was at work.
async fn cancelled_in_the_middle(merchant: &Merchant, photo: &Image) -> (Product, Operation) {
    for _ in 0..ATTEMPTS {
        let product = merchant.registers(a_product().with(photo)).await;
        let operation = product.operation();
        let answer = operation.cancelled().await;
        if answer.status == 202 {
            assert_eq!(answer.text("/status"), CANCELLED);
            // Settled just before its execution ended by itself: cancelled, and nothing to see of it.
            if merchant.stack().execution_status(&operation.execution().await).await != SUCCEEDED {
                return (product, operation);
            }
        } else {
            assert_eq!(answer.refused(), (409, "ACTION_NOT_POSSIBLE"));
        }
    }
    panic!("{ATTEMPTS} workflows were over before they could be cancelled");
}

#[tokio::test]
async fn what_has_succeeded_is_neither_done_again_nor_cancelled() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let operation = merchant.registers(a_product()).await.operation();
    operation.becomes(SUCCEEDED).await;

    for action in ["retry", "cancel"] {
        let answer = merchant.posts(&format!("/v1/operations/{}/{action}", operation.id()), &json!({})).await;
        assert_eq!(answer.refused(), (409, "ACTION_NOT_POSSIBLE"), "{action}");
    }
}
