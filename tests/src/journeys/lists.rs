//! Lists: newest first, page by page.

use serde_json::Value;
use tola_testkit::{DRAFT, Product, READY, SUCCEEDED, TestStack, a_photo, a_product};

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn products_and_operations_are_listed_newest_first_by_pages_and_filters() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let photo = merchant.uploads(a_photo(640, 480)).await;
    photo.becomes(READY).await;
    let mut registered = Vec::new();
    for n in 0..5 {
        let draft = a_product().named(&format!("Lamp {n}"));
        let draft = if n == 2 { draft.with(&photo) } else { draft };
        registered.insert(0, merchant.registers(draft).await);
    }
    registered[2].becomes(READY).await;
    for product in &registered {
        product.operation().becomes(SUCCEEDED).await;
    }

    let products = merchant.lists("/v1/products", 2, "").await;
    let ready = merchant.lists("/v1/products", 2, &format!("&status={READY}")).await;
    let drafts = merchant.lists("/v1/products", 3, &format!("&status={DRAFT}")).await;
    let operations = merchant.lists("/v1/operations", 2, &format!("&status={SUCCEEDED}")).await;
    let of_one = merchant.lists("/v1/operations", 2, &format!("&product_id={}", registered[0].id())).await;

    let known: Vec<&str> = registered.iter().map(Product::id).collect();
    assert_eq!(ids(&products), known);
    assert_eq!(ids(&ready), [known[2]]);
    assert_eq!(ids(&drafts), [known[0], known[1], known[3], known[4]]);
    assert_eq!(operations.len(), 6, "five products and one photo");
    assert!(ids(&operations).is_sorted_by(|newer, older| newer > older), "{operations:#?}");
    assert!(operations.iter().all(|operation| operation.get("steps").is_none()), "steps are for who asks for one");
    assert_eq!(ids(&of_one), [registered[0].operation().id()]);
    let thumbnail = ready[0]["thumbnail"]["url"].as_str().expect("a thumbnail");
    let thumbnail = stack.fetches(thumbnail).await.expects(200);
    assert_eq!(thumbnail.header("content-type"), "image/jpeg");
    assert!(drafts.iter().all(|item| item["thumbnail"].is_null()));
}
