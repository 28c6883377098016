//! What browsers are told.

use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn every_answer_says_how_it_may_be_used() {
    let world = World::new().await;
    let ana = world.merchant();
    let made = ana.registers(json!({})).await;
    let shown = ana.get(&format!("/v1/products/{}", made.text("/id"))).await;
    let unknown = ana.get("/v1/nowhere").await;
    let stranger = ana.ask("GET", "/v1/products").without("x-merchant-id").send().await;

    for answer in [&made, &shown, &unknown, &stranger] {
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer:?}");
        assert!(answer.header("strict-transport-security").starts_with("max-age="), "{answer:?}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{answer:?}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
    assert_eq!(shown.header("cache-control"), "private, no-cache");
    assert_eq!((unknown.header("cache-control"), stranger.header("cache-control")), ("no-store", "no-store"));
}
