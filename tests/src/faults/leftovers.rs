//! Whoever wrote a document died before doing what it promises: the sweep does it.

use std::collections::BTreeMap;
use std::time::Duration;

use tola_catalog::money::Currency;
use tola_catalog::product::{Canonical, ImageReference, NewProduct};
use tola_catalog::text::{Description, Name};
use tola_catalog::{Actor, Money, OperationId, Origin, Product, ProductId, Timestamp};
use tola_testkit::{DRAFT, Image, Merchant, READY, SUCCEEDED, TWO_MINUTES, TestStack, a_photo, eventually};
use ulid::Ulid;

/// A product as the API writes it, a minute ago.
fn written(merchant: &Merchant, photo: Option<&Image>) -> Product {
    let canonical = Canonical {
        name: Name::parse("Lamp").expect("a name"),
        description: Some(Description::parse("Brass.").expect("a description")),
        price: Some(Money::new(1_999, Currency::parse("USD").expect("a currency")).expect("a price")),
        category_id: None,
        attributes: BTreeMap::new(),
        tags: Vec::new(),
        brand: None,
    };
    let images = photo.map(|photo| ImageReference { image_id: photo.image_id(), alt: None }).into_iter().collect();
    let new = NewProduct { sku: None, slug: None, canonical, images };
    let (id, operation) = (ProductId::new(Ulid::generate()), OperationId::new(Ulid::generate()));
    let now = Timestamp::from_millis(operation.ulid().timestamp_ms().try_into().expect("a time"));
    let now = now.before(Duration::from_secs(60));
    let origin = Origin { now, actor: Actor::system("test"), correlation_id: "left behind".into() };
    Product::register(new, id, merchant.id(), operation, &origin).expect("a product")
}

#[tokio::test]
async fn a_workflow_that_was_promised_and_not_started_is_started() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let photo = merchant.uploads(a_photo(400, 300)).await;
    photo.becomes(READY).await;
    let document = written(&merchant, Some(&photo));
    let promised = document.intents[0].operation_id.to_string();
    stack.store().await.products(merchant.scope()).insert(&document).await.expect("a document");
    let product = merchant.product(&document.id.to_string());
    assert_eq!(product.shown().await.text("/status"), DRAFT);

    let swept = stack.sweeps().await;

    assert_eq!(swept["failures"], serde_json::json!([]), "{swept}");
    product.becomes(READY).await;
    let operation = merchant.operation(&promised).becomes(SUCCEEDED).await;
    assert_eq!(operation.text("/correlation_id"), "left behind");
    product.tells(&["ProductCreated", "ProductReady"]).await;
    stack.sweeps().await;
    assert_eq!(merchant.lists("/v1/operations", 10, &format!("&product_id={}", product.id())).await.len(), 1);
}

#[tokio::test]
async fn events_that_wait_in_a_document_are_delivered() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let mut document = written(&merchant, None);
    document.intents.clear();
    let products = stack.store().await.products(merchant.scope());
    products.insert(&document).await.expect("a document");
    let product = merchant.product(&document.id.to_string());
    assert_eq!(product.history().await.len(), 1, "history tells what waits, too");

    stack.sweeps().await;

    product.tells(&["ProductCreated"]).await;
    eventually("the outbox is empty", TWO_MINUTES, async || {
        let document = products.get(document.id).await.expect("the database").expect("the document");
        if document.outbox.is_empty() && document.outbox_due_at.is_none() {
            Ok(())
        } else {
            Err(format!("{document:?}"))
        }
    })
    .await;
    assert_eq!(product.history().await.len(), 1);
}
