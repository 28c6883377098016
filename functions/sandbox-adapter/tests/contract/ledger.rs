//! The ledger holds every call, whatever came of it, so that a test can tell that there was none.

use std::time::Duration;

use serde_json::{Value, json};
use tola_contracts::channel::CommandAnswer;
use tola_contracts::channel::inquiry::Question;
use tola_store::SandboxEffect::{Closed, Created, Looked, Nothing, Paused, SentAway, Updated};
use tola_store::{SandboxEffect, SandboxKey};

use crate::marketplace::{calls, reconfigure, scope, shop};

#[tokio::test]
async fn what_is_sent_away_is_noted_with_its_fence_before_there_is_a_listing_and_after() {
    let sent_away = [
        json!({ "switch": { "throttle": { "seconds": 7, "times": 1 } } }),
        json!({ "switch": { "fail_transient": 1 } }),
        json!({ "switch": { "refuse": { "message": "Not today." } } }),
    ];
    for config in sent_away {
        let shop = shop(config.clone()).await;
        let first = shop.publish().await;
        let _ = shop.deliver(&first).await;
        assert_eq!(calls(&shop).await, [(Some(first.fence), SentAway)], "{config}");

        let shop = self::shop(json!({})).await;
        let first = shop.publish().await;
        shop.carry_out(&first).await;
        reconfigure(&shop, config.clone()).await;
        shop.wait(Duration::from_secs(1));
        let second = shop.edit(Some("It shines more.")).await;
        let _ = shop.deliver(&second).await;
        assert_eq!(calls(&shop).await, [(Some(first.fence), Created), (Some(second.fence), SentAway)], "{config}");
    }
}

#[tokio::test]
async fn what_does_not_meet_the_rules_is_no_call() {
    let shop = shop(json!({ "rules": { "attributes": ["colour"], "title_max": 3 } })).await;
    let command = shop.publish().await;

    let _ = shop.carry_out(&command).await;

    assert_eq!(calls(&shop).await, []);
}

#[tokio::test]
async fn a_throttled_command_is_three_calls_and_one_effect() {
    let shop = shop(json!({ "switch": { "throttle": { "seconds": 2, "times": 2 } } })).await;
    let command = shop.publish().await;
    for _ in 0..2 {
        let told = shop.deliver(&command).await;
        assert!(matches!(told, Ok(CommandAnswer::RetryAfter { seconds: 2, .. })), "{told:?}");
        shop.wait(Duration::from_secs(2));
    }
    shop.carry_out(&command).await;

    let told = calls(&shop).await;
    assert!(told.iter().all(|(fence, _)| *fence == Some(command.fence)), "{told:?}");
    let calls: Vec<_> = told.into_iter().map(|(_, effect)| effect).filter(|effect| *effect != Looked).collect();
    assert_eq!(calls, [SentAway, SentAway, Created], "whoever tries again may look first");
    assert_eq!(shop.fences().await, [command.fence]);
}

#[tokio::test]
async fn a_call_that_finds_everything_done_is_noted() {
    let shop = shop(json!({ "switch": { "lose_answer": 1 } })).await;
    let publish = shop.publish().await;
    // Its answer is lost: the second try looks, and finds it done.
    let _ = shop.deliver(&publish).await;
    shop.wait(Duration::from_secs(1));
    shop.carry_out(&publish).await;
    assert_eq!(calls(&shop).await, [(Some(publish.fence), Created), (Some(publish.fence), Looked)]);

    let channel = shop.channel().await;
    let sandbox = shop.bench().store.sandbox(scope(&channel));
    let key = SandboxKey { channel_id: channel.id, product_id: shop.product_id() };
    let mut expected = calls(&shop).await;
    for (fence, effect) in [(90, Paused), (91, Nothing)] {
        shop.wait(Duration::from_secs(1));
        sandbox.pause(&key, fence, shop.now()).await.unwrap();
        expected.push((Some(fence), effect));
    }
    for (fence, effect) in [(92, Closed), (93, Nothing)] {
        shop.wait(Duration::from_secs(1));
        sandbox.close(&key, fence, shop.now()).await.unwrap();
        expected.push((Some(fence), effect));
    }
    shop.wait(Duration::from_secs(1));
    assert_eq!(sandbox.pause(&key, 94, shop.now()).await.unwrap(), None);
    expected.push((Some(94), Nothing));
    assert_eq!(calls(&shop).await, expected);
}

#[tokio::test]
async fn looks_are_noted_at_the_product_or_at_the_shop() {
    let shop = shop(json!({})).await;
    let visits = async || {
        let channel = shop.channel().await;
        let visits = shop.bench().store.sandbox(scope(&channel)).visits(&channel.id).await.unwrap();
        visits.into_iter().map(|visit| visit.effect).collect::<Vec<_>>()
    };
    assert_eq!((calls(&shop).await, visits().await), (vec![], vec![]));

    let _ = shop.survey().await;
    assert_eq!(calls(&shop).await, [(None, Looked)]);
    let command = shop.publish().await;
    shop.carry_out(&command).await;
    shop.wait(Duration::from_secs(1));
    let _ = shop.survey().await;
    assert_eq!(calls(&shop).await, [(None, Looked), (Some(command.fence), Created), (None, Looked)]);
    assert_eq!(visits().await, []);

    let _ = shop.list().await;
    let _ = shop.connect().await;
    assert_eq!(visits().await, [Looked, Looked]);
    reconfigure(&shop, locked()).await;
    let _ = shop.connect().await;
    shop.inquire(Question::Survey { product_ids: vec![shop.product_id()] }).await.unwrap();
    assert_eq!(visits().await, [Looked, Looked, SentAway]);
    assert_eq!(calls(&shop).await.last(), Some(&(None, SentAway)));
}

#[tokio::test]
async fn a_look_while_a_listing_is_changed_hinders_nobody_and_loses_nothing() {
    let shop = shop(json!({})).await;
    let command = shop.publish().await;
    shop.carry_out(&command).await;
    let channel = shop.channel().await;
    let sandbox = shop.bench().store.sandbox(scope(&channel));
    let key = SandboxKey { channel_id: channel.id, product_id: shop.product_id() };

    let looks = futures::future::join_all((0..20).map(|_| sandbox.note(&key, Looked, None, shop.now())));
    let changes = async {
        for fence in 100..120 {
            sandbox.offer(&key, fence, json!({ "turn": fence }), fence, shop.now()).await.unwrap();
        }
    };
    let (looked, ()) = futures::join!(looks, changes);

    assert!(looked.iter().all(Result::is_ok), "{looked:?}");
    let told = calls(&shop).await;
    let count = |effect: SandboxEffect| told.iter().filter(|(_, other)| *other == effect).count();
    assert_eq!((count(Created), count(Updated), count(Looked)), (1, 20, 20), "{told:?}");
}

#[tokio::test]
async fn the_oldest_calls_are_forgotten() {
    let shop = shop(json!({})).await;
    let command = shop.publish().await;
    shop.carry_out(&command).await;
    let channel = shop.channel().await;
    let sandbox = shop.bench().store.sandbox(scope(&channel));
    let key = SandboxKey { channel_id: channel.id, product_id: shop.product_id() };

    for fence in 1_001..=1_501 {
        sandbox.note(&key, Nothing, Some(fence), shop.now()).await.unwrap();
    }

    let fences: Vec<_> = sandbox.ledger(&key).await.unwrap().into_iter().filter_map(|call| call.fence).collect();
    assert_eq!(fences, (1_002..=1_501).collect::<Vec<_>>());
}

fn locked() -> Value {
    json!({ "switch": { "refuse": { "class": "auth", "message": "Who are you?" } } })
}
