//! What categories ask of the attributes of their products.

use axum::http::StatusCode;
use futures::future::join_all;
use serde_json::{Value, json};
use tola_catalog::{OperationStatus, Role};

use crate::support::{Actress, Answer, Launching, World};

impl Actress {
    async fn asks_of(&self, category: &str, attributes: Value) -> Answer {
        let body = json!({ "attributes": attributes });
        self.ask("PUT", &format!("/v1/categories/{category}/schema")).json(body).send().await
    }

    /// Registers a product in a category, and returns its id.
    async fn has_a_chair(&self, category: &str, attributes: Value) -> String {
        let chair = self.registers(json!({ "category_id": category, "attributes": attributes })).await;
        chair.text("/id").to_owned()
    }

    async fn changes(&self, id: &str, body: Value) -> Answer {
        let answer = self.patches(id, "*", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer
    }

    /// Furniture must say of what it is made, and chairs, a part of it, how high one sits.
    async fn asks_of_furniture(&self) {
        self.files("furniture", json!({ "name": "Furniture" })).await;
        self.files("chairs", json!({ "name": "Chairs", "parent_id": "furniture" })).await;
        let material = json!({ "material": { "type": "text", "required": true, "choices": ["oak", "ash"] } });
        assert_eq!(self.asks_of("furniture", material).await.status, StatusCode::OK);
        let height =
            json!({ "seat_height": { "type": "decimal", "required": true, "unit": "cm", "label": "Seat height" } });
        assert_eq!(self.asks_of("chairs", height).await.status, StatusCode::OK);
    }
}

/// The attributes of which something is missing, with the rule.
fn gaps(product: &Answer) -> Value {
    let missing = product.body["completeness"]["missing"].as_array().unwrap().iter();
    let gaps = missing.filter(|gap| gap["pointer"].as_str().unwrap().starts_with("/attributes/"));
    gaps.map(|gap| json!([gap["pointer"], gap["rule"]])).collect()
}

#[tokio::test]
async fn what_is_asked_is_read_with_what_is_asked_above() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.asks_of_furniture().await;

    let chairs = ana.get("/v1/categories/chairs/schema").await;

    let height = json!({ "type": "decimal", "required": true, "unit": "cm", "label": "Seat height" });
    assert_eq!((&chairs.body["version"], &chairs.body["attributes"]), (&json!(1), &json!({ "seat_height": height })));
    assert_eq!(chairs.body["in_force"]["material"]["from"], json!("furniture"));
    assert_eq!(chairs.body["in_force"]["material"]["choices"], json!(["oak", "ash"]));
    assert_eq!(chairs.body["in_force"]["seat_height"]["from"], json!("chairs"));

    let same = ana.asks_of("chairs", json!({ "seat_height": height })).await;
    assert_eq!((&same.body["version"], same.body.get("operation")), (&json!(1), None));
    let nothing = ana.asks_of("chairs", json!({})).await;
    assert_eq!((&nothing.body["version"], &nothing.body["attributes"]), (&json!(2), &json!({})));
    assert_eq!(world.launched(), [], "there are no products to be judged");
    assert_eq!(ana.get("/v1/operations").await.body["items"], json!([]));
}

#[tokio::test]
async fn a_product_is_judged_by_what_its_category_asks_whenever_it_is_written() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.asks_of_furniture().await;

    let chair = ana.has_a_chair("chairs", json!({ "material": "straw" })).await;

    let path = format!("/v1/products/{chair}");
    let wrong =
        json!([["/attributes/material", "ATTRIBUTE_CHOICE"], ["/attributes/seat_height", "ATTRIBUTE_REQUIRED"]]);
    assert_eq!(gaps(&ana.get(&path).await), wrong);
    let described = json!({ "attributes": { "material": "oak", "seat_height": 45 } });
    assert_eq!(gaps(&ana.changes(&chair, described).await), json!([]));
    let moved = ana.changes(&chair, json!({ "category_id": "furniture", "attributes": { "material": null } })).await;
    assert_eq!(gaps(&moved), json!([["/attributes/material", "ATTRIBUTE_REQUIRED"]]));
    assert_eq!(moved.text("/operation/kind"), "register", "it is looked at once more, when it is there for all to see");
    assert_eq!(gaps(&ana.changes(&chair, json!({ "category_id": null })).await), json!([]));
}

#[tokio::test]
async fn another_demand_and_another_place_have_products_judged_anew() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.asks_of_furniture().await;
    ana.has_a_chair("chairs", json!({})).await;
    let before = world.launched().len();

    let asked = ana.asks_of("furniture", json!({ "material": { "type": "text" } })).await;

    assert_eq!((asked.text("/operation/kind"), asked.text("/operation/category_id")), ("review", "furniture"));
    assert_eq!(asked.text("/operation/status"), "RUNNING");
    let moved = ana.categorises("chairs", json!({ "name": "Chairs" })).await;
    assert_eq!((moved.status, moved.text("/operation/category_id")), (StatusCode::OK, "chairs"));
    assert_eq!(world.launched().len(), before + 2);
    // Another name asks nothing else.
    let renamed = ana.categorises("chairs", json!({ "name": "Seats" })).await;
    assert_eq!((renamed.status, renamed.body.get("operation")), (StatusCode::OK, None));
}

#[tokio::test]
async fn a_review_that_could_not_be_started_is_promised_and_can_be_retried() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.asks_of_furniture().await;
    ana.has_a_chair("chairs", json!({})).await;
    world.launching(Launching::Fails);

    let asked = ana.asks_of("chairs", json!({})).await;

    let id = asked.text("/operation/id").to_owned();
    assert_eq!((asked.status, &asked.body["operation"]["execution_arn"]), (StatusCode::OK, &Value::Null));
    world.launching(Launching::Works);
    ana.sees_settled(&id, OperationStatus::Failed).await;
    let retried = ana.post(&format!("/v1/operations/{id}/retry"), json!({})).await;
    assert_eq!((retried.status, retried.text("/retry_of")), (StatusCode::ACCEPTED, &*id), "{retried:?}");
    assert_eq!(retried.text("/category_id"), "chairs");
}

#[tokio::test]
async fn demands_that_make_no_sense_are_refused_where_they_are_wrong() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.asks_of_furniture().await;
    let refused = async |attributes: Value| {
        let answer = ana.asks_of("chairs", attributes).await;
        assert_eq!(answer.refused(), (422, "INVALID_BODY"), "{answer:?}");
        answer.pointer().to_owned()
    };

    let flag = json!({ "stackable": { "type": "flag", "choices": ["yes", "no"] } });
    assert_eq!(refused(flag).await, "/attributes/stackable/choices");
    assert_eq!(refused(json!({ "colour": { "type": "text", "unit": "cm" } })).await, "/attributes/colour/unit");
    assert_eq!(refused(json!({ "colour": { "type": "rainbow" } })).await, "/attributes/colour/type");
    assert_eq!(refused(json!({ "Colour": { "type": "text" } })).await, "/attributes/Colour");
    let too_many: serde_json::Map<_, _> = (0..100).map(|n| (format!("a{n}"), json!({ "type": "flag" }))).collect();
    let too_many = ana.asks_of("chairs", too_many.into()).await;
    assert_eq!(too_many.refused(), (409, "ACTION_NOT_POSSIBLE"), "with the material of furniture they are 101");
    assert_eq!(ana.get("/v1/categories/chairs/schema").await.body["version"], json!(1));
}

#[tokio::test]
async fn others_neither_see_nor_change_what_is_asked() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    ana.asks_of_furniture().await;

    assert_eq!(bob.get("/v1/categories/chairs/schema").await.refused(), (404, "RESOURCE_NOT_FOUND"));
    assert_eq!(bob.asks_of("chairs", json!({})).await.refused(), (404, "RESOURCE_NOT_FOUND"));
    assert_eq!(ana.in_role(Role::Viewer).asks_of("chairs", json!({})).await.refused(), (403, "FORBIDDEN"));
}

/// Whoever writes a product while its category asks for something else: in the end it is judged by what is asked then, if
/// only the review comes to it, which is played here by a write of the product.
#[tokio::test]
async fn a_product_is_never_judged_by_what_was_asked_before_it_was_judged_last() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.asks_of_furniture().await;
    let described = json!({ "material": "oak", "seat_height": 45 });
    let chair = ana.has_a_chair("chairs", described).await;

    for round in 0..8 {
        let asks = json!({ "seat_height": { "type": "decimal", "required": true }, "depth": { "type": "decimal", "required": round % 2 == 0 } });
        let edits = (0..4).map(|n| {
            let (ana, chair) = (&ana, &chair);
            async move { ana.changes(chair, json!({ "name": format!("Chair {round}.{n}") })).await }
        });
        let (asked, _) = futures::join!(ana.asks_of("chairs", asks), join_all(edits));
        assert_eq!(asked.status, StatusCode::OK, "{asked:?}");
        let last = ana.changes(&chair, json!({ "name": format!("Chair {round}") })).await;
        let wanted = if round % 2 == 0 { json!([["/attributes/depth", "ATTRIBUTE_REQUIRED"]]) } else { json!([]) };
        assert_eq!(gaps(&last), wanted, "round {round}");
    }
}
