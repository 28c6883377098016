//! What is accepted, what adapters may do, and how it is told.

use ulid::Ulid;

use super::super::{Claimed, Edit};
use super::game::{channel, origin, product, shop};
use super::*;
use crate::channel::ChannelStatus;
use crate::code;
use crate::listing::{ChannelOutcome, Seen, Standing, Visibility};
use crate::problem::{Problem, ProblemClass};
use crate::status::ProductStatus;
use crate::text::Description;

fn operation(n: u128) -> OperationId {
    OperationId::new(Ulid::from_parts(7, n))
}

/// Carries out everything that waits on a channel, with one answer.
fn answer(product: &mut Product, name: &str, answer: impl Fn(u64) -> ChannelOutcome) {
    let (channel, origin) = (channel(name), origin(9));
    let fence = product.channels[&channel].command.as_ref().unwrap().fence;
    let claimed = product.claim(&channel, fence, "adapter", Timestamp::from_millis(99), &origin);
    assert!(matches!(claimed, Claimed::Granted { .. }), "{claimed:?}");
    assert_eq!(product.record(&channel, fence, &answer(product.revision), &origin), Changed::Yes);
}

fn listed(revision: u64) -> ChannelOutcome {
    ChannelOutcome::Listed(Standing { external_id: "1".into(), revision, visibility: Visibility::Live, mark: None })
}

fn paused(_: u64) -> ChannelOutcome {
    ChannelOutcome::Withdrawn { remains: Some("1".into()), already: false }
}

fn refused(_: u64) -> ChannelOutcome {
    let problem = Problem::new(ProblemClass::Policy, code::CHANNEL_REFUSED, "Not today.");
    ChannelOutcome::Refused { problem, seen: Seen::NotLooked }
}

fn described(text: &str) -> Edit {
    Edit { description: Some(Some(Description::parse(text).unwrap())), ..Edit::default() }
}

#[test]
fn a_request_that_holds_already_is_the_operation_that_did_it() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let a = [channel("a")];

    assert_eq!(product.request_publish(&a, operation(1), &origin), Ok(Requested::Accepted));
    assert_eq!(product.request_publish(&a, operation(2), &origin), Ok(Requested::Already(operation(1))));
    answer(&mut product, "a", listed);
    assert_eq!(product.request_publish(&a, operation(3), &origin), Ok(Requested::Already(operation(1))));

    assert_eq!(product.status, ProductStatus::Active);
    assert_eq!(product.intents.len(), 1);
}

#[test]
fn an_edit_during_a_publish_waits_for_its_end_and_then_follows_by_itself() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a")], operation(1), &origin);
    let fence = product.channels[&channel("a")].command.as_ref().unwrap().fence;
    let _ = product.claim(&channel("a"), fence, "adapter", Timestamp::from_millis(99), &origin);

    let _ = product.edit(described("It shines more."), operation(2), &origin);
    assert_eq!(product.intents.len(), 1, "the publish is unfinished");
    let _ = product.record(&channel("a"), fence, &listed(product.revision - 1), &origin);

    assert_eq!(product.intents.len(), 2);
    assert!(product.channels[&channel("a")].is_being_offered());
}

#[test]
fn a_refused_update_leaves_the_old_revision_live_and_is_tried_again_when_asked() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a")], operation(1), &origin);
    answer(&mut product, "a", listed);
    let _ = product.edit(described("It shines more."), operation(2), &origin);
    answer(&mut product, "a", refused);

    assert_eq!(product.status, ProductStatus::Active);
    assert_eq!(product.channels[&channel("a")].observed.published_revision, Some(1));
    assert_eq!(product.intents.len(), 2, "a refusal is no loop");
    assert_eq!(product.request_publish(&[channel("a")], operation(3), &origin), Ok(Requested::Accepted));
    answer(&mut product, "a", listed);
    assert_eq!(product.channels[&channel("a")].observed.published_revision, Some(2));
}

#[test]
fn deactivating_again_retries_only_what_was_refused() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a"), channel("b")], operation(1), &origin);
    answer(&mut product, "a", listed);
    answer(&mut product, "b", listed);

    assert_eq!(product.request_deactivation(operation(2), &origin), Ok(Requested::Accepted));
    assert_eq!(product.status, ProductStatus::Inactive);
    assert!(matches!(product.reactivate(&origin), Err(Refused::WithdrawalRuns { .. })));
    answer(&mut product, "a", paused);
    answer(&mut product, "b", refused);
    let fence = |product: &Product, name| product.channels[&channel(name)].command.as_ref().unwrap().fence;
    let before = (fence(&product, "a"), fence(&product, "b"));

    assert_eq!(product.request_deactivation(operation(3), &origin), Ok(Requested::Accepted));
    assert_eq!((fence(&product, "a"), fence(&product, "b")), (before.0, before.1 + 1));
    answer(&mut product, "b", paused);
    assert_eq!(product.request_deactivation(operation(4), &origin), Ok(Requested::Already(operation(3))));
    assert_eq!(product.reactivate(&origin), Ok(Changed::Yes));
    assert_eq!(product.status, ProductStatus::Ready);
}

#[test]
fn a_plan_has_the_channels_that_can_be_called_and_ends_the_commands_of_the_others() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let names = ["a", "b", "c", "d"];
    let _ = product.request_publish(&names.map(channel), operation(1), &origin);
    let shops =
        [shop("a", ChannelStatus::Active), shop("b", ChannelStatus::Paused), shop("c", ChannelStatus::AuthBroken)];

    let (planned, changed) = product.plan(operation(1), &shops, &origin);

    assert_eq!((planned.len(), &planned[0].channel_id, changed), (1, &channel("a"), Changed::Yes));
    let failed = product.tally(operation(1)).failed;
    let codes: Vec<_> = failed.iter().map(|(_, problem)| problem.code.as_str()).collect();
    assert_eq!(codes, ["CHANNEL_PAUSED", "CHANNEL_AUTH_BROKEN", "CHANNEL_GONE"]);
    assert_eq!(product.plan(operation(1), &shops, &origin), (planned, Changed::No), "planning again plans the same");
}

#[test]
fn a_paused_channel_is_asked_to_let_go_and_a_disconnected_one_has_nothing_to_close() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a"), channel("b")], operation(1), &origin);
    answer(&mut product, "a", listed);
    answer(&mut product, "b", listed);
    assert_eq!(product.request_deletion(operation(2), &origin), Requested::Accepted);

    let (planned, _) = product.plan(operation(2), &[shop("a", ChannelStatus::Paused)], &origin);

    assert_eq!(planned.iter().map(|command| &command.channel_id).collect::<Vec<_>>(), [&channel("a")]);
    assert!(!product.channels[&channel("b")].may_exist());
    assert_eq!(product.tally(operation(2)).done, [channel("b")]);
}

#[test]
fn what_is_not_complete_is_not_offered_and_says_what_is_missing() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.edit(Edit { price: Some(None), ..Edit::default() }, operation(1), &origin);

    let refused = product.request_publish(&[channel("a")], operation(2), &origin).unwrap_err();

    assert!(matches!(refused, Refused::Incomplete { missing } if missing[0].pointer == "/price"));
}

#[test]
fn a_claim_that_is_given_back_lets_the_next_call_look_first() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a")], operation(1), &origin);
    let (a, until) = (channel("a"), Timestamp::from_millis(99));
    let fence = product.channels[&a].command.as_ref().unwrap().fence;
    assert!(matches!(product.claim(&a, fence, "one", until, &origin), Claimed::Granted { in_doubt: false, .. }));

    assert_eq!(product.release(&a, fence, "two", true, &origin), Changed::No, "another's claim");
    assert_eq!(product.release(&a, fence + 1, "one", true, &origin), Changed::No, "another command's claim");
    assert_eq!(product.claim(&a, fence, "two", until, &origin), Claimed::Busy(until));
    let version = product.version;
    assert_eq!(product.release(&a, fence, "one", true, &origin), Changed::Yes);
    assert_eq!(product.release(&a, fence, "one", true, &origin), Changed::No);

    assert_eq!(product.version, version + 1);
    assert!(matches!(product.claim(&a, fence, "two", until, &origin), Claimed::Granted { in_doubt: true, .. }));
}

#[test]
fn the_end_of_an_operation_is_told_once() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a"), channel("b")], operation(1), &origin);
    answer(&mut product, "a", listed);
    answer(&mut product, "b", refused);
    product.outbox.clear();

    assert_eq!(product.tell(operation(1), &origin), Changed::Yes);
    assert_eq!(product.tell(operation(1), &origin), Changed::No);

    let kinds: Vec<_> = product.outbox.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::ProductPublished, EventKind::ProductPublicationFailed]);
    let tally = product.tally(operation(1));
    assert_eq!((tally.done, tally.failed.len()), (vec![channel("a")], 1));
}

fn hidden(revision: u64) -> ChannelOutcome {
    ChannelOutcome::Listed(Standing { external_id: "1".into(), revision, visibility: Visibility::Hidden, mark: None })
}

fn kinds(product: &Product) -> Vec<EventKind> {
    product.outbox.iter().map(|event| event.kind).collect()
}

fn stopped() -> Problem {
    Problem::new(ProblemClass::Transient, code::EXECUTION_STOPPED, "Somebody stopped it.")
}

#[test]
fn what_was_held_back_as_incomplete_is_published_once_nothing_is_missing() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let overrides = crate::Overrides { description: Some(Description::parse("Words.").unwrap()), ..Default::default() };
    let _ = product.override_on(&channel("a"), overrides, &origin);
    let _ = product.request_publish(&[channel("a")], operation(1), &origin);
    let _ = product.edit(Edit { description: Some(None), ..Edit::default() }, operation(2), &origin);
    let fence = product.channels[&channel("a")].command.as_ref().unwrap().fence;
    let claimed = product.claim(&channel("a"), fence, "adapter", Timestamp::from_millis(99), &origin);
    let Claimed::Granted { hold: Some(problem), .. } = claimed else { panic!("{claimed:?}") };
    let _ = product.record(&channel("a"), fence, &ChannelOutcome::Refused { problem, seen: Seen::NotLooked }, &origin);
    assert_eq!(product.intents.len(), 1, "it waits until nothing is missing");

    // The channel has words of its own: to it, this edit is none.
    let _ = product.edit(described("It shines."), operation(3), &origin);

    assert!(product.channels[&channel("a")].is_being_offered());
    assert_eq!(product.intents.len(), 2);
}

#[test]
fn a_channel_that_takes_a_listing_and_hides_it_has_refused_it() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a")], operation(1), &origin);

    answer(&mut product, "a", hidden);

    let listing = &product.channels[&channel("a")];
    let problem = listing.command.as_ref().unwrap().problem.clone().unwrap();
    assert_eq!((problem.class, problem.code.as_str()), (ProblemClass::Policy, "CHANNEL_REFUSED"));
    assert_eq!((listing.observed.external_id.as_deref(), listing.is_live()), (Some("1"), false));
    assert_eq!(product.status, ProductStatus::Ready);
    product.outbox.clear();
    let _ = product.tell(operation(1), &origin);
    assert_eq!(kinds(&product), [EventKind::ProductPublicationFailed]);
    let _ = product.edit(described("It shines more."), operation(2), &origin);
    assert_eq!(product.intents.len(), 2, "the merchant changed something");
}

#[test]
fn what_was_told_to_have_failed_and_was_done_all_the_same_is_told_now() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let a = channel("a");
    let _ = product.request_publish(std::slice::from_ref(&a), operation(1), &origin);
    let _ = product.claim(&a, 1, "adapter", Timestamp::from_millis(99), &origin);
    let _ = product.abandon(operation(1), &stopped(), &origin);
    let _ = product.tell(operation(1), &origin);
    product.outbox.clear();

    let _ = product.record(&a, 1, &listed(1), &origin);
    assert_eq!(product.record(&a, 1, &listed(1), &origin), Changed::No);

    assert_eq!(kinds(&product), [EventKind::ProductPublished]);
    assert_eq!(product.tell(operation(1), &origin), Changed::No, "told once");

    let _ = product.request_deactivation(operation(2), &origin);
    let _ = product.claim(&a, 2, "adapter", Timestamp::from_millis(99), &origin);
    let _ = product.abandon(operation(2), &stopped(), &origin);
    let _ = product.tell(operation(2), &origin);
    product.outbox.clear();
    let _ = product.record(&a, 2, &paused(1), &origin);
    assert_eq!(kinds(&product), [EventKind::ProductUnpublished]);
}

#[test]
fn what_comes_late_of_an_older_command_does_not_end_the_doubt_about_a_newer_one() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let (a, until) = (channel("a"), Timestamp::from_millis(99));
    let _ = product.request_publish(std::slice::from_ref(&a), operation(1), &origin);
    let _ = product.claim(&a, 1, "first", until, &origin);
    let _ = product.abandon(operation(1), &stopped(), &origin);
    let _ = product.request_publish(std::slice::from_ref(&a), operation(2), &origin);
    let late = game::origin(100);
    let _ = product.claim(&a, 2, "second", Timestamp::from_millis(199), &late);
    let _ = product.release(&a, 2, "second", true, &late);

    assert_eq!(product.record(&a, 1, &refused(1), &late), Changed::Yes);

    assert!(product.channels[&a].in_doubt);
    let again = product.claim(&a, 2, "third", Timestamp::from_millis(199), &late);
    assert!(matches!(again, Claimed::Granted { in_doubt: true, .. }), "{again:?}");
}

#[test]
fn who_was_only_asked_for_patience_need_not_look_at_the_channel_again() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let (a, until) = (channel("a"), Timestamp::from_millis(99));
    let _ = product.request_publish(std::slice::from_ref(&a), operation(1), &origin);
    let doubtful = |claimed: Claimed| matches!(claimed, Claimed::Granted { in_doubt: true, .. });
    assert!(!doubtful(product.claim(&a, 1, "first", until, &origin)));

    assert_eq!(product.release(&a, 1, "first", false, &origin), Changed::Yes);

    assert!(!product.channels[&a].in_doubt);
    assert!(!doubtful(product.claim(&a, 1, "second", until, &origin)));
    let _ = product.release(&a, 1, "second", true, &origin);
    assert!(doubtful(product.claim(&a, 1, "third", until, &origin)), "its answer was lost");
}

#[test]
fn a_deletion_goes_on_when_a_channel_turns_out_to_have_let_go() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let a = channel("a");
    let _ = product.request_publish(std::slice::from_ref(&a), operation(1), &origin);
    answer(&mut product, "a", listed);
    let _ = product.request_deletion(operation(2), &origin);
    let _ = product.claim(&a, 2, "adapter", Timestamp::from_millis(99), &origin);
    let _ = product.abandon(operation(2), &stopped(), &origin);
    let _ = product.tell(operation(2), &origin);
    product.intents.clear();

    let _ = product.record(&a, 2, &ChannelOutcome::Withdrawn { remains: None, already: false }, &origin);

    assert_eq!(product.intents.iter().map(|intent| intent.kind).collect::<Vec<_>>(), [OperationKind::Delete]);
    assert_eq!(product.deleting, Some(product.intents[0].operation_id));
    assert!(product.plan(product.intents[0].operation_id, &[], &origin).0.is_empty() && product.is_let_go());
}

#[test]
fn a_deletion_that_is_done_again_when_the_product_is_gone_tells_nothing_more() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_deletion(operation(1), &origin);
    let _ = product.purge(&origin);

    product.request_again(OperationKind::Delete, operation(2), operation(1), &origin).unwrap();

    assert_eq!(kinds(&product).last(), Some(&EventKind::ProductDeleted));
}

#[test]
fn a_product_that_is_being_deleted_is_not_judged_any_more() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_deletion(operation(1), &origin);
    let intents = product.intents.len();

    assert_eq!(product.request_registration(operation(2), None, &origin), Changed::No);

    assert_eq!(product.intents.len(), intents);
}

#[test]
fn doing_it_again_leaves_what_another_operation_is_at_to_that_one() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let (a, b) = (channel("a"), channel("b"));
    let _ = product.request_publish(std::slice::from_ref(&a), operation(1), &origin);
    answer(&mut product, "a", refused);
    let _ = product.request_publish(std::slice::from_ref(&b), operation(2), &origin);

    product.request_again(OperationKind::Publish, operation(3), operation(1), &origin).unwrap();

    let of = |name| product.channels[&channel(name)].command.as_ref().unwrap().operation_id;
    assert_eq!((of("a"), of("b")), (operation(3), operation(2)));
}

#[test]
fn what_a_dead_operation_left_waiting_is_done_again_with_it() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a")], operation(1), &origin);

    product.request_again(OperationKind::Publish, operation(2), operation(1), &origin).unwrap();

    assert_eq!(product.channels[&channel("a")].command.as_ref().unwrap().fence, 2);
}

#[test]
fn a_deactivation_that_is_done_again_after_a_reactivation_takes_off_what_it_left_and_no_more() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a"), channel("b")], operation(1), &origin);
    answer(&mut product, "a", listed);
    answer(&mut product, "b", listed);
    let _ = product.request_deactivation(operation(2), &origin);
    answer(&mut product, "a", refused);
    answer(&mut product, "b", paused);
    let _ = product.reactivate(&origin);
    let _ = product.request_publish(&[channel("b")], operation(3), &origin);
    answer(&mut product, "b", listed);

    product.request_again(OperationKind::Deactivate, operation(4), operation(2), &origin).unwrap();
    answer(&mut product, "a", paused);

    assert_eq!((product.status, product.live_on.clone()), (ProductStatus::Active, vec![channel("b")]));
    let before = product.clone();
    let again = product.request_again(OperationKind::Deactivate, operation(5), operation(2), &origin);
    assert_eq!((again, product), (Err(Refused::Reactivated), before));
}

#[test]
fn what_holds_is_answered_with_the_operation_that_saw_to_it() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let (a, b) = ([channel("a")], [channel("b")]);
    let _ = product.request_publish(&a, operation(1), &origin);
    answer(&mut product, "a", listed);
    let _ = product.request_publish(&b, operation(2), &origin);
    answer(&mut product, "b", refused);

    assert_eq!(product.request_publish(&a, operation(3), &origin), Ok(Requested::Already(operation(1))));
}

#[test]
fn a_product_is_not_wanted_any_more_at_a_channel_that_is_disconnected() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a")], operation(1), &origin);

    assert_eq!(product.plan(operation(1), &[], &origin), (vec![], Changed::Yes));

    let listing = &product.channels[&channel("a")];
    assert_eq!(listing.command.as_ref().unwrap().problem.as_ref().unwrap().code, "CHANNEL_GONE");
    assert_eq!(listing.desired, Desired::Off);
    let intents = product.intents.len();
    let _ = product.edit(described("It shines more."), operation(2), &origin);
    assert_eq!(product.intents.len(), intents, "no edit asks for it again");
}

#[test]
fn a_channel_that_takes_its_time_is_looked_at_less_and_less_often() {
    let mut product = product(&origin(0));
    let _ = product.request_publish(&[channel("a")], operation(1), &origin(1));
    let reviewed = |revision| {
        let visibility = Visibility::UnderReview;
        ChannelOutcome::Listed(Standing { external_id: "1".into(), revision, visibility, mark: None })
    };
    answer(&mut product, "a", reviewed);
    let listing = product.channels[&channel("a")].clone();
    let minutes = |minutes: i64| Timestamp::from_millis(9 + minutes * 60_000);

    let looks = [0, 5, 10, 20].map(|now| listing.look_again_at(minutes(now)));

    assert_eq!(looks, [5, 10, 20, 40].map(|then| Some(minutes(then))));
    answer_again(&mut product);
    assert_eq!(product.channels[&channel("a")].look_again_at(minutes(1)), None);
}

/// The product is brought to the channel once more, and shown.
fn answer_again(product: &mut Product) {
    let _ = product.edit(described("It shines more."), operation(9), &origin(10));
    answer(product, "a", listed);
}
