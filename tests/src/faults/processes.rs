//! Processes of functions die in the middle of their work.

use futures::future::join_all;
use tola_testkit::{OwnStack, READY, RUNNING, SOON, SUCCEEDED, a_photo, a_product, caught};

const RENDER: &str = "Render the renditions";

#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "finds processes in /proc")]
async fn functions_that_are_killed_in_the_middle_are_run_again() {
    let stack = OwnStack::take().await;
    let merchant = stack.merchant("casa-lumbre");

    // While it renders, which takes seconds.
    let photo = merchant.uploads(a_photo(6000, 4500)).await;
    let product = merchant.registers(a_product().with(&photo)).await;
    let processing = photo.processing().await;
    processing.reaches(RENDER, |step| step["outcome"] == RUNNING).await;
    assert!(stack.kills("render-renditions") > 0, "nothing rendered");

    product.becomes(READY).await;
    let told = processing.becomes(SUCCEEDED).await;
    let steps = told.body["steps"].as_array().expect("steps");
    let attempts: Vec<_> = steps.iter().filter(|step| step["name"] == RENDER).collect();
    assert!(attempts.len() >= 2, "the kill came too late: {told}");
    assert_eq!(attempts[attempts.len() - 1]["outcome"], SUCCEEDED, "{told}");
    product.tells(&["ProductCreated", "ProductReady"]).await;
    photo.tells(&["ImageProcessed"]).await;

    // As soon as they are born, time after time.
    let _ = stack.kills("transition-status");
    let mut killed = 0;
    let work = join_all((0..4).map(|n| merchant.registers(a_product().named(&format!("Lamp {n}")).with(&photo))));
    let hunt = caught("transition-status is killed thrice", SOON, || {
        killed += stack.kills("transition-status");
        if killed >= 3 { Ok(()) } else { Err(format!("{killed} times")) }
    });
    let (products, ()) = futures::join!(work, hunt);

    for product in &products {
        product.becomes(READY).await;
        product.operation().becomes(SUCCEEDED).await;
        product.tells(&["ProductCreated", "ProductReady"]).await;
    }
}
