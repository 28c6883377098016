//! What is different on a channel, and what the channel gets to see.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tola_catalog::{ChannelId, Role};

use crate::support::{Actress, Answer, World};

impl Actress {
    async fn overrides(&self, product: &str, channel: &str, overrides: Value) -> Answer {
        let ask = self.ask("PUT", &format!("/v1/products/{product}/channels/{channel}")).with("if-match", "*");
        ask.json(json!({ "overrides": overrides })).send().await
    }

    async fn sees_on(&self, product: &str, channel: &str) -> Answer {
        self.get(&format!("/v1/products/{product}/channels/{channel}/view")).await
    }
}

#[tokio::test]
async fn an_override_reaches_its_channel_by_itself_and_no_other() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["shop", "fair"]).await;
    let fences = |answer: &Answer| {
        ["shop", "fair"].map(|channel| answer.body["channels"][channel]["command"]["fence"].as_u64().unwrap())
    };
    let before = fences(&ana.shown(&id).await);

    let price = json!({ "amount": 5990, "currency": "USD" });
    let own = json!({ "name": "Tischlampe", "price": price, "attributes": { "color": "rot" } });
    let overridden = ana.overrides(&id, "shop", own.clone()).await;

    assert_eq!((overridden.status, overridden.text("/operation/kind")), (StatusCode::OK, "publish"), "{overridden:?}");
    assert_eq!(overridden.body["operation"]["channels"], json!(["shop"]));
    assert_eq!((&overridden.body["revision"], fences(&overridden)), (&json!(2), [before[0] + 1, before[1]]));
    assert_eq!(overridden.body["channels"]["shop"]["overrides"], own);
    assert!(overridden.header("etag").starts_with("\"2."), "{overridden:?}");
    let history = ana.get(&format!("/v1/products/{id}/history?limit=100")).await;
    assert!(history.body.to_string().contains("/channels/shop/overrides/price"), "{history:?}");

    let same = ana.overrides(&id, "shop", own).await;
    assert_eq!((&same.body["revision"], same.body.get("operation")), (&json!(2), None), "nothing changed");
    let none = ana.overrides(&id, "shop", json!({})).await;
    assert_eq!((&none.body["revision"], &none.body["channels"]["shop"]["overrides"]), (&json!(3), &json!({})));
}

#[tokio::test]
async fn a_view_names_the_source_of_each_value() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_ready_product().await;
    ana.connects("shop").await;
    ana.patches(&id, "*", json!({ "attributes": { "size": "L" }, "brand": "Casa" })).await;
    let own = json!({ "description": "Leuchtet.", "attributes": { "color": "rot" } });
    assert_eq!(ana.overrides(&id, "shop", own).await.status, StatusCode::OK);

    let view = ana.sees_on(&id, "shop").await;

    assert_eq!(view.status, StatusCode::OK, "{view:?}");
    assert_eq!(view.body["description"], json!({ "value": "Leuchtet.", "source": "CHANNEL" }));
    assert_eq!(view.body["brand"], json!({ "value": "Casa", "source": "PRODUCT" }));
    assert_eq!(view.body["attributes"]["color"], json!({ "value": "rot", "source": "CHANNEL" }));
    assert_eq!(view.body["attributes"]["size"], json!({ "value": "L", "source": "PRODUCT" }));
    assert_eq!((view.text("/desired"), &view.body["content_revision"]), ("OFF", &json!(3)));
    assert_eq!((view.text("/slug/source"), view.text("/images/source")), ("PRODUCT", "PRODUCT"));
    assert_eq!(view.body["sku"]["source"], "PRODUCT");
    assert!(view.text("/images/value/0/renditions/0/url").starts_with("http"), "ready to use");
    assert_eq!(view.header("etag"), ana.shown(&id).await.header("etag"));
}

#[tokio::test]
async fn overrides_that_cant_be_are_refused() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    let id = ana.has_ready_product().await;
    ana.connects("shop").await;
    bob.connects("shop").await;
    let cases = [
        (json!({ "name": "" }), "/overrides/name"),
        (json!({ "slug": "a" }), "/overrides/slug"),
        (json!({ "price": { "amount": 1.5, "currency": "USD" } }), "/overrides/price/amount"),
        (json!({ "tags": ["new", "new"] }), "/overrides/tags/1"),
        (json!({ "attributes": { "color": "x".repeat(3_000) } }), "/overrides/attributes/color"),
        (json!([]), "/overrides"),
    ];
    for (overrides, pointer) in cases {
        let answer = ana.overrides(&id, "shop", overrides.clone()).await;
        assert_eq!((answer.refused(), answer.pointer()), ((422, "INVALID_BODY"), pointer), "{overrides}");
    }
    let path = format!("/v1/products/{id}/channels/shop");
    let body = json!({ "overrides": { "name": "Lamp" } });
    assert_eq!(ana.ask("PUT", &path).json(body.clone()).send().await.refused(), (428, "PRECONDITION_REQUIRED"));
    let stale = ana.ask("PUT", &path).with("if-match", "\"9.9\"").json(body.clone()).send().await;
    assert_eq!(stale.refused(), (412, "PRECONDITION_FAILED"));
    for (who, product, channel) in [(&ana, &*id, "nowhere"), (&bob, &*id, "shop"), (&ana, "product_1", "shop")] {
        assert_eq!(who.overrides(product, channel, json!({})).await.refused(), (404, "RESOURCE_NOT_FOUND"));
        assert_eq!(who.sees_on(product, channel).await.refused(), (404, "RESOURCE_NOT_FOUND"));
    }
    assert_eq!(ana.in_role(Role::Viewer).overrides(&id, "shop", json!({})).await.refused(), (403, "FORBIDDEN"));
    ana.deletes(&id, Some("*")).await.accepted();
    assert_eq!(ana.overrides(&id, "shop", json!({})).await.refused(), (409, "ACTION_NOT_POSSIBLE"));
    assert_eq!(ana.sees_on(&id, "shop").await.refused(), (404, "RESOURCE_NOT_FOUND"));
    assert!(!ana.stored(&id).await.channels.contains_key(&ChannelId::parse("shop").unwrap()));
}
