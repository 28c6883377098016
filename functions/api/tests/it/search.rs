//! Searching and filtering: a catalog of several hundred products, listed in every way that its merchant can ask for, held
//! against what a plain look at each product says.

mod catalog;

use axum::http::StatusCode;
use mongodb::bson::Document;
use serde_json::json;
use tola_catalog::{Product, ProductStatus};

use crate::support::{Actress, World};
use catalog::{Asked, Dice, has_a_catalog, is_meant, query, sorted};

/// The ids of a list, page by page.
async fn listed(actress: &Actress, path: &str, query: &str, limit: usize) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = actress.get(&format!("{path}?limit={limit}{query}{cursor}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}: {}", page.body);
        let items = page.body["items"].as_array().unwrap();
        ids.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
        assert_eq!(items.len(), limit, "only the last page is short");
    }
}

fn ids(products: &[&Product]) -> Vec<String> {
    products.iter().map(|product| product.id.to_string()).collect()
}

#[tokio::test]
async fn whatever_is_asked_for_together_is_listed_once_and_in_order() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    let products = has_a_catalog(&ana, 300).await;
    has_a_catalog(&bob, 10).await;
    let (mut dice, mut found, mut several) = (Dice(7), 0, 0);

    for round in 0..120 {
        let asked = Asked::anything(&mut dice);
        let expected: Vec<&Product> =
            sorted(products.iter().filter(|product| is_meant(product, &asked)).collect(), asked.sort);
        let limit = [3, 7, 20, 100][round % 4].max(expected.len() / 8);

        let query = query(&asked);
        assert_eq!(listed(&ana, "/v1/products", &query, limit).await, ids(&expected), "{query} by {limit}");

        found += usize::from(!expected.is_empty());
        several += usize::from(expected.len() > limit);
    }
    assert!(found > 60 && several > 30, "hardly anything was found: {found} lists, {several} of several pages");
}

#[tokio::test]
async fn shoppers_search_what_is_active_and_learn_no_sku() {
    let world = World::new().await;
    let ana = world.merchant();
    let products = has_a_catalog(&ana, 200).await;
    let path = format!("/v1/public/merchants/{}/products", ana.identity.merchant_id);
    let (mut dice, mut found) = (Dice(11), 0);

    for _ in 0..40 {
        let asked = Asked::as_shoppers_do(&mut dice);
        let active = products.iter().filter(|product| product.status == ProductStatus::Active);
        let expected: Vec<&Product> = sorted(active.filter(|product| is_meant(product, &asked)).collect(), asked.sort);

        let query = query(&asked);
        assert_eq!(listed(&world.merchant(), &path, &query, 5).await, ids(&expected), "{query}");
        found += usize::from(!expected.is_empty());
    }
    assert!(found > 15, "hardly anything was found: {found}");
    assert!(!listed(&ana, "/v1/products", "&q=ref-10", 100).await.is_empty());
    assert!(listed(&ana, &path, "&q=ref-10", 100).await.is_empty(), "a SKU is the merchant's own");
}

#[tokio::test]
async fn what_does_not_go_together_is_refused_and_says_what_does() {
    let world = World::new().await;
    let ana = world.merchant();
    ana.files("home", json!({ "name": "Home" })).await;
    ana.files("attic", json!({ "name": "Attic", "active": false })).await;
    for (query, pointer, says) in [
        ("q=", "/query/q", "1 to 10 words"),
        ("q=%21%3F", "/query/q", "1 to 10 words"),
        ("q=a+b+c+d+e+f+g+h+i+j+k", "/query/q", "1 to 10 words"),
        ("category=Home%20", "/query/category", "a category's id"),
        ("tag=", "/query/tag", "1 to 50 characters"),
        ("tag=1&tag=2&tag=3&tag=4&tag=5&tag=6", "/query/tag", "more than five times"),
        ("attribute=colour", "/query/attribute", "a key, a colon and a value"),
        ("attribute=Colour:red", "/query/attribute", "a-z, 0-9 and _"),
        ("listing=LIVE", "/query/channel", "say on which"),
        ("channel=shop&listing=live", "/query/listing", "UNDER_REVIEW"),
        ("missing=price", "/query/missing", "PRICE_REQUIRED"),
        ("stock=depleted", "/query/stock", "DEPLETED, LOW, AMPLE, UNTRACKED"),
        ("stock=LOW&stock=DEPLETED", "/query/stock", "there twice"),
        ("in_stock=true", "/query/in_stock", "this route takes"),
        ("price_min=1", "/query/currency", "say which is meant"),
        ("sort=price", "/query/currency", "say which is meant"),
        ("price_max=1.5&currency=USD", "/query/price_max", "minor units"),
        ("price_min=-1&currency=USD", "/query/price_min", "minor units"),
        ("price_min=2&price_max=1&currency=USD", "/query/price_max", "less than price_min"),
        ("currency=usd", "/query/currency", "such as USD"),
        ("updated_since=yesterday", "/query/updated_since", "2026-11-21T03:24:34Z"),
        ("updated_since=2026-01-02T00:00:00Z&updated_before=2026-01-01T00:00:00Z", "/query/updated_before", "later"),
        ("sort=cheapest", "/query/sort", "-price"),
    ] {
        let answer = ana.get(&format!("/v1/products?{query}")).await;
        assert_eq!((answer.refused(), answer.pointer()), ((400, "INVALID_PARAMETER"), pointer), "{query}");
        assert!(answer.text("/error/message").contains(says), "{query}: {}", answer.body);
    }
    let public = format!("/v1/public/merchants/{}/products", ana.identity.merchant_id);
    for (path, category) in [("/v1/products", "nowhere"), (&public, "nowhere"), (&public, "attic")] {
        let answer = ana.get(&format!("{path}?category={category}")).await;
        assert_eq!((answer.refused(), answer.pointer()), ((422, "UNKNOWN_CATEGORY"), "/query/category"), "{path}");
    }
    assert_eq!(ana.get("/v1/products?category=attic").await.status, StatusCode::OK, "the merchant sees it");
    let unclear = ana.get(&format!("{public}?in_stock=yes")).await;
    assert_eq!((unclear.refused(), unclear.pointer()), ((400, "INVALID_PARAMETER"), "/query/in_stock"));
    for query in
        ["status=ACTIVE", "stock=LOW", "channel=shop", "missing=PRICE_REQUIRED", "updated_since=2026-01-01T00:00:00Z"]
    {
        assert_eq!(ana.get(&format!("{public}?{query}")).await.refused(), (400, "INVALID_PARAMETER"), "{query}");
    }
}

#[tokio::test]
async fn a_cursor_continues_the_same_search_alone() {
    let world = World::new().await;
    let ana = world.merchant();
    for n in 0..3 {
        ana.registers(json!({ "name": format!("Lamp {n}"), "tags": ["new"] })).await;
    }
    let asked = "q=lamp&tag=new&currency=USD&sort=price&limit=1";
    let cursor = ana.get(&format!("/v1/products?{asked}")).await.text("/next_cursor").to_owned();

    assert_eq!(ana.get(&format!("/v1/products?{asked}&cursor={cursor}")).await.status, StatusCode::OK);
    for other in [
        "q=lamps&tag=new&currency=USD&sort=price",
        "q=lamp&tag=old&currency=USD&sort=price",
        "q=lamp&currency=USD&sort=price",
        "q=lamp&tag=new&currency=ARS&sort=price",
        "q=lamp&tag=new&currency=USD&sort=-price",
        "q=lamp&tag=new&currency=USD&sort=name",
        "q=lamp&tag=new&currency=USD",
        "q=lamp&tag=new&currency=USD&price_min=0&sort=price",
        "q=lamp&tag=new&currency=USD&stock=UNTRACKED&sort=price",
        "q=lamp&tag=new&currency=USD&sort=price&status=DRAFT",
        "",
    ] {
        let answer = ana.get(&format!("/v1/products?{other}&cursor={cursor}").replace("?&", "?")).await;
        assert_eq!(answer.refused(), (400, "INVALID_CURSOR"), "{other}");
    }
}

#[tokio::test]
async fn an_edit_is_found_at_once_and_what_it_replaced_no_more() {
    let world = World::new().await;
    let ana = world.merchant();
    let made = ana.registers(json!({ "name": "Lámpara de mesa", "sku": "LM-1", "tags": ["Nuevo"] })).await;
    let found = async |query: &str| listed(&ana, "/v1/products", query, 10).await.len();
    assert_eq!(found("&q=l%C3%A1mp&tag=nuevo&missing=IMAGE_REQUIRED").await, 1);

    let edit = json!({ "name": "Silla", "sku": null, "tags": [], "attributes": { "madera": "Roble" } });
    ana.patches(made.text("/id"), "*", edit).await;

    assert_eq!((found("&q=lamp").await, found("&q=lm-1").await, found("&tag=nuevo").await), (0, 0, 0));
    assert_eq!((found("&q=silla").await, found("&attribute=madera:roble").await), (1, 1));
    ana.deletes(made.text("/id"), Some("*")).await.accepted();
    assert_eq!(found("&q=silla").await, 0, "what is being deleted is gone for whoever looks");
}

/// What buyers take, and what is put back on the shelf, is no edit: it is found all the same.
#[tokio::test]
async fn a_sale_is_found_at_once() {
    let world = World::new().await;
    let ana = world.merchant();
    let id = ana.has_live_product(&["shop"]).await;
    let public = format!("/v1/public/merchants/{}/products", ana.identity.merchant_id);
    let found = async || {
        let mut levels = Vec::new();
        for level in ["UNTRACKED", "AMPLE", "LOW", "DEPLETED"] {
            let ids = listed(&ana, "/v1/products", &format!("&stock={level}&status=ACTIVE"), 10).await;
            levels.extend((!ids.is_empty()).then_some(level));
        }
        let seen = |ids: Vec<String>| ids.contains(&id);
        let on_sale = seen(listed(&ana, &public, "&in_stock=true", 10).await);
        (levels, on_sale, seen(listed(&ana, &public, "&in_stock=false", 10).await))
    };
    assert_eq!(found().await, (vec!["UNTRACKED"], true, false), "of what nobody counts there are enough");

    for (change, level, on_sale) in [
        (json!({ "set": 4, "low_stock_threshold": 2 }), "AMPLE", true),
        (json!({ "adjust": -2, "reason": "SALE" }), "LOW", true),
        (json!({ "adjust": -2, "reason": "SALE" }), "DEPLETED", false),
        (json!({ "adjust": 3, "reason": "RECEIVED" }), "AMPLE", true),
        (json!({ "set": null }), "UNTRACKED", true),
    ] {
        ana.counts(&id, change).await;

        assert_eq!(found().await, (vec![level], on_sale, !on_sale), "{level}");
    }
}

/// A document is found by what was derived from it, which nobody is shown.
#[tokio::test]
async fn what_is_derived_is_no_part_of_any_answer() {
    let world = World::new().await;
    let ana = world.merchant();
    let made = ana.registers(json!({})).await;

    let stored: Vec<Document> =
        world.documents_of(ana.identity.merchant_id).await.into_iter().map(|(_, document)| document).collect();
    assert!(stored.iter().any(|document| document.contains_key("found_by")));
    for path in ["/v1/products".to_owned(), made.header("location").to_owned()] {
        assert!(!ana.get(&path).await.body.to_string().contains("found_by"), "{path}");
    }
}
