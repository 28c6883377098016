//! Lists of products: which, in which order, and from where on.
//!
//! A list has one condition that leads and an order, which are its shape; its index holds what leads in the order of the
//! list. Whatever is asked for besides is held against each product on the way. That way is not endless: a list that the
//! database takes too long for is refused, and says so.

use std::time::Duration;

use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use tola_catalog::money::Currency;
use tola_catalog::{CategoryKey, ChannelId, Clue, Product, ProductId, ProductStatus, Timestamp};

use crate::schema::{self, Direction, Shape};
use crate::{Error, Products};

/// How long the database may look for a page. The API answers within ten seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which of a merchant's products a list shows: those for which all of this is so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductFilter {
    /// In this status.
    pub status: Option<ProductStatus>,
    /// Live on this channel.
    pub channel: Option<ChannelId>,
    /// On this channel not at all.
    pub absent_from: Option<ChannelId>,
    /// In one of these categories.
    pub categories: Option<Vec<CategoryKey>>,
    /// Found by each of these.
    pub clues: Vec<Clue>,
    /// Of which there is one to be had. Most products are such, so that this is looked at on the way and leads nothing.
    pub in_stock: bool,
    /// With a price like this.
    pub price: Option<PriceRange>,
    /// Changed at this time or later.
    pub updated_since: Option<Timestamp>,
    /// Changed before this time.
    pub updated_before: Option<Timestamp>,
}

/// Prices in a currency, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceRange {
    /// The currency: amounts of two can't be compared.
    pub currency: Currency,
    /// This much or more.
    pub least: Option<i64>,
    /// This much or less.
    pub most: Option<i64>,
}

/// What a list is ordered by. Products for which it is the same are in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderBy {
    /// When it was registered, as ids tell it.
    Age,
    /// Its name, without case and accents.
    Name,
    /// The amount of its price in this currency; products without one are left out.
    Price(Currency),
    /// When it last changed.
    Update,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProductOrder {
    /// What by.
    pub by: OrderBy,
    /// Which way.
    pub direction: Direction,
}

impl ProductOrder {
    /// The latest registered first.
    pub const NEWEST: Self = Self { by: OrderBy::Age, direction: Direction::Descending };

    /// Where a product is in this order.
    pub fn position(self, product: &Product) -> Position {
        let key = match self.by {
            OrderBy::Age => None,
            OrderBy::Name => Some(product.found_by.name.clone().into()),
            OrderBy::Price(_) => product.canonical.price.map(|price| price.amount().into()),
            OrderBy::Update => Some(product.updated_at.to_string().into()),
        };
        Position { id: product.id, key }
    }

    /// Reads the text of a position in this order.
    pub fn read(self, text: &str) -> Option<Position> {
        let (id, key) = text.split_once(' ').map_or((text, None), |(id, key)| (id, Some(key)));
        let key = match (self.by, key) {
            (OrderBy::Age, None) => None,
            (OrderBy::Name | OrderBy::Update, Some(key)) => Some(Bson::from(key)),
            (OrderBy::Price(_), Some(key)) => Some(Bson::Int64(key.parse().ok()?)),
            _ => return None,
        };
        Some(Position { id: ProductId::parse(id).ok()?, key })
    }

    fn comparison(self) -> (&'static str, &'static str) {
        if self.direction == Direction::Ascending { ("$gt", "$gte") } else { ("$lt", "$lte") }
    }

    /// What comes after a position: the range of the field that is sorted by first, and what tells those apart that have
    /// the same there.
    fn beyond(self, shape: &Shape, after: &Position) -> (Document, Option<Document>) {
        let (beyond, from) = self.comparison();
        let id = after.id.to_string();
        match (&after.key, shape.sort.first()) {
            (Some(key), Some(field)) => {
                let farther = doc! { *field: { beyond: key } };
                let (range, tie) = (doc! { from: key }, doc! { "$or": [farther, { "_id": { beyond: id } }] });
                (range, Some(tie))
            }
            _ => (doc! { beyond: id }, None),
        }
    }
}

/// Where a product is in a list: the list goes on behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    id: ProductId,
    /// What the list is ordered by before ids.
    key: Option<Bson>,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.key {
            None => write!(f, "{}", self.id),
            Some(Bson::String(key)) => write!(f, "{} {key}", self.id),
            Some(key) => write!(f, "{} {key}", self.id),
        }
    }
}

impl Products {
    /// Up to `limit` products in this order, from the one behind `after` on. Those that are being deleted are gone for
    /// whoever reads.
    ///
    /// # Errors
    /// [`Error::TooBroad`] when the database would have to look at too many products, and when it fails.
    pub async fn list(
        &self,
        filter: &ProductFilter,
        order: ProductOrder,
        after: Option<&Position>,
        limit: u32,
    ) -> Result<Vec<Product>, Error> {
        let (shape, filter) = asked(self.merchant(), filter, order, after);
        let sort = shape.sorted(order.direction);
        let found = self.collection.find(filter).sort(sort).limit(i64::from(limit)).max_time(PATIENCE).await?;
        Ok(found.try_collect().await?)
    }
}

/// Conditions that do not lead.
struct Besides<'a> {
    status: Option<ProductStatus>,
    channel: Option<&'a ChannelId>,
    categories: Option<&'a [CategoryKey]>,
    clues: &'a [Clue],
}

impl Besides<'_> {
    fn conditions(&self) -> impl Iterator<Item = Document> {
        let status = self.status.map(|status| doc! { "status": status.name() });
        let channel = self.channel.map(|channel| doc! { "live_on": channel.as_str() });
        let categories = self.categories.map(|categories| doc! { "canonical.category_id": any_of(categories) });
        let clues = self.clues.iter().map(|clue| doc! { "found_by.terms": any_term(clue) });
        [status, channel, categories].into_iter().flatten().chain(clues)
    }
}

/// The shape of a list, and the filter that is made of it and of all that is asked for besides.
fn asked(
    merchant: String,
    filter: &ProductFilter,
    order: ProductOrder,
    after: Option<&Position>,
) -> (&'static Shape, Document) {
    let mut besides = Besides {
        status: filter.status,
        channel: filter.channel.as_ref(),
        categories: filter.categories.as_deref(),
        clues: &filter.clues,
    };
    let (shape, equal) = leading(merchant, order, &mut besides);
    let (range, tie) = match after.map(|after| order.beyond(shape, after)) {
        Some((range, tie)) => (Some(range), tie),
        None => (None, None),
    };
    let conditions: Vec<Document> = besides.conditions().chain(ranges(filter)).chain(tie).collect();
    let mut asked = shape.filter_of(equal, range);
    // They are few, so that the index serves as if they were not there.
    asked.insert("deleting", doc! { "$exists": false });
    if !conditions.is_empty() {
        asked.insert("$and", conditions);
    }
    (shape, asked)
}

/// What leads: in another order than that of ids it is the order itself; in that of ids whatever the fewest products are
/// likely to have. It is taken out of what is asked for besides.
fn leading(merchant: String, order: ProductOrder, besides: &mut Besides<'_>) -> (&'static Shape, Vec<Bson>) {
    let merchant = Bson::from(merchant);
    match order.by {
        OrderBy::Name => return (&schema::PRODUCTS_BY_NAME, vec![merchant]),
        OrderBy::Price(currency) => return (&schema::PRODUCTS_BY_PRICE, vec![merchant, currency.code().into()]),
        OrderBy::Update => return (&schema::PRODUCTS_BY_UPDATE, vec![merchant]),
        OrderBy::Age => {}
    }
    if let Some((clue, others)) = besides.clues.split_first() {
        besides.clues = others;
        return (&schema::PRODUCTS_FOUND_BY, vec![merchant, any_term(clue)]);
    }
    if let Some(categories) = besides.categories.take() {
        return (&schema::PRODUCTS_IN_CATEGORY, vec![merchant, any_of(categories)]);
    }
    match (besides.status.take(), besides.channel.take()) {
        (None, None) => (&schema::PRODUCTS_NEWEST, vec![merchant]),
        (Some(status), None) => (&schema::PRODUCTS_IN_STATUS, vec![merchant, status.name().into()]),
        (None, Some(channel)) => (&schema::PRODUCTS_LIVE_ON, vec![merchant, channel.as_str().into()]),
        (Some(status), Some(channel)) => {
            let equal = vec![merchant, channel.as_str().into(), status.name().into()];
            (&schema::PRODUCTS_IN_STATUS_LIVE_ON, equal)
        }
    }
}

/// Ranges, and what can't be told by equality.
fn ranges(filter: &ProductFilter) -> impl Iterator<Item = Document> {
    let price = filter.price.map(|price| {
        let bounds = bounds([("$gte", price.least.map(Bson::from)), ("$lte", price.most.map(Bson::from))]);
        let mut condition = doc! { "canonical.price.currency": price.currency.code() };
        if !bounds.is_empty() {
            condition.insert("canonical.price.amount", bounds);
        }
        condition
    });
    let time = |time: Option<Timestamp>| time.map(|time| Bson::from(time.to_string()));
    let updated = bounds([("$gte", time(filter.updated_since)), ("$lt", time(filter.updated_before))]);
    let updated = (!updated.is_empty()).then(|| doc! { "updated_at": updated });
    let absent = filter.absent_from.as_ref().map(|channel| {
        // A channel's id has no dots, and is no operator.
        doc! { format!("channels.{channel}.observed.presence"): { "$in": [Bson::Null, Bson::from("ABSENT")] } }
    });
    // What nobody counts has no level.
    let in_stock = filter.in_stock.then(|| doc! { "stock.level": { "$ne": "DEPLETED" } });
    [price, updated, absent, in_stock].into_iter().flatten()
}

fn bounds(bounds: [(&str, Option<Bson>); 2]) -> Document {
    bounds.into_iter().filter_map(|(operator, bound)| Some((operator.to_owned(), bound?))).collect()
}

/// One of several values. Of a single one it is a plain comparison, so that the database has less to think about.
fn one_of(mut values: Vec<Bson>) -> Bson {
    match values.len() {
        1 => values.remove(0),
        _ => doc! { "$in": values }.into(),
    }
}

fn any_of(categories: &[CategoryKey]) -> Bson {
    one_of(categories.iter().map(|category| category.as_str().into()).collect())
}

fn any_term(clue: &Clue) -> Bson {
    one_of(clue.terms().iter().map(|term| term.as_str().into()).collect())
}

#[cfg(test)]
mod tests;
