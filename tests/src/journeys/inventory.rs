//! How many there are of a product, while everybody wants one.

use futures::future::join_all;
use serde_json::{Value, json};
use tola_testkit::{Merchant, Product, Request, TestStack, a_product};
use ulid::Ulid;

/// How many want one at the same time.
const BUYERS: usize = 20;

pub(super) fn changes(merchant: &Merchant, product: &Product, body: &Value) -> Request {
    merchant.asks("PATCH", &format!("{}/inventory", product.path())).key(&Ulid::generate().to_string()).json(body)
}

#[tokio::test]
async fn the_last_ones_are_sold_once_each_and_the_events_tell_it() {
    let stack = TestStack::deployed().await;
    let (merchant, stranger) = (stack.merchant("casa-lumbre"), stack.merchant("taller-norte"));
    let product = merchant.registers(a_product()).await;
    product.operation().becomes(tola_testkit::SUCCEEDED).await;
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
