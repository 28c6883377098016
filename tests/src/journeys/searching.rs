//! Finding products: by words, by what they are like and how they stand, in several orders.

use serde_json::{Value, json};
use tola_testkit::{Merchant, READY, SUCCEEDED, TestStack, a_photo, a_product};

use super::inventory::changes as counts;
use super::market::{asks_for, connects, publishes, shows};

/// The names of a list, page by page.
async fn names(merchant: &Merchant, path: &str, query: &str) -> Vec<String> {
    let items = merchant.lists(path, 1, query).await;
    items.iter().map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn a_merchant_finds_products_and_shoppers_find_those_that_are_offered() {
    let stack = TestStack::deployed().await;
    let (merchant, stranger) = (stack.merchant("casa-lumbre"), stack.merchant("taller-norte"));
    connects(&merchant, "north", &json!({})).await;
    for (id, parent) in [("casa", None), ("luz", Some("casa"))] {
        let body = json!({ "name": id, "parent_id": parent });
        merchant.asks("PUT", &format!("/v1/categories/{id}")).json(&body).await.expects(201);
    }
    let photo = merchant.uploads(a_photo(320, 240)).await;
    photo.becomes(READY).await;
    let lamp = a_product().named("Lámpara de pie").with_sku("LP-1").saying("tags", json!(["Oferta"]));
    let lamp = merchant.registers(lamp.saying("category_id", json!("luz")).with(&photo)).await;
    let table = a_product().named("Ámbar, lámpara de mesa").saying("price", json!({ "amount": 50, "currency": "ARS" }));
    let table = merchant.registers(table.saying("attributes", json!({ "color": "Rojo" })).with(&photo)).await;
    let chair = a_product().named("Silla").saying("price", Value::Null).saying("category_id", json!("casa"));
    let chair = merchant.registers(chair).await;
    stranger.registers(a_product().named("Lámpara ajena")).await;
    lamp.becomes(READY).await;
    table.becomes(READY).await;

    let mine = "/v1/products";
    assert_eq!(names(&merchant, mine, "&q=LAMPARA").await, ["Ámbar, lámpara de mesa", "Lámpara de pie"]);
    assert_eq!(names(&merchant, mine, "&q=lamp+pie").await, ["Lámpara de pie"]);
    assert_eq!(names(&merchant, mine, "&q=lp-1&tag=oferta&category=casa&status=READY").await, ["Lámpara de pie"]);
    assert_eq!(names(&merchant, mine, "&category=casa&sort=name").await, ["Lámpara de pie", "Silla"]);
    assert_eq!(names(&merchant, mine, "&attribute=color:rojo").await, ["Ámbar, lámpara de mesa"]);
    assert_eq!(names(&merchant, mine, "&missing=PRICE_REQUIRED").await, ["Silla"]);
    assert_eq!(
        names(&merchant, mine, "&currency=ARS&price_max=1000000&sort=price").await,
        ["Ámbar, lámpara de mesa", "Lámpara de pie"]
    );
    assert_eq!(names(&merchant, mine, "&sort=-name").await, ["Silla", "Lámpara de pie", "Ámbar, lámpara de mesa"]);
    // A sale is no edit, and yet products are found by it.
    for change in [json!({ "set": 2 }), json!({ "adjust": -2, "reason": "SALE" })] {
        counts(&merchant, &chair, &change).await.expects(200);
    }
    assert_eq!(names(&merchant, mine, "&stock=DEPLETED").await, ["Silla"]);
    assert_eq!(
        names(&merchant, mine, "&stock=UNTRACKED&q=lamp&sort=name").await,
        ["Ámbar, lámpara de mesa", "Lámpara de pie"]
    );
    let unknown = merchant.gets("/v1/products?category=nowhere").await;
    assert_eq!((unknown.refused(), unknown.pointer()), ((422, "UNKNOWN_CATEGORY"), "/query/category"));

    // What a channel says of a product finds it, too.
    let stubborn = json!({ "refuse": { "message": "It is not for us.", "commands": ["publish"] } });
    connects(&merchant, "south", &json!({ "switch": stubborn })).await;
    publishes(&merchant, &lamp, &["north"]).await.becomes(SUCCEEDED).await;
    shows(&lamp, "north", 1).await;
    publishes(&merchant, &table, &["south"]).await.becomes("FAILED").await;
    assert_eq!(names(&merchant, mine, "&channel=north").await, ["Lámpara de pie"]);
    assert_eq!(names(&merchant, mine, "&channel=south&listing=FAILED").await, ["Ámbar, lámpara de mesa"]);
    assert_eq!(names(&merchant, mine, "&channel=north&listing=ABSENT&q=lamp").await, ["Ámbar, lámpara de mesa"]);

    let public = format!("/v1/public/merchants/{}/products", merchant.id());
    assert_eq!(names(&stranger, &public, "&q=lamp&category=casa&sort=name&in_stock=true").await, ["Lámpara de pie"]);
    assert!(stranger.lists(&public, 10, "&in_stock=false").await.is_empty(), "nobody counts what is offered");
    assert!(stranger.lists(&public, 10, "&q=lp-1").await.is_empty(), "a SKU is the merchant's own");
    asks_for(&merchant, &lamp, "deactivate").await.becomes(SUCCEEDED).await;
    assert!(stranger.lists(&public, 10, "&q=lamp").await.is_empty());
    assert_eq!(names(&merchant, mine, "&channel=north&listing=PAUSED").await, ["Lámpara de pie"]);
}
