//! What channels ask of products: what is said beforehand is what is refused.

use serde_json::{Value, json};
use tola_catalog::Overrides;
use tola_catalog::listing::ChannelOutcome;
use tola_contracts::channel::inquiry::{Finding, Question};

use super::{Bench, Fault, Shop};

/// The category that is one of the channel's own.
const MAPPED: &str = "lamps";

/// Rules of which the products of this rule meet some, and some don't.
pub fn demands() -> Value {
    json!({
        "title_max": 8, "description_max": 12, "plain_description": true, "hashtags_max": 1, "currencies": ["USD"],
        "category": true, "brand": true, "attributes": ["watts", "colour"], "images_min": 1,
    })
}

/// A product as it is different on the channel: one way for each number.
fn different(number: u32) -> Overrides {
    let bit = |place: u32| number & (1 << place) != 0;
    let name = if bit(0) { format!("A long lamp {number}") } else { format!("Lamp {number}") };
    let mut overrides = json!({ "name": name });
    match (bit(1), bit(2)) {
        (true, true) => overrides["description"] = json!("<b>#a #b #c</b>"),
        (true, false) => overrides["description"] = json!("<b>x</b>"),
        (false, true) => overrides["description"] = json!("#a #b"),
        (false, false) => {}
    }
    if bit(3) {
        overrides["price"] = json!({ "amount": 7, "currency": "EUR" });
    }
    if bit(4) {
        overrides["brand"] = json!("Lux");
    }
    if bit(5) {
        overrides["category_id"] = json!(if bit(6) { MAPPED } else { "attic" });
    }
    if bit(6) {
        overrides["attributes"] = json!({ "colour": "green" });
    }
    serde_json::from_value(overrides).unwrap()
}

/// What a product lacks by its channel's rules is a pure function, and the same for whoever asks: the domain, the adapter
/// that is asked, and the adapter that is told to offer it, which refuses what comes first, and calls nobody.
pub async fn what_is_said_to_be_missing_is_what_is_refused(bench: impl Bench) {
    let config = bench.demanding();
    let shop = Shop::open(bench, Fault::None).await;
    shop.reconfigure(|channel| channel.config = config).await;
    shop.files(MAPPED).await;
    let (channel, categories) = (shop.channel().await, shop.categories().await);
    let mut fences = Vec::new();

    // Coprime to 128: each step is another way, and the last meets all there is.
    for number in (0..48).map(|step| step * 37 % 128).chain([0b111_0000]) {
        let command = shop.offers(&different(number)).await;
        let told = shop.product().await.completeness_on(&channel, &categories).missing;
        let found = shop.inquire(Question::Examine { product_id: shop.product_id(), instead: None }).await.unwrap();
        let Finding::Examined { missing, .. } = found else { panic!("{number}: {found:?}") };
        assert_eq!(missing[..told.len()], told, "{number}: an adapter may know of more");

        let outcome = shop.carry_out(&command).await;

        match (told.first(), &outcome) {
            (Some(first), ChannelOutcome::Refused { problem, .. }) => {
                assert_eq!(problem.pointer.as_ref(), Some(&first.pointer), "{number}: {problem:?}");
                assert_eq!(
                    (&problem.message, Some(&problem.remedy)),
                    (&first.message, first.remedy.as_ref()),
                    "{number}"
                );
            }
            (None, ChannelOutcome::Listed(_)) => fences.push(command.fence),
            (_, outcome) => panic!("{number}: {outcome:?}, and it was said to lack {told:?}"),
        }
        assert_eq!(shop.fences().await, fences, "{number}");
    }
    assert!(!fences.is_empty());
}
