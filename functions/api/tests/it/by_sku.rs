//! Putting products by their SKU: again and again, at once with others, and without doing it.

use axum::http::StatusCode;
use futures::future::join_all;
use serde_json::{Value, json};
use tola_catalog::Image;

use crate::market::{listed, refused};
use crate::support::{Actress, Answer, Ask, World, lamp};

impl Actress {
    fn putting(&self, sku: &str, query: &str, body: Value) -> Ask {
        self.ask("PUT", &format!("/v1/products/by-sku/{sku}{query}")).json(body)
    }

    /// Has a lamp with this SKU and these values besides.
    async fn puts_lamp(&self, sku: &str, more: Value) -> Answer {
        self.putting(sku, "", lamp(more)).send().await
    }

    /// What that would come to.
    async fn foresees(&self, sku: &str, body: Value) -> Answer {
        self.putting(sku, "?dry_run=true", body).send().await
    }

    /// A lamp that is live on these channels; and its image.
    async fn has_live_lamp(&self, sku: &str, channels: &[&str]) -> (String, Image) {
        let image = self.has_ready_image().await;
        let made = self.puts_lamp(sku, json!({ "images": [{ "image_id": image.id }] })).await;
        let id = made.text("/id").to_owned();
        self.absorbs(&id, &image).await;
        for channel in channels {
            self.connects(channel).await;
        }
        self.acts(&id, "publish", json!({ "channels": channels })).await.accepted();
        for channel in channels {
            self.hears(&id, channel, listed).await;
        }
        (id, image)
    }

    async fn count(&self) -> usize {
        self.get("/v1/products?limit=100").await.body["items"].as_array().unwrap().len()
    }

    async fn history(&self, product: &str) -> Vec<Value> {
        self.get(&format!("/v1/products/{product}/history")).await.body["items"].as_array().unwrap().clone()
    }
}

/// What is told of each channel: its id and what it would be told.
fn actions(plan: &Answer) -> Vec<(&str, &str)> {
    let channels = plan.body["channels"].as_array().unwrap().iter();
    channels.map(|of| (of["channel_id"].as_str().unwrap(), of["action"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_put_makes_a_product_and_then_makes_it_anew() {
    let world = World::new().await;
    let ana = world.merchant();
    let image = ana.promises_image().await;
    let whole = json!({
        "slug": "lamp", "category_id": "lamps", "brand": "Lux", "attributes": { "watts": 8, "red": true }, "tags": ["new"],
        "images": [{ "image_id": image, "alt": "A lamp" }],
    });

    let made = ana.puts_lamp("LAMP-1", whole).await;

    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let id = made.text("/id").to_owned();
    assert_eq!(made.header("location"), format!("/v1/products/{id}"));
    assert_eq!((made.text("/sku"), made.text("/status"), made.header("etag")), ("LAMP-1", "DRAFT", "\"1.2\""));
    assert_eq!((made.text("/operation/kind"), made.text("/operation/status")), ("register", "RUNNING"));
    assert_eq!(world.launched().len(), 1);
    assert_eq!(ana.stored(&id).await.intents, []);

    let bare = ana.putting("LAMP-1", "", json!({ "name": "Torch", "attributes": { "watts": 9 } })).send().await;

    assert_eq!((bare.status, bare.text("/id"), bare.header("location")), (StatusCode::OK, id.as_str(), ""));
    assert_eq!((bare.text("/name"), bare.text("/sku"), bare.text("/slug")), ("Torch", "LAMP-1", "lamp"));
    assert_eq!((&bare.body["attributes"], &bare.body["tags"]), (&json!({ "watts": 9 }), &json!([])));
    for gone in ["description", "price", "category_id", "brand"] {
        assert_eq!(bare.body[gone], Value::Null, "{gone}");
    }
    assert_eq!((&bare.body["images"], &bare.body["revision"]), (&json!([]), &json!(2)));
    assert_eq!(ana.get("/v1/products/by-sku/LAMP-1").await.header("etag"), bare.header("etag"));
    assert_eq!(ana.count().await, 1);
}

#[tokio::test]
async fn what_is_so_already_is_not_written_again() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.puts_lamp("L", json!({ "slug": "torch", "tags": ["a"] })).await.text("/id").to_owned();
    let before = ana.stored(&id).await;

    for same in [json!({ "tags": ["a"] }), json!({ "tags": ["a"], "sku": "L", "slug": "torch", "images": [] })] {
        let again = ana.puts_lamp("L", same).await;

        assert_eq!((again.status, again.header("etag")), (StatusCode::OK, "\"1.2\""), "{again:?}");
        assert!(again.body.get("operation").is_none());
    }
    assert_eq!(ana.stored(&id).await, before);
    assert_eq!(ana.history(&id).await.len(), 1);
    assert_eq!(world.launched().len(), 1);
}

#[tokio::test]
async fn path_and_body_name_one_sku() {
    let world = World::new().await;
    let ana = world.merchant();

    let other = ana.puts_lamp("A", json!({ "sku": "B" })).await;
    let none = ana.puts_lamp("has%20space", json!({})).await;
    let odd = ana.puts_lamp("A%2F1%3Fx", json!({ "sku": "A/1?x" })).await;

    assert_eq!((other.refused(), other.pointer()), ((422, "INVALID_BODY"), "/sku"));
    assert_eq!(none.refused(), (404, "RESOURCE_NOT_FOUND"));
    assert_eq!((odd.status, odd.text("/sku")), (StatusCode::CREATED, "A/1?x"));
    assert_eq!(ana.count().await, 1);
}

#[tokio::test]
async fn who_says_what_has_to_be_there_is_heard() {
    let world = World::new().await;
    let ana = world.merchant();
    let put = |name: &'static str, value: &'static str, query: &'static str| {
        let ana = ana.clone();
        async move { ana.putting("L", query, json!({ "name": value })).with(name, value).send().await }
    };
    for query in ["?dry_run=true", ""] {
        for nothing in ["*", "\"1.1\""] {
            let answer = put("if-match", nothing, query).await;
            assert_eq!((answer.refused(), answer.pointer()), ((412, "PRECONDITION_FAILED"), "/headers/if-match"));
        }
    }
    assert_eq!(put("if-none-match", "*", "").await.status, StatusCode::CREATED);
    for query in ["?dry_run=true", ""] {
        let there = put("if-none-match", "*", query).await;
        assert_eq!((there.refused(), there.pointer()), ((412, "PRECONDITION_FAILED"), "/headers/if-none-match"));
        let stale = put("if-match", "\"7.1\"", query).await;
        assert_eq!((stale.refused(), stale.pointer()), ((412, "PRECONDITION_FAILED"), "/headers/if-match"));
        let tag = put("if-none-match", "\"1.1\"", query).await;
        assert_eq!((tag.refused(), tag.pointer()), ((400, "INVALID_PARAMETER"), "/headers/if-none-match"));
        assert_eq!(put("if-match", "1", query).await.refused(), (400, "INVALID_PARAMETER"));
    }
    assert_eq!(put("if-match", "\"1.1\"", "").await.body["revision"], 2);
    assert_eq!(put("if-match", "*", "").await.body["revision"], 3);
}

#[tokio::test]
async fn a_product_that_is_being_deleted_keeps_its_sku_and_takes_no_edit() {
    let world = World::new().await;
    let ana = world.merchant();
    let (id, _) = ana.has_live_lamp("L", &["shop"]).await;
    ana.deletes(&id, Some("*")).await.accepted();
    let before = ana.stored(&id).await;

    for query in ["", "?dry_run=true"] {
        let put = ana.putting("L", query, lamp(json!({}))).send().await;
        assert_eq!(put.refused(), (409, "ACTION_NOT_POSSIBLE"), "as an edit");
        assert!(put.text("/error/message").contains("being deleted"), "{put:?}");
    }
    assert_eq!(ana.registers(json!({ "sku": "L" })).await.refused(), (409, "SKU_TAKEN"));
    assert_eq!(ana.stored(&id).await, before);
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_done_and_in_a_dry_run_alike() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    ana.puts_lamp("there", json!({})).await;
    ana.registers(json!({ "slug": "taken" })).await;
    let (hers, his) = (ana.promises_image().await, bob.promises_image().await);
    let before = world.documents_of(ana.identity.merchant_id).await;
    let cases = [
        (json!({ "name": null }), (422, "INVALID_BODY"), "/name"),
        (json!({ "colour": "red" }), (422, "INVALID_BODY"), "/colour"),
        (json!({ "tags": ["a", "a"] }), (422, "INVALID_BODY"), "/tags/1"),
        (
            json!({ "images": [{ "image_id": hers }, { "image_id": hers }] }),
            (422, "INVALID_BODY"),
            "/images/1/image_id",
        ),
        (json!({ "images": vec![json!({ "image_id": his }); 21] }), (422, "INVALID_BODY"), "/images"),
        (
            json!({ "images": [{ "image_id": hers }, { "image_id": his }] }),
            (422, "UNKNOWN_IMAGE"),
            "/images/1/image_id",
        ),
        (json!({ "tags": ["a", "a"], "images": [{ "image_id": his }] }), (422, "INVALID_BODY"), "/tags/1"),
        (json!({ "slug": "taken" }), (409, "SLUG_TAKEN"), "/slug"),
    ];
    for (body, expected, pointer) in cases {
        for sku in ["there", "new"] {
            for query in ["?dry_run=true", ""] {
                let answer = ana.putting(sku, query, lamp(body.clone())).send().await;
                assert_eq!((answer.refused(), answer.pointer()), (expected, pointer), "{sku}{query}: {body}");
            }
        }
    }
    let unclear = ana.putting("new", "?dry_run=maybe", lamp(json!({}))).send().await;
    assert_eq!((unclear.refused(), unclear.pointer()), ((400, "INVALID_PARAMETER"), "/query/dry_run"));
    let after = world.documents_of(ana.identity.merchant_id).await;
    let quotas = |(collection, _): &&(String, _)| collection != tola_store::schema::QUOTAS;
    assert!(after.iter().filter(quotas).eq(before.iter().filter(quotas)));
}

#[tokio::test]
async fn a_slug_is_kept_chosen_or_made() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.registers(json!({})).await;

    let plan = ana.foresees("A", lamp(json!({}))).await;
    let derived = ana.puts_lamp("A", json!({})).await;
    let renamed = ana.puts_lamp("A", json!({ "name": "Torch" })).await;
    let chosen = ana.puts_lamp("A", json!({ "name": "Torch", "slug": "torch" })).await;

    assert!(plan.body["changes"][1]["after"].as_str().unwrap().starts_with("lamp-"), "{plan:?}");
    assert!(derived.text("/slug").starts_with("lamp-"), "another product has the plain one");
    assert_eq!(renamed.text("/slug"), derived.text("/slug"));
    assert_eq!(chosen.text("/slug"), "torch");
}

#[tokio::test]
async fn of_many_who_put_a_new_product_at_once_one_makes_it() {
    let world = World::new().await;
    for more in [json!({}), json!({ "slug": "torch" })] {
        let ana = world.merchant();

        let answers = join_all((0..12).map(|_| ana.puts_lamp("L", more.clone()))).await;

        let made = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
        assert_eq!(made, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        for answer in &answers {
            assert!(answer.status.is_success(), "{answer:?}");
            assert_eq!(answer.text("/id"), answers[0].text("/id"));
        }
        let stored = ana.stored(answers[0].text("/id")).await;
        assert_eq!((ana.count().await, stored.revision, stored.intents.len()), (1, 1, 0), "{more}");
    }
}

#[tokio::test]
async fn of_many_who_put_something_else_at_once_each_is_written_and_the_last_one_stands() {
    let world = World::new().await;
    let ana = world.merchant();
    let names: Vec<String> = (0..8).map(|number| format!("Lamp {number}")).collect();

    let answers = join_all(names.iter().map(|name| ana.puts_lamp("L", json!({ "name": name })))).await;

    let mut revisions: Vec<_> = answers.iter().map(|answer| answer.body["revision"].as_u64().unwrap()).collect();
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=8).collect::<Vec<_>>(), "each was written once, on what was there");
    for (answer, name) in answers.iter().zip(&names) {
        assert_eq!(answer.text("/name"), name);
    }
    let last = answers.iter().max_by_key(|answer| answer.body["revision"].as_u64()).unwrap();
    assert_eq!(ana.get("/v1/products/by-sku/L").await.text("/name"), last.text("/name"));
    assert_eq!(ana.count().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_product_that_is_renamed_meanwhile_is_another_one() {
    let world = World::overheard().await;
    let ana = world.merchant();
    let id = ana.puts_lamp("L", json!({})).await.text("/id").to_owned();

    let mut held = world.commands().hold_after(0);
    let putting = tokio::spawn(ana.putting("L", "", lamp(json!({ "name": "Torch" }))).send());
    held.is_reached().await;
    assert_eq!(ana.patches(&id, "*", json!({ "sku": "OLD" })).await.status, StatusCode::OK);
    held.goes_on();

    let put = putting.await.unwrap();
    assert_eq!((put.status, put.text("/sku"), put.text("/name")), (StatusCode::CREATED, "L", "Torch"));
    assert_eq!(ana.get("/v1/products/by-sku/OLD").await.text("/name"), "Lamp");
}

/// The function dies before the first thing that it writes, before the second, and so on.
#[tokio::test]
async fn wherever_a_put_dies_its_repetition_comes_to_the_same_end() {
    let world = World::overheard().await;
    for writes in 0.. {
        let ana = world.merchant();
        let image = ana.has_ready_image().await;
        let body = json!({ "images": [{ "image_id": image.id }] });

        let died = world.commands().dying_after(writes, ana.puts_lamp("L", body.clone())).await;
        let repeated = ana.puts_lamp("L", body.clone()).await;

        let product = ana.stored(repeated.text("/id")).await;
        assert_eq!((ana.count().await, product.revision, product.intents.len()), (1, 1, 0), "after {writes}");
        let register = product.last_operation[&tola_catalog::OperationKind::Register];
        assert!(world.launched().contains(&register), "after {writes} writes nobody began it");
        if died.status.is_success() {
            assert!(writes >= 4, "the product, its operation, twice, and its intent");
            break;
        }
        assert_eq!(died.refused(), (500, "INTERNAL"), "after {writes}");
    }
}

#[tokio::test]
async fn channels_follow_a_put_by_themselves() {
    let world = World::new().await;
    let ana = world.merchant();
    let (id, image) = ana.has_live_lamp("L", &["shop"]).await;
    let body = |name: &str| lamp(json!({ "name": name, "images": [{ "image_id": image.id }] }));

    let same = ana.putting("L", "", body("Lamp")).send().await;
    let put = ana.putting("L", "", body("Torch")).send().await;

    assert!(same.body.get("operation").is_none(), "{same:?}");
    assert_eq!((put.status, put.text("/operation/kind")), (StatusCode::OK, "publish"));
    assert_eq!(world.launched().last().unwrap().to_string(), put.text("/operation/id"));
    assert_eq!(put.text("/channels/shop/command/kind"), "update");
    assert_eq!(put.body["images"][0]["status"], "READY", "what stays keeps its renditions");
    assert!(put.text("/images/0/renditions/0/url").contains("X-Amz-Signature"), "and they can be fetched");
    assert_eq!(ana.stored(&id).await.intents, []);
}

#[tokio::test]
async fn a_dry_run_tells_of_a_new_product_and_makes_none() {
    let world = World::new().await;
    let ana = world.merchant();
    let image = ana.has_ready_image().await;
    let body = lamp(json!({ "tags": ["new"], "images": [{ "image_id": image.id }] }));
    let before = world.documents_of(ana.identity.merchant_id).await;

    let plan = ana.foresees("L", body.clone()).await;

    assert_eq!(plan.status, StatusCode::OK, "{plan:?}");
    assert_eq!((&plan.body["dry_run"], plan.text("/action")), (&json!(true), "CREATE"));
    assert_eq!((&plan.body["product_id"], plan.text("/status")), (&json!(null), "READY"), "its image is READY");
    assert_eq!(plan.body["completeness"], json!({ "score": 100, "missing": [] }));
    assert_eq!(plan.body["channels"], json!([]));
    let expected = json!([
        { "pointer": "/sku", "before": null, "after": "L" },
        { "pointer": "/slug", "before": null, "after": "lamp" },
        { "pointer": "/name", "before": null, "after": "Lamp" },
        { "pointer": "/description", "before": null, "after": "It shines." },
        { "pointer": "/price", "before": null, "after": { "amount": 1999, "currency": "USD" } },
        { "pointer": "/tags", "before": null, "after": ["new"] },
        { "pointer": "/images", "before": null, "after": [{ "image_id": image.id }] },
    ]);
    assert_eq!(plan.body["changes"], expected);
    let after = world.documents_of(ana.identity.merchant_id).await;
    let products = |(collection, _): &&(String, _)| collection != tola_store::schema::QUOTAS;
    assert!(after.iter().filter(products).eq(before.iter().filter(products)), "nothing was written");

    let made = ana.putting("L", "", body.clone()).send().await;
    ana.absorbs(made.text("/id"), &image).await;
    let shown = ana.shown(made.text("/id")).await;
    assert_eq!((shown.text("/status"), &shown.body["completeness"]), ("READY", &plan.body["completeness"]));
    let again = ana.foresees("L", body).await;
    assert_eq!((again.text("/action"), &again.body["changes"]), ("NONE", &json!([])));
    assert_eq!(again.text("/product_id"), made.text("/id"));
}

#[tokio::test]
async fn a_dry_run_tells_what_would_reach_each_channel() {
    let world = World::new().await;
    let ana = world.merchant();
    let (id, image) = ana.has_live_lamp("L", &["live", "paused", "picky", "own", "off"]).await;
    ana.acts(&id, "unpublish", json!({ "channels": ["off"] })).await.accepted();
    let own = json!({ "overrides": { "name": "Lampe" } });
    ana.ask("PUT", &format!("/v1/products/{id}/channels/own")).with("if-match", "*").json(own).send().await;
    ana.hears(&id, "own", listed).await;
    ana.puts("paused", json!({ "type": "sandbox", "config": {}, "paused": true })).await;
    let config = json!({ "required_attributes": ["colour", "watts"] });
    ana.puts("picky", json!({ "type": "sandbox", "config": config })).await;
    let body = |more: Value| {
        let mut body = lamp(json!({ "images": [{ "image_id": image.id }], "attributes": { "watts": 8 } }));
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    ana.putting("L", "", body(json!({}))).send().await;
    for channel in ["live", "picky", "own", "paused"] {
        ana.hears(&id, channel, listed).await;
    }
    let (before, launched) = (ana.stored(&id).await, world.launched().len());

    let same = ana.foresees("L", body(json!({}))).await;
    let renamed = ana.foresees("L", body(json!({ "name": "Torch" }))).await;
    let bare = ana.foresees("L", body(json!({ "price": null }))).await;

    assert_eq!(same.text("/action"), "NONE");
    assert_eq!(actions(&same), [("live", "none"), ("own", "none"), ("paused", "none"), ("picky", "none")]);
    assert_eq!(renamed.text("/action"), "UPDATE");
    assert_eq!(actions(&renamed), [("live", "update"), ("own", "none"), ("paused", "waits"), ("picky", "update")]);
    assert_eq!(renamed.body["changes"], json!([{ "pointer": "/name", "before": "Lamp", "after": "Torch" }]));
    assert_eq!(renamed.text("/channels/2/reason"), "paused is paused.");
    assert_eq!(renamed.body["channels"][0]["missing"], json!([]));
    let missing = renamed.body["channels"][3]["missing"].as_array().unwrap();
    assert_eq!((missing.len(), &missing[0]["pointer"]), (1, &json!("/attributes/colour")), "it would have the watts");
    assert_eq!((bare.text("/status"), bare.text("/completeness/missing/0/pointer")), ("ACTIVE", "/price"));
    assert!(actions(&bare).iter().all(|(_, action)| *action == "waits"), "{bare:?}");
    assert_eq!(bare.text("/channels/0/reason"), "The product is not complete.");
    assert_eq!((ana.stored(&id).await, world.launched().len()), (before, launched), "nothing was done");

    let put = ana.putting("L", "", body(json!({ "name": "Torch" }))).send().await;
    let called = |channel: &str| put.body["channels"][channel]["command"]["state"] == "QUEUED";
    assert_eq!(["live", "own", "paused", "picky"].map(called), [true, false, true, true]);
    let during = ana.foresees("L", body(json!({ "name": "Light" }))).await;
    assert_eq!(during.text("/channels/0/reason"), "A publication is under way.");

    world.adapters.silent.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(ana.foresees("L", body(json!({ "name": "Light" }))).await.refused(), (503, "UNAVAILABLE"));
}

#[tokio::test]
async fn what_a_channel_refused_is_told_to_it_again_once_it_changes() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.connects("shop").await;
    let image = ana.has_ready_image().await;
    let body = |name: &str| lamp(json!({ "name": name, "images": [{ "image_id": image.id }] }));
    let id = ana.putting("L", "", body("Lamp")).send().await.text("/id").to_owned();
    ana.absorbs(&id, &image).await;
    ana.acts(&id, "publish", json!({ "channels": ["shop"] })).await.accepted();
    ana.hears(&id, "shop", refused).await;

    assert_eq!(actions(&ana.foresees("L", body("Lamp")).await), [("shop", "none")]);
    assert_eq!(actions(&ana.foresees("L", body("Torch")).await), [("shop", "publish")]);
}

#[tokio::test]
async fn history_tells_what_changed_who_did_it_and_why() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.puts_lamp("L", json!({ "brand": "Lux" })).await.text("/id").to_owned();

    let put = ana.puts_lamp("L", json!({ "description": "x".repeat(9_000) })).await;
    let patched = ana.patches(&id, "*", json!({ "attributes": { "watts": 8 } })).await;

    let told = ana.history(&id).await;
    let kinds: Vec<_> = told.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["ProductCreated", "ProductUpdated", "ProductUpdated"]);
    let cause = |answer: &Answer, route: &str| json!({ "type": "request", "id": answer.header("x-request-id"), "route": route });
    assert_eq!(told[1]["cause"], cause(&put, "PUT /v1/products/by-sku/{sku}"));
    assert_eq!(told[2]["cause"], cause(&patched, "PATCH /v1/products/{id}"));
    assert_eq!(told[1]["actor"], json!({ "type": "user", "id": "ana" }));
    let data = &told[1]["data"];
    assert_eq!((&data["changed"], &data["truncated"]), (&json!(["/description", "/brand"]), &json!(false)));
    let description = &data["changes"][0];
    assert_eq!((&description["before"], &description["cut"]), (&json!("It shines."), &json!(true)));
    assert!(description["after"].as_str().unwrap().ends_with("x…"));
    assert_eq!(data["changes"][1], json!({ "pointer": "/brand", "before": "Lux", "after": null }));
    let watts = json!([{ "pointer": "/attributes/watts", "before": null, "after": 8 }]);
    assert_eq!(
        told[2]["data"],
        json!({ "revision": 3, "changed": ["/attributes/watts"], "truncated": false, "changes": watts })
    );
}
