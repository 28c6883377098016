//! A catalog of products of all kinds, and what a plain look at one says of a question.

use std::collections::BTreeMap;

use serde_json::json;
use tola_catalog::listing::{ChannelOutcome, CommandState, Presence, Seen, Standing, Visibility};
use tola_catalog::money::Currency;
use tola_catalog::product::{AttributeValue, Canonical, ImageReference, NewProduct};
use tola_catalog::stock::{Count, StockChange};
use tola_catalog::text::{AttributeKey, Brand, CategoryId, Description, Name, Sku, Slug, Tag};
use tola_catalog::{ChannelId, Image, Money, OperationId, Origin, Problem, ProblemClass, Product, ProductId};
use tola_catalog::{ProductStatus, Quantity, Timestamp, code};
use ulid::Ulid;

use crate::support::{Actress, origin};

/// Numbers that look random, and are the same each time.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn once_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.roll(things.len())]
    }
}

const THINGS: [&str; 6] = ["Lámpara", "Silla", "Sillón", "Mesa", "Coração", "Muñeca"];
const LIKE: [&str; 5] = ["de pie", "DE MESA", "Norte", "são paulo", "nº 5"];
const TOLD: [&str; 4] = ["Hecha de latón y lino.", "Madeira maciça.", "Pequeña, para niños.", "Roble."];
const BRANDS: [&str; 2] = ["Taller Norte", "Açores"];
const TAGS: [&str; 3] = ["Oferta", "nuevo", "Día del Niño"];
const COLOURS: [&str; 3] = ["Rojo", "azul", "Azul Marino"];
const SIZES: [&str; 3] = ["S", "M", "XL"];
const CURRENCIES: [&str; 2] = ["USD", "ARS"];
const CHANNELS: [&str; 2] = ["shop", "fair"];
/// Each with what is part of it.
const CATEGORIES: [(&str, &[&str]); 4] = [
    ("home", &["home", "lamps", "floor-lamps"]),
    ("lamps", &["lamps", "floor-lamps"]),
    ("floor-lamps", &["floor-lamps"]),
    ("garden", &["garden"]),
];
const NOW: i64 = 1_700_000_000_000;

fn usd_or(text: &str) -> Currency {
    Currency::parse(text).unwrap()
}

fn channel(name: &str) -> ChannelId {
    ChannelId::parse(name).unwrap()
}

/// Gives a merchant categories and this many products, the oldest first.
pub(super) async fn has_a_catalog(actress: &Actress, many: u64) -> Vec<Product> {
    actress.files("home", json!({ "name": "Home" })).await;
    actress.files("lamps", json!({ "name": "Lamps", "parent_id": "home" })).await;
    actress.files("floor-lamps", json!({ "name": "Floor lamps", "parent_id": "lamps" })).await;
    actress.files("garden", json!({ "name": "Garden" })).await;
    let image = actress.has_ready_image().await;
    let products = actress.store.products(actress.scope());
    let (mut dice, mut made) = (Dice(many), Vec::new());
    for number in 1..=many {
        let product = product(actress, number, &image, &mut dice);
        products.insert(&product).await.unwrap();
        made.push(product);
    }
    made
}

fn product(actress: &Actress, number: u64, image: &Image, dice: &mut Dice) -> Product {
    let name = match dice.roll(3) {
        0 => dice.one_of(&THINGS).to_owned(),
        1 => format!("{} {}", dice.one_of(&THINGS), dice.one_of(&LIKE)),
        _ => format!("{} {} {}", dice.one_of(&THINGS), dice.one_of(&LIKE), dice.roll(30)),
    };
    let price = |dice: &mut Dice| {
        let amount = i64::try_from(dice.roll(20)).unwrap() * 100;
        Money::new(amount, usd_or(dice.one_of(&CURRENCIES))).unwrap()
    };
    let mut attributes = BTreeMap::new();
    if dice.once_in(2) {
        let colour = AttributeValue::Text(dice.one_of(&COLOURS).into());
        attributes.insert(AttributeKey::parse("colour").unwrap(), colour);
    }
    if dice.once_in(2) {
        let sizes = SIZES.iter().filter(|_| dice.once_in(2)).map(ToString::to_string).collect();
        attributes.insert(AttributeKey::parse("size").unwrap(), AttributeValue::Texts(sizes));
    }
    let canonical = Canonical {
        name: Name::parse(&name).unwrap(),
        description: dice.roll(3).checked_sub(1).map(|_| Description::parse(dice.one_of(&TOLD)).unwrap()),
        price: (!dice.once_in(4)).then(|| price(dice)),
        category_id: (!dice.once_in(4)).then(|| CategoryId::parse(dice.one_of(&CATEGORIES).0).unwrap()),
        attributes,
        tags: TAGS.iter().filter(|_| dice.once_in(3)).map(|tag| Tag::parse(tag).unwrap()).collect(),
        brand: dice.once_in(2).then(|| Brand::parse(dice.one_of(&BRANDS)).unwrap()),
    };
    let images = if dice.once_in(4) { vec![] } else { vec![ImageReference { image_id: image.id, alt: None }] };
    let new = NewProduct {
        sku: dice.once_in(2).then(|| Sku::parse(&format!("REF-{number}/{}", dice.roll(9))).unwrap()),
        slug: Some(Slug::parse(&format!("product-{number}")).unwrap()),
        canonical,
        images,
    };
    // Several at each time.
    let millis = NOW + i64::try_from(dice.roll(40)).unwrap() * 60_000;
    let origin = Origin { now: Timestamp::from_millis(millis), ..origin() };
    let id = ProductId::new(Ulid::from_parts(number, actress.identity.merchant_id.ulid().random()));
    let operation = OperationId::new(Ulid::from_parts(number, 1));
    let mut product = Product::register(new, id, actress.identity.merchant_id, operation, &origin).unwrap();
    let _ = product.absorb(std::slice::from_ref(image), &origin);
    for name in CHANNELS {
        lists(&mut product, name, &origin, dice);
    }
    // Of three in four somebody has said something, if only how many are few.
    let pieces = |number| Some(Quantity::new(i64::try_from(number).unwrap()).unwrap());
    let told = StockChange {
        count: (!dice.once_in(3)).then(|| Count::Set(pieces(dice.roll(3) * dice.roll(4)).unwrap())),
        low_threshold: dice.once_in(2).then(|| pieces(dice.roll(5))),
        ..StockChange::default()
    };
    let _ = product.change_stock(&told, Ulid::from_parts(number, 2), &origin).unwrap();
    if dice.once_in(10) {
        let _ = product.request_deactivation(operation, &origin);
    }
    product
}

/// Brings a product to a channel, to where chance has it.
fn lists(product: &mut Product, name: &str, origin: &Origin, dice: &mut Dice) {
    let (name, operation) = (channel(name), OperationId::new(Ulid::generate()));
    let fate = dice.roll(7);
    if fate == 0 || product.request_publish(std::slice::from_ref(&name), operation, origin).is_err() {
        return;
    }
    let problem = Problem::new(ProblemClass::Policy, code::CHANNEL_REFUSED, "It does not want it.");
    let listed =
        |visibility| ChannelOutcome::Listed(Standing { external_id: "1".into(), revision: 1, visibility, mark: None });
    let outcome = match fate {
        1 => return,
        2 => ChannelOutcome::Refused { problem, seen: Seen::Absent },
        3 => listed(Visibility::UnderReview),
        4 => ChannelOutcome::Unknown { problem },
        5 => listed(Visibility::Hidden),
        _ => listed(Visibility::Live),
    };
    let fence = product.channels[&name].command.as_ref().unwrap().fence;
    let _ = product.claim(&name, fence, "the test", origin.now.after(std::time::Duration::from_secs(60)), origin);
    let _ = product.record(&name, fence, &outcome, origin);
}

/// What somebody asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    words: Option<&'static str>,
    status: Option<ProductStatus>,
    channel: Option<&'static str>,
    listing: Option<&'static str>,
    category: Option<(&'static str, &'static [&'static str])>,
    tags: Vec<&'static str>,
    colour: Option<&'static str>,
    size: Option<&'static str>,
    currency: Option<&'static str>,
    price_min: Option<i64>,
    price_max: Option<i64>,
    missing: Option<&'static str>,
    stock: Option<&'static str>,
    in_stock: Option<bool>,
    updated_since: Option<Timestamp>,
    updated_before: Option<Timestamp>,
    pub(super) sort: Option<&'static str>,
}

const SEARCHES: [&str; 10] =
    ["lámpara", "LAMP", "sill", "mesa", "sao paulo", "coracao de", "muñ 5", "laton", "norte", "made"];

impl Asked {
    pub(super) fn anything(dice: &mut Dice) -> Self {
        let mut asked = Self::as_both_do(dice);
        let time = |dice: &mut Dice| Timestamp::from_millis(NOW + i64::try_from(dice.roll(40)).unwrap() * 60_000);
        if dice.once_in(3) {
            use ProductStatus::{Active, Draft, Inactive, Ready};
            asked.status = Some(dice.one_of(&[Draft, Ready, Active, Active, Inactive]));
        }
        if dice.once_in(3) {
            asked.channel = Some(dice.one_of(&CHANNELS));
            let states = ["LIVE", "UNDER_REVIEW", "PAUSED", "UNKNOWN", "ABSENT", "PENDING", "FAILED"];
            asked.listing = (!dice.once_in(4)).then(|| dice.one_of(&states));
        }
        if dice.once_in(5) {
            asked.missing = Some(dice.one_of(&["PRICE_REQUIRED", "IMAGE_REQUIRED", "DESCRIPTION_REQUIRED"]));
        }
        if dice.once_in(4) {
            asked.stock = Some(dice.one_of(&["DEPLETED", "LOW", "AMPLE", "UNTRACKED"]));
        }
        if dice.once_in(5) {
            asked.updated_since = Some(time(dice));
        } else if dice.once_in(5) {
            asked.updated_before = Some(time(dice));
        }
        if dice.once_in(3) {
            asked.sort = Some(dice.one_of(&["updated", "-updated"]));
        }
        asked
    }

    pub(super) fn as_shoppers_do(dice: &mut Dice) -> Self {
        let asked = Self::as_both_do(dice);
        Self { in_stock: dice.once_in(3).then(|| !dice.once_in(3)), ..asked }
    }

    fn as_both_do(dice: &mut Dice) -> Self {
        let mut asked = Self {
            words: dice.once_in(3).then(|| dice.one_of(&SEARCHES)),
            category: dice.once_in(4).then(|| dice.one_of(&CATEGORIES)),
            tags: TAGS.into_iter().filter(|_| dice.once_in(10)).collect(),
            colour: dice.once_in(6).then(|| dice.one_of(&COLOURS)),
            size: dice.once_in(6).then(|| dice.one_of(&SIZES)),
            ..Self::default()
        };
        if dice.once_in(3) {
            asked.currency = Some(dice.one_of(&CURRENCIES));
            let amount = |dice: &mut Dice| i64::try_from(dice.roll(10)).unwrap() * 100;
            asked.price_min = dice.once_in(2).then(|| amount(dice));
            asked.price_max = dice.once_in(2).then(|| 1_000 + amount(dice));
        }
        let mut sorts = vec![None, Some("newest"), Some("oldest"), Some("name"), Some("-name")];
        if asked.currency.is_some() {
            sorts.extend([Some("price"), Some("-price"), Some("price"), Some("-price")]);
        }
        asked.sort = dice.one_of(&sorts);
        asked
    }
}

/// The parameters that ask for it.
pub(super) fn query(asked: &Asked) -> String {
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
    let amount = |amount: Option<i64>| amount.map(|amount| amount.to_string());
    let mut said: Vec<(&str, Option<String>)> = vec![
        ("q", asked.words.map(Into::into)),
        ("status", asked.status.map(|status| status.name().into())),
        ("channel", asked.channel.map(Into::into)),
        ("listing", asked.listing.map(Into::into)),
        ("category", asked.category.map(|(category, _)| category.into())),
        ("attribute", asked.colour.map(|colour| format!("colour:{}", colour.to_uppercase()))),
        ("attribute", asked.size.map(|size| format!("size:{size}"))),
        ("currency", asked.currency.map(Into::into)),
        ("price_min", amount(asked.price_min)),
        ("price_max", amount(asked.price_max)),
        ("missing", asked.missing.map(Into::into)),
        ("stock", asked.stock.map(Into::into)),
        ("in_stock", asked.in_stock.map(|in_stock| in_stock.to_string())),
        ("updated_since", time(asked.updated_since)),
        ("updated_before", time(asked.updated_before)),
        ("sort", asked.sort.map(Into::into)),
    ];
    said.extend(asked.tags.iter().map(|tag| ("tag", Some(tag.to_lowercase()))));
    let there = said.into_iter().filter_map(|(name, value)| Some(format!("&{name}={}", encoded(&value?))));
    there.collect()
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Whether a product is one of those that are asked for.
pub(super) fn is_meant(product: &Product, asked: &Asked) -> bool {
    let canonical = &product.canonical;
    let is = |key: &str, wanted: Option<&str>| {
        wanted.is_none_or(|wanted| match canonical.attributes.get(&AttributeKey::parse(key).unwrap()) {
            Some(AttributeValue::Text(text)) => text.to_lowercase() == wanted.to_lowercase(),
            Some(AttributeValue::Texts(texts)) => texts.iter().any(|text| text.to_lowercase() == wanted.to_lowercase()),
            _ => false,
        })
    };
    let costs = |wanted: &str| {
        canonical.price.is_some_and(|price| {
            price.currency().code() == wanted
                && asked.price_min.is_none_or(|least| price.amount() >= least)
                && asked.price_max.is_none_or(|most| price.amount() <= most)
        })
    };
    let in_category = |(_, below): (&str, &[&str])| {
        canonical.category_id.as_ref().is_some_and(|category| below.contains(&category.as_str()))
    };
    let tags: Vec<String> = canonical.tags.iter().map(|tag| tag.as_str().to_lowercase()).collect();
    asked.words.is_none_or(|words| has_words(product, words))
        && asked.status.is_none_or(|status| product.status == status)
        && asked.channel.is_none_or(|channel| stands(product, channel, asked.listing.unwrap_or("LIVE")))
        && asked.category.is_none_or(in_category)
        && asked.tags.iter().all(|tag| tags.contains(&tag.to_lowercase()))
        && is("colour", asked.colour)
        && is("size", asked.size)
        && asked.currency.is_none_or(costs)
        && asked.missing.is_none_or(|rule| product.completeness.missing.iter().any(|gap| gap.rule == rule))
        && asked.stock.is_none_or(|level| left_of(product) == level)
        && asked.in_stock.is_none_or(|in_stock| in_stock == (left_of(product) != "DEPLETED"))
        && asked.updated_since.is_none_or(|since| product.updated_at >= since)
        && asked.updated_before.is_none_or(|before| product.updated_at < before)
}

fn left_of(product: &Product) -> &'static str {
    match (product.stock.on_hand().map(Quantity::pieces), product.stock.low_threshold().map(Quantity::pieces)) {
        (None, _) => "UNTRACKED",
        (Some(0), _) => "DEPLETED",
        (Some(there), Some(few)) if there <= few => "LOW",
        _ => "AMPLE",
    }
}

fn stands(product: &Product, name: &str, state: &str) -> bool {
    let listing = product.channels.get(&channel(name)).cloned().unwrap_or_default();
    let presence = listing.observed.presence;
    match state {
        "LIVE" => presence == Presence::Live,
        "UNDER_REVIEW" => presence == Presence::UnderReview,
        "PAUSED" => presence == Presence::Paused,
        "UNKNOWN" => presence == Presence::Unknown,
        "ABSENT" => presence == Presence::Absent,
        "PENDING" => listing.is_under_way(),
        _ => listing.command.is_some_and(|command| command.state == CommandState::Failed),
    }
}

fn has_words(product: &Product, words: &str) -> bool {
    let canonical = &product.canonical;
    let mut headed = folded(canonical.name.as_str());
    headed.extend(canonical.brand.iter().flat_map(|brand| folded(brand.as_str())));
    headed.extend(canonical.tags.iter().flat_map(|tag| folded(tag.as_str())));
    headed.extend(product.sku.iter().flat_map(|sku| folded(sku.as_str())));
    let told: Vec<String> = canonical.description.iter().flat_map(|text| folded(text.as_str())).collect();
    folded(words).iter().all(|word| {
        let begins = |known: &String| known == word || (word.len() > 1 && known.starts_with(word.as_str()));
        headed.iter().any(begins) || told.contains(word)
    })
}

fn folded(text: &str) -> Vec<String> {
    let plain = |letter: char| match letter {
        'á' | 'ã' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' | 'º' => 'o',
        'ñ' => 'n',
        'ç' => 'c',
        other => other,
    };
    let text: String = text.to_lowercase().chars().map(plain).collect();
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).map(Into::into).collect()
}

/// The products in the order of a list.
pub(super) fn sorted<'a>(mut products: Vec<&'a Product>, sort: Option<&str>) -> Vec<&'a Product> {
    let sort = sort.unwrap_or("newest");
    let amount = |product: &Product| product.canonical.price.map(Money::amount);
    match sort.trim_start_matches('-') {
        "name" => {
            products.sort_by_cached_key(|product| (folded(product.canonical.name.as_str()).join("-"), product.id));
        }
        "price" => products.sort_by_key(|product| (amount(product), product.id)),
        "updated" => products.sort_by_key(|product| (product.updated_at, product.id)),
        _ => products.sort_by_key(|product| product.id),
    }
    if sort == "newest" || sort.starts_with('-') {
        products.reverse();
    }
    products
}
