//! How many there are of a product, while everybody wants one.

use futures::future::join_all;
use serde_json::{Value, json};
use tola_store::SandboxEffect::{Created, Paused};
use tola_testkit::{Merchant, Product, READY, Request, SUCCEEDED, TestStack, a_product};
use ulid::Ulid;

use super::market::{at_the_sandbox, connects, publishes, ready};

/// How many want one at the same time.
const BUYERS: usize = 20;

pub(super) fn changes(merchant: &Merchant, product: &Product, body: &Value) -> Request {
    merchant.asks("PATCH", &format!("{}/inventory", product.path())).key(&Ulid::generate().to_string()).json(body)
}

#[tokio::test]
async fn what_is_sold_out_is_paused_on_its_channels_and_comes_back_with_the_next_delivery() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    for channel in ["north", "south", "west"] {
        connects(&merchant, channel, &json!({})).await;
    }
    let product = ready(&merchant, "LAMP-7").await;
    changes(&merchant, &product, &json!({ "set": 1 })).await.expects(200);
    publishes(&merchant, &product, &["north", "south", "west"]).await.becomes(SUCCEEDED).await;
    let west = merchant.posts(&format!("{}/unpublish", product.path()), &json!({ "channels": ["west"] })).await;
    merchant.operation(west.expects(202).text("/operation/id")).becomes(SUCCEEDED).await;

    changes(&merchant, &product, &json!({ "adjust": -1, "reason": "SALE" })).await.expects(200);

    let paused = product.becomes(READY).await;
    for channel in ["north", "south"] {
        let listing = &paused.body["channels"][channel];
        assert_eq!((&listing["desired"], &listing["hold"]), (&json!("ON"), &json!("DEPLETED")), "{paused}");
        assert_eq!(at_the_sandbox(&merchant, &product, channel).await.effects(), [Created, Paused]);
    }
    let path = format!("{}/publish", product.path());
    let refused = merchant.posts(&path, &json!({ "channels": ["north"] })).await;
    assert_eq!(refused.refused(), (409, "OUT_OF_STOCK"));

    changes(&merchant, &product, &json!({ "adjust": 5, "reason": "RECEIVED" })).await.expects(200);

    let told = ["ProductCreated", "ProductReady", "InventoryAdjusted", "ProductPublished", "ProductUnpublished"];
    let sold_out = ["InventoryAdjusted", "InventoryDepleted", "ProductPaused"];
    let back = ["InventoryAdjusted", "InventoryRestocked", "ProductPublished"];
    product.tells(&[&told[..], &sold_out, &back].concat()).await;
    let live = product.shown().await;
    assert_eq!((live.text("/status"), &live.body["live_on"]), ("ACTIVE", &json!(["north", "south"])), "{live}");
    for channel in ["north", "south"] {
        assert_eq!(at_the_sandbox(&merchant, &product, channel).await.changes().len(), 3, "made, paused, shown again");
    }
    assert_eq!(at_the_sandbox(&merchant, &product, "west").await.effects(), [Created, Paused]);
}

#[tokio::test]
async fn the_last_ones_are_sold_once_each_and_the_events_tell_it() {
    let stack = TestStack::deployed().await;
    let (merchant, stranger) = (stack.merchant("casa-lumbre"), stack.merchant("taller-norte"));
    let product = merchant.registers(a_product()).await;
    product.operation().becomes(SUCCEEDED).await;
    let untold = merchant.gets(&format!("{}/inventory", product.path())).await.expects(200);
    assert_eq!((&untold.body["tracked"], &untold.body["on_hand"]), (&json!(false), &json!(null)));
    let received = json!({ "set": 5, "reason": "RECEIVED", "low_stock_threshold": 2 });
    changes(&merchant, &product, &received).await.expects(200);

    let sale = json!({ "adjust": -1, "reason": "SALE" });
    let sold = join_all((0..BUYERS).map(|_| changes(&merchant, &product, &sale).into_future())).await;

    let (won, lost): (Vec<_>, Vec<_>) = sold.iter().partition(|answer| answer.status == 200);
    assert_eq!((won.len(), lost.len()), (5, BUYERS - 5), "{sold:?}");
    assert!(lost.iter().all(|answer| answer.refused() == (409, "STOCK_INSUFFICIENT")), "{lost:?}");
    let left = &product.shown().await.body["stock"];
    assert_eq!((&left["on_hand"], &left["level"]), (&json!(0), &json!("DEPLETED")));

    let back = changes(&merchant, &product, &json!({ "adjust": 3, "reason": "RETURN" }));
    let (first, again) = (back.clone().await.expects(200), back.await.expects(200));
    assert_eq!((&again.body, again.header("idempotency-replayed")), (&first.body, "true"));
    let adjusted = "InventoryAdjusted";
    product
        .tells(&[
            "ProductCreated",
            adjusted,
            adjusted,
            adjusted,
            adjusted,
            "InventoryLow",
            adjusted,
            adjusted,
            "InventoryDepleted",
            adjusted,
            "InventoryRestocked",
        ])
        .await;
    assert_eq!(changes(&stranger, &product, &sale).await.refused(), (404, "RESOURCE_NOT_FOUND"));
}
