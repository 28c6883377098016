use tola_catalog::search::ListingState;
use tola_catalog::text::Tag;
use ulid::Ulid;

use super::*;

fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

fn orders() -> impl Iterator<Item = ProductOrder> {
    [OrderBy::Age, OrderBy::Name, OrderBy::Price(usd()), OrderBy::Update]
        .into_iter()
        .flat_map(|by| [Direction::Ascending, Direction::Descending].map(|direction| ProductOrder { by, direction }))
}

/// Every combination of what may be asked for.
fn filters() -> impl Iterator<Item = ProductFilter> {
    let channel = || ChannelId::parse("shop").unwrap();
    let clues = || {
        let tag = Clue::tag(&Tag::parse("sale").unwrap());
        [Clue::words("oak lamp", true).unwrap(), vec![tag]].concat()
    };
    (0..64_u32).map(move |bits| {
        let has = |bit: u32| bits & (1 << bit) != 0;
        ProductFilter {
            status: has(0).then_some(ProductStatus::Ready),
            channel: has(1).then(channel),
            absent_from: has(2).then(channel),
            categories: has(3).then(|| ["a", "b"].map(|id| CategoryKey::parse(id).unwrap()).into()),
            clues: if has(4) { clues() } else { Vec::new() },
            price: has(5).then(|| PriceRange { currency: usd(), least: Some(1), most: None }),
            updated_since: has(5).then(|| Timestamp::from_millis(0)),
            updated_before: None,
            in_stock: has(2),
        }
    })
}

fn position(order: ProductOrder) -> Position {
    let key = match order.by {
        OrderBy::Age => None,
        OrderBy::Price(_) => Some(Bson::Int64(1999)),
        OrderBy::Name | OrderBy::Update => Some(Bson::from("desk-lamp")),
    };
    Position { id: ProductId::new(Ulid::from_parts(1, 1)), key }
}

#[test]
fn every_list_has_a_shape_whose_index_gives_its_order() {
    for order in orders() {
        for filter in filters() {
            for after in [None, Some(position(order))] {
                let (shape, asked) = asked("merchant_1".into(), &filter, order, after.as_ref());

                assert!(schema::SHAPES.iter().any(|(_, known)| *known == shape));
                for field in shape.equality {
                    let value = asked.get(field).unwrap();
                    let is_equality = value.as_document().is_none_or(|among| among.keys().eq(["$in"]));
                    assert!(is_equality, "{field} of {shape:?}: {asked}");
                }
                let leads = |field: &&String| *field != "deleting" && *field != "$and";
                let top = asked.keys().filter(leads).count();
                let range = usize::from(after.is_some());
                assert_eq!(top, shape.equality.len() + range, "nothing leads but the shape: {asked}");
                let direction = if order.direction == Direction::Ascending { 1 } else { -1 };
                assert!(shape.sorted(order.direction).values().all(|way| way.as_i32() == Some(direction)));
                assert_eq!(shape.sort.last(), Some(&"_id"), "an order without ties");
            }
        }
    }
}

#[test]
fn a_position_is_read_as_it_was_written() {
    for order in orders() {
        let position = position(order);

        assert_eq!(order.read(&position.to_string()), Some(position.clone()));
        let foreign = orders().filter(|other| std::mem::discriminant(&other.by) != std::mem::discriminant(&order.by));
        for other in
            foreign.filter(|other| !matches!((order.by, other.by), (OrderBy::Price(_), _) | (_, OrderBy::Price(_))))
        {
            let both_texts = order.by != OrderBy::Age && other.by != OrderBy::Age;
            assert_eq!(other.read(&position.to_string()).is_some(), both_texts, "{order:?} as {other:?}");
        }
    }
    assert_eq!(ProductOrder::NEWEST.read("product_"), None);
}

#[test]
fn what_every_earlier_version_asked_is_asked_as_it_was() {
    let filter = ProductFilter { status: Some(ProductStatus::Ready), ..ProductFilter::default() };
    let position = position(ProductOrder::NEWEST);

    let (_, asked) = asked("merchant_1".into(), &filter, ProductOrder::NEWEST, Some(&position));

    let expected = doc! {
        "merchant_id": "merchant_1", "status": "READY", "_id": { "$lt": position.id.to_string() },
        "deleting": { "$exists": false },
    };
    assert_eq!(asked, expected);
    assert_eq!(Clue::listing(&ChannelId::parse("shop").unwrap(), ListingState::Live), None, "a field of its own tells");
}
