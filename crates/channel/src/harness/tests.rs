//! The harness with a channel in memory: the contract first, then what has to do with no channel in particular.

use serde_json::Map;
use tola_catalog::listing::Standing;
use tola_catalog::operation::{Intent, StepOutcome, StepRecord, Subject};
use tola_catalog::{ChannelStatus, Operation, OperationKind};
use tola_contracts::channel::MAX_WAIT_SECONDS;

use super::*;
use crate::room::{Room, fault, room};
use crate::testing::{Bench, Fault, Shop, Told};

crate::contract_tests!(room);

/// A product that was asked for on a channel that misbehaves in this way.
async fn asked(name: &str) -> (Shop<Room>, ChannelCommand) {
    let shop = Shop::open(room().await, Fault::None).await;
    shop.reconfigure(|channel| channel.config = fault(name)).await;
    let command = shop.publish().await;
    (shop, command)
}

#[tokio::test]
async fn a_channel_is_looked_at_only_when_something_is_in_doubt() {
    let (shop, command) = asked("").await;
    shop.carry_out(&command).await;
    for command in [shop.edit(Some("It shines more.")).await, shop.deactivate().await] {
        let _ = shop.deliver(&command).await;
    }

    assert_eq!(shop.bench().stall.looks(), 0);
}

#[tokio::test]
async fn an_answer_that_nobody_took_over_for_long_leaves_nothing_in_doubt() {
    let (shop, published) = asked("").await;
    assert_eq!(shop.deliver(&published).await, Ok(CommandAnswer::Stored));
    shop.wait(LEASE);

    let withdrawn = shop.deactivate().await;
    assert_eq!(shop.deliver(&withdrawn).await, Ok(CommandAnswer::Stored));

    assert_eq!((shop.bench().stall.looks(), shop.fences().await), (0, vec![published.fence, withdrawn.fence]));
    assert_eq!(shop.listing().await.recorded_fence, published.fence);
}

#[tokio::test]
async fn a_channel_that_cant_be_called_is_a_refusal_that_says_why() {
    for (status, expected) in
        [(ChannelStatus::Paused, "CHANNEL_PAUSED"), (ChannelStatus::AuthBroken, "CHANNEL_AUTH_BROKEN")]
    {
        let (shop, command) = asked("").await;
        shop.reconfigure(|channel| channel.status = status).await;

        let outcome = shop.carry_out(&command).await;

        let ChannelOutcome::Refused { problem, seen: Seen::NotLooked } = outcome else { panic!("{outcome:?}") };
        assert_eq!(problem.code, expected);
        assert!(!shop.listing().await.may_exist());
    }
}

#[tokio::test]
async fn a_channel_of_another_type_or_none_is_a_refusal() {
    let (shop, command) = asked("").await;
    shop.reconfigure(|channel| channel.channel_type = "window".into()).await;
    let outcome = shop.carry_out(&command).await;
    assert!(matches!(outcome, ChannelOutcome::Refused { problem, .. } if problem.code == "CHANNEL_GONE"));

    let (shop, command) = asked("").await;
    let scope = scope_of(&command.operation);
    shop.bench().store.channels(scope).remove(&shop.channel().await).await.unwrap();
    let outcome = shop.carry_out(&command).await;
    assert!(matches!(outcome, ChannelOutcome::Refused { problem, .. } if problem.code == "CHANNEL_GONE"));
}

#[tokio::test]
async fn a_paused_channel_still_lets_go() {
    let (shop, command) = asked("").await;
    assert!(matches!(shop.carry_out(&command).await, ChannelOutcome::Listed(_)));
    shop.reconfigure(|channel| channel.status = ChannelStatus::Paused).await;

    let outcome = shop.carry_out(&shop.deactivate().await).await;

    assert!(matches!(outcome, ChannelOutcome::Withdrawn { remains: Some(_), already: false }), "{outcome:?}");
}

#[tokio::test]
async fn what_is_in_doubt_stays_so_when_the_channel_cant_be_asked() {
    for paused in [true, false] {
        let (shop, command) = asked("loses").await;
        assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));
        shop.reconfigure(|channel| {
            if paused {
                channel.status = ChannelStatus::Paused;
            } else {
                channel.config = fault("blind");
            }
        })
        .await;

        assert!(matches!(shop.carry_out(&command).await, ChannelOutcome::Unknown { .. }));

        assert!(shop.listing().await.may_exist());
    }
}

/// Writes the operation that a command is part of.
async fn operation_of(shop: &Shop<Room>, command: &ChannelCommand) {
    let intent = Intent {
        operation_id: command.operation.operation_id,
        kind: OperationKind::Publish,
        requested_at: shop.now(),
        requested_by: Actor::system("test"),
        correlation_id: "c".into(),
        channels: vec![command.channel_id.clone()],
        retry_of: None,
    };
    let merchant_id = command.operation.merchant_id;
    let operation = Operation::of_intent(&intent, merchant_id, Subject::Product(command.product_id));
    shop.bench().store.operations(scope_of(&command.operation)).ensure(&operation).await.unwrap();
}

/// The attempts that the operation of a command tells of.
async fn attempts(shop: &Shop<Room>, command: &ChannelCommand) -> Vec<StepRecord> {
    let operations = shop.bench().store.operations(scope_of(&command.operation));
    operations.get(command.operation.operation_id).await.unwrap().unwrap().steps
}

#[tokio::test]
async fn every_attempt_is_recorded_in_the_operation() {
    let (shop, mut command) = asked("fails").await;
    operation_of(&shop, &command).await;

    assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));
    command.retries = 1;
    shop.carry_out(&command).await;
    let _ = shop.deliver(&command).await;

    let steps = attempts(&shop, &command).await;
    let seen: Vec<_> = steps.iter().map(|step| (step.attempt, step.outcome)).collect();
    assert_eq!(seen, [(1, StepOutcome::Failed), (2, StepOutcome::Succeeded)]);
    assert_eq!(steps[0].channel.as_ref(), Some(&command.channel_id));
    assert_eq!(steps[1].result.as_deref(), Some("The channel has revision 1 as 1."));
}

#[tokio::test]
async fn an_attempt_after_a_wait_is_another_one() {
    let (shop, mut command) = asked("throttles for long").await;
    operation_of(&shop, &command).await;

    // A state counts its own retries, and after the wait it is entered anew.
    for retries in [0, 1, 0] {
        command.retries = retries;
        assert!(matches!(shop.deliver(&command).await, Ok(CommandAnswer::RetryAfter { .. })));
    }
    shop.reconfigure(|channel| channel.config = Map::new()).await;
    command.retries = 0;
    shop.carry_out(&command).await;

    let seen: Vec<_> = attempts(&shop, &command).await.iter().map(|step| (step.attempt, step.outcome)).collect();
    let failed = |attempt| (attempt, StepOutcome::Failed);
    assert_eq!(seen, [failed(1), failed(2), failed(3), (4, StepOutcome::Succeeded)]);
}

#[tokio::test]
async fn an_attempt_whose_maker_died_does_not_run_for_ever() {
    let (shop, command) = asked("").await;
    operation_of(&shop, &command).await;
    let store = shop.bench().store.clone();
    let dead = Journal::began(&store, &command, shop.now()).await;
    drop(dead);

    shop.carry_out(&command).await;

    let steps = attempts(&shop, &command).await;
    let seen: Vec<_> = steps.iter().map(|step| (step.attempt, step.outcome)).collect();
    assert_eq!(seen, [(1, StepOutcome::Failed), (2, StepOutcome::Succeeded)]);
    assert_eq!(steps[0].problem.as_ref().unwrap().class, ProblemClass::Transient);
}

#[tokio::test]
async fn a_channel_that_always_asks_for_patience_is_given_up_in_words() {
    let (shop, mut command) = asked("throttles for long").await;
    command.began = Some(shop.now());
    let mut waits = 0;

    let outcome = loop {
        match shop.deliver(&command).await.unwrap() {
            CommandAnswer::RetryAfter { seconds, .. } => shop.wait(Duration::from_secs(seconds.into())),
            _ => break shop.outcome(&command).await.unwrap(),
        }
        waits += 1;
    };

    assert_eq!(waits, 6, "15 minutes each");
    // It did nothing of what it was asked, so that there was nothing to look for.
    let ChannelOutcome::Refused { problem, seen: Seen::NotLooked } = outcome else { panic!("{outcome:?}") };
    assert_eq!((problem.class, problem.code.as_str()), (ProblemClass::Throttled, "CHANNEL_THROTTLED"));
    assert!(problem.remedy.starts_with("Retry the operation"), "{problem:?}");
    assert!(shop.now().since(command.began.unwrap()) < Duration::from_hours(2));
}

#[tokio::test]
async fn a_wait_grows_with_the_time_that_has_passed() {
    let (shop, mut command) = asked("throttles").await;
    command.began = Some(shop.now());
    shop.wait(Duration::from_secs(800));

    let told = shop.deliver(&command).await;

    assert!(matches!(told, Ok(CommandAnswer::RetryAfter { seconds: 100, .. })), "{told:?}");
}

#[tokio::test]
async fn a_product_that_became_incomplete_is_not_offered() {
    let (shop, command) = asked("").await;
    shop.edit(None).await;

    let outcome = shop.carry_out(&command).await;

    let ChannelOutcome::Refused { problem, seen: Seen::NotLooked } = outcome else { panic!("{outcome:?}") };
    assert_eq!(problem.code, "PRODUCT_INCOMPLETE");
    assert_eq!(shop.fences().await, [0; 0]);
}

#[tokio::test]
async fn what_an_incomplete_product_has_at_the_channel_is_told() {
    let (shop, command) = asked("loses").await;
    assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));
    shop.edit(None).await;

    // The channel has what was asked for.
    assert!(matches!(shop.carry_out(&command).await, ChannelOutcome::Listed(Standing { revision: 1, .. })));

    let (shop, command) = asked("fails").await;
    assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));
    shop.edit(None).await;
    assert!(matches!(shop.carry_out(&command).await, ChannelOutcome::Refused { seen: Seen::Absent, .. }));
    assert!(!shop.listing().await.may_exist());
}

#[tokio::test]
async fn a_newer_edit_is_what_is_offered() {
    let (shop, command) = asked("").await;
    shop.edit(Some("It shines more.")).await;

    let outcome = shop.carry_out(&command).await;

    assert!(matches!(outcome, ChannelOutcome::Listed(Standing { revision: 2, .. })));
}

#[tokio::test]
async fn nobody_waits_longer_than_a_workflow_may() {
    let (shop, command) = asked("throttles for long").await;

    let told = shop.deliver(&command).await;

    assert!(matches!(told, Ok(CommandAnswer::RetryAfter { seconds: MAX_WAIT_SECONDS, .. })), "{told:?}");
}

#[tokio::test]
async fn an_adapter_that_panics_fails_with_a_name_and_leaves_the_doubt() {
    let (shop, command) = asked("panics").await;

    assert_eq!(shop.deliver(&command).await, Err("STEP_FAILED".into()));

    assert!(shop.listing().await.may_exist());
    assert_eq!(shop.outcome(&command).await, None);
}

#[tokio::test]
async fn a_call_that_hangs_keeps_its_claim_so_that_nobody_overtakes_it() {
    let (shop, command) = asked("hangs").await;
    let store = shop.bench().store.clone();
    let hasty = Harness::new(shop.bench().adapter(), store, Told::default()).with_patience(Duration::from_millis(1));

    hasty.carry_out(&command, "hangs", shop.now()).await.unwrap();
    assert_eq!(hasty.replies().last(), Err("TRANSIENT".into()));
    shop.reconfigure(|channel| channel.config = Map::new()).await;
    let told = shop.deliver(&command).await;
    assert!(matches!(&told, Ok(CommandAnswer::RetryAfter { seconds: 2, problem }) if problem.code == "CHANNEL_BUSY"));

    shop.wait(LEASE);
    shop.carry_out(&command).await;
    assert_eq!(shop.fences().await, [command.fence]);
}
