//! The database dies in the middle of the work.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use serde_json::json;
use tola_media::testing::photo_jpeg;
use tola_testkit::{
    Merchant, OwnStack, Product, Promise, READY, SOON, TWO_MINUTES, a_file, a_product, caught, eventually,
};

/// Each lane registers one product after the other, so that there is always more to come.
const LANES: usize = 2;
const IN_A_LANE: usize = 5;
const PRODUCTS: usize = LANES * IN_A_LANE;

#[tokio::test]
async fn what_was_acknowledged_outlives_a_database_that_is_killed() {
    let stack = OwnStack::take().await;
    let merchant = stack.merchant("casa-lumbre");
    // A notification that met no database comes again after three minutes; nobody wants to wait for that here.
    stack.hurries("UploadsQueueUrl", 10).await;
    let acknowledged = AtomicUsize::new(0);

    let lanes = (0..LANES).map(|lane| registered_in_turn(&merchant, lane, &acknowledged));
    let (lanes, before) = futures::join!(join_all(lanes), power_cut(&stack, &acknowledged));

    assert!(before < PRODUCTS, "the database died when everything was over");
    eventually("all products are READY", TWO_MINUTES, async || {
        // On AWS it comes by itself, every minute.
        stack.sweeps().await;
        let ready = merchant.lists("/v1/products", 100, "&status=READY").await.len();
        if ready == PRODUCTS { Ok(()) } else { Err(format!("{ready} of {PRODUCTS}")) }
    })
    .await;
    for product in lanes.iter().flatten() {
        product.becomes(READY).await;
        product.tells(&["ProductCreated", "ProductReady"]).await;
    }
    assert_eq!(merchant.lists("/v1/products", 100, "").await.len(), PRODUCTS, "one product for each request");
}

async fn registered_in_turn(merchant: &Merchant, lane: usize, acknowledged: &AtomicUsize) -> Vec<Product> {
    let mut products = Vec::new();
    for n in lane * IN_A_LANE..(lane + 1) * IN_A_LANE {
        products.push(registered_with_photo(merchant, n).await);
        acknowledged.fetch_add(1, Ordering::SeqCst);
    }
    products
}

/// Registers a product with its own photo, the way a careful client does: it repeats what was not acknowledged, with the
/// same key.
async fn registered_with_photo(merchant: &Merchant, n: usize) -> Product {
    let promise = merchant.posts("/v1/images", &json!({ "content_type": "image/jpeg" })).key(&format!("photo {n}"));
    let promise = Promise::of(merchant, &merchant.insists(&promise).await.expects(201));
    let photo = a_file("photo.jpg", "image/jpeg", photo_jpeg(640, 480, n as u64));
    let image = promise.receives(photo).await;

    let draft = a_product().named(&format!("Lamp {n}")).with(&image);
    let product = merchant.posts("/v1/products", draft.body()).key(&format!("product {n}"));
    Product::of(merchant, &merchant.insists(&product).await.expects(201))
}

/// Kills the database once some requests are acknowledged and others are not, and starts it again once the API has seen
/// that it is gone. Returns how many were acknowledged before.
async fn power_cut(stack: &OwnStack, acknowledged: &AtomicUsize) -> usize {
    caught("some products are acknowledged", SOON, || match acknowledged.load(Ordering::SeqCst) {
        n if n >= 3 => Ok(()),
        n => Err(format!("{n} are")),
    })
    .await;
    stack.local().kill_database().await.expect("a dead database");
    let before = acknowledged.load(Ordering::SeqCst);
    eventually("the API sees that the database is gone", SOON, async || {
        let health = stack.health().await;
        if health["checks"]["database"]["status"] == "failing" { Ok(()) } else { Err(health.to_string()) }
    })
    .await;
    stack.local().start_database().await.expect("a database that lives again");
    before
}
