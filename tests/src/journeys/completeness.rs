//! What a product lacks for each channel, said beforehand and refused afterwards.

use serde_json::{Value, json};
use tola_store::SandboxEffect::Created;
use tola_testkit::{Answer, FAILED, Merchant, Product, READY, TestStack, a_photo, a_product};

use super::market::{at_the_sandbox, connects, publishes, shows};

/// What a product lacks, as its merchant reads it.
async fn completeness(merchant: &Merchant, product: &Product, query: &str) -> Answer {
    merchant.gets(&format!("{}/completeness{query}", product.path())).await.expects(200)
}

/// Rule and pointer of each gap.
fn gaps(found: &Value) -> Vec<(&str, &str)> {
    let missing = found["missing"].as_array().into_iter().flatten();
    missing.map(|gap| (gap["rule"].as_str().unwrap_or(""), gap["pointer"].as_str().unwrap_or(""))).collect()
}

#[tokio::test]
async fn what_is_said_to_be_missing_is_refused_and_once_it_is_there_published() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "trial", &json!({ "rules": { "title_max": 8, "category": true, "currencies": ["ARS"] } }))
        .await;
    let lamps = async |said: Value| {
        let body = json!({ "name": "Lamps", "channel_categories": said });
        merchant.asks("PUT", "/v1/categories/lamps").json(&body).await
    };
    lamps(json!({})).await.expects(201);
    let photo = merchant.uploads(a_photo(480, 360)).await;
    let product = merchant.registers(a_product().saying("category_id", json!("lamps")).with(&photo)).await;
    product.becomes(READY).await;

    let told = completeness(&merchant, &product, "?channel_type=facebook").await;

    assert_eq!((&told.body["score"], gaps(&told.body)), (&json!(100), vec![]), "{told}");
    let trial = &told.body["channels"][0];
    assert_eq!(gaps(trial), [("TITLE_TOO_LONG", "/name"), ("CATEGORY_UNMAPPED", "/category_id")], "{told}");
    assert_eq!((&trial["channel"], &trial["score"]), (&json!("trial"), &json!(33)), "{told}");
    let facebook = &told.body["channel_types"][0];
    assert_eq!(gaps(facebook), [("IDENTIFIER_REQUIRED", "/brand"), ("IMAGE_FITS_CHANNEL", "/images/0")], "{told}");

    let failed = publishes(&merchant, &product, &["trial"]).await.becomes(FAILED).await;

    let shown = product.shown().await;
    let problem = &shown.body["channels"]["trial"]["command"]["problem"];
    assert_eq!((&problem["code"], &problem["pointer"]), (&json!("CHANNEL_RULE_UNMET"), &json!("/name")), "{failed}");
    assert_eq!(
        (&problem["message"], &problem["remedy"]),
        (&trial["missing"][0]["message"], &trial["missing"][0]["remedy"])
    );
    assert_eq!(at_the_sandbox(&merchant, &product, "trial").await.ledger, [], "nobody was called");

    // The category is the marketplace's own, and there the lamp has a shorter name: the channel follows by itself.
    lamps(json!({ "sandbox": "77" })).await.expects(200);
    let own = json!({ "overrides": { "name": "Lámpara" } });
    let path = format!("{}/channels/trial", product.path());
    merchant.asks("PUT", &path).header("if-match", "*").json(&own).await.expects(200);
    shows(&product, "trial", 2).await;
    let told = completeness(&merchant, &product, "").await;
    assert_eq!((gaps(&told.body["channels"][0]), &told.body["channels"][0]["score"]), (vec![], &json!(100)), "{told}");
    assert_eq!(at_the_sandbox(&merchant, &product, "trial").await.effects(), [Created]);
}

#[tokio::test]
async fn the_types_of_channels_say_what_they_ask_and_whether_they_can_be_connected() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");

    let listed = merchant.viewer().gets("/v1/channel-types").await.expects(200);

    let told = |item: &Value| {
        let (name, connectable) = (item["type"].as_str().unwrap_or("").to_owned(), item["connectable"] == true);
        assert_eq!(item["config_schema"].is_object(), connectable, "{item:#}");
        assert!(connectable || item["rules"].as_array().is_some_and(|rules| rules.len() > 3), "{item:#}");
        (name, connectable)
    };
    let types: Vec<_> = listed.items().iter().map(told).collect();
    let expected =
        [("facebook", false), ("instagram", false), ("mercado-libre", false), ("sandbox", true), ("webhook", true)];
    assert_eq!(types, expected.map(|(name, connectable)| (name.to_owned(), connectable)), "{listed}");
}
