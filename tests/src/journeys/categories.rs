//! The tree in which shoppers find products.

use serde_json::{Value, json};
use tola_testkit::{Answer, Merchant, SUCCEEDED, TestStack, a_product};

async fn files(merchant: &Merchant, id: &str, body: &Value) -> Answer {
    merchant.asks("PUT", &format!("/v1/categories/{id}")).json(body).await
}

/// What a category has of products, and where it is.
async fn stands(merchant: &Merchant, id: &str) -> (Value, Value) {
    let category = merchant.gets(&format!("/v1/categories/{id}")).await.expects(200);
    (category.body["products"].clone(), category.body["path"].clone())
}

#[tokio::test]
async fn a_merchant_sorts_products_and_shoppers_see_the_tree() {
    let stack = TestStack::deployed().await;
    let (merchant, stranger) = (stack.merchant("casa-lumbre"), stack.merchant("taller-norte"));
    files(&merchant, "home", &json!({ "name": "Home" })).await.expects(201);
    files(&merchant, "lamps", &json!({ "name": "Lamps", "parent_id": "home" })).await.expects(201);
    files(&merchant, "floor-lamps", &json!({ "name": "Floor lamps", "parent_id": "lamps" })).await.expects(201);
    files(&merchant, "attic", &json!({ "name": "Attic", "active": false })).await.expects(201);
    merchant.registers(a_product().saying("category_id", json!("floor-lamps"))).await;
    merchant.registers(a_product().saying("category_id", json!("lamps"))).await;

    assert_eq!(stands(&merchant, "home").await, (json!(2), json!([])));
    assert_eq!(stands(&merchant, "floor-lamps").await, (json!(1), json!(["home", "lamps"])));

    let circle = files(&merchant, "home", &json!({ "name": "Home", "parent_id": "floor-lamps" })).await;
    assert_eq!((circle.refused(), circle.pointer()), ((422, "INVALID_BODY"), "/parent_id"));
    files(&merchant, "lamps", &json!({ "name": "Lamps", "parent_id": "attic" })).await.expects(200);
    assert_eq!(stands(&merchant, "floor-lamps").await, (json!(1), json!(["attic", "lamps"])));
    assert_eq!(stands(&merchant, "home").await, (json!(0), json!([])));

    let shown = stack.asks("GET", &format!("/v1/public/merchants/{}/categories", merchant.id())).await.expects(200);
    let ids: Vec<_> = shown.items().iter().map(|item| &item["id"]).collect();
    assert_eq!(ids, ["home"], "nothing below what is not shown");

    assert_eq!(stranger.gets("/v1/categories/home").await.refused(), (404, "RESOURCE_NOT_FOUND"));
    assert_eq!(merchant.asks("DELETE", "/v1/categories/lamps").await.refused(), (409, "ACTION_NOT_POSSIBLE"));
    merchant.asks("DELETE", "/v1/categories/home").await.expects(204);
}

/// The pointers to what a product lacks.
fn lacks(product: &Answer) -> Vec<String> {
    let missing = product.body["completeness"]["missing"].as_array().expect("gaps").iter();
    missing.filter_map(|gap| gap["pointer"].as_str()).map(str::to_owned).collect()
}

#[tokio::test]
async fn what_a_category_asks_for_reaches_the_products_that_are_there() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    files(&merchant, "chairs", &json!({ "name": "Chairs" })).await.expects(201);
    files(&merchant, "stools", &json!({ "name": "Stools", "parent_id": "chairs" })).await.expects(201);
    let mut products = Vec::new();
    for category in ["chairs", "stools", "stools"] {
        products.push(merchant.registers(a_product().saying("category_id", json!(category))).await);
    }
    for product in &products {
        product.operation().becomes(SUCCEEDED).await;
    }

    let asked = json!({ "attributes": { "material": { "type": "text", "required": true } } });
    let asked = merchant.asks("PUT", "/v1/categories/chairs/schema").json(&asked).await.expects(200);

    let review = merchant.operation(asked.body["operation"]["id"].as_str().expect("an operation"));
    let done = review.becomes(SUCCEEDED).await;
    assert_eq!(done.body["result"], json!("3 products reviewed: 3 lack something that their categories ask."));
    for product in &products {
        let shown = merchant.gets(&product.path()).await.expects(200);
        assert!(lacks(&shown).contains(&"/attributes/material".to_owned()), "{shown:?}");
    }

    // Elsewhere nothing is asked of stools, and a chair that says what it is made of lacks nothing of that.
    let moved = files(&merchant, "stools", &json!({ "name": "Stools" })).await.expects(200);
    merchant.operation(moved.body["operation"]["id"].as_str().expect("an operation")).becomes(SUCCEEDED).await;
    let stool = merchant.gets(&products[1].path()).await.expects(200);
    assert!(!lacks(&stool).contains(&"/attributes/material".to_owned()), "{stool:?}");
    let oak = json!({ "attributes": { "material": "oak" } });
    merchant.patches(&products[0], &oak).await.expects(200);
    let chair = merchant.gets(&products[0].path()).await.expects(200);
    assert!(!lacks(&chair).contains(&"/attributes/material".to_owned()), "{chair:?}");
}
