//! How much a merchant may write.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;
use tola_catalog::Timestamp;
use tola_catalog::quota::Quota;

use crate::support::{Actress, World};

/// Leaves a merchant without a token for an hour.
async fn has_written_too_much(actress: &Actress) {
    let now = Timestamp::from_millis(jiff::Timestamp::now().as_millisecond());
    let quota = Quota { burst: 1, per_second: 1 };
    let taken = actress.store.quotas(actress.scope()).take("writes", quota, now.after(Duration::from_hours(1))).await;
    assert_eq!(taken.unwrap().next_in, None);
}

#[tokio::test]
async fn a_merchant_at_its_limit_waits_and_slows_no_other() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    let id = ana.registers(json!({})).await.text("/id").to_owned();
    has_written_too_much(&ana).await;

    for answer in [
        ana.registers(json!({})).await,
        ana.patches(&id, "*", json!({ "name": "Lamp" })).await,
        ana.deletes(&id, Some("*")).await,
        ana.acts(&id, "publish", json!({ "channels": ["shop"] })).await,
    ] {
        assert_eq!(answer.refused(), (429, "TOO_MANY_WRITES"));
        let wait: u64 = answer.header("retry-after").parse().unwrap();
        assert!((3_500..=3_600).contains(&wait), "{wait}");
        assert_eq!(answer.header("ratelimit-policy"), "\"writes\";q=1000;w=10");
        assert!(answer.header("ratelimit").starts_with("\"writes\";r=0;t="), "{}", answer.header("ratelimit"));
    }

    let read = ana.get(&format!("/v1/products/{id}")).await;
    assert_eq!((read.status, read.header("ratelimit")), (StatusCode::OK, ""));
    assert_eq!(read.text("/name"), "Lamp");
    let other = bob.registers(json!({})).await;
    assert_eq!((other.status, other.header("ratelimit")), (StatusCode::CREATED, "\"writes\";r=999;t=1"));
}

#[tokio::test]
async fn a_refusal_is_not_kept_under_the_key() {
    let world = World::new().await;
    let ana = world.merchant();
    let ask = || ana.ask("POST", "/v1/products").with("idempotency-key", "k").json(json!({ "name": "Lamp" }));
    has_written_too_much(&ana).await;
    assert_eq!(ask().send().await.refused(), (429, "TOO_MANY_WRITES"));

    world.forgets_quotas().await;

    assert_eq!(ask().send().await.status, StatusCode::CREATED);
}
