use proptest::collection::btree_set;
use proptest::prelude::*;
use ulid::Ulid;

use super::arbitrary::{new_product, origin as longest, registered};
use super::*;
use crate::code;
use crate::event::{Actor, MAX_DATA};
use crate::listing::{Listing, Presence};
use crate::money::Currency;
use crate::problem::{Problem, ProblemClass};
use crate::view::Overrides;

fn origin() -> Origin {
    Origin { now: Timestamp::from_millis(1_000), actor: Actor::system("test"), correlation_id: "c".into(), cause: None }
}

fn merchant() -> MerchantId {
    MerchantId::new(Ulid::from_parts(1, 1))
}

fn operation(n: u128) -> OperationId {
    OperationId::new(Ulid::from_parts(2, n))
}

fn image_id(n: u128) -> ImageId {
    ImageId::new(Ulid::from_parts(3, n))
}

fn photo(n: u128) -> ImageReference {
    ImageReference { image_id: image_id(n), alt: None }
}

fn lamp(images: Vec<ImageReference>) -> Product {
    let new = NewProduct { sku: None, slug: None, canonical: arbitrary::lamp(), images };
    Product::register(new, ProductId::new(Ulid::from_parts(4, 4)), merchant(), operation(1), &origin()).unwrap()
}

fn ready_image(n: u128) -> Image {
    let image = Image::awaiting_upload(image_id(n), merchant(), "image/jpeg", origin().now);
    arbitrary::processed(image, operation(n), &origin())
}

fn rejected_image(n: u128) -> Image {
    let mut image = Image::awaiting_upload(image_id(n), merchant(), "image/jpeg", origin().now);
    let _ = image.arrive(None, operation(n), &origin());
    let _ = image.reject(Problem::new(ProblemClass::Validation, code::IMAGE_CORRUPT, "It is damaged."), &origin());
    image
}

fn kinds(product: &Product) -> Vec<EventKind> {
    product.outbox.iter().map(|event| event.kind).collect()
}

#[test]
fn a_new_product_is_a_draft_with_one_event_and_one_intent() {
    let product = lamp(vec![photo(1)]);

    assert_eq!(product.status, ProductStatus::Draft);
    assert_eq!(kinds(&product), [EventKind::ProductCreated]);
    assert_eq!(product.intents.len(), 1);
    assert_eq!(product.completeness.missing[0].pointer, "/images/0");
    assert_eq!(product.slug.as_str(), "lamp");
}

#[test]
fn it_becomes_ready_with_its_image_and_a_draft_again_without_it() {
    let mut product = lamp(vec![photo(1)]);

    assert_eq!(product.absorb(&[ready_image(2)], &origin()), Changed::No, "not its image");
    assert_eq!(product.absorb(&[ready_image(1)], &origin()), Changed::Yes);
    assert_eq!(product.absorb(&[ready_image(1)], &origin()), Changed::No, "it has it already");
    assert_eq!(product.status, ProductStatus::Ready);
    assert_eq!(product.completeness.score, 100);

    let edit = Edit { images: Some(vec![]), ..Edit::default() };
    assert_eq!(product.edit(edit, operation(2), &origin()), Ok(Changed::Yes));
    assert_eq!(product.status, ProductStatus::Draft);
    assert_eq!(
        kinds(&product),
        [EventKind::ProductCreated, EventKind::ProductReady, EventKind::ProductUpdated, EventKind::ProductIncomplete]
    );
    assert_eq!(product.intents.len(), 1, "taking images away starts no workflow");
}

#[test]
fn a_foreign_merchants_image_is_never_absorbed() {
    let mut product = lamp(vec![photo(1)]);
    let mut image = ready_image(1);
    image.merchant_id = MerchantId::new(Ulid::from_parts(9, 9));

    assert_eq!(product.absorb(&[image], &origin()), Changed::No);
    assert_eq!(product.status, ProductStatus::Draft);
}

#[test]
fn a_rejected_image_says_so_where_the_merchant_looks() {
    let mut product = lamp(vec![photo(1), photo(2)]);
    let _ = product.absorb(&[ready_image(1), rejected_image(2)], &origin());

    let gap = &product.completeness.missing[0];
    assert_eq!((gap.pointer.as_str(), gap.rule.as_str()), ("/images/1", "IMAGE_USABLE"));
    assert!(gap.message.contains("It is damaged."));
}

#[test]
fn an_edit_that_changes_nothing_is_none() {
    let mut product = lamp(vec![photo(1)]);
    let before = product.clone();

    let edit = Edit { name: Some(Name::parse("Lamp").unwrap()), images: Some(vec![photo(1)]), ..Edit::default() };

    assert_eq!(product.edit(edit, operation(2), &origin()), Ok(Changed::No));
    assert_eq!(product, before);
}

#[test]
fn an_image_that_stays_keeps_its_renditions_and_a_new_one_asks_for_a_look() {
    let mut product = lamp(vec![photo(1)]);
    let _ = product.absorb(&[ready_image(1)], &origin());

    let edit = Edit { images: Some(vec![photo(2), photo(1)]), ..Edit::default() };
    product.edit(edit, operation(7), &origin()).unwrap().ok();

    assert!(product.images[0].renditions.is_empty());
    assert_eq!((product.images[1].renditions.len(), product.images[1].position), (1, 1));
    assert_eq!(product.intents[1].operation_id, operation(7));
}

#[test]
fn a_refused_edit_changes_nothing() {
    let mut product = lamp(vec![photo(1)]);
    let before = product.clone();
    let twice =
        Edit { name: Some(Name::parse("New").unwrap()), images: Some(vec![photo(1), photo(1)]), ..Edit::default() };

    let refused = product.edit(twice, operation(2), &origin()).unwrap_err();

    assert!(matches!(refused, Refused::Invalid { pointer, .. } if pointer == "/images/1/image_id"));
    assert_eq!(product, before);

    product.deleting = Some(operation(3));
    assert!(matches!(product.edit(Edit::default(), operation(2), &origin()), Err(Refused::NotPossible(_))));
}

#[test]
fn an_active_product_stays_active_when_an_edit_makes_it_incomplete() {
    let mut product = lamp(vec![photo(1)]);
    let mut listing = Listing::default();
    listing.observed.presence = Presence::Live;
    product.channels.insert(ChannelId::parse("shop").unwrap(), listing);
    let _ = product.absorb(&[ready_image(1)], &origin());
    assert_eq!(product.status, ProductStatus::Active);

    let _ = product.edit(Edit { price: Some(None), ..Edit::default() }, operation(2), &origin());

    assert_eq!(product.status, ProductStatus::Active);
    assert_eq!(product.completeness.missing[0].rule, "PRICE_REQUIRED");
    assert_eq!(kinds(&product).last(), Some(&EventKind::ProductIncomplete));
}

#[derive(Debug, Clone)]
enum Step {
    Rename(u8),
    Describe(bool),
    Price(Option<i64>),
    Images(Vec<u128>),
    Ready(u128),
    Rejected(u128),
    Live(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        any::<u8>().prop_map(Step::Rename),
        any::<bool>().prop_map(Step::Describe),
        proptest::option::of(0i64..3).prop_map(Step::Price),
        proptest::collection::vec(1u128..5, 0..4).prop_map(Step::Images),
        (1u128..5).prop_map(Step::Ready),
        (1u128..5).prop_map(Step::Rejected),
        any::<bool>().prop_map(Step::Live),
    ]
}

fn apply(product: &mut Product, step: Step) {
    let usd = || Currency::parse("USD").unwrap();
    let edit = match step {
        Step::Rename(n) => Edit { name: Some(Name::parse(&format!("Lamp {n}")).unwrap()), ..Edit::default() },
        Step::Describe(there) => {
            Edit { description: Some(there.then(|| Description::parse("It shines.").unwrap())), ..Edit::default() }
        }
        Step::Price(amount) => Edit { price: Some(amount.map(|a| Money::new(a, usd()).unwrap())), ..Edit::default() },
        Step::Images(ids) => Edit { images: Some(ids.into_iter().map(photo).collect()), ..Edit::default() },
        Step::Ready(n) => return product.absorb(&[ready_image(n)], &origin()).ok(),
        Step::Rejected(n) => return product.absorb(&[rejected_image(n)], &origin()).ok(),
        Step::Live(live) => {
            let listing = product.channels.entry(ChannelId::parse("shop").unwrap()).or_default();
            listing.observed.presence = if live { Presence::Live } else { Presence::Paused };
            return product.settle(&origin());
        }
    };
    if let Ok(changed) = product.edit(edit, operation(9), &origin()) {
        changed.ok();
    }
}

impl Changed {
    fn ok(self) {}
}

proptest! {
    #[test]
    fn whatever_happens_the_document_agrees_with_itself(steps in proptest::collection::vec(step(), 0..30)) {
        let mut product = lamp(vec![photo(1)]);
        for step in steps {
            let (version, revision) = (product.version, product.revision);
            apply(&mut product, step);

            let live = product.channels.values().any(Listing::is_live);
            let complete = Completeness::of(&product.canonical, &product.images, None);
            prop_assert_eq!(&product.completeness, &complete);
            prop_assert_eq!(&product.found_by, &FoundBy::of(&product));
            prop_assert_eq!(product.status, ProductStatus::of(false, live, complete.is_complete()));
            prop_assert_eq!(complete.score == 100, complete.is_complete());
            prop_assert!(product.version >= version && product.revision >= revision && product.revision <= product.version);
            let sequences: Vec<_> = product.outbox.iter().map(|event| event.sequence).collect();
            prop_assert_eq!(sequences, (1..=product.event_count).collect::<Vec<_>>());
            for image in &product.images {
                prop_assert_eq!(product.images[image.position as usize].image_id, image.image_id);
            }
        }
    }

    #[test]
    fn ready_and_incomplete_take_turns(steps in proptest::collection::vec(step(), 0..40)) {
        let mut product = lamp(vec![photo(1)]);
        for step in steps {
            apply(&mut product, step);
        }

        let turns: Vec<_> = kinds(&product)
            .into_iter()
            .filter(|kind| matches!(kind, EventKind::ProductReady | EventKind::ProductIncomplete))
            .collect();
        for (position, kind) in turns.into_iter().enumerate() {
            let expected = if position % 2 == 0 { EventKind::ProductReady } else { EventKind::ProductIncomplete };
            prop_assert_eq!(kind, expected);
        }
    }

    #[test]
    fn a_document_survives_json(steps in proptest::collection::vec(step(), 0..20)) {
        let mut product = lamp(vec![photo(1)]);
        for step in steps {
            apply(&mut product, step);
        }

        let json = serde_json::to_value(&product).unwrap();
        prop_assert_eq!(serde_json::from_value::<Product>(json).unwrap(), product);
    }

    #[test]
    fn an_event_stays_small(old in new_product(), new in new_product(), keys in btree_set("[a-z]{64}", 0..100)) {
        let mut product = registered(old);
        product.replace(new, operation(2), &longest()).unwrap().ok();
        let key = |key: &String| AttributeKey::parse(key).unwrap();
        let attributes: BTreeMap<_, _> = keys.iter().map(|name| (key(name), AttributeValue::Text("\n".repeat(150)))).collect();
        let overrides = Overrides { attributes, ..Overrides::default() };
        let channel = ChannelId::parse(&"c".repeat(40)).unwrap();
        product.override_on(&channel, overrides, &longest()).unwrap().ok();

        for event in &product.outbox {
            prop_assert!(serde_json::to_vec(&event.data).unwrap().len() <= MAX_DATA);
            prop_assert!(serde_json::to_vec(event).unwrap().len() <= 8 * 1024);
        }
    }
}
