//! Many at once.

use std::time::Duration;

use futures::future::join_all;
use tola_catalog::Timestamp;
use tola_catalog::quota::Quota;
use tola_media::testing::photo_jpeg;
use tola_testkit::{READY, TestStack, a_file, a_photo, a_product};

#[tokio::test]
async fn twenty_products_at_once_all_become_ready() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let shared = merchant.promises("image/jpeg").await;

    let with_their_own = (0..10).map(async |n| {
        let photo = a_file("photo.jpg", "image/jpeg", photo_jpeg(480, 360, n));
        let photo = merchant.uploads(photo).await;
        merchant.registers(a_product().named(&format!("Lamp {n}")).with(&photo)).await
    });
    let with_the_same =
        (10..20).map(async |n| merchant.registers(a_product().named(&format!("Lamp {n}")).with(&shared.image)).await);
    let (with_their_own, with_the_same, shared) =
        futures::join!(join_all(with_their_own), join_all(with_the_same), shared.clone().receives(a_photo(480, 360)),);

    // One after the other: twenty who ask all the time would keep the stack from its work.
    for product in with_their_own.iter().chain(&with_the_same) {
        product.becomes(READY).await;
        product.tells(&["ProductCreated", "ProductReady"]).await;
    }
    shared.tells(&["ImageProcessed"]).await;
    assert_eq!(merchant.lists("/v1/products", 7, "&status=READY").await.len(), 20);
}

#[tokio::test]
async fn a_merchant_at_its_limit_waits_and_slows_no_other() {
    let stack = TestStack::deployed().await;
    let (busy, other) = (stack.merchant("casa-lumbre"), stack.merchant("taller-norte"));
    let product = busy.registers(a_product()).await;
    // As if it had written so much that it has nothing left for half a minute and longer.
    let now = Timestamp::parse(product.shown().await.text("/created_at")).expect("a time");
    let quotas = stack.store().await.quotas(busy.scope());
    let emptied = quotas.take("writes", Quota { burst: 1, per_second: 1 }, now.after(Duration::from_secs(60)));
    assert!(emptied.await.expect("the database").next_in.is_none());

    let refused = busy.posts("/v1/products", a_product().body()).await;

    assert_eq!(refused.refused(), (429, "TOO_MANY_WRITES"));
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait) && refused.header("ratelimit").starts_with("\"writes\";r=0;"), "{refused}");
    busy.gets(&product.path()).await.expects(200);
    let made = other.posts("/v1/products", a_product().body()).await.expects(201);
    assert!(made.header("ratelimit-policy").starts_with("\"writes\";q="), "{:?}", made.headers);
}
