//! Lists: newest first, page by page.

use serde_json::{Value, json};
use tola_testkit::{DRAFT, FAILED, Product, READY, SUCCEEDED, TestStack, a_photo, a_product};

use super::market::{asks_for, connects, publishes};

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

#[tokio::test]
async fn products_are_listed_by_the_channel_that_they_are_live_on_and_by_status() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({})).await;
    connects(&merchant, "south", &json!({})).await;
    let photo = merchant.uploads(a_photo(320, 240)).await;
    photo.becomes(READY).await;
    let mut products = Vec::new();
    for channels in [&["north"][..], &["north", "south"], &["south"], &[]] {
        let product = merchant.registers(a_product().with(&photo)).await;
        product.becomes(READY).await;
        if !channels.is_empty() {
            publishes(&merchant, &product, channels).await.becomes(SUCCEEDED).await;
        }
        products.push(product);
    }
    let [on_north, on_both, on_south, nowhere] = [0, 1, 2, 3].map(|place: usize| products[place].id());
    // One at a time, so that filters have to hold from page to page.
    let listed = async |query: &str| {
        let items = merchant.lists("/v1/products", 1, query).await;
        items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };

    assert_eq!(listed("&channel=north").await, [on_both, on_north]);
    assert_eq!(listed("&channel=south").await, [on_south, on_both]);
    assert_eq!(listed("&status=ACTIVE").await, [on_south, on_both, on_north]);
    assert_eq!(listed("&status=READY").await, [nowhere]);
    assert_eq!(listed("&channel=north&status=ACTIVE").await, [on_both, on_north]);
    assert_eq!(listed("&channel=north&status=READY").await, [""; 0]);

    // One that a channel does not let go is INACTIVE, and still live there.
    let stubborn = json!({ "refuse": { "message": "It lies in carts.", "commands": ["withdraw"] } });
    connects(&merchant, "south", &json!({ "switch": stubborn })).await;
    asks_for(&merchant, &products[1], "deactivate").await.becomes(FAILED).await;

    assert_eq!(listed("&channel=north").await, [on_north]);
    assert_eq!(listed("&channel=south").await, [on_south, on_both]);
    assert_eq!(listed("&channel=south&status=INACTIVE").await, [on_both]);
    assert_eq!(listed("&channel=south&status=ACTIVE").await, [on_south]);
    assert_eq!(listed("&status=INACTIVE").await, [on_both]);
    // Another merchant's channel of the same name shows nothing of it.
    let other = stack.merchant("otra-casa");
    connects(&other, "south", &json!({})).await;
    assert_eq!(other.lists("/v1/products", 10, "&channel=south").await, [json!(null); 0]);
}
