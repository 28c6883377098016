//! What a product lacks, everywhere and for each channel.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tola_catalog::Role;
use tola_catalog::listing::CommandState;

use crate::support::{Actress, Answer, World};

impl Actress {
    async fn completeness(&self, product: &str, query: &str) -> Answer {
        let answer = self.get(&format!("/v1/products/{product}/completeness{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer
    }

    async fn has_sandbox(&self, channel: &str, rules: Value) {
        let answer = self.puts(channel, json!({ "type": "sandbox", "config": { "rules": rules } })).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    }

    async fn overriding(&self, product: &str, channel: &str, overrides: Value) {
        let ask = self.ask("PUT", &format!("/v1/products/{product}/channels/{channel}")).with("if-match", "*");
        let answer = ask.json(json!({ "overrides": overrides })).send().await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
}

/// Rule and pointer of each gap.
fn gaps(found: &Value) -> Value {
    found["missing"].as_array().unwrap().iter().map(|gap| json!([gap["rule"], gap["pointer"]])).collect()
}

#[tokio::test]
async fn each_channel_says_what_a_product_lacks_there() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.has_sandbox(
        "strict",
        json!({ "title_max": 3, "currencies": ["USD", "ARS"], "brand": true, "attributes": ["watts"] }),
    )
    .await;
    ana.connects("plain").await;
    let id = ana.registers(json!({ "attributes": { "watts": 8 } })).await.text("/id").to_owned();

    let found = ana.completeness(&id, "").await;

    assert_eq!((found.text("/product_id"), &found.body["revision"]), (&*id, &json!(1)));
    assert_eq!(gaps(&found.body), json!([["IMAGE_REQUIRED", "/images"]]), "what every channel asks");
    assert_eq!(found.body["score"], ana.shown(&id).await.body["completeness"]["score"]);
    let [plain, strict] = [0, 1].map(|position| found.body["channels"][position].clone());
    assert_eq!((&plain["channel"], &plain["score"], &plain["missing"]), (&json!("plain"), &json!(100), &json!([])));
    assert_eq!((&strict["channel"], &strict["channel_type"]), (&json!("strict"), &json!("sandbox")));
    assert_eq!(
        (&strict["score"], gaps(&strict)),
        (&json!(50), json!([["TITLE_TOO_LONG", "/name"], ["BRAND_REQUIRED", "/brand"]]))
    );
    let gap = &strict["missing"][0];
    assert_eq!(gap["message"], json!("The channel takes a name of 3 characters at most, and this one has 4."));
    assert_eq!((&gap["channel"], gap["remedy"].is_string()), (&json!("strict"), true));
    assert_eq!(found.body["channel_types"], json!([]));

    // What is different on one channel changes nothing elsewhere.
    ana.overriding(&id, "strict", json!({ "name": "Lux" })).await;
    let after = ana.completeness(&id, "").await;
    assert_eq!(gaps(&after.body["channels"][1]), json!([["BRAND_REQUIRED", "/brand"]]));
    assert_eq!((&after.body["channels"][0], gaps(&after.body)), (&plain, gaps(&found.body)));
    // Nobody was asked.
    world.adapters.silent.store(true, Ordering::SeqCst);
    assert_eq!(ana.completeness(&id, "?channel_type=facebook").await.body["channels"], after.body["channels"]);
}

#[tokio::test]
async fn a_type_says_what_it_would_lack_that_is_not_connected() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana
        .registers(json!({ "name": "L".repeat(61), "description": "<b>It shines.</b>" }))
        .await
        .text("/id")
        .to_owned();

    let query = "?channel_type=mercado-libre&channel_type=instagram&channel_type=mercado-libre";
    let found = ana.completeness(&id, query).await;

    let types = &found.body["channel_types"];
    assert_eq!((types.as_array().unwrap().len(), &types[0]["channel"]), (2, &Value::Null));
    assert_eq!((&types[0]["channel_type"], &types[1]["channel_type"]), (&json!("mercado-libre"), &json!("instagram")));
    let all = json!([
        ["TITLE_TOO_LONG", "/name"],
        ["DESCRIPTION_NOT_PLAIN", "/description"],
        ["CATEGORY_UNMAPPED", "/category_id"],
        ["BRAND_REQUIRED", "/brand"],
        ["IMAGE_REQUIRED", "/images"],
    ]);
    assert_eq!((gaps(&types[0]), &types[0]["score"]), (all, &json!(37)));
    assert_eq!(types[0]["missing"][0]["channel"], json!("mercado-libre"));
    assert_eq!(gaps(&types[1]), json!([["IMAGE_REQUIRED", "/images"]]));
    for unknown in ["?channel_type=bazaar", "?channel_type=", "?channel_type=Facebook"] {
        let refused = ana.get(&format!("/v1/products/{id}/completeness{unknown}")).await;
        assert_eq!((refused.refused(), refused.pointer()), ((400, "INVALID_PARAMETER"), "/query/channel_type"));
        assert!(refused.text("/error/message").contains("mercado-libre"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_category_says_which_one_of_the_channel_it_is() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.has_sandbox("shop", json!({ "category": true })).await;
    ana.files("lamps", json!({ "name": "Lamps" })).await;
    ana.files("floor-lamps", json!({ "name": "Floor lamps", "parent_id": "lamps" })).await;
    let id = ana.registers(json!({ "category_id": "floor-lamps" })).await.text("/id").to_owned();
    let on_shop = async || gaps(&ana.completeness(&id, "").await.body["channels"][0]);
    assert_eq!(on_shop().await, json!([["CATEGORY_UNMAPPED", "/category_id"]]));

    let said = json!({ "sandbox": "77", "mercado-libre": "MLA1582" });
    let put = ana.categorises("lamps", json!({ "name": "Lamps", "channel_categories": said })).await;

    assert_eq!((put.status, &put.body["channel_categories"], put.body.get("operation")), (StatusCode::OK, &said, None));
    assert_eq!(ana.get("/v1/categories/lamps").await.body["channel_categories"], said);
    assert_eq!(on_shop().await, json!([]), "what is above it holds");
    let would = ana.completeness(&id, "?channel_type=mercado-libre").await;
    assert!(!would.body["channel_types"].to_string().contains("CATEGORY_UNMAPPED"), "{would:?}");
    ana.categorises("lamps", json!({ "name": "Lamps" })).await;
    assert_eq!(on_shop().await, json!([["CATEGORY_UNMAPPED", "/category_id"]]), "it is replaced whole");
}

#[tokio::test]
async fn what_makes_no_sense_of_channels_categories_is_refused_where_it_is_wrong() {
    let world = World::new().await;
    let ana = world.merchant();
    let refused = async |said: Value| {
        let answer = ana.categorises("lamps", json!({ "name": "Lamps", "channel_categories": said })).await;
        assert_eq!(answer.refused(), (422, "INVALID_BODY"), "{answer:?}");
        answer.pointer().to_owned()
    };

    assert_eq!(refused(json!({ "My Shop": "77" })).await, "/channel_categories/My Shop");
    assert_eq!(refused(json!({ "shop": "" })).await, "/channel_categories/shop");
    assert_eq!(refused(json!({ "shop": 77 })).await, "/channel_categories/shop");
    let many: serde_json::Map<_, _> = (0..21).map(|n| (format!("c{n}"), json!("77"))).collect();
    assert_eq!(refused(many.into()).await, "/channel_categories");
}

/// The plan of a publication asks the adapter, and completeness asks nobody: both say the same.
#[tokio::test]
async fn a_plan_says_the_same_and_publishing_refuses_it() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.has_sandbox("shop", json!({ "like": "facebook", "title_max": 3, "attributes": ["watts"] })).await;
    let id = ana.has_ready_product().await;

    let plan = ana.acts(&id, "publish?dry_run=true", json!({ "channels": ["shop"] })).await;
    let told = ana.completeness(&id, "").await.body["channels"][0]["missing"].clone();

    assert_eq!(plan.body["channels"][0]["missing"], told);
    let rules: Vec<_> = told.as_array().unwrap().iter().map(|gap| gap["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["TITLE_TOO_LONG", "IDENTIFIER_REQUIRED", "ATTRIBUTE_REQUIRED", "IMAGE_FITS_CHANNEL"]);
    // A product may be asked for all the same: whether the channel takes it, its adapter finds.
    ana.acts(&id, "publish", json!({ "channels": ["shop"] })).await.accepted();
    let command = ana.stored(&id).await.channels.values().next().unwrap().command.clone().unwrap();
    assert_eq!(command.state, CommandState::Queued);
}

#[tokio::test]
async fn everybody_of_the_merchants_may_read_it_and_nobody_else() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    ana.has_sandbox("hers", json!({ "brand": true })).await;
    let id = ana.registers(json!({})).await.text("/id").to_owned();

    let seen = ana.in_role(Role::Viewer).completeness(&id, "").await;

    assert_eq!(seen.body["channels"][0]["channel"], json!("hers"));
    let path = format!("/v1/products/{id}/completeness");
    assert_eq!(bob.get(&path).await.refused(), (404, "RESOURCE_NOT_FOUND"));
    let his = bob.registers(json!({})).await.text("/id").to_owned();
    assert_eq!(bob.completeness(&his, "").await.body["channels"], json!([]), "another's channels ask nothing");
    ana.deletes(&id, Some("*")).await.accepted();
    assert_eq!(ana.get(&path).await.refused(), (404, "RESOURCE_NOT_FOUND"));
}

#[tokio::test]
async fn every_type_is_listed_with_what_it_asks() {
    let world = World::new().await;
    let ana = world.merchant();

    let listed = ana.in_role(Role::Viewer).get("/v1/channel-types").await;

    assert_eq!((listed.status, &listed.body["next_cursor"]), (StatusCode::OK, &Value::Null), "{listed:?}");
    let items = listed.body["items"].as_array().unwrap();
    let names: Vec<_> = items.iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(names, ["facebook", "instagram", "mercado-libre", "sandbox", "webhook"]);
    let of = |name: &str| items.iter().find(|item| item["type"] == name).unwrap();
    // The only adapter in this world is the sandbox's.
    assert_eq!((&of("facebook")["connectable"], &of("facebook")["config_schema"]), (&json!(false), &Value::Null));
    assert_eq!((&of("sandbox")["connectable"], &of("sandbox")["observable"]), (&json!(true), &json!(true)));
    assert_eq!(of("sandbox")["rules"], json!([]), "it asks what its config says");
    let schema = &of("sandbox")["config_schema"]["properties"]["rules"]["properties"];
    assert_eq!(schema["title_max"]["type"], json!("integer"), "{schema:#}");
    let title = &of("mercado-libre")["rules"][0];
    assert_eq!((&title["id"], &title["pointer"]), (&json!("TITLE_TOO_LONG"), &json!("/name")));
    assert_eq!(title["bound"], json!({ "kind": "at_most", "count": 60, "of": "characters" }));
    assert_eq!(title["message"], json!("The channel takes a name of 60 characters at most."));

    world.adapters.silent.store(true, Ordering::SeqCst);
    assert_eq!(ana.get("/v1/channel-types").await.refused(), (503, "UNAVAILABLE"));
}
