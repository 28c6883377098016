//! Trades: what their categories ask, and how one of their products is sketched from their tables.

use tola_catalog::AttributeType;
use tola_catalog::product::AttributeValue;

use crate::dice::Dice;
use crate::picture::Picture;

mod books;
mod electronics;
mod fashion;
mod furniture;
mod grocery;

pub(crate) use books::BOOKS;
pub(crate) use electronics::ELECTRONICS;
pub(crate) use fashion::FASHION;
pub(crate) use furniture::FURNITURE;
pub(crate) use grocery::GROCERY;

/// A trade.
pub(crate) struct Trade {
    /// Its name, and the id of its category at the top.
    pub(crate) name: &'static str,
    /// What its SKUs begin with.
    pub(crate) code: &'static str,
    /// Its categories, each after the one that it is part of.
    pub(crate) shelves: &'static [Shelf],
    /// What its products cost at least and at most, in dollars.
    #[cfg_attr(not(test), expect(dead_code, reason = "what the tables are held to"))]
    pub(crate) dollars: (u32, u32),
    /// Sketches one of its products.
    pub(crate) sketch: fn(&mut Dice) -> Sketch,
}

/// A category.
pub(crate) struct Shelf {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) parent: Option<&'static str>,
    pub(crate) about: &'static str,
    pub(crate) asks: &'static [Ask],
}

/// What a category asks of an attribute.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    pub(crate) key: &'static str,
    pub(crate) label: &'static str,
    pub(crate) kind: AttributeType,
    pub(crate) required: bool,
    pub(crate) unit: Option<&'static str>,
    pub(crate) choices: &'static [&'static str],
}

/// A product as its trade's tables have it.
pub(crate) struct Sketch {
    pub(crate) name: String,
    pub(crate) brand: &'static str,
    pub(crate) shelf: &'static str,
    pub(crate) sentences: Vec<String>,
    /// What it is worth, in cents of a dollar.
    pub(crate) cents: u32,
    pub(crate) attributes: Vec<(&'static str, AttributeValue)>,
    pub(crate) tags: Vec<&'static str>,
    pub(crate) picture: Picture,
    pub(crate) alt: String,
}

impl Ask {
    const fn new(key: &'static str, label: &'static str, kind: AttributeType) -> Self {
        Self { key, label, kind, required: false, unit: None, choices: &[] }
    }

    const fn text(key: &'static str, label: &'static str) -> Self {
        Self::new(key, label, AttributeType::Text)
    }

    const fn texts(key: &'static str, label: &'static str) -> Self {
        Self::new(key, label, AttributeType::Texts)
    }

    const fn integer(key: &'static str, label: &'static str) -> Self {
        Self::new(key, label, AttributeType::Integer)
    }

    const fn decimal(key: &'static str, label: &'static str) -> Self {
        Self::new(key, label, AttributeType::Decimal)
    }

    const fn flag(key: &'static str, label: &'static str) -> Self {
        Self::new(key, label, AttributeType::Flag)
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn measured_in(self, unit: &'static str) -> Self {
        Self { unit: Some(unit), ..self }
    }

    const fn one_of(self, choices: &'static [&'static str]) -> Self {
        Self { choices, ..self }
    }
}

impl Trade {
    /// What a shelf asks, itself and by what it is part of.
    pub(crate) fn asked_on(&self, shelf: &str) -> Vec<&'static Ask> {
        let mut asked: Vec<&'static Ask> = Vec::new();
        let mut next = Some(shelf);
        while let Some(shelf) = next.and_then(|id| self.shelves.iter().find(|shelf| shelf.id == id)) {
            // The nearer one holds.
            let new = shelf.asks.iter().filter(|ask| asked.iter().all(|known| known.key != ask.key));
            let new: Vec<_> = new.collect();
            asked.extend(new);
            next = shelf.parent;
        }
        asked
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::Text(text.to_owned())
}

fn texts(texts: &[&str]) -> AttributeValue {
    AttributeValue::Texts(texts.iter().map(|text| (*text).to_owned()).collect())
}

fn integer(number: u32) -> AttributeValue {
    AttributeValue::Integer(number.into())
}

/// A number of so many tenths.
fn tenths(number: u32) -> AttributeValue {
    AttributeValue::Decimal(f64::from(number) / 10.0)
}

/// The same text, with a capital letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
