//! What the marketplace says when it is asked what it has.

use std::collections::BTreeSet;
use std::time::Duration;

use sandbox_adapter::PAGE;
use serde_json::json;
use tola_catalog::listing::{Presence, Visibility};
use tola_catalog::{ChannelStatus, ProductId};
use tola_contracts::channel::inquiry::{Finding, Question};
use tola_store::{SandboxEffect, SandboxKey};

use crate::marketplace::{calls, effects, reconfigure, scope, shop};

#[tokio::test]
async fn a_listing_is_under_review_before_buyers_see_it_and_after_each_change() {
    let shop = shop(json!({ "moderation": { "seconds": 60 } })).await;
    let command = shop.publish().await;
    shop.carry_out(&command).await;
    assert_eq!(shop.listing().await.observed.presence, Presence::UnderReview);

    let visibility = async || shop.survey().await.unwrap().visibility;
    shop.wait(Duration::from_millis(59_999));
    assert_eq!(visibility().await, Visibility::UnderReview);
    shop.wait(Duration::from_millis(1));
    assert_eq!(visibility().await, Visibility::Live);
    assert_eq!(shop.list().await[0].standing.visibility, Visibility::Live);

    let command = shop.edit(Some("It shines more.")).await;
    shop.carry_out(&command).await;
    assert_eq!(visibility().await, Visibility::UnderReview);
    shop.wait(Duration::from_secs(60));

    // What was looked at once is not looked at again.
    let command = shop.deactivate().await;
    shop.carry_out(&command).await;
    assert_eq!(visibility().await, Visibility::Hidden);
    let command = shop.publish_again().await;
    shop.carry_out(&command).await;
    assert_eq!(visibility().await, Visibility::Live);
}

#[tokio::test]
async fn what_does_not_pass_the_review_is_hidden() {
    let shop = shop(json!({ "moderation": { "seconds": 60, "rejects": "Lamps need a certificate." } })).await;
    let command = shop.publish().await;
    shop.carry_out(&command).await;
    assert_eq!(shop.survey().await.unwrap().visibility, Visibility::UnderReview);

    shop.wait(Duration::from_secs(60));

    assert_eq!(shop.survey().await.unwrap().visibility, Visibility::Hidden);
    assert_eq!(shop.list().await[0].standing.visibility, Visibility::Hidden);
}

#[tokio::test]
async fn a_look_may_find_that_the_listing_has_vanished() {
    for by_list in [false, true] {
        let shop = shop(json!({})).await;
        let command = shop.publish().await;
        shop.carry_out(&command).await;
        reconfigure(&shop, json!({ "switch": { "vanish": 1 } })).await;

        if by_list {
            assert_eq!(shop.list().await, []);
        } else {
            assert_eq!(shop.survey().await, None);
        }

        assert_eq!(effects(&shop).await, [SandboxEffect::Created, SandboxEffect::Vanished]);
        assert!(calls(&shop).await.contains(&(None, SandboxEffect::Vanished)), "nobody told it to");
        let command = shop.edit(Some("It shines more.")).await;
        shop.carry_out(&command).await;
        assert!(shop.survey().await.is_some(), "it vanishes once");
    }
}

#[tokio::test]
async fn a_look_may_find_that_somebody_changed_the_listing() {
    let shop = shop(json!({})).await;
    let command = shop.publish().await;
    shop.carry_out(&command).await;
    let ours = shop.survey().await.unwrap();
    reconfigure(&shop, json!({ "switch": { "edit_by_hand": 1 } })).await;

    let theirs = shop.survey().await.unwrap();

    assert_eq!((&theirs.external_id, theirs.revision), (&ours.external_id, ours.revision));
    assert_ne!(theirs.mark, ours.mark);
    assert_eq!(shop.survey().await.unwrap(), theirs, "it is done once");
    assert_eq!(effects(&shop).await, [SandboxEffect::Created, SandboxEffect::EditedByHand]);
    let key = SandboxKey { channel_id: shop.channel().await.id, product_id: shop.product_id() };
    let listing = shop.bench().store.sandbox(scope(&shop.channel().await)).find(&key).await.unwrap().unwrap();
    assert_eq!(listing.view["name"], json!("Edited by hand 1"));
}

#[tokio::test]
async fn ghosts_are_listed_and_found_and_always_the_same() {
    let shop = shop(json!({ "switch": { "ghosts": 2 } })).await;
    let command = shop.publish().await;
    shop.carry_out(&command).await;

    let listed = shop.list().await;

    assert_eq!(listed.len(), 3);
    assert_eq!(listed[0].key, shop.product_id().to_string());
    assert_eq!(shop.list().await, listed);
    let ghosts: Vec<ProductId> = listed[1..].iter().map(|entry| entry.key.parse().unwrap()).collect();
    let found = shop.inquire(Question::Survey { product_ids: ghosts }).await.unwrap();
    let Finding::Surveyed { listings } = found else { panic!("{found:?}") };
    for (found, listed) in listings.iter().zip(&listed[1..]) {
        assert_eq!(found.standing.as_ref(), Some(&listed.standing));
        assert_eq!(listed.standing.visibility, Visibility::Live);
    }
}

#[tokio::test]
async fn a_list_comes_in_pages_that_leave_nothing_out() {
    let shop = shop(json!({ "switch": { "ghosts": 100 } })).await;
    let channel = shop.channel().await;
    let sandbox = shop.bench().store.sandbox(scope(&channel));
    for number in 1..=u128::from(PAGE) + 1 {
        let key = SandboxKey {
            channel_id: channel.id.clone(),
            product_id: ProductId::new(ulid::Ulid::from_parts(7, number)),
        };
        sandbox.offer(&key, 1, json!({}), 1, shop.now()).await.unwrap();
    }

    let (mut keys, mut cursor, mut pages) = (BTreeSet::new(), None, Vec::new());
    loop {
        let Finding::Listed { entries, next, .. } = shop.inquire(Question::List { cursor }).await.unwrap() else {
            panic!("it was not listed");
        };
        pages.push(entries.len());
        keys.extend(entries.into_iter().map(|entry| entry.key));
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }

    assert_eq!(pages, [100, 100, 1]);
    assert_eq!(keys.len(), 201);
}

#[tokio::test]
async fn a_look_with_refused_credentials_breaks_the_channel() {
    let shop = shop(json!({ "switch": { "refuse": { "class": "auth", "message": "Who are you?" } } })).await;

    let found = shop.inquire(Question::List { cursor: None }).await.unwrap();

    assert!(matches!(found, Finding::Refused { problem } if problem.code == "CHANNEL_AUTH_BROKEN"));
    let channel = shop.channel().await;
    assert_eq!(channel.status, ChannelStatus::AuthBroken);
    assert_eq!(channel.problem.unwrap().message, "Who are you?");
}

#[tokio::test]
async fn a_look_counts_as_a_call() {
    let shop = shop(json!({ "rate_limit": { "calls": 1, "seconds": 10 } })).await;
    assert_eq!(shop.connect().await, Finding::Connected);
    assert_eq!(shop.list().await, []);

    let found = shop.inquire(Question::List { cursor: None }).await.unwrap();

    assert!(matches!(found, Finding::RetryAfter { seconds: 9, .. }), "{found:?}");
}
