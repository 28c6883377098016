use ulid::Ulid;

use super::super::offer::game::{channel, origin, product, shop};
use super::super::{Claimed, Drift, Remedy, Sight};
use super::*;
use crate::channel::ChannelStatus;
use crate::code;
use crate::event::EventKind;
use crate::id::OperationId;
use crate::image::Changed;
use crate::listing::{ChannelOutcome, Presence, Seen, Standing, Visibility};
use crate::operation::Intent;
use crate::problem::{Problem, ProblemClass};
use crate::product::{Edit, Requested};
use crate::status::ProductStatus;
use crate::stock::{Count, Quantity, StockChange};
use crate::text::Name;
use crate::time::Timestamp;

fn operation(n: u128) -> OperationId {
    OperationId::new(Ulid::from_parts(7, n))
}

/// There are so many of it from now on.
fn count(product: &mut Product, pieces: i64) {
    let change_id = Ulid::from_parts(8, u128::from(product.version));
    let count = Some(Count::Set(Quantity::new(pieces).unwrap()));
    let _ = product.change_stock(&StockChange { count, ..StockChange::default() }, change_id, &origin(5)).unwrap();
}

/// Its channel carries the newest command out, and says this.
fn answers(product: &mut Product, name: &str, outcome: &ChannelOutcome) {
    let (channel, origin) = (channel(name), origin(9));
    let fence = product.channels[&channel].command.as_ref().unwrap().fence;
    let claimed = product.claim(&channel, fence, "adapter", Timestamp::from_millis(99), &origin);
    assert!(matches!(claimed, Claimed::Granted { hold: None, .. }), "{claimed:?}");
    assert_eq!(product.record(&channel, fence, outcome, &origin), Changed::Yes);
}

fn standing() -> Standing {
    Standing { external_id: "1".into(), revision: 1, visibility: Visibility::Live, mark: None }
}

fn paused() -> ChannelOutcome {
    ChannelOutcome::Withdrawn { remains: Some("1".into()), already: false }
}

fn refused() -> ChannelOutcome {
    let problem = Problem::new(ProblemClass::Policy, code::CHANNEL_REFUSED, "Not today.");
    ChannelOutcome::Refused { problem, seen: Seen::NotLooked }
}

/// Live on channels.
fn live_on(names: &[&str]) -> Product {
    let mut product = product(&origin(0));
    let channels: Vec<_> = names.iter().map(|name| channel(name)).collect();
    product.request_publish(&channels, operation(1), &origin(1)).unwrap();
    for name in names {
        answers(&mut product, name, &ChannelOutcome::Listed(standing()));
    }
    let _ = product.tell(operation(1), &origin(2));
    started(&mut product);
    product
}

/// Everything that it asks for has begun.
fn started(product: &mut Product) -> Vec<Intent> {
    std::mem::take(&mut product.intents)
}

fn kinds(intents: &[Intent]) -> Vec<OperationKind> {
    intents.iter().map(|intent| intent.kind).collect()
}

fn last_told(product: &Product) -> (EventKind, serde_json::Value) {
    let last = product.outbox.last().unwrap();
    (last.kind, last.data["channels"].clone())
}

#[test]
fn the_last_piece_pauses_it_everywhere_and_the_next_one_brings_it_back() {
    let mut product = live_on(&["a", "b"]);

    count(&mut product, 0);

    let pause = started(&mut product);
    assert_eq!(kinds(&pause), [OperationKind::Pause]);
    assert_eq!(pause[0].channels, [channel("a"), channel("b")]);
    assert!(product.channels.values().all(|listing| listing.desired == Desired::On && listing.is_being_withdrawn()));
    answers(&mut product, "a", &paused());
    answers(&mut product, "b", &paused());
    let _ = product.tell(pause[0].operation_id, &origin(9));
    assert_eq!(last_told(&product), (EventKind::ProductPaused, serde_json::json!(["a", "b"])));
    assert_eq!((product.status, product.hold()), (ProductStatus::Ready, Some(Hold::Depleted)));

    count(&mut product, 3);

    let back = started(&mut product);
    assert_eq!(kinds(&back), [OperationKind::Publish]);
    answers(&mut product, "a", &ChannelOutcome::Listed(standing()));
    answers(&mut product, "b", &ChannelOutcome::Listed(standing()));
    let _ = product.tell(back[0].operation_id, &origin(9));
    assert_eq!(last_told(&product), (EventKind::ProductPublished, serde_json::json!(["a", "b"])));
    assert_eq!((product.status, product.hold()), (ProductStatus::Active, None));
}

#[test]
fn only_what_the_stock_has_paused_comes_back() {
    let mut product = live_on(&["a", "b", "c"]);
    product.request_unpublish(&[channel("a")], operation(2), &origin(3)).unwrap();
    answers(&mut product, "a", &paused());
    let _ = product.tell(operation(2), &origin(3));
    count(&mut product, 0);
    answers(&mut product, "b", &paused());
    answers(&mut product, "c", &paused());
    // While it is out of stock, its merchant thinks better of one of them.
    started(&mut product);
    product.request_unpublish(&[channel("b")], operation(3), &origin(6)).unwrap();
    assert_eq!(product.waiting(operation(3)), [], "it is off the market already");
    let _ = product.tell(operation(3), &origin(6));
    assert_eq!(last_told(&product), (EventKind::ProductUnpublished, serde_json::json!(["b"])));
    started(&mut product);

    count(&mut product, 1);

    assert_eq!(started(&mut product)[0].channels, [channel("c")]);
}

#[test]
fn what_is_on_its_way_to_a_channel_is_stopped_and_nothing_is_published_meanwhile() {
    let mut product = product(&origin(0));
    product.request_publish(&[channel("a")], operation(1), &origin(1)).unwrap();
    let fence = product.channels[&channel("a")].command.as_ref().unwrap().fence;

    count(&mut product, 0);

    let late = product.claim(&channel("a"), fence, "adapter", Timestamp::from_millis(99), &origin(6));
    assert_eq!(late, Claimed::Superseded);
    assert_eq!(product.channels[&channel("a")].observed.presence, Presence::Absent);
    let refused = product.request_publish(&[channel("b")], operation(2), &origin(6));
    assert_eq!(refused, Err(Refused::Depleted));
    started(&mut product);
    count(&mut product, 1);
    assert_eq!(started(&mut product)[0].channels, [channel("a")], "what was asked for before is done now");
    assert!(matches!(product.request_publish(&[channel("b")], operation(3), &origin(7)), Ok(Requested::Accepted)));
}

#[test]
fn who_restocks_before_the_channel_was_asked_changes_nothing_there() {
    let mut product = live_on(&["a"]);
    count(&mut product, 0);
    let pause = product.channels[&channel("a")].command.as_ref().unwrap().fence;

    count(&mut product, 2);

    let late = product.claim(&channel("a"), pause, "adapter", Timestamp::from_millis(99), &origin(6));
    assert_eq!(late, Claimed::Superseded);
    let called_off = product.channels[&channel("a")].command.clone().unwrap();
    assert_eq!((called_off.kind, called_off.state), (CommandKind::Update, CommandState::Done), "nobody is called");
    let pause = &started(&mut product)[0];
    assert_eq!(pause.kind, OperationKind::Pause);
    assert_eq!(product.tell(pause.operation_id, &origin(7)), Changed::No);
    assert_eq!((product.status, product.waiting(pause.operation_id).len()), (ProductStatus::Active, 0));
}

#[test]
fn what_became_incomplete_stays_on_sale_through_a_moment_without_stock_and_off_it_once_it_was_paused() {
    let mut product = live_on(&["a"]);
    let edit = Edit { description: Some(None), ..Edit::default() };
    let _ = product.edit(edit, operation(5), &origin(3)).unwrap();
    let mut restocked_at_once = product.clone();
    count(&mut restocked_at_once, 0);
    count(&mut restocked_at_once, 5);
    assert_eq!(
        (restocked_at_once.status, restocked_at_once.channels[&channel("a")].is_under_way()),
        (ProductStatus::Active, false)
    );

    count(&mut product, 0);
    answers(&mut product, "a", &paused());
    count(&mut product, 5);
    assert_eq!(product.status, ProductStatus::Draft, "there is nothing that a channel could be given");
}

#[test]
fn an_edit_that_was_not_yet_brought_there_is_brought_with_the_next_piece_though_the_pause_was_called_off() {
    let mut product = live_on(&["a"]);
    count(&mut product, 0);
    let edit = Edit { name: Some(Name::parse("Torch").unwrap()), ..Edit::default() };
    let _ = product.edit(edit, operation(5), &origin(6)).unwrap();
    started(&mut product);

    count(&mut product, 1);

    let command = product.channels[&channel("a")].command.clone().unwrap();
    assert_eq!((command.state, command.revision), (CommandState::Queued, product.revision));
}

#[test]
fn what_failed_for_a_passing_reason_is_tried_again_with_the_next_piece() {
    let mut product = product(&origin(0));
    product.request_publish(&[channel("a")], operation(1), &origin(1)).unwrap();
    let _ = product.plan(operation(1), &[shop("a", ChannelStatus::Paused)], &origin(2));
    count(&mut product, 0);
    started(&mut product);

    count(&mut product, 1);

    assert!(product.channels[&channel("a")].is_being_offered());
}

#[test]
fn a_pause_that_the_merchant_takes_over_is_answered_for_as_a_withdrawal() {
    let mut product = live_on(&["a", "b"]);
    count(&mut product, 0);
    product.request_unpublish(&[channel("a")], operation(3), &origin(6)).unwrap();

    assert_eq!(product.waiting(operation(3)).len(), 1);
    answers(&mut product, "a", &refused());
    assert_eq!(product.tally(operation(3)).failed.len(), 1, "its own operation says so");
    count(&mut product, 1);
    assert_eq!(product.channels[&channel("a")].desired, Desired::Off);
    assert!(product.channels[&channel("b")].is_live());
}

#[test]
fn a_pause_is_retried_where_it_failed_and_told_where_it_was_not() {
    let mut product = live_on(&["a", "b"]);
    count(&mut product, 0);
    let pause = started(&mut product)[0].operation_id;
    answers(&mut product, "a", &paused());
    answers(&mut product, "b", &refused());
    let _ = product.tell(pause, &origin(9));

    product.request_again(OperationKind::Pause, operation(8), pause, &origin(10)).unwrap();
    answers(&mut product, "b", &paused());
    let _ = product.tell(operation(8), &origin(11));

    assert_eq!(last_told(&product), (EventKind::ProductPaused, serde_json::json!(["b"])));
}

#[test]
fn a_channel_where_it_will_be_sold_again_can_not_be_disconnected() {
    let mut product = live_on(&["a"]);
    count(&mut product, 0);
    answers(&mut product, "a", &paused());

    assert_eq!(product.bound_to, [channel("a")]);
}

#[test]
fn a_channel_that_does_not_let_go_is_not_asked_by_every_write_but_by_a_retry_and_by_a_reconciliation() {
    let mut product = live_on(&["a"]);
    count(&mut product, 0);
    let pause = started(&mut product)[0].operation_id;
    answers(&mut product, "a", &refused());
    let _ = product.tell(pause, &origin(9));
    count(&mut product, 0);
    assert_eq!(product.intents, [], "no loop");
    assert_eq!(product.status, ProductStatus::Active, "buyers still see it");
    let (mut retried, mut reconciled) = (product.clone(), product.clone());

    retried.request_again(OperationKind::Pause, operation(8), pause, &origin(10)).unwrap();
    assert_eq!(retried.waiting(operation(8)).len(), 1);
    assert_eq!(retried.channels[&channel("a")].desired, Desired::On);

    let there = standing();
    let (drift, _) = reconciled.reconcile(&shop("a", ChannelStatus::Active), Sight::There(&there), &origin(200));
    let asked = started(&mut reconciled);
    assert_eq!(kinds(&asked), [OperationKind::Pause]);
    let remedy = |drift: Drift| (drift.remedy, drift.operation_id);
    assert_eq!(drift.map(remedy), Some((Remedy::Withdraw, Some(asked[0].operation_id))));

    count(&mut product, 1);
    started(&mut product);
    let too_late = product.request_again(OperationKind::Pause, operation(9), pause, &origin(11));
    assert_eq!(too_late, Err(Refused::HeldNoLonger));
}

#[test]
fn who_is_deactivated_while_paused_stays_off_the_market() {
    let mut product = live_on(&["a"]);
    count(&mut product, 0);
    answers(&mut product, "a", &paused());
    product.request_deactivation(operation(4), &origin(6)).unwrap();
    started(&mut product);

    count(&mut product, 5);

    assert_eq!((product.intents.len(), product.status), (0, ProductStatus::Inactive));
}

#[test]
fn an_edit_of_a_paused_product_waits_and_reaches_the_channel_with_the_next_piece() {
    let mut product = live_on(&["a"]);
    count(&mut product, 0);
    answers(&mut product, "a", &paused());
    started(&mut product);
    let name = Name::parse("Torch").unwrap();
    let edit = Edit { name: Some(name), ..Edit::default() };
    let _ = product.edit(edit, operation(5), &origin(6)).unwrap();
    assert_eq!(product.intents, []);

    count(&mut product, 1);

    let command = product.channels[&channel("a")].command.clone().unwrap();
    assert_eq!((command.kind, command.revision), (CommandKind::Update, product.revision));
}
