use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::code;
use crate::event::EventKind;
use crate::image::Changed;
use crate::listing::{ChannelOutcome, Seen, Standing, Visibility};
use crate::problem::{Problem, ProblemClass};
use crate::product::arbitrary::{images, new_product, operation, origin, registered};
use crate::product::{Canonical, NewProduct, Refused};
use crate::status::ProductStatus;
use crate::text::{Description, Name};
use crate::time::Timestamp;
use crate::view::Overrides;

fn channel(name: &str) -> ChannelId {
    ChannelId::parse(name).unwrap()
}

/// What putting it would come to.
fn foreseen(before: Option<&Product>, new: &NewProduct) -> Result<Foresight, Refused> {
    let after = match before {
        Some(before) => {
            let mut after = before.clone();
            let _ = after.replace(new.clone(), operation(50), &origin())?;
            after
        }
        None => registered(new.clone()),
    };
    let asked = before.map_or(operation(1), |_| operation(50));
    Ok(Foresight::of(before, after, asked, &images(), &origin()))
}

/// Puts it, and has the workflow run that this asks for.
fn put(product: &mut Product, new: &NewProduct, id: OperationId) -> Result<Changed, Refused> {
    let changed = product.replace(new.clone(), id, &origin())?;
    if product.intents.iter().any(|intent| intent.operation_id == id) {
        let _ = product.absorb(&images(), &origin());
    }
    Ok(changed)
}

/// The channel's answer to the command that waits there, if one does.
fn answer(product: &mut Product, name: &str, takes: bool) {
    let Some(fence) = product.channels.get(&channel(name)).filter(|l| l.is_under_way()).map(|l| l.next_fence() - 1)
    else {
        return;
    };
    let _ = product.claim(&channel(name), fence, "adapter", Timestamp::from_millis(99_999), &origin());
    let outcome = if takes {
        let (external_id, revision) = ("1".into(), product.revision);
        ChannelOutcome::Listed(Standing { external_id, revision, visibility: Visibility::Live, mark: None })
    } else {
        let problem = Problem::new(ProblemClass::Policy, code::CHANNEL_REFUSED, "Not today.");
        ChannelOutcome::Refused { problem, seen: Seen::NotLooked }
    };
    let _ = product.record(&channel(name), fence, &outcome, &origin());
}

/// A lamp that lacks nothing.
fn lamp() -> NewProduct {
    let canonical = Canonical {
        name: Name::parse("Lamp").unwrap(),
        description: Some(Description::parse("It shines.").unwrap()),
        price: Some(serde_json::from_str(r#"{"amount":1999,"currency":"USD"}"#).unwrap()),
        category_id: None,
        attributes: BTreeMap::new(),
        tags: vec![],
        brand: None,
    };
    let ready = crate::product::ImageReference { image_id: images()[0].id, alt: None };
    NewProduct { sku: None, slug: None, canonical, images: vec![ready] }
}

fn torch() -> NewProduct {
    let mut torch = lamp();
    torch.canonical.name = Name::parse("Torch").unwrap();
    torch
}

/// A lamp that is wanted on a channel.
fn wanted() -> Product {
    let mut product = registered(lamp());
    let _ = product.absorb(&images(), &origin());
    let _ = product.request_publish(&[channel("shop")], operation(2), &origin()).unwrap();
    product
}

fn live() -> Product {
    let mut product = wanted();
    answer(&mut product, "shop", true);
    let _ = product.tell(operation(2), &origin());
    product
}

fn reach(product: &Product, new: &NewProduct) -> Reach {
    foreseen(Some(product), new).unwrap().channels[&channel("shop")]
}

#[test]
fn a_channel_is_called_for_what_it_shows_and_for_nothing_else() {
    assert_eq!(reach(&live(), &lamp()), Reach::Nothing);
    assert_eq!(reach(&live(), &torch()), Reach::Called(CommandKind::Update));
    assert_eq!(reach(&wanted(), &torch()), Reach::WaitsForPublication);

    let mut refused = wanted();
    answer(&mut refused, "shop", false);
    assert_eq!(reach(&refused, &lamp()), Reach::Nothing, "it was told, and does not want it");
    assert_eq!(reach(&refused, &torch()), Reach::Called(CommandKind::Publish));

    let mut hidden = live();
    let own = Overrides { name: Some(Name::parse("Lampe").unwrap()), ..Overrides::default() };
    let _ = hidden.override_on(&channel("shop"), own, &origin()).unwrap();
    answer(&mut hidden, "shop", true);
    assert_eq!(reach(&hidden, &torch()), Reach::Nothing, "it has a name of its own there");

    let mut off = live();
    let _ = off.request_deactivation(operation(3), &origin()).unwrap();
    assert_eq!(foreseen(Some(&off), &torch()).unwrap().channels, BTreeMap::new(), "it is wanted nowhere");
}

#[test]
fn what_becomes_incomplete_waits_and_keeps_its_status_while_it_is_live() {
    let mut bare = lamp();
    bare.canonical.price = None;

    let foresight = foreseen(Some(&live()), &bare).unwrap();

    assert_eq!(foresight.channels[&channel("shop")], Reach::WaitsForProduct);
    assert_eq!(foresight.product.status, ProductStatus::Active);
    assert_eq!(foresight.product.completeness.missing[0].rule, "PRICE_REQUIRED");
}

#[test]
fn what_is_known_of_new_images_counts() {
    let foresight = foreseen(None, &lamp()).unwrap();
    assert_eq!((foresight.product.status, foresight.channels.len()), (ProductStatus::Ready, 0));

    let mut unseen = lamp();
    unseen.images[0].image_id = images()[1].id;
    assert_eq!(foreseen(None, &unseen).unwrap().product.status, ProductStatus::Draft);
    // The new image is awaited, and the one that was there is gone.
    assert_eq!(reach(&live(), &unseen), Reach::WaitsForProduct);
}

#[test]
fn the_slug_stays_unless_another_is_given_and_all_else_is_what_is_said() {
    let mut product = registered(NewProduct { sku: crate::text::Sku::parse("S").ok(), ..lamp() });

    assert_eq!(product.replace(torch(), operation(50), &origin()), Ok(Changed::Yes));

    assert_eq!((product.slug.as_str(), product.sku.as_ref()), ("lamp", None));
    assert_eq!(product.replace(torch(), operation(51), &origin()), Ok(Changed::No));
    product.deleting = Some(operation(9));
    assert!(matches!(product.replace(lamp(), operation(52), &origin()), Err(Refused::NotPossible(_))));
}

/// What may have happened to a product before.
#[derive(Debug, Clone)]
enum Before {
    Put(Box<NewProduct>),
    Publish,
    Answer { takes: bool },
    Deactivate,
    Reactivate,
}

fn before() -> impl Strategy<Value = Before> {
    prop_oneof![
        2 => new_product().prop_map(|new| Before::Put(Box::new(new))),
        2 => Just(Before::Put(Box::new(lamp()))),
        3 => Just(Before::Publish),
        3 => any::<bool>().prop_map(|takes| Before::Answer { takes }),
        1 => Just(Before::Deactivate),
        1 => Just(Before::Reactivate),
    ]
}

fn apply(product: &mut Product, step: Before, number: u128) {
    let (shops, id) = ([channel("shop"), channel("fair")], operation(100 + number));
    match step {
        Before::Put(new) => drop(put(product, &new, id)),
        Before::Publish => drop(product.request_publish(&shops, id, &origin())),
        Before::Answer { takes } => ["shop", "fair"].into_iter().for_each(|name| answer(product, name, takes)),
        Before::Deactivate => drop(product.request_deactivation(id, &origin())),
        Before::Reactivate => drop(product.reactivate(&origin())),
    }
    // What was asked for has begun.
    product.intents.clear();
}

proptest! {
    #[test]
    fn what_is_foreseen_comes_true(first in new_product(), steps in vec(before(), 0..12), new in new_product()) {
        let mut product = registered(first);
        for (step, number) in steps.into_iter().zip(0..) {
            apply(&mut product, step, number);
        }
        let before = product.clone();

        let foresight = foreseen(Some(&before), &new).unwrap();
        let changed = put(&mut product, &new, operation(50)).unwrap();

        prop_assert_eq!(&foresight.product, &product, "to the last field");
        prop_assert_eq!(changed == Changed::No, foresight.changes.is_empty());
        prop_assert_eq!(changed == Changed::No, product == before);
        prop_assert_eq!(&foresight.changes, &changes(Some(&before), &product));
        let told = product.outbox[before.outbox.len()..].iter().find(|event| event.kind == EventKind::ProductUpdated);
        prop_assert_eq!(told.is_some(), changed == Changed::Yes);
        if let Some(told) = told {
            let pointers: Vec<_> = foresight.changes.iter().map(|change| change.pointer.as_str()).collect();
            let named: Vec<_> = told.data["changed"].as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
            prop_assert_eq!(&named, &pointers[..named.len()]);
        }
        let calls: BTreeSet<_> = product
            .intents
            .iter()
            .filter(|intent| intent.kind == OperationKind::Publish)
            .flat_map(|intent| intent.channels.clone())
            .collect();
        for (id, listing) in product.channels.iter().filter(|(_, listing)| listing.desired == Desired::On) {
            let reach = foresight.channels[id];
            prop_assert_eq!(matches!(reach, Reach::Called(_)), calls.contains(id));
            prop_assert_eq!(matches!(reach, Reach::WaitsForProduct | Reach::WaitsForPublication | Reach::Held(_)), listing.lags());
        }
        // Asked again, it is so already.
        let again = foreseen(Some(&product), &new).unwrap();
        prop_assert!(again.changes.is_empty() && again.product == product);
    }

    #[test]
    fn what_is_foreseen_of_a_new_product_comes_true(new in new_product()) {
        let foresight = foreseen(None, &new).unwrap();

        let mut product = registered(new.clone());
        let _ = product.absorb(&images(), &origin());

        prop_assert_eq!(&foresight.product, &product);
        prop_assert_eq!(foresight.changes, changes(None, &product));
        prop_assert!(product.replace(new, operation(50), &origin()) == Ok(Changed::No), "a second one changes nothing");
    }
}
