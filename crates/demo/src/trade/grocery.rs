//! What keeps in a larder.

use tola_catalog::product::AttributeValue;

use super::{Ask, Shelf, Sketch, Trade, capital, integer, text, texts};
use crate::check_digit::gtin;
use crate::dice::Dice;
use crate::picture::Picture;

mod tables;
use tables::{FOODS, Size};

pub(crate) static GROCERY: Trade = Trade { name: "grocery", code: "GRO", shelves: SHELVES, dollars: (1, 60), sketch };

const ALLERGENS: &[&str] =
    &["none", "gluten", "milk", "eggs", "soy", "peanuts", "tree nuts", "sesame", "sulphites", "mustard"];
const NET_WEIGHT: &[Ask] = &[Ask::integer("net_weight_g", "Net weight").required().measured_in("g")];
const NET_VOLUME: &[Ask] = &[Ask::integer("net_volume_ml", "Net volume").required().measured_in("ml")];

const SHELVES: &[Shelf] = &[
    Shelf {
        id: "grocery",
        name: "Grocery",
        parent: None,
        about: "What keeps in a larder.",
        asks: &[
            Ask::texts("allergens", "Allergens").required().one_of(ALLERGENS),
            Ask::flag("organic", "Organic"),
            Ask::text("origin", "Origin"),
            Ask::text("gtin", "GTIN"),
        ],
    },
    Shelf {
        id: "coffee-tea",
        name: "Coffee and tea",
        parent: Some("grocery"),
        about: "For the morning.",
        asks: NET_WEIGHT,
    },
    Shelf {
        id: "pantry",
        name: "Pantry",
        parent: Some("grocery"),
        about: "Rice, beans, pasta and spices.",
        asks: NET_WEIGHT,
    },
    Shelf {
        id: "grains-pulses",
        name: "Grains and pulses",
        parent: Some("pantry"),
        about: "Rice and beans.",
        asks: &[],
    },
    Shelf { id: "pasta", name: "Pasta", parent: Some("pantry"), about: "Pasta of durum wheat.", asks: &[] },
    Shelf { id: "spices", name: "Spices", parent: Some("pantry"), about: "Spices, whole and ground.", asks: &[] },
    Shelf {
        id: "sweets",
        name: "Sweets",
        parent: Some("grocery"),
        about: "Chocolate, biscuits, honey and jam.",
        asks: NET_WEIGHT,
    },
    Shelf { id: "chocolate", name: "Chocolate", parent: Some("sweets"), about: "Chocolate in bars.", asks: &[] },
    Shelf { id: "biscuits", name: "Biscuits", parent: Some("sweets"), about: "Biscuits and wafers.", asks: &[] },
    Shelf { id: "spreads", name: "Spreads", parent: Some("sweets"), about: "Honey, jam and nut butter.", asks: &[] },
    Shelf { id: "drinks", name: "Drinks", parent: Some("grocery"), about: "Juices and nectars.", asks: NET_VOLUME },
    Shelf {
        id: "oils",
        name: "Oils and vinegars",
        parent: Some("grocery"),
        about: "For the pan and the salad.",
        asks: NET_VOLUME,
    },
];

const BRANDS: &[&str] = &["Sítio Claro", "Boa Colheita", "Três Ipês", "Moinho Velho", "Serra Mansa", "Quintal Verde"];

fn sketch(dice: &mut Dice) -> Sketch {
    let food = dice.one(FOODS);
    let (variety, brand) = (dice.one(food.varieties), *dice.one(BRANDS));
    let organic = dice.percent(30);
    let (key, amount, unit) = match food.size {
        Size::Grams(sizes) => ("net_weight_g", *dice.one(sizes), "g"),
        Size::Millilitres(sizes) => ("net_volume_ml", *dice.one(sizes), "ml"),
    };
    let mut sentences = vec![
        format!("{}: {}, from {}.", food.phrase, variety.name, variety.origin),
        variety.about.to_owned(),
        (*dice.one(food.facts)).to_owned(),
    ];
    sentences.extend(contents(food.allergens, organic));
    let premium = if organic { 120 } else { 100 };
    let mut tags = food.tags.to_vec();
    tags.extend(organic.then_some("organic"));
    Sketch {
        name: format!("{brand} {} {}, {amount} {unit}", variety.name, food.noun),
        brand,
        shelf: food.shelf,
        sentences,
        cents: (dice.between(food.cents.0..=food.cents.1) * amount / 1_000 * premium / 100).max(100),
        attributes: vec![
            (key, integer(amount)),
            ("allergens", texts(food.allergens)),
            ("organic", AttributeValue::Flag(organic)),
            ("origin", text(variety.origin)),
            ("gtin", text(&gtin(&dice.digits(10)))),
        ],
        tags,
        picture: Picture { motif: food.motif, tone: food.tone },
        alt: format!("{}, drawn as a {} on a table", capital(food.noun), food.motif.name()),
    }
}

/// A sentence of what is in it that people ask for.
fn contents(allergens: &[&str], organic: bool) -> Option<String> {
    let listed = match allergens {
        ["none"] => None,
        [only] => Some((*only).to_owned()),
        [most @ .., last] => Some(format!("{} and {last}", most.join(", "))),
        [] => None,
    };
    match (listed, organic) {
        (Some(listed), true) => Some(format!("Certified organic; contains {listed}.")),
        (Some(listed), false) => Some(format!("Contains {listed}.")),
        (None, true) => Some("Certified organic.".to_owned()),
        (None, false) => None,
    }
}
