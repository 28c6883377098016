//! Many at once.

use futures::future::join_all;
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
