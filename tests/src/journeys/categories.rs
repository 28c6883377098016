//! The tree in which shoppers find products.

use serde_json::{Value, json};
use tola_testkit::{Answer, Merchant, READY, SUCCEEDED, TestStack, a_photo, a_product};

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

/// What shoppers see of the category `lamps`.
async fn seen(stack: &TestStack, merchant: &Merchant) -> Value {
    let path = format!("/v1/public/merchants/{}/categories", merchant.id());
    stack.asks("GET", &path).await.expects(200).items()[0]["image"].clone()
}

/// Where a picture lies, however the link to it is signed.
fn place(picture: &Value) -> &str {
    picture["url"].as_str().and_then(|url| url.split('?').next()).expect("a URL")
}

#[tokio::test]
async fn a_picture_stays_when_the_product_goes_that_showed_it_too() {
    let stack = TestStack::deployed().await;
    let (merchant, stranger) = (stack.merchant("casa-lumbre"), stack.merchant("taller-norte"));
    let photo = merchant.uploads(a_photo(1000, 750)).await;
    let lamps = json!({ "name": "Lamps", "image_id": photo.id(), "image_alt": "A lamp on a table" });
    files(&merchant, "lamps", &lamps).await.expects(201);
    photo.becomes(READY).await;

    let picture = seen(&stack, &merchant).await;
    assert_eq!((&picture["width"], &picture["height"]), (&json!(640), &json!(480)), "{picture}");
    assert_eq!(picture["alt"], "A lamp on a table");
    let shown = files(&merchant, "lamps", &lamps).await.expects(200);
    assert_eq!((shown.text("/image/status"), place(&shown.body["image"]["picture"])), (READY, place(&picture)));
    let foreign = files(&stranger, "lamps", &lamps).await;
    assert_eq!((foreign.refused(), foreign.pointer()), ((422, "UNKNOWN_IMAGE"), "/image_id"));

    // A product that shows it is deleted, and somebody else dies while deleting the image.
    let product = merchant.registers(a_product().with(&photo)).await;
    product.becomes(READY).await;
    let deleted = merchant.asks("DELETE", &product.path()).header("if-match", "*").await.expects(202);
    merchant.operation(deleted.text("/operation/id")).becomes(SUCCEEDED).await;
    let refused = merchant.asks("DELETE", &photo.path()).await;
    assert_eq!(refused.refused(), (409, "IMAGE_IN_USE"));
    assert!(refused.text("/error/details/0/message").contains("category lamps"), "{refused}");
    merchant.deleted_long_ago(photo.image_id()).await;
    stack.sweeps().await;
    photo.becomes(READY).await;
    let url = seen(&stack, &merchant).await["url"].as_str().expect("a URL").to_owned();
    assert_eq!(stack.fetches(&url).await.expects(200).header("content-type"), "image/jpeg");

    files(&merchant, "lamps", &json!({ "name": "Lamps" })).await.expects(200);
    let kept = merchant.keeps(photo.image_id()).await;
    merchant.asks("DELETE", &photo.path()).await.expects(204);
    merchant.deleted_long_ago(photo.image_id()).await;
    stack.sweeps().await;
    merchant.has_no_more(photo.image_id()).await;
    for place in kept {
        assert_eq!(stack.lying(&place).await, [""; 0], "nothing shows it any more");
    }
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
