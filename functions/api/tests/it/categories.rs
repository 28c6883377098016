//! The tree of a merchant's categories.

use axum::http::StatusCode;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Actress, Answer, World};

impl Actress {
    /// Makes a category, or makes it anew.
    pub(crate) async fn categorises(&self, id: &str, body: Value) -> Answer {
        self.ask("PUT", &format!("/v1/categories/{id}")).json(body).send().await
    }

    /// Makes a category that is not there yet.
    pub(crate) async fn files(&self, id: &str, body: Value) {
        let answer = self.categorises(id, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    }

    /// Lamps at home, of which some stand on floors; and a garden.
    async fn has_furnished(&self) {
        self.files("home", json!({ "name": "Home" })).await;
        self.files("lamps", json!({ "name": "Lamps", "parent_id": "home" })).await;
        self.files("floor-lamps", json!({ "name": "Floor lamps", "parent_id": "lamps" })).await;
        self.files("garden", json!({ "name": "Garden", "position": 1 })).await;
    }

    async fn path_of(&self, id: &str) -> Value {
        self.get(&format!("/v1/categories/{id}")).await.body["path"].clone()
    }
}

/// The ids of a tree, with what is below them.
fn outline(items: &Value) -> String {
    let branch = |branch: &Value| {
        let below = outline(&branch["children"]);
        let id = branch["id"].as_str().unwrap();
        if below.is_empty() { id.to_owned() } else { format!("{id}({below})") }
    };
    items.as_array().unwrap().iter().map(branch).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_category_is_made_and_made_anew() {
    let world = World::new().await;
    let ana = world.merchant();
    let seo = json!({ "title": "Lamps that last", "description": "Made by hand." });
    let body = json!({ "name": "Lámparas", "description": "They shine.", "position": 3, "seo": seo });

    let made = ana.categorises("lamps", body.clone()).await;

    assert_eq!((made.status, made.header("location")), (StatusCode::CREATED, "/v1/categories/lamps"), "{made:?}");
    assert_eq!((made.text("/id"), made.text("/name"), made.text("/slug")), ("lamps", "Lámparas", "lamparas"));
    assert_eq!((&made.body["seo"], &made.body["active"], &made.body["shown"]), (&seo, &json!(true), &json!(true)));
    assert_eq!(
        (&made.body["path"], &made.body["parent_id"], &made.body["products"]),
        (&json!([]), &json!(null), &json!(0))
    );
    assert_eq!(ana.get("/v1/categories/lamps").await.body, made.body);

    let same = ana.categorises("lamps", body).await;
    assert_eq!((same.status, &same.body), (StatusCode::OK, &made.body), "a repeated PUT changes nothing");

    let anew = ana.categorises("lamps", json!({ "name": "Torches" })).await;
    assert_eq!((anew.text("/name"), anew.text("/slug")), ("Torches", "lamparas"), "its address stays");
    assert_eq!((&anew.body["description"], &anew.body["position"]), (&json!(null), &json!(0)), "it is replaced whole");
    assert_eq!(anew.body["created_at"], made.body["created_at"]);
}

#[tokio::test]
async fn what_is_part_of_a_category_moves_with_it() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.has_furnished().await;
    assert_eq!(ana.path_of("floor-lamps").await, json!(["home", "lamps"]));

    let moved = ana.categorises("lamps", json!({ "name": "Lamps", "parent_id": "garden" })).await;

    assert_eq!((moved.status, &moved.body["path"]), (StatusCode::OK, &json!(["garden"])));
    assert_eq!(ana.path_of("floor-lamps").await, json!(["garden", "lamps"]));
    let tree = ana.get("/v1/categories/tree").await;
    assert_eq!(outline(&tree.body["items"]), "home garden(lamps(floor-lamps))");
}

#[tokio::test]
async fn what_would_be_no_tree_is_refused_and_says_why() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.has_furnished().await;
    let before = ana.get("/v1/categories").await.body;

    let circle = ana.categorises("home", json!({ "name": "Home", "parent_id": "floor-lamps" })).await;
    let orphan = ana.categorises("rugs", json!({ "name": "Rugs", "parent_id": "floors" })).await;
    let taken = ana.categorises("rugs", json!({ "name": "Rugs", "slug": "lamps" })).await;
    let reserved = ana.categorises("tree", json!({ "name": "Trees" })).await;
    let dotted = ana.categorises("a.b", json!({ "name": "Dots" })).await;
    let parent = ana.ask("DELETE", "/v1/categories/home").send().await;

    assert_eq!((circle.refused(), circle.pointer()), ((422, "INVALID_BODY"), "/parent_id"));
    assert!(circle.text("/error/details/0/message").contains("floor-lamps is home itself or part of it"), "{circle:?}");
    assert_eq!((orphan.refused(), orphan.pointer()), ((422, "INVALID_BODY"), "/parent_id"));
    assert_eq!((taken.refused(), taken.pointer()), ((409, "SLUG_TAKEN"), "/slug"));
    assert_eq!(taken.text("/error/message"), "lamps has this slug already");
    assert_eq!(reserved.refused(), (405, "METHOD_NOT_ALLOWED"));
    assert_eq!(dotted.refused(), (404, "RESOURCE_NOT_FOUND"));
    assert_eq!(parent.refused(), (409, "ACTION_NOT_POSSIBLE"));
    assert_eq!(ana.get("/v1/categories").await.body, before, "nothing has changed");
}

#[tokio::test]
async fn products_are_counted_all_the_way_up_and_hold_their_category() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.has_furnished().await;
    let lamp = ana.registers(json!({ "category_id": "floor-lamps" })).await;
    ana.registers(json!({ "category_id": "lamps" })).await;
    ana.registers(json!({ "category_id": "nowhere" })).await;
    ana.registers(json!({})).await;

    let items = ana.get("/v1/categories").await.body["items"].clone();
    let counts: Vec<_> = items.as_array().unwrap().iter().map(|item| (&item["id"], &item["products"])).collect();
    assert_eq!(json!(counts), json!([["floor-lamps", 1], ["garden", 0], ["home", 2], ["lamps", 2]]));

    let held = ana.ask("DELETE", "/v1/categories/floor-lamps").send().await;
    assert_eq!(held.refused(), (409, "ACTION_NOT_POSSIBLE"));
    assert!(held.text("/error/details/0/message").contains(lamp.text("/id")), "{held:?}");

    ana.patches(lamp.text("/id"), "*", json!({ "category_id": null })).await;
    assert_eq!(ana.ask("DELETE", "/v1/categories/floor-lamps").send().await.status, StatusCode::NO_CONTENT);
    assert_eq!(ana.ask("DELETE", "/v1/categories/floor-lamps").send().await.refused(), (404, "RESOURCE_NOT_FOUND"));
}

#[tokio::test]
async fn everybody_sees_what_is_active_down_to_what_is_not() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.has_furnished().await;
    ana.categorises("lamps", json!({ "name": "Lamps", "parent_id": "home", "active": false })).await;
    let path = format!("/v1/public/merchants/{}/categories", ana.identity.merchant_id);

    let seen = world.merchant().ask("GET", &path).send().await;

    assert_eq!((seen.status, outline(&seen.body["items"])), (StatusCode::OK, "home garden".to_owned()));
    assert_eq!(seen.header("cache-control"), "public, max-age=60");
    assert_eq!(ana.get("/v1/categories/floor-lamps").await.body["shown"], json!(false));
}

#[tokio::test]
async fn two_who_move_at_once_make_no_circle() {
    let world = World::new().await;
    let ana = world.merchant();
    for round in 0..8 {
        let (one, other) = (format!("one-{round}"), format!("other-{round}"));
        ana.files(&one, json!({ "name": "One" })).await;
        ana.files(&other, json!({ "name": "Other" })).await;
        let moves = [(&one, &other), (&other, &one)]
            .map(|(id, parent)| ana.categorises(id, json!({ "name": "Moved", "parent_id": parent })));

        let mut statuses: Vec<_> = join_all(moves).await.iter().map(|answer| answer.status.as_u16()).collect();

        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422], "one of them is below the other, and not the other way round as well");
    }
}

#[tokio::test]
async fn many_at_once_lose_nothing() {
    let world = World::new().await;
    let ana = world.merchant();
    let names: Vec<String> = (0..8).map(|number| format!("category-{number}")).collect();

    let made = join_all(names.iter().map(|id| ana.categorises(id, json!({ "name": id })))).await;

    assert!(made.iter().all(|answer| answer.status == StatusCode::CREATED), "{made:?}");
    let items = ana.get("/v1/categories").await.body["items"].clone();
    let ids: Vec<_> = items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, names);
}
