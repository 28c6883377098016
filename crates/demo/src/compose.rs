//! Composes the catalog: who sells what, in which order, what is missing of it on purpose, and what is to become of it.

use std::collections::{BTreeMap, BTreeSet};

use tola_catalog::money::Currency;
use tola_catalog::product::{AttributeValue, Canonical};
use tola_catalog::text::{
    AltText, AttributeKey, Brand, CategoryId, Choice, Description, Label, Name, Sku, Slug, Tag, Unit,
};
use tola_catalog::{AttributeRule, CategoryKey, Quantity, Stock};

use crate::catalog::{Catalog, Category, Fate, Gap, Item, Shop, Shown};
use crate::dice::Dice;
use crate::till::{BRL, MXN, Till, USD};
use crate::trade::{Ask, BOOKS, ELECTRONICS, FASHION, FURNITURE, GROCERY, Shelf, Sketch, Trade};
use crate::{Error, PRODUCTS};

/// How often a product is sketched anew because there is one of that name.
const SKETCHES: usize = 1_000;
/// What stands where a merchant did not choose: no category has it among its choices.
const NO_CHOICE: &str = "see picture";

struct Plan {
    merchant: &'static str,
    till: Till,
    trades: &'static [(&'static Trade, usize)],
}

const PLANS: [Plan; 3] = [
    Plan { merchant: "Casa Lumbre", till: MXN, trades: &[(&FURNITURE, 170), (&FASHION, 180)] },
    Plan { merchant: "Taller Norte", till: USD, trades: &[(&ELECTRONICS, 220), (&BOOKS, 130)] },
    Plan { merchant: "Feira Aurora", till: BRL, trades: &[(&GROCERY, 220), (&BOOKS, 80)] },
];

const _: () = {
    let (mut shop, mut sum) = (0, 0);
    while shop < PLANS.len() {
        sum += PLANS[shop].trades[0].1 + PLANS[shop].trades[1].1;
        shop += 1;
    }
    assert!(sum == PRODUCTS, "all merchants together have as many products as is said");
};

/// The catalog of a seed: always the same.
///
/// # Errors
/// [`Error`] when the tables hold something that the domain does not take, which no seed of the tests has shown.
pub fn catalog(seed: u64) -> Result<Catalog, Error> {
    let shops = PLANS.iter().zip(seed..).map(|(plan, seed)| plan.shop(seed)).collect::<Result<_, _>>()?;
    Ok(Catalog { shops })
}

impl Plan {
    fn shop(&self, seed: u64) -> Result<Shop, Error> {
        let mut dice = Dice::new(seed);
        let (mut names, mut made) = (BTreeSet::new(), BTreeMap::<&str, usize>::new());
        let (mut items, mut categories) = (Vec::new(), Vec::new());
        for (number, trade) in in_turn(self.trades).into_iter().enumerate() {
            let in_trade = made.entry(trade.name).or_default();
            *in_trade += 1;
            let sketch = unlike(&mut names, trade, &mut dice)?;
            items.push(self.item(trade, sketch, *in_trade, number, &mut dice)?);
        }
        for (position, (trade, _)) in self.trades.iter().enumerate() {
            for shelf in trade.shelves {
                categories.push(category(shelf, position)?);
            }
        }
        Ok(Shop { merchant: self.merchant, currency: Currency::parse(self.till.currency)?, categories, items })
    }

    /// The product of a sketch: the `in_trade`th of its trade, and the `number`th of all.
    fn item(
        &self,
        trade: &'static Trade,
        sketch: Sketch,
        in_trade: usize,
        number: usize,
        dice: &mut Dice,
    ) -> Result<Item, Error> {
        let gap = gap(number);
        let attributes = sketch.attributes.into_iter().map(|(key, value)| Ok((AttributeKey::parse(key)?, value)));
        let mut canonical = Canonical {
            name: Name::parse(&sketch.name)?,
            description: Some(Description::parse(&sketch.sentences.join(" "))?),
            price: Some(self.till.price(sketch.cents)?),
            category_id: Some(CategoryId::parse(sketch.shelf)?),
            attributes: attributes.collect::<Result<_, Error>>()?,
            tags: sketch.tags.into_iter().map(Tag::parse).collect::<Result<_, _>>()?,
            brand: Some(Brand::parse(sketch.brand)?),
        };
        let mut pictures = vec![Shown { picture: sketch.picture, alt: AltText::parse(&sketch.alt)? }];
        match gap {
            None => {}
            Some(Gap::Picture) => pictures.clear(),
            Some(Gap::Price) => canonical.price = None,
            Some(Gap::Description) => canonical.description = None,
            Some(Gap::Attribute) => {
                let key = asked(trade, sketch.shelf, |ask| ask.required)?;
                canonical.attributes.remove(&key);
            }
            Some(Gap::Choice) => {
                let key = asked(trade, sketch.shelf, |ask| !ask.choices.is_empty())?;
                canonical.attributes.insert(key, AttributeValue::Text(NO_CHOICE.to_owned()));
            }
        }
        let sku = Sku::parse(&format!("{}-{in_trade:04}", trade.code))?;
        Ok(Item {
            sku,
            trade: trade.name,
            canonical,
            pictures,
            stock: stock(number, dice)?,
            gap,
            fate: fate(number, gap),
        })
    }
}

/// The trades in the order of a merchant's products: mixed, so that the first few are of all of them.
fn in_turn(trades: &'static [(&'static Trade, usize)]) -> Vec<&'static Trade> {
    let all: usize = trades.iter().map(|(_, count)| count).sum();
    let mut order: Vec<(usize, &'static Trade)> = Vec::with_capacity(all);
    for (trade, count) in trades {
        // The middle of each product's share of the whole.
        order.extend((0..*count).map(|number| ((2 * number + 1) * all / count, *trade)));
    }
    order.sort_by_key(|(place, _)| *place);
    order.into_iter().map(|(_, trade)| trade).collect()
}

/// A product with a name that the merchant has not used: its slug is its own.
fn unlike(names: &mut BTreeSet<Slug>, trade: &Trade, dice: &mut Dice) -> Result<Sketch, Error> {
    for _ in 0..SKETCHES {
        let sketch = (trade.sketch)(dice);
        if names.insert(Slug::derive(&Name::parse(&sketch.name)?)) {
            return Ok(sketch);
        }
    }
    Err(Error::FewNames(trade.name))
}

/// Something that is missing, of every twenty-fifth product.
fn gap(number: usize) -> Option<Gap> {
    const GAPS: [Gap; 5] = [Gap::Picture, Gap::Price, Gap::Attribute, Gap::Description, Gap::Choice];
    (number % 25 == 3).then(|| GAPS[number / 25 % GAPS.len()])
}

/// Four of nine are published, and every fortieth is taken off the market. Among a merchant's first four products, each
/// ends otherwise.
fn fate(number: usize, gap: Option<Gap>) -> Fate {
    match number {
        _ if gap.is_some() => Fate::Kept,
        _ if number % 40 == 1 => Fate::Withdrawn,
        _ if matches!(number % 9, 0 | 4 | 6 | 8) => Fate::Published,
        _ => Fate::Kept,
    }
}

/// Of most products there are enough, of some few or none, and some are not counted.
fn stock(number: usize, dice: &mut Dice) -> Result<Stock, Error> {
    let few = dice.between(3..=10);
    let pieces = match number % 20 {
        7 | 16 => 0,
        2 | 9 | 13 => dice.between(1..=few),
        18 => return Ok(Stock::default()),
        _ => few + dice.between(5..=180),
    };
    let quantity = |pieces: u32| Quantity::new(pieces.into());
    Ok(Stock::new(Some(quantity(pieces)?), Some(quantity(few)?)))
}

/// The first attribute of this kind that is asked for on a shelf.
fn asked(trade: &Trade, shelf: &str, is_it: impl Fn(&Ask) -> bool) -> Result<AttributeKey, Error> {
    let asked = trade.asked_on(shelf).into_iter().find(|ask| is_it(ask)).ok_or(Error::NoGap(trade.name))?;
    Ok(AttributeKey::parse(asked.key)?)
}

fn category(shelf: &Shelf, position: usize) -> Result<Category, Error> {
    let attributes = shelf.asks.iter().map(|ask| Ok((AttributeKey::parse(ask.key)?, rule(ask)?)));
    let position = if shelf.parent.is_none() { u32::try_from(position).unwrap_or(0) } else { 0 };
    Ok(Category {
        id: CategoryKey::parse(shelf.id)?,
        name: Name::parse(shelf.name)?,
        parent_id: shelf.parent.map(CategoryKey::parse).transpose()?,
        description: Description::parse(shelf.about)?,
        position,
        attributes: attributes.collect::<Result<_, Error>>()?,
    })
}

fn rule(ask: &Ask) -> Result<AttributeRule, Error> {
    Ok(AttributeRule {
        kind: ask.kind,
        required: ask.required,
        unit: ask.unit.map(Unit::parse).transpose()?,
        choices: ask.choices.iter().copied().map(Choice::parse).collect::<Result<_, _>>()?,
        label: Some(Label::parse(ask.label)?),
    })
}
