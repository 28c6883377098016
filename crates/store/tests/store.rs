//! The repositories on a real database, each test on one of its own.
#![expect(clippy::unwrap_used, reason = "a panic is a test's report")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use serde_json::Map;
use tola_catalog::image::Changed;
use tola_catalog::operation::{Intent, StepOutcome, Subject};
use tola_catalog::product::{Canonical, Edit, NewProduct};
use tola_catalog::quota::Quota;
use tola_catalog::text::{Name, Sku, Slug};
use tola_catalog::{
    Actor, Channel, ChannelId, ChannelStatus, Clue, Image, ImageId, MerchantId, Operation, OperationId, OperationKind,
    OperationStatus, Origin, Product, ProductId, ProductStatus, StepRecord, Timestamp,
};
use tola_contracts::message::AggregateRef;
use tola_local::database::InProcessDatabase;
use tola_store::{
    Begun, Derived, Duplicate, Error, IdempotencyKey, Minted, MongoConfig, OperationFilter, Outcome, ProductFilter,
    ProductOrder, Saved, Settlement, Store, StoredAnswer, SystemScope, TenantScope,
};
use ulid::Ulid;

const SYSTEM: fn() -> SystemScope = || SystemScope::named("test");

async fn fresh() -> (InProcessDatabase, Store) {
    let database = InProcessDatabase::start().unwrap();
    let store = Store::connect(&MongoConfig::new(database.uri(), "tola")).await.unwrap();
    store.migrate().await.unwrap();
    (database, store)
}

fn merchant(n: u128) -> MerchantId {
    MerchantId::new(Ulid::from_parts(1, n))
}

fn scope(n: u128) -> TenantScope {
    SYSTEM().acting_for(merchant(n))
}

fn origin_at(millis: i64) -> Origin {
    Origin {
        now: Timestamp::from_millis(millis),
        actor: Actor::system("test"),
        correlation_id: "c".into(),
        cause: None,
    }
}

fn operation_id(n: u128) -> OperationId {
    OperationId::new(Ulid::from_parts(2, n))
}

fn product(n: u128, sku: Option<&str>, slug: Option<&str>) -> Product {
    let canonical = Canonical {
        name: Name::parse(&format!("Lamp {n}")).unwrap(),
        description: None,
        price: None,
        category_id: None,
        attributes: BTreeMap::new(),
        tags: vec![],
        brand: None,
    };
    let new = NewProduct {
        sku: sku.map(|sku| Sku::parse(sku).unwrap()),
        slug: slug.map(|slug| Slug::parse(slug).unwrap()),
        canonical,
        images: vec![],
    };
    let id = ProductId::new(Ulid::from_parts(3, n));
    Product::register(new, id, merchant(1), operation_id(n), &origin_at(1_000)).unwrap()
}

fn rename(product: &mut Product, name: &str) -> Result<Changed, Error> {
    let edit = Edit { name: Some(Name::parse(name).unwrap()), ..Edit::default() };
    Ok(product.edit(edit, operation_id(999), &origin_at(2_000)).unwrap())
}

#[tokio::test]
async fn migrating_twice_is_migrating_once() {
    let (_database, store) = fresh().await;

    assert_eq!(store.migrate().await.unwrap(), tola_store::schema::INDEXES.len());
}

#[tokio::test]
async fn a_document_comes_back_as_it_was_written() {
    let (_database, store) = fresh().await;
    let lamp = product(1, Some("L-1"), None);

    store.products(scope(1)).insert(&lamp).await.unwrap();

    assert_eq!(store.products(scope(1)).get(lamp.id).await.unwrap(), Some(lamp.clone()));
    assert_eq!(store.products(scope(1)).by_sku(&Sku::parse("L-1").unwrap()).await.unwrap(), Some(lamp.clone()));
    assert_eq!(store.products(scope(1)).by_slug(&lamp.slug).await.unwrap(), Some(lamp));
}

#[tokio::test]
async fn what_has_to_be_unique_is_told_apart() {
    let (_database, store) = fresh().await;
    let products = store.products(scope(1));
    products.insert(&product(1, Some("L-1"), Some("lamp"))).await.unwrap();
    let duplicate = |result: Result<(), Error>| match result {
        Err(Error::Duplicate(what)) => Some(what),
        _ => None,
    };

    assert_eq!(duplicate(products.insert(&product(2, Some("L-1"), Some("other"))).await), Some(Duplicate::Sku));
    assert_eq!(duplicate(products.insert(&product(2, Some("L-2"), Some("lamp"))).await), Some(Duplicate::Slug));
    assert_eq!(duplicate(products.insert(&product(1, Some("L-3"), Some("third"))).await), Some(Duplicate::Id));
    products.insert(&product(3, None, Some("a"))).await.unwrap();
    products.insert(&product(4, None, Some("b"))).await.unwrap();
}

#[tokio::test]
async fn another_merchants_scope_sees_and_changes_nothing() {
    let (_database, store) = fresh().await;
    let lamp = product(1, Some("L-1"), Some("lamp"));
    store.products(scope(1)).insert(&lamp).await.unwrap();
    let foreign = store.products(scope(2));

    assert_eq!(foreign.get(lamp.id).await.unwrap(), None);
    assert_eq!(foreign.by_sku(&Sku::parse("L-1").unwrap()).await.unwrap(), None);
    assert_eq!(foreign.by_slug(&lamp.slug).await.unwrap(), None);
    assert!(foreign.list(&ProductFilter::default(), ProductOrder::NEWEST, None, 10).await.unwrap().is_empty());
    assert_eq!(foreign.change(lamp.id, |product| rename(product, "Mine")).await.unwrap(), Outcome::Absent);
    foreign.pull_intent(lamp.id, operation_id(1)).await.unwrap();
    assert_eq!(store.products(scope(1)).get(lamp.id).await.unwrap(), Some(lamp));
}

#[tokio::test]
async fn a_stale_write_changes_nothing() {
    let (_database, store) = fresh().await;
    let products = store.products(scope(1));
    let before = product(1, None, None);
    products.insert(&before).await.unwrap();
    let (mut first, mut second) = (before.clone(), before.clone());
    let _ = rename(&mut first, "First").unwrap();
    let _ = rename(&mut second, "Second").unwrap();

    assert_eq!(products.save(&before, &first).await.unwrap(), Saved::Moved);
    assert_eq!(products.save(&before, &second).await.unwrap(), Saved::Conflict);
    assert_eq!(products.get(before.id).await.unwrap(), Some(first));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_that_race_all_get_through_and_number_their_events_without_gaps() {
    let (_database, store) = fresh().await;
    let lamp = product(1, None, None);
    store.products(scope(1)).insert(&lamp).await.unwrap();

    let writers: Vec<_> = (0..8)
        .map(|n| {
            let store = store.clone();
            let id = lamp.id;
            tokio::spawn(async move {
                let name = format!("Name {n}");
                // As the API does: an answer that says "contended" is asked again.
                while store.products(scope(1)).change(id, |product| rename(product, &name)).await.is_err() {}
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }

    let now = store.products(scope(1)).get(lamp.id).await.unwrap().unwrap();
    assert_eq!(now.revision, 9);
    let sequences: Vec<_> = now.outbox.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, (1..=9).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_write_does_not_bring_back_what_the_relay_took_out() {
    let (_database, store) = fresh().await;
    let products = store.products(scope(1));
    let before = product(1, None, None);
    products.insert(&before).await.unwrap();
    let outboxes = store.outboxes(SYSTEM());
    let aggregate = AggregateRef::Product(before.id);
    let mut after = before.clone();
    let _ = rename(&mut after, "New").unwrap();

    // Between reading and writing, the relay drains and the launcher pulls.
    outboxes.remove(aggregate, &[format!("{}:1", before.id)]).await.unwrap();
    products.pull_intent(before.id, operation_id(1)).await.unwrap();
    assert_eq!(products.save(&before, &after).await.unwrap(), Saved::Moved);

    let now = products.get(before.id).await.unwrap().unwrap();
    assert_eq!(now.outbox.iter().map(|event| event.sequence).collect::<Vec<_>>(), [2]);
    assert!(now.intents.is_empty());
    assert!(now.outbox_due_at.is_some(), "or nobody would ever find the new event");
}

#[tokio::test]
async fn draining_clears_the_due_time_only_when_nothing_is_left() {
    let (_database, store) = fresh().await;
    let mut lamp = product(1, None, None);
    let _ = rename(&mut lamp, "New").unwrap();
    store.products(scope(1)).insert(&lamp).await.unwrap();
    let (outboxes, aggregate) = (store.outboxes(SYSTEM()), AggregateRef::Product(lamp.id));
    let due = || async {
        let overdue = store.leftovers(SYSTEM()).overdue_outboxes(Timestamp::from_millis(9_000), 10).await.unwrap();
        overdue == [aggregate]
    };

    outboxes.remove(aggregate, &[format!("{}:1", lamp.id)]).await.unwrap();
    assert!(due().await);
    outboxes.remove(aggregate, &[format!("{}:2", lamp.id)]).await.unwrap();
    assert!(!due().await);
}

#[tokio::test]
async fn an_outbox_that_was_emptied_by_one_who_died_is_overdue_until_somebody_looks() {
    let (_database, store) = fresh().await;
    let mut emptied = product(1, None, None);
    emptied.outbox.clear();
    let full = product(2, None, None);
    for product in [&emptied, &full] {
        store.products(scope(1)).insert(product).await.unwrap();
    }
    let outboxes = store.outboxes(SYSTEM());
    let aggregates = [&emptied, &full].map(|product| AggregateRef::Product(product.id));
    let overdue = || store.leftovers(SYSTEM());
    assert_eq!(overdue().overdue_outboxes(Timestamp::from_millis(9_000), 10).await.unwrap(), aggregates);

    for aggregate in aggregates {
        outboxes.nothing_waits(aggregate).await.unwrap();
    }

    let left = overdue().overdue_outboxes(Timestamp::from_millis(9_000), 10).await.unwrap();
    assert_eq!(left, aggregates[1..], "what has something to tell stays due");
}

#[tokio::test]
async fn an_outbox_that_is_full_refuses_the_write() {
    let (_database, store) = fresh().await;
    let products = store.products(scope(1));
    let lamp = product(1, None, None);
    products.insert(&lamp).await.unwrap();

    let mut names = (0..).map(|n| format!("Name {n}"));
    let refused = loop {
        let name = names.next().unwrap();
        if let Err(error) = products.change(lamp.id, |product| rename(product, &name)).await {
            break error;
        }
    };

    assert!(matches!(&refused, Error::OutboxFull(_)), "{refused}");
    assert!(refused.is_transient());
    assert_eq!(products.get(lamp.id).await.unwrap().unwrap().outbox.len(), 100);
}

#[tokio::test]
async fn history_keeps_an_event_once_and_tells_it_in_order() {
    let (_database, store) = fresh().await;
    let mut lamp = product(1, None, None);
    for n in 0..12 {
        let _ = rename(&mut lamp, &format!("Name {n}")).unwrap();
    }
    let outboxes = store.outboxes(SYSTEM());

    outboxes.record(&lamp.outbox[3..]).await.unwrap();
    outboxes.record(&lamp.outbox).await.unwrap();

    let history = store.history(scope(1));
    assert_eq!(history.of(&lamp.id.to_string(), 0, 100).await.unwrap(), lamp.outbox);
    assert_eq!(history.of(&lamp.id.to_string(), 10, 2).await.unwrap(), lamp.outbox[10..12]);
    assert!(store.history(scope(2)).of(&lamp.id.to_string(), 0, 100).await.unwrap().is_empty());
}

#[tokio::test]
async fn lists_are_newest_first_filtered_and_paged() {
    let (_database, store) = fresh().await;
    let products = store.products(scope(1));
    for n in 1..=5 {
        products.insert(&product(n, None, Some(&format!("lamp-{n}")))).await.unwrap();
    }
    let ids = |products: Vec<Product>| products.into_iter().map(|p| p.id.ulid().random()).collect::<Vec<_>>();
    let (all, newest) = (ProductFilter::default(), ProductOrder::NEWEST);

    let first = products.list(&all, newest, None, 2).await.unwrap();
    let after = newest.position(first.last().unwrap());
    let second = products.list(&all, newest, Some(&after), 2).await.unwrap();
    assert_eq!((ids(first), ids(second)), (vec![5, 4], vec![3, 2]));
    let drafts = ProductFilter { status: Some(ProductStatus::Draft), ..ProductFilter::default() };
    assert_eq!(ids(products.list(&drafts, newest, None, 10).await.unwrap()), [5, 4, 3, 2, 1]);
    let ready = ProductFilter { status: Some(ProductStatus::Ready), ..ProductFilter::default() };
    assert!(products.list(&ready, newest, None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_an_older_version_derived_is_derived_anew_and_nothing_else_changes() {
    let (database, store) = fresh().await;
    let products = store.products(scope(1));
    for n in 1..=150 {
        products.insert(&product(n, None, Some(&format!("lamp-{n}")))).await.unwrap();
    }
    let before = products.list(&ProductFilter::default(), ProductOrder::NEWEST, None, 100).await.unwrap();
    let client = mongodb::Client::with_uri_str(database.uri()).await.unwrap();
    let behind = client.database("tola").collection::<Document>(tola_store::schema::PRODUCTS);
    behind
        .update_many(doc! { "_id": { "$lt": before[9].id.to_string() } }, doc! { "$unset": { "found_by": 1 } })
        .await
        .unwrap();
    let stale = doc! { "$set": { "found_by.rules": 0, "found_by.terms": ["wrong"] } };
    behind.update_one(doc! { "_id": before[0].id.to_string() }, stale).await.unwrap();
    let lamps = ProductFilter { clues: Clue::words("lamp", true).unwrap(), ..ProductFilter::default() };
    let found = async || products.list(&lamps, ProductOrder::NEWEST, None, 100).await.unwrap();
    assert_eq!(found().await.len(), 9);

    let none = store.derive(SYSTEM(), Instant::now()).await.unwrap();
    assert_eq!(none, Derived::default(), "there was no time");
    let until = Instant::now() + Duration::from_secs(60);
    assert_eq!(store.derive(SYSTEM(), until).await.unwrap(), Derived { products: 141, complete: true });

    assert_eq!(found().await, before);
    assert_eq!(store.derive(SYSTEM(), until).await.unwrap(), Derived { products: 0, complete: true });
}

fn intent(n: u128, at: i64) -> Intent {
    Intent {
        channels: Vec::new(),
        operation_id: operation_id(n),
        kind: OperationKind::Register,
        requested_at: Timestamp::from_millis(at),
        requested_by: Actor::system("test"),
        correlation_id: "c".into(),
        retry_of: None,
    }
}

fn operation(n: u128, at: i64) -> Operation {
    Operation::of_intent(&intent(n, at), merchant(1), Subject::Product(ProductId::new(Ulid::from_parts(3, n))))
}

fn step(attempt: u32, outcome: StepOutcome) -> StepRecord {
    StepRecord {
        name: "Validate the product".into(),
        channel: None,
        attempt,
        started: Timestamp::from_millis(1_000),
        ended: None,
        outcome,
        result: None,
        problem: None,
    }
}

#[tokio::test]
async fn an_operation_is_made_once_and_settled_once() {
    let (_database, store) = fresh().await;
    let operations = store.operations(scope(1));
    let settlement = |status| Settlement { status, result: None, problem: None };
    let now = Timestamp::from_millis(5_000);

    operations.ensure(&operation(1, 1_000)).await.unwrap();
    assert!(operations.settle(operation_id(1), &settlement(OperationStatus::Failed), now).await.unwrap());
    operations.ensure(&operation(1, 1_000)).await.unwrap();
    assert!(!operations.settle(operation_id(1), &settlement(OperationStatus::Succeeded), now).await.unwrap());

    let known = operations.get(operation_id(1)).await.unwrap().unwrap();
    assert_eq!((known.status, known.ended_at), (OperationStatus::Failed, Some(now)));
    assert_eq!(store.operations(scope(2)).get(operation_id(1)).await.unwrap(), None);
    let failed = OperationFilter { status: Some(OperationStatus::Failed), ..OperationFilter::default() };
    assert_eq!(operations.list(&failed, None, 10).await.unwrap(), std::slice::from_ref(&known));
    let of_product = OperationFilter { product: known.product_id, ..OperationFilter::default() };
    assert_eq!(operations.list(&of_product, None, 10).await.unwrap(), [known]);
}

#[tokio::test]
async fn attempts_are_told_apart_and_the_latest_are_kept() {
    let (_database, store) = fresh().await;
    let operations = store.operations(scope(1));
    operations.ensure(&operation(1, 1_000)).await.unwrap();

    for attempt in [1, 1, 2] {
        operations.step_began(operation_id(1), &step(attempt, StepOutcome::Running)).await.unwrap();
    }
    operations.step_ended(operation_id(1), &step(1, StepOutcome::Failed)).await.unwrap();
    let steps = operations.get(operation_id(1)).await.unwrap().unwrap().steps;
    assert_eq!(steps, [step(1, StepOutcome::Failed), step(2, StepOutcome::Running)]);

    for attempt in 3..=210 {
        operations.step_began(operation_id(1), &step(attempt, StepOutcome::Running)).await.unwrap();
    }
    let steps = operations.get(operation_id(1)).await.unwrap().unwrap().steps;
    assert_eq!((steps.len(), steps[0].attempt), (200, 11));
}

#[tokio::test]
async fn of_two_retries_one_wins() {
    let (_database, store) = fresh().await;
    let operations = store.operations(scope(1));
    operations.ensure(&operation(1, 1_000)).await.unwrap();

    assert_eq!(operations.retried_by(operation_id(1), operation_id(2)).await.unwrap(), Some(operation_id(2)));
    assert_eq!(operations.retried_by(operation_id(1), operation_id(3)).await.unwrap(), Some(operation_id(2)));
    assert_eq!(operations.retried_by(operation_id(9), operation_id(3)).await.unwrap(), None);
}

fn key() -> IdempotencyKey {
    IdempotencyKey { route: "POST /v1/products".into(), key: "k".into(), body_hash: "h".into() }
}

fn minted(n: u128) -> Minted {
    Minted { resource: Ulid::from_parts(7, n), operation: Ulid::from_parts(8, n) }
}

#[tokio::test]
async fn a_key_stands_for_one_request_its_ids_and_its_answer() {
    let (_database, store) = fresh().await;
    let keys = store.idempotency(scope(1));
    let now = Timestamp::from_millis(1_000_000);
    let answer = StoredAnswer { status: 201, headers: vec![("etag".into(), "x".into())], body: "{}".into() };

    assert_eq!(keys.begin(&key(), minted(1), now).await.unwrap(), Begun::Proceed(minted(1)));
    assert!(
        matches!(keys.begin(&key(), minted(2), now).await.unwrap(), Begun::InFlight { retry_after } if !retry_after.is_zero())
    );
    let other = IdempotencyKey { body_hash: "other".into(), ..key() };
    assert_eq!(keys.begin(&other, minted(2), now).await.unwrap(), Begun::OtherBody);
    assert_eq!(store.idempotency(scope(2)).begin(&key(), minted(3), now).await.unwrap(), Begun::Proceed(minted(3)));

    keys.finish(&key(), &answer).await.unwrap();
    assert_eq!(keys.begin(&key(), minted(4), now).await.unwrap(), Begun::Replay(answer));
    assert_eq!(keys.begin(&other, minted(4), now).await.unwrap(), Begun::OtherBody);
}

#[tokio::test]
async fn whoever_repeats_a_request_that_died_uses_its_ids() {
    let (_database, store) = fresh().await;
    let keys = store.idempotency(scope(1));
    let now = Timestamp::from_millis(1_000_000);
    let _ = keys.begin(&key(), minted(1), now).await.unwrap();

    let later = now.after(Duration::from_secs(60));
    assert_eq!(keys.begin(&key(), minted(2), later).await.unwrap(), Begun::Resume(minted(1)));
    assert!(matches!(keys.begin(&key(), minted(3), later).await.unwrap(), Begun::InFlight { .. }), "leased anew");

    keys.release(&key(), later).await.unwrap();
    assert_eq!(keys.begin(&key(), minted(3), later).await.unwrap(), Begun::Resume(minted(1)));
}

#[tokio::test]
async fn of_those_who_note_a_reconciliation_after_the_same_one_the_first_wins() {
    let (_database, store) = fresh().await;
    let (channels, shop) = (store.channels(scope(1)), ChannelId::parse("shop").unwrap());
    let id = operation_id;
    let channel = Channel {
        id: shop.clone(),
        merchant_id: merchant(1),
        channel_type: "sandbox".into(),
        config: Map::new(),
        secret: None,
        paused: false,
        status: ChannelStatus::Active,
        problem: None,
        reconcile_due_at: None,
        version: 1,
        created_at: origin_at(1).now,
        updated_at: origin_at(1).now,
    };
    assert_eq!(channels.reconciled_next_by(&shop, false, None, id(1)).await.unwrap(), None, "there is no channel");
    channels.insert(&channel).await.unwrap();

    assert_eq!(channels.last_reconciliation(&shop, false).await.unwrap(), None);
    assert_eq!(channels.reconciled_next_by(&shop, false, None, id(1)).await.unwrap(), Some(id(1)));
    assert_eq!(channels.reconciled_next_by(&shop, false, None, id(2)).await.unwrap(), Some(id(1)));
    assert_eq!(channels.reconciled_next_by(&shop, false, Some(id(1)), id(3)).await.unwrap(), Some(id(3)));
    assert_eq!(channels.last_reconciliation(&shop, true).await.unwrap(), None, "one that only looks is another thing");
    let changed = Channel { paused: true, ..channel.clone() };
    assert_eq!(channels.save(&channel, &changed).await.unwrap(), Saved::Moved);
    assert_eq!(channels.last_reconciliation(&shop, false).await.unwrap(), Some(id(3)), "a write leaves it");
}

#[tokio::test]
async fn of_many_at_once_as_many_get_a_token_as_there_are() {
    let (_database, store) = fresh().await;
    let (quota, now) = (Quota { burst: 20, per_second: 10 }, Timestamp::from_millis(1_000_000));
    let take = |merchant, now| {
        let quotas = store.quotas(scope(merchant));
        async move { quotas.take("writes", quota, now).await }
    };

    let all = futures::future::join_all((0..50).map(|_| take(1, now))).await;

    // Those that others were faster than too often are told so, and none got one that was not there.
    let taken = all.iter().flatten().filter(|allowance| allowance.next_in.is_none()).count();
    let contended = all.iter().filter(|taken| matches!(taken, Err(Error::Contended(_)))).count();
    assert!((20 - contended..=20).contains(&taken), "{taken} of 20, {contended} contended: {all:?}");
    let other = take(2, now).await.unwrap();
    assert_eq!((other.remaining, other.next_in), (19, None), "another merchant's bucket is its own");
    for _ in taken..20 {
        assert_eq!(take(1, now).await.unwrap().next_in, None);
    }
    let empty = take(1, now).await.unwrap();
    assert_eq!((empty.remaining, empty.next_in), (0, Some(Duration::from_millis(100))));
    let later = take(1, now.after(Duration::from_millis(100))).await.unwrap();
    assert_eq!((later.remaining, later.next_in), (0, None));
    let rested = take(1, now.after(Duration::from_secs(10))).await.unwrap();
    assert_eq!((rested.remaining, rested.next_in), (19, None));
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let (_database, store) = fresh().await;
    let keys = store.idempotency(scope(1));
    // The database drops what has expired by its own clock, so that this day has to begin now.
    let now = tola_now();
    let _ = keys.begin(&key(), minted(1), now).await.unwrap();

    let tomorrow = now.after(Duration::from_secs(24 * 60 * 60 + 1));
    assert_eq!(keys.begin(&key(), minted(2), tomorrow).await.unwrap(), Begun::Proceed(minted(2)));
}

fn tola_now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_equal_requests_one_proceeds() {
    let (_database, store) = fresh().await;
    let now = tola_now();
    let requests: Vec<_> = (0..20)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.idempotency(scope(1)).begin(&key(), minted(n), now).await.unwrap() })
        })
        .collect();
    let mut proceeded = 0;
    for request in requests {
        proceeded += usize::from(matches!(request.await.unwrap(), Begun::Proceed(_)));
    }

    assert_eq!(proceeded, 1);
}

#[tokio::test]
async fn the_sweep_finds_what_is_old_and_only_that() {
    let (_database, store) = fresh().await;
    let old = product(1, None, None);
    store.products(scope(1)).insert(&old).await.unwrap();
    let mut image =
        Image::awaiting_upload(ImageId::new(Ulid::from_parts(5, 5)), merchant(2), "image/png", origin_at(0).now);
    let _ = image.arrive(None, operation_id(50), &origin_at(8_000));
    store.images(scope(2)).insert(&image).await.unwrap();
    store.operations(scope(1)).ensure(&operation(1, 1_000)).await.unwrap();
    store.operations(scope(1)).ensure(&operation(2, 8_000)).await.unwrap();
    let leftovers = store.leftovers(SYSTEM());
    let (early, late) = (Timestamp::from_millis(5_000), Timestamp::from_millis(9_000));

    let found = leftovers.unstarted_intents(early, 10).await.unwrap();
    assert_eq!(found.iter().map(|found| found.subject).collect::<Vec<_>>(), [Subject::Product(old.id)]);
    let subjects: BTreeSet<_> =
        leftovers.unstarted_intents(late, 10).await.unwrap().iter().map(|found| found.subject.to_string()).collect();
    assert_eq!(subjects, BTreeSet::from([old.id.to_string(), image.id.to_string()]));
    let overdue = leftovers.overdue_operations(early, 10).await.unwrap();
    assert_eq!(overdue.iter().map(|operation| operation.id).collect::<Vec<_>>(), [operation_id(1)]);
    assert_eq!(leftovers.overdue_outboxes(late, 10).await.unwrap(), [AggregateRef::Product(old.id)]);
    assert!(leftovers.half_purged_images(late, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_purged_image_goes_unless_somebody_wrote_to_it() {
    let (_database, store) = fresh().await;
    let images = store.images(scope(1));
    let mut image =
        Image::awaiting_upload(ImageId::new(Ulid::from_parts(5, 5)), merchant(1), "image/png", origin_at(0).now);
    assert!(images.insert_once(&image).await.unwrap());
    assert!(!images.insert_once(&image).await.unwrap());
    let before = image.clone();
    let _ = image.mark_purging(Timestamp::from_millis(1_000));
    assert_eq!(images.save(&before, &image).await.unwrap(), Saved::Moved);
    assert_eq!(store.leftovers(SYSTEM()).half_purged_images(Timestamp::from_millis(2_000), 10).await.unwrap().len(), 1);

    let mut stale = image.clone();
    stale.version -= 1;
    images.remove_purged(&stale).await.unwrap();
    assert!(images.get(image.id).await.unwrap().is_some());
    images.remove_purged(&image).await.unwrap();
    images.remove_purged(&image).await.unwrap();
    assert_eq!(images.get(image.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_database_that_is_gone_is_a_passing_failure() {
    let (database, store) = fresh().await;
    drop(database);

    let error = store.products(scope(1)).get(product(1, None, None).id).await.unwrap_err();

    assert!(error.is_transient(), "{error:?}");
}
