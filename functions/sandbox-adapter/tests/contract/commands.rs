//! What the marketplace does when it is told to, and what it refuses.

use std::time::Duration;

use serde_json::json;
use tola_catalog::listing::{ChannelOutcome, Seen};
use tola_catalog::{Channel, MerchantId, Overrides, ProblemClass, ProductId};
use tola_channel::testing::{Bench, Fault, Shop};
use tola_contracts::channel::CommandAnswer;
use tola_store::{SandboxEffect, SandboxKey};

use crate::marketplace::{effects, marketplace, reconfigure, scope, shop};

#[tokio::test]
async fn a_pause_is_reversible_and_the_ledger_tells_every_change() {
    let shop = shop(json!({})).await;
    let first = shop.publish().await;
    shop.carry_out(&first).await;
    let command = shop.deactivate().await;
    shop.carry_out(&command).await;
    let again = shop.publish_again().await;
    let outcome = shop.carry_out(&again).await;

    let ledger = shop.bench().ledger(&shop.channel().await, first.product_id).await;
    let effects: Vec<_> = ledger.iter().map(|entry| entry.effect).collect();
    assert_eq!(effects, [SandboxEffect::Created, SandboxEffect::Paused, SandboxEffect::Updated]);
    assert!(ledger.iter().all(|entry| entry.external_id == ledger[0].external_id && entry.revision == Some(1)));
    let fences: Vec<_> = ledger.iter().map(|entry| entry.fence).collect();
    assert_eq!(fences, [first.fence, command.fence, again.fence].map(Some));
    assert!(
        matches!(outcome, ChannelOutcome::Listed(standing) if Some(&standing.external_id) == ledger[0].external_id.as_ref())
    );
}

#[tokio::test]
async fn a_closed_listing_never_comes_back() {
    let bench = marketplace().await;
    let (store, product_id) = (bench.store(), ProductId::new(ulid::Ulid::from_parts(3, 3)));
    let shop = Shop::open(bench, Fault::None).await;
    let channel = shop.channel().await;
    let sandbox = store.sandbox(scope(&channel));
    let key = SandboxKey { channel_id: channel.id, product_id };

    let first = sandbox.offer(&key, 1, json!({}), 1, shop.now()).await.unwrap();
    assert!(sandbox.close(&key, 2, shop.now()).await.unwrap());
    assert!(!sandbox.close(&key, 3, shop.now()).await.unwrap());
    assert_eq!(sandbox.find(&key).await.unwrap(), None);
    let second = sandbox.offer(&key, 1, json!({}), 4, shop.now()).await.unwrap();

    assert_ne!(first.external_id, second.external_id);
    let mut ledger = sandbox.ledger(&key).await.unwrap();
    ledger.retain(|entry| entry.effect.is_change());
    let fences: Vec<_> = ledger.into_iter().filter_map(|entry| entry.fence).collect();
    assert_eq!(fences, [1, 2, 4], "of both listings");
}

#[tokio::test]
async fn another_merchants_scope_sees_no_listing() {
    let shop = shop(json!({})).await;
    let command = shop.publish().await;
    shop.carry_out(&command).await;
    let channel = shop.channel().await;
    let foreign = Channel { merchant_id: MerchantId::new(ulid::Ulid::from_parts(8, 8)), ..channel.clone() };
    let key = SandboxKey { channel_id: channel.id, product_id: command.product_id };
    let sandbox = shop.bench().store.sandbox(scope(&foreign));

    assert_eq!(sandbox.find(&key).await.unwrap(), None);
    assert_eq!(sandbox.list(&key.channel_id, None, 100).await.unwrap(), []);
    assert_eq!(sandbox.ledger(&key).await.unwrap(), []);
    assert!(!sandbox.close(&key, 9, shop.now()).await.unwrap());
    sandbox.lose(&key, shop.now()).await.unwrap();
    assert_eq!(shop.fences().await, [command.fence]);
}

#[tokio::test]
async fn a_missing_attribute_is_named() {
    let shop = shop(json!({ "required_attributes": ["watts", "colour"] })).await;
    let command = shop.publish().await;

    let ChannelOutcome::Refused { problem, seen: Seen::NotLooked } = shop.carry_out(&command).await else {
        panic!("it was not refused");
    };
    assert_eq!(problem.pointer.as_deref(), Some("/attributes/colour"));
    assert_eq!(problem.class, ProblemClass::Validation);

    // An attribute that only this channel has is enough.
    let overrides: Overrides = serde_json::from_value(json!({ "attributes": { "colour": "red" } })).unwrap();
    shop.override_with(overrides).await;
    let command = shop.publish().await;
    shop.carry_out(&command).await;
    assert!(shop.listing().await.is_live());
}

#[tokio::test]
async fn a_refusal_can_be_about_some_commands_only() {
    let refuse = json!({ "code": "IN_CARTS", "message": "It lies in carts.", "commands": ["withdraw"] });
    let shop = shop(json!({ "switch": { "refuse": refuse } })).await;
    let command = shop.publish().await;
    assert!(matches!(shop.carry_out(&command).await, ChannelOutcome::Listed(_)));

    let command = shop.deactivate().await;
    let outcome = shop.carry_out(&command).await;

    assert!(matches!(outcome, ChannelOutcome::Refused { problem, .. } if problem.code == "IN_CARTS"));
    assert!(shop.listing().await.is_live(), "a refused withdrawal is never hidden");
}

#[tokio::test]
async fn only_so_many_calls_are_taken_in_a_window_of_time() {
    let shop = shop(json!({ "rate_limit": { "calls": 2, "seconds": 10 } })).await;
    // The clock says that a second of the window has passed.
    let first = shop.publish().await;
    shop.carry_out(&first).await;
    let second = shop.edit(Some("It shines more.")).await;
    shop.carry_out(&second).await;
    let third = shop.deactivate().await;

    for _ in 0..2 {
        let told = shop.deliver(&third).await;
        assert!(matches!(told, Ok(CommandAnswer::RetryAfter { seconds: 9, .. })), "{told:?}");
    }
    // Another shop has a window of its own.
    let other = self::shop(json!({ "rate_limit": { "calls": 1, "seconds": 10 } })).await;
    let command = other.publish().await;
    other.carry_out(&command).await;

    shop.wait(Duration::from_secs(9));
    shop.carry_out(&third).await;
    assert_eq!(shop.fences().await, [first.fence, second.fence, third.fence]);
}

#[tokio::test]
async fn what_vanished_is_made_anew_and_the_ledger_says_so() {
    let shop = shop(json!({ "switch": { "vanish": 1 } })).await;
    let command = shop.publish().await;
    let first = shop.carry_out(&command).await;

    let command = shop.edit(Some("It shines more.")).await;
    let second = shop.carry_out(&command).await;

    let (ChannelOutcome::Listed(first), ChannelOutcome::Listed(second)) = (first, second) else { panic!("not listed") };
    assert_ne!(first.external_id, second.external_id);
    assert_eq!(effects(&shop).await, [SandboxEffect::Created, SandboxEffect::Vanished, SandboxEffect::Created]);
}

#[tokio::test]
async fn what_vanished_before_it_was_withdrawn_is_gone_already() {
    let shop = shop(json!({})).await;
    let command = shop.publish().await;
    shop.carry_out(&command).await;
    reconfigure(&shop, json!({ "switch": { "vanish": 1 } })).await;
    let command = shop.deactivate().await;

    let outcome = shop.carry_out(&command).await;

    assert_eq!(outcome, ChannelOutcome::Withdrawn { remains: None, already: true });
    assert!(!shop.listing().await.may_exist());
}
