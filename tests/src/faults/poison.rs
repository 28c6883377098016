//! Messages that no one can read: they end with the dead letters, and hold up nobody.

use tola_testkit::{OwnStack, READY, SUCCEEDED, TWO_MINUTES, a_photo, a_product, eventually};

/// A queue of ours, and where it puts what nobody could do.
const QUEUES: [(&str, &str); 3] = [
    ("UploadsQueueUrl", "UploadsDeadLettersUrl"),
    ("RelayQueueUrl", "RelayDeadLettersUrl"),
    ("ExecutionStatusQueueUrl", "ExecutionStatusDeadLettersUrl"),
];

#[tokio::test]
async fn poison_ends_with_the_dead_letters_and_holds_up_nobody() {
    let stack = OwnStack::take().await;
    let merchant = stack.merchant("casa-lumbre");
    let poisons = ["poison", "{\"aggregate\":7}", "\u{2603}"];
    for (queue, _) in QUEUES {
        stack.hurries(queue, 2).await;
        for poison in poisons {
            stack.sends(queue, poison).await;
        }
    }

    let photo = merchant.uploads(a_photo(640, 480)).await;
    let product = merchant.registers(a_product().with(&photo)).await;

    product.becomes(READY).await;
    product.operation().becomes(SUCCEEDED).await;
    product.tells(&["ProductCreated", "ProductReady"]).await;
    for (queue, dead_letters) in QUEUES {
        eventually(&format!("the poison of {queue} is in {dead_letters}"), TWO_MINUTES, async || {
            let found = stack.peeks(dead_letters).await;
            let all = poisons.iter().all(|poison| found.iter().any(|text| text == poison));
            if all { Ok(()) } else { Err(format!("{found:?}")) }
        })
        .await;
        assert_eq!(stack.peeks(queue).await, [] as [String; 0], "{queue}");
    }
    // The queues still do their work afterwards.
    let next = merchant.uploads(a_photo(320, 240)).await;
    merchant.registers(a_product().named("Chair").with(&next)).await.becomes(READY).await;
}
