//! What each difference is called, and what is done about it.

use serde_json::Map;
use ulid::Ulid;

use super::super::{Canonical, Claimed, Edit, NewProduct, Requested};
use super::*;
use crate::channel::ChannelStatus;
use crate::event::Actor;
use crate::id::MerchantId;
use crate::image::{Image, Placeholder, Rendition, UploadedFile};
use crate::listing::{ChannelOutcome, Seen};
use crate::money::{Currency, Money};
use crate::problem::Problem;
use crate::product::ImageReference;
use crate::text::{Description, Name};
use crate::{Code, ImageId};

fn origin(now: i64) -> Origin {
    Origin { now: Timestamp::from_millis(now), actor: Actor::system("test"), correlation_id: "c".into(), cause: None }
}

fn operation(n: u128) -> OperationId {
    OperationId::new(Ulid::from_parts(7, n))
}

fn shop(status: ChannelStatus) -> Channel {
    Channel {
        id: ChannelId::parse("shop").unwrap(),
        merchant_id: MerchantId::new(Ulid::from_parts(1, 1)),
        channel_type: "sandbox".into(),
        config: Map::new(),
        secret: None,
        paused: false,
        status,
        problem: None,
        reconcile_due_at: None,
        version: 1,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
    }
}

fn open_shop() -> Channel {
    shop(ChannelStatus::Active)
}

fn standing(visibility: Visibility, mark: &str) -> Standing {
    Standing { external_id: "x-1".into(), revision: 1, visibility, mark: Some(mark.into()) }
}

/// Complete, and asked for at the shop.
fn asked() -> Product {
    let (origin, image_id) = (origin(0), ImageId::new(Ulid::from_parts(1, 2)));
    let canonical = Canonical {
        name: Name::parse("Lamp").unwrap(),
        description: Some(Description::parse("It shines.").unwrap()),
        price: Some(Money::new(1999, Currency::parse("USD").unwrap()).unwrap()),
        category_id: None,
        attributes: std::collections::BTreeMap::new(),
        tags: vec![],
        brand: None,
    };
    let new = NewProduct { sku: None, slug: None, canonical, images: vec![ImageReference { image_id, alt: None }] };
    let (id, merchant) = (ProductId::new(Ulid::from_parts(1, 4)), MerchantId::new(Ulid::from_parts(1, 1)));
    let mut product = Product::register(new, id, merchant, operation(1), &origin).unwrap();
    let mut image = Image::awaiting_upload(image_id, merchant, "image/jpeg", origin.now);
    let content_type = "image/jpeg".to_owned();
    let file = UploadedFile { content_type: content_type.clone(), width: 4, height: 3, bytes: 9 };
    let key = "images/m/ab/320.jpg".to_owned();
    let rendition = Rendition { name: "320.jpg".into(), content_type, width: 4, height: 3, bytes: 9, key };
    let placeholder = Placeholder { blurhash: "L00000fQfQfQfQfQfQfQfQfQfQfQ".into(), colour: "#000000".into() };
    let _ = image.arrive(None, operation(1), &origin);
    let _ = image.finish(file, placeholder, vec![rendition], &origin);
    let _ = product.absorb(&[image], &origin);
    assert_eq!(product.request_publish(&[open_shop().id], operation(2), &origin), Ok(Requested::Accepted));
    product.intents.clear();
    product
}

/// The answer to what is under way.
fn answered(mut product: Product, outcome: &ChannelOutcome) -> Product {
    let (channel, origin) = (open_shop().id, origin(1));
    let fence = product.channels[&channel].command.as_ref().unwrap().fence;
    let claimed = product.claim(&channel, fence, "adapter", Timestamp::from_millis(99), &origin);
    assert!(matches!(claimed, Claimed::Granted { .. }));
    assert_eq!(product.record(&channel, fence, outcome, &origin), Changed::Yes);
    product.intents.clear();
    product.outbox.clear();
    product
}

fn live() -> Product {
    answered(asked(), &ChannelOutcome::Listed(standing(Visibility::Live, "1")))
}

fn failed(code: Code, class: ProblemClass) -> Product {
    let problem = Problem::new(class, code, "No.");
    answered(asked(), &ChannelOutcome::Refused { problem, seen: Seen::NotLooked })
}

fn withdrawn() -> Product {
    let mut product = live();
    let _ = product.request_deactivation(operation(3), &origin(2)).unwrap();
    answered(product, &ChannelOutcome::Withdrawn { remains: Some("x-1".into()), already: false })
}

fn found(product: &mut Product, sight: Sight<'_>) -> Option<(DriftKind, Remedy)> {
    let (drift, _) = product.reconcile(&open_shop(), sight, &origin(9));
    if let Some(drift) = &drift {
        let asked = product.intents.last().map(|intent| intent.operation_id);
        assert_eq!(drift.operation_id, asked.filter(|_| drift.remedy != Remedy::Report), "{drift:?}");
    }
    drift.map(|drift| (drift.kind, drift.remedy))
}

#[test]
fn what_is_as_it_should_be_changes_nothing() {
    let mut product = live();
    let before = product.clone();

    assert_eq!(found(&mut product, Sight::There(&standing(Visibility::Live, "1"))), None);
    assert_eq!(found(&mut product, Sight::Unobservable), None);
    assert_eq!(product, before);
}

#[test]
fn each_difference_has_its_name_and_its_remedy() {
    let see = |visibility, mark: &str| found(&mut live(), Sight::There(&standing(visibility, mark)));

    assert_eq!(found(&mut live(), Sight::Absent), Some((DriftKind::Vanished, Remedy::Publish)));
    assert_eq!(see(Visibility::Live, "2"), Some((DriftKind::ChangedByHand, Remedy::Publish)));
    assert_eq!(see(Visibility::Hidden, "1"), Some((DriftKind::Hidden, Remedy::Publish)));
    assert_eq!(see(Visibility::UnderReview, "1"), None, "it may look at it again");
    let unwanted = found(&mut withdrawn(), Sight::There(&standing(Visibility::Live, "1")));
    assert_eq!(unwanted, Some((DriftKind::Unwanted, Remedy::Withdraw)));
    let mut never = failed(code::CHANNEL_REFUSED, ProblemClass::Policy);
    let ghost = found(&mut never, Sight::There(&standing(Visibility::Live, "1")));
    assert_eq!(ghost, Some((DriftKind::Ghost, Remedy::Publish)));
}

#[test]
fn what_is_told_is_also_an_event_and_the_write_asks_for_its_remedy() {
    let mut product = live();

    assert!(found(&mut product, Sight::Absent).is_some());

    let kinds: Vec<_> = product.outbox.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::ProductDrifted]);
    let listing = &product.channels[&open_shop().id];
    assert!(listing.is_being_offered() && listing.observed == Observed::default() && !listing.again);
    assert_eq!(product.intents[0].channels, [open_shop().id]);
}

#[test]
fn a_listing_that_somebody_is_at_is_left_alone() {
    let (mut product, channel) = (live(), open_shop().id);
    let _ = product.edit(
        Edit { description: Some(Some(Description::parse("It shines more.").unwrap())), ..Edit::default() },
        operation(4),
        &origin(3),
    );
    let before = product.clone();
    assert_eq!(found(&mut product, Sight::Absent), None);
    assert_eq!(product, before, "its command waits");

    let fence = product.channels[&channel].command.as_ref().unwrap().fence;
    let _ = product.claim(&channel, fence, "adapter", Timestamp::from_millis(50), &origin(4));
    let problem = Problem::new(ProblemClass::Transient, code::EXECUTION_STOPPED, "Somebody stopped it.");
    let _ = product.abandon(product.channels[&channel].command.as_ref().unwrap().operation_id, &problem, &origin(5));
    let before = product.clone();
    assert_eq!(found(&mut product, Sight::Absent), None);
    assert_eq!(product, before, "an adapter may still be at it");

    let (drift, _) = product.reconcile(&open_shop(), Sight::Absent, &origin(51));
    assert_eq!(drift.map(|drift| drift.kind), Some(DriftKind::Behind), "its claim has ended");
    assert!(!product.channels[&channel].in_doubt, "a look ends the doubt");
}

#[test]
fn only_what_may_have_passed_is_tried_again() {
    let again = |code, class| found(&mut failed(code, class), Sight::Absent);

    for class in [ProblemClass::Auth, ProblemClass::Throttled, ProblemClass::Transient] {
        assert_eq!(again(code::CHANNEL_REFUSED, class), Some((DriftKind::Behind, Remedy::Publish)), "{class:?}");
    }
    assert_eq!(again(code::CHANNEL_PAUSED, ProblemClass::Policy), Some((DriftKind::Behind, Remedy::Publish)));
    assert_eq!(again(code::CHANNEL_REFUSED, ProblemClass::Policy), None);
    assert_eq!(again(code::CHANNEL_ATTRIBUTE_MISSING, ProblemClass::Validation), None);
}

#[test]
fn nothing_is_asked_of_a_channel_that_takes_nothing_and_the_drift_is_told_all_the_same() {
    let mut product = live();

    let (drift, changed) = product.reconcile(&shop(ChannelStatus::Paused), Sight::Absent, &origin(9));

    assert_eq!(drift.map(|drift| (drift.kind, drift.remedy)), Some((DriftKind::Vanished, Remedy::Report)));
    assert_eq!((changed, product.intents.len()), (Changed::Yes, 0));
    assert!(!product.channels[&open_shop().id].is_live());
}

#[test]
fn what_a_channel_rejected_waits_for_the_merchant() {
    let mut product = answered(asked(), &ChannelOutcome::Listed(standing(Visibility::UnderReview, "1")));
    assert_eq!(product.status, crate::ProductStatus::Ready);

    let rejected = found(&mut product, Sight::There(&standing(Visibility::Hidden, "1")));

    assert_eq!(rejected, Some((DriftKind::Rejected, Remedy::Report)));
    let command = product.channels[&open_shop().id].command.clone().unwrap();
    assert_eq!(command.problem.unwrap().code, "CHANNEL_REFUSED");
    assert_eq!(found(&mut product, Sight::There(&standing(Visibility::Hidden, "1"))), None, "told once");
    let edit = Edit { description: Some(Some(Description::parse("Other words.").unwrap())), ..Edit::default() };
    let _ = product.edit(edit, operation(5), &origin(10));
    assert_eq!(product.intents.len(), 1, "a new revision is another try");
}

#[test]
fn an_edit_by_hand_stays_known_until_it_is_written_over() {
    let mut product = live();
    let edited = standing(Visibility::Live, "2");
    assert!(found(&mut product, Sight::There(&edited)).is_some());

    // The adapter looks again, because it died in between: what is there is not what it was to bring.
    let listing = &product.channels[&open_shop().id];
    assert!(!listing.is_satisfied_by(&edited, 1));
    assert!(listing.is_satisfied_by(&standing(Visibility::Live, "1"), 1));
}

#[test]
fn what_a_purged_product_left_at_a_channel_is_told() {
    let mut product = live();
    let _ = product.purge(&origin(9));
    let there = standing(Visibility::Live, "1");

    assert_eq!(found(&mut product, Sight::There(&there)), Some((DriftKind::Ghost, Remedy::Report)));
    assert_eq!(found(&mut product, Sight::Absent), None);
}

#[test]
fn a_deletion_that_was_refused_is_tried_again() {
    let mut product = live();
    assert_eq!(product.request_deletion(operation(6), &origin(3)), Requested::Accepted);
    let problem = Problem::new(ProblemClass::Policy, code::CHANNEL_REFUSED, "It lies in carts.");
    let mut product = answered(product, &ChannelOutcome::Refused { problem, seen: Seen::NotLooked });

    let found = found(&mut product, Sight::There(&standing(Visibility::Live, "1")));

    assert_eq!(found, Some((DriftKind::Unwanted, Remedy::Withdraw)));
    let command = product.channels[&open_shop().id].command.clone().unwrap();
    assert_eq!((command.kind, product.deleting), (CommandKind::Close, Some(command.operation_id)));
}

#[test]
fn a_deletion_that_became_possible_goes_on() {
    let mut product = live();
    let _ = product.request_deletion(operation(6), &origin(3));
    let problem = Problem::new(ProblemClass::Policy, code::CHANNEL_REFUSED, "It lies in carts.");
    let mut product = answered(product, &ChannelOutcome::Refused { problem, seen: Seen::NotLooked });
    let _ = product.tell(operation(6), &origin(4));

    assert_eq!(found(&mut product, Sight::Absent), None, "it is as the merchant wants it");

    assert!(product.is_let_go());
    assert_eq!(product.intents.iter().map(|intent| intent.kind).collect::<Vec<_>>(), [OperationKind::Delete]);
    assert_eq!(product.deleting, Some(product.intents[0].operation_id));
    let version = product.version;
    assert_eq!(found(&mut product, Sight::Absent), None);
    assert_eq!(product.version, version, "it is asked for once");
}

#[test]
fn what_failed_and_is_there_all_the_same_is_told_to_be_there() {
    let mut product = failed(code::CHANNEL_SILENT, ProblemClass::Transient);
    let _ = product.tell(operation(2), &origin(4));
    product.outbox.clear();
    product.channels.get_mut(&open_shop().id).unwrap().in_doubt = true;

    assert_eq!(found(&mut product, Sight::There(&standing(Visibility::Live, "1"))), None);

    let command = product.channels[&open_shop().id].command.clone().unwrap();
    assert_eq!((command.state, command.problem), (CommandState::Done, None));
    assert_eq!(product.outbox.iter().map(|event| event.kind).collect::<Vec<_>>(), [EventKind::ProductPublished]);
}

#[test]
fn a_listing_that_the_channel_took_and_hides_is_not_offered_time_and_again() {
    let mut product = answered(asked(), &ChannelOutcome::Listed(standing(Visibility::Hidden, "1")));

    for _ in 0..3 {
        assert_eq!(found(&mut product, Sight::There(&standing(Visibility::Hidden, "1"))), None);
        assert_eq!(found(&mut product, Sight::Unobservable), None);
    }
    assert_eq!(product.intents, []);
}

#[test]
fn what_came_of_a_command_before_a_look_is_older_than_what_was_seen() {
    let mut product = asked();
    let (channel, until) = (open_shop().id, Timestamp::from_millis(5));
    let _ = product.claim(&channel, 1, "adapter", until, &origin(1));
    let silent = Problem::new(ProblemClass::Transient, code::CHANNEL_SILENT, "No answer.");
    let _ = product.give_up(&channel, 1, &silent, &origin(2));
    assert!(found(&mut product, Sight::There(&standing(Visibility::Live, "1"))).is_none());

    let unknown = ChannelOutcome::Unknown { problem: silent };
    assert_eq!(product.record(&channel, 1, &unknown, &origin(10)), Changed::No);
    assert!(product.channels[&channel].is_live());
}
