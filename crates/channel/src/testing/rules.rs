//! The rules of what a command does.

use std::time::Duration;

use tola_catalog::listing::{ChannelOutcome, CommandKind, Seen};
use tola_catalog::{ChannelStatus, ProblemClass};
use tola_contracts::channel::CommandAnswer;

use super::{Bench, Fault, Shop};
use crate::LEASE;

/// The outcomes that say where a listing is.
fn external_id(outcome: &ChannelOutcome) -> String {
    match outcome {
        ChannelOutcome::Listed(standing) => standing.external_id.clone(),
        ChannelOutcome::Withdrawn { remains: Some(external_id), .. } => external_id.clone(),
        other => panic!("{other:?} names no listing"),
    }
}

/// Create, update, withdraw, show again and close, each of them twice.
pub async fn a_command_has_one_effect_however_often_it_is_delivered(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::None).await;
    let mut fences = Vec::new();

    for turn in ["publish", "edit", "deactivate", "publish again", "delete"] {
        let command = match turn {
            "publish" => shop.publish().await,
            "edit" => shop.edit(Some("It shines more.")).await,
            "deactivate" => shop.deactivate().await,
            "publish again" => shop.publish_again().await,
            _ => shop.delete().await,
        };
        let outcome = shop.carry_out(&command).await;
        fences.push(command.fence);
        assert_eq!(shop.deliver(&command).await, Ok(CommandAnswer::Stored), "{turn}, again");

        assert_eq!(shop.fences().await, fences, "{turn}");
        match (&outcome, command.kind) {
            (ChannelOutcome::Listed(standing), CommandKind::Publish | CommandKind::Update) => {
                assert_eq!(standing.revision, if turn == "publish" { 1 } else { 2 }, "{turn}");
            }
            (ChannelOutcome::Withdrawn { already: false, .. }, CommandKind::Withdraw | CommandKind::Close) => {}
            _ => panic!("{turn}: {outcome:?}"),
        }
    }
    assert!(!shop.listing().await.may_exist(), "{:?}", shop.listing().await);
}

/// A process that dies after its call leaves a listing behind, not two.
pub async fn a_create_whose_caller_died_is_found_again(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::None).await;
    let command = shop.publish().await;
    shop.die_after_the_call(&command).await;

    let told = shop.deliver(&command).await;
    assert!(matches!(told, Ok(CommandAnswer::RetryAfter { .. })), "its lease holds: {told:?}");
    shop.wait(LEASE);
    let outcome = shop.carry_out(&command).await;

    let effects = shop.effects().await;
    assert_eq!(effects.len(), 1, "{effects:?}");
    assert_eq!(external_id(&outcome), effects[0].external_id);
}

/// The same, when only the answer went missing.
pub async fn a_create_whose_answer_was_lost_is_found_again(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::LosesFirstAnswer).await;
    let command = shop.publish().await;

    assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));
    assert_eq!(shop.outcome(&command).await, None);
    let outcome = shop.carry_out(&command).await;

    let effects = shop.effects().await;
    assert_eq!(effects.len(), 1, "{effects:?}");
    assert_eq!(external_id(&outcome), effects[0].external_id);
}

/// A withdrawal that was done is not done again.
pub async fn a_withdrawal_whose_answer_was_lost_is_found_done(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::None).await;
    let published = shop.publish().await;
    shop.carry_out(&published).await;
    shop.misbehave(Fault::LosesFirstAnswer).await;
    let command = shop.deactivate().await;

    assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));
    let outcome = shop.carry_out(&command).await;

    assert!(matches!(outcome, ChannelOutcome::Withdrawn { already: true, .. }), "{outcome:?}");
    assert_eq!(shop.fences().await, [published.fence, command.fence]);
}

/// A failure before any effect costs a try and nothing else.
pub async fn a_call_that_failed_is_tried_again(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::FailsFirst).await;
    let command = shop.publish().await;

    assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));
    assert_eq!(shop.fences().await, [0; 0]);
    shop.carry_out(&command).await;

    assert_eq!(shop.fences().await, [command.fence]);
    assert!(shop.listing().await.is_live());
}

/// A command that a newer one replaced comes too late, whenever it comes.
pub async fn a_stale_command_does_nothing(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::None).await;
    let stale = shop.publish().await;
    let newest = shop.deactivate().await;
    assert_ne!(stale.fence, newest.fence);

    assert_eq!(shop.deliver(&stale).await, Ok(CommandAnswer::Superseded));

    assert_eq!(shop.outcome(&stale).await, None);
    assert_eq!(shop.fences().await, [0; 0]);
}

/// A message that is delivered to two functions at once is carried out by one of them.
pub async fn two_calls_at_once_do_not_meet(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::Slow).await;
    let command = shop.publish().await;

    let (first, second) =
        futures::future::join(Box::pin(shop.deliver(&command)), Box::pin(shop.deliver(&command))).await;

    for told in [first, second] {
        assert!(matches!(told, Ok(CommandAnswer::Stored | CommandAnswer::RetryAfter { .. })), "{told:?}");
    }
    assert_eq!(shop.deliver(&command).await, Ok(CommandAnswer::Stored));
    assert_eq!(shop.fences().await, [command.fence]);
}

/// An answer that is stored, and that no workflow has taken over yet, holds up no newer command.
pub async fn an_answer_that_nobody_took_over_yet_holds_up_no_newer_command(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::None).await;
    let published = shop.publish().await;
    assert_eq!(shop.deliver(&published).await, Ok(CommandAnswer::Stored));

    let withdrawn = shop.deactivate().await;
    let told = shop.deliver(&withdrawn).await;

    assert_eq!(told, Ok(CommandAnswer::Stored));
    assert!(matches!(shop.outcome(&withdrawn).await, Some(ChannelOutcome::Withdrawn { .. })));
    assert_eq!(shop.fences().await, [published.fence, withdrawn.fence]);
}

/// A refusal is an outcome, with a problem that somebody can act on.
pub async fn a_refusal_is_stored_and_changes_nothing(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::Refuses).await;
    let command = shop.publish().await;

    let outcome = shop.carry_out(&command).await;

    let ChannelOutcome::Refused { problem, seen: Seen::NotLooked } = outcome else { panic!("{outcome:?}") };
    assert!(matches!(problem.class, ProblemClass::Validation | ProblemClass::Policy), "{problem:?}");
    assert!(!problem.message.is_empty() && !problem.remedy.is_empty(), "{problem:?}");
    assert_eq!(shop.fences().await, [0; 0]);
    assert_eq!(shop.channel().await.status, ChannelStatus::Active);

    shop.misbehave(Fault::None).await;
    let command = shop.publish().await;
    shop.carry_out(&command).await;
    assert!(shop.listing().await.is_live());
}

/// A refused update leaves the old revision live.
pub async fn a_refused_update_leaves_what_is_there(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::None).await;
    let published = shop.publish().await;
    shop.carry_out(&published).await;
    shop.misbehave(Fault::Refuses).await;

    let command = shop.edit(Some("It shines more.")).await;
    assert!(matches!(shop.carry_out(&command).await, ChannelOutcome::Refused { .. }));

    let listing = shop.listing().await;
    assert!(listing.is_live());
    assert_eq!(listing.observed.published_revision, Some(1));
    assert_eq!(shop.fences().await, [published.fence]);
}

/// Nothing more is tried with credentials that the channel refused.
pub async fn refused_credentials_break_the_channel(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::RefusesCredentials).await;
    let command = shop.publish().await;

    let outcome = shop.carry_out(&command).await;

    assert!(matches!(outcome, ChannelOutcome::Refused { problem, .. } if problem.class == ProblemClass::Auth));
    let channel = shop.channel().await;
    assert_eq!(channel.status, ChannelStatus::AuthBroken);
    assert!(channel.problem.is_some());

    // Not even if it would take them by now: the merchant has to connect it again.
    shop.misbehave(Fault::None).await;
    let again = shop.publish().await;
    let outcome = shop.carry_out(&again).await;
    assert!(matches!(outcome, ChannelOutcome::Refused { problem, .. } if problem.class == ProblemClass::Auth));
    assert_eq!(shop.fences().await, [0; 0]);
}

/// A channel that wants patience gets it, and the command is then done by the same fence.
pub async fn a_throttled_command_waits_and_is_then_done(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::ThrottlesFirst).await;
    let command = shop.publish().await;

    let told = shop.deliver(&command).await;
    let Ok(CommandAnswer::RetryAfter { seconds, problem }) = told else { panic!("{told:?}") };
    assert_eq!((seconds, problem.class), (7, ProblemClass::Throttled));
    assert_eq!(shop.outcome(&command).await, None);
    shop.wait(Duration::from_secs(7));
    shop.carry_out(&command).await;

    assert_eq!(shop.fences().await, [command.fence]);
    assert!(shop.listing().await.is_live());
}

/// A closed listing does not come back, so that closing it again finds nothing.
pub async fn what_was_closed_is_not_found(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::None).await;
    let published = shop.publish().await;
    shop.carry_out(&published).await;
    shop.misbehave(Fault::LosesFirstAnswer).await;
    let command = shop.delete().await;

    assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));
    let outcome = shop.carry_out(&command).await;

    assert_eq!(outcome, ChannelOutcome::Withdrawn { remains: None, already: true });
    assert_eq!(shop.fences().await, [published.fence, command.fence]);
}
