//! Which products a list shows and in which order, as its parameters say.

use axum::http::StatusCode;
use tola_catalog::money::{Currency, MAX_AMOUNT};
use tola_catalog::text::{AttributeKey, InvalidText, Tag};
use tola_catalog::{
    CategoryKey, CategoryTree, ChannelId, Clue, ListingState, ProductStatus, StockState, Timestamp, code,
};
use tola_store::schema::Direction::{self, Ascending, Descending};
use tola_store::{OrderBy, Position, PriceRange, ProductFilter, ProductOrder, TenantScope};

use crate::app::App;
use crate::cursor::Question;
use crate::error::ApiError;
use crate::openapi::{Amount, AttributeIs, Contract, InCategory, Order, Rule, Search, Several};
use crate::params::Params;

/// The orders by their names. Which currency prices are in, another parameter says.
pub(crate) const ORDERS: [(&str, (Key, Direction)); 8] = [
    ("newest", (Key::Age, Descending)),
    ("oldest", (Key::Age, Ascending)),
    ("name", (Key::Name, Ascending)),
    ("-name", (Key::Name, Descending)),
    ("price", (Key::Price, Ascending)),
    ("-price", (Key::Price, Descending)),
    ("updated", (Key::Update, Ascending)),
    ("-updated", (Key::Update, Descending)),
];

/// What a list can be ordered by, without the currency.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    Age,
    Name,
    Price,
    Update,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// Whoever sees all of a catalog.
    Merchant,
    /// Whoever sees what is ACTIVE, and categories that are shown.
    Shopper,
}

/// Which products a list shows and in which order.
#[derive(Debug)]
pub(crate) struct Selection {
    filter: ProductFilter,
    /// The category that they are in, or below.
    category: Option<CategoryKey>,
    asker: Asker,
    /// Their order.
    pub(crate) order: ProductOrder,
    /// All that was said, for the cursor.
    said: Vec<String>,
}

/// The parameters of a merchant's list, besides those that shoppers have as well.
pub(crate) fn merchants_parameters(contract: Contract) -> Contract {
    contract
        .query::<ProductStatus>("status", "Only products that stand so.")
        .query::<ChannelId>(
            "channel",
            "Only products that are live on this channel, or that stand there as `listing` says.",
        )
        .query::<ListingState>("listing", "How the products stand on `channel`; `LIVE` if nothing is said.")
        .query::<Rule>("missing", "Only products that lack what this rule asks for, such as `PRICE_REQUIRED`.")
        .query::<StockState>(
            "stock",
            "Only products of which so much is left; `UNTRACKED` are those that nobody counts.",
        )
        .query::<Timestamp>("updated_since", "Only products that changed at this time or later.")
        .query::<Timestamp>("updated_before", "Only products that changed before this time.")
}

/// The parameter that shoppers alone have. Merchants have `stock`, which tells more.
pub(crate) fn in_stock_parameter(contract: Contract) -> Contract {
    contract.query::<bool>(
        "in_stock",
        "`true` for products of which there is one to be had, `false` for those of which there is none.",
    )
}

/// The parameters that shoppers have, as merchants do.
pub(crate) fn shoppers_parameters(contract: Contract) -> Contract {
    contract
        .query::<Search>(
            "q",
            "Only products with all of these words in name, description, brand or tags, and for the merchant in the SKU; in \
             whichever case, with accents or without. It is enough if a word of the name, the brand, a tag or the SKU begins \
             so.",
        )
        .query::<InCategory>("category", "Only products in this category, or in one that is part of it.")
        .query::<Several<Tag>>("tag", "Only products with this tag; with all of them, if there are several.")
        .query::<Several<AttributeIs>>(
            "attribute",
            "Only products of which an attribute has a value: `colour:red`. Of several, with all of them.",
        )
        .query::<Currency>("currency", "Only products with a price in this currency.")
        .query::<Amount>("price_min", "Only products that cost so much or more, in minor units of `currency`.")
        .query::<Amount>("price_max", "Only products that cost so much or less, in minor units of `currency`.")
        .query::<Order>(
            "sort",
            "The order. By `price` needs `currency`; by `updated` comes first what changed the longest ago.",
        )
        .refuses(StatusCode::UNPROCESSABLE_ENTITY, &[code::UNKNOWN_CATEGORY, code::QUERY_TOO_BROAD])
}

impl Selection {
    /// What a merchant's list shows.
    ///
    /// # Errors
    /// 400 `INVALID_PARAMETER` for what has the wrong form, or needs another parameter.
    pub(crate) fn of_merchant(params: &mut Params) -> Result<Self, ApiError> {
        let status = params.parsed("status", "DRAFT, READY, ACTIVE or INACTIVE", ProductStatus::parse)?;
        let channel = params.parsed("channel", "a channel's id", |text| ChannelId::parse(text).ok())?;
        let states = ListingState::ALL.map(ListingState::name).join(", ");
        let listing = params.parsed("listing", &format!("one of {states}"), ListingState::parse)?;
        let missing = params.take("missing");
        let levels = StockState::ALL.map(StockState::name).join(", ");
        let stock = params.parsed("stock", &format!("one of {levels}"), StockState::parse)?;
        let updated_since = params.parsed("updated_since", TIME, |text| Timestamp::parse(text).ok())?;
        let updated_before = params.parsed("updated_before", TIME, |text| Timestamp::parse(text).ok())?;
        if updated_since.zip(updated_before).is_some_and(|(since, before)| since >= before) {
            return Err(ApiError::invalid_parameter("/query/updated_before", "it is not later than updated_since"));
        }
        if listing.is_some() && channel.is_none() {
            return Err(needs("channel", "listing says how products stand on a channel: say on which"));
        }

        let mut selection = Self::of_both(params, Asker::Merchant)?;
        // The first two are there in any case, as in cursors of earlier versions.
        let first = [
            status.map(ProductStatus::name).unwrap_or_default().to_owned(),
            channel.as_ref().map(ToString::to_string).unwrap_or_default(),
        ];
        selection.said.splice(..0, first);
        selection.say("listing", listing.map(ListingState::name));
        selection.say("missing", missing.as_ref());
        selection.say("stock", stock.map(StockState::name));
        selection.say("updated_since", updated_since);
        selection.say("updated_before", updated_before);

        let filter = &mut selection.filter;
        (filter.status, filter.updated_since, filter.updated_before) = (status, updated_since, updated_before);
        filter.clues.extend(missing.map(|rule| Clue::missing(&rule).map_err(refused("missing"))).transpose()?);
        match (channel, listing) {
            (Some(channel), Some(ListingState::Absent)) => filter.absent_from = Some(channel),
            (Some(channel), state) => match state.and_then(|state| Clue::listing(&channel, state)) {
                Some(clue) => filter.clues.push(clue),
                None => filter.channel = Some(channel),
            },
            (None, _) => {}
        }
        // Last, since most products may be of one level: whatever else is looked for leads.
        filter.clues.extend(stock.map(Clue::stock));
        Ok(selection)
    }

    /// What shoppers see of a merchant.
    ///
    /// # Errors
    /// As [`Selection::of_merchant`].
    pub(crate) fn of_shopper(params: &mut Params) -> Result<Self, ApiError> {
        let in_stock: Option<bool> = params.parsed("in_stock", "true or false", |text| text.parse().ok())?;
        let mut selection = Self::of_both(params, Asker::Shopper)?;
        selection.say("in_stock", in_stock);
        let filter = &mut selection.filter;
        filter.status = Some(ProductStatus::Active);
        match in_stock {
            Some(true) => filter.in_stock = true,
            Some(false) => filter.clues.push(Clue::stock(StockState::Depleted)),
            None => {}
        }
        Ok(selection)
    }

    fn of_both(params: &mut Params, asker: Asker) -> Result<Self, ApiError> {
        let price = prices(params)?;
        let (sort, order) = order(params, price)?;
        let category = params.parsed("category", "a category's id", |text| CategoryKey::parse(text).ok())?;
        let words = params.take("q");
        let (tags, attributes) = (params.take_all("tag"), params.take_all("attribute"));

        let filter = ProductFilter { price, ..ProductFilter::default() };
        let mut selection = Self { filter, category, asker, order, said: Vec::new() };
        if let Some(words) = &words {
            selection.filter.clues = Clue::words(words, asker == Asker::Merchant).map_err(refused("q"))?;
        }
        for tag in &tags {
            let tag = Tag::parse(tag).map_err(refused("tag"))?;
            selection.filter.clues.push(Clue::tag(&tag));
        }
        for attribute in &attributes {
            let Some((key, value)) = attribute.split_once(':') else {
                return Err(ApiError::invalid_parameter(
                    "/query/attribute",
                    "it is a key, a colon and a value: colour:red",
                ));
            };
            let key = AttributeKey::parse(key).map_err(refused("attribute"))?;
            selection.filter.clues.push(Clue::attribute(&key, value).map_err(refused("attribute"))?);
        }
        selection.say("q", words);
        selection.say("category", selection.category.clone());
        tags.iter().for_each(|tag| selection.say("tag", Some(tag)));
        attributes.iter().for_each(|attribute| selection.say("attribute", Some(attribute)));
        selection.say("currency", price.map(|price| price.currency));
        selection.say("price_min", price.and_then(|price| price.least));
        selection.say("price_max", price.and_then(|price| price.most));
        selection.say("sort", sort);
        Ok(selection)
    }

    /// Notes a parameter that was there.
    fn say(&mut self, name: &str, value: Option<impl ToString>) {
        self.said.extend(value.map(|value| format!("{name}={}", value.to_string())));
    }

    /// The question that it asks of a list.
    pub(crate) fn question(&self, route: &'static str, scope: TenantScope) -> Question {
        Question { route, merchant_id: scope.merchant_id(), filters: self.said.clone() }
    }

    /// Where the list goes on, as its cursor says.
    ///
    /// # Errors
    /// 400 `INVALID_CURSOR` for a cursor of another list.
    pub(crate) fn after(
        &self,
        app: &App,
        question: &Question,
        params: &mut Params,
    ) -> Result<Option<Position>, ApiError> {
        let Some(cursor) = params.take("cursor") else { return Ok(None) };
        Ok(self.order.read(&app.cursors.open(question, &cursor)?))
    }

    /// The filter, with all categories that are meant.
    ///
    /// # Errors
    /// 422 `UNKNOWN_CATEGORY`, and when the database fails.
    pub(crate) async fn filter(self, app: &App, scope: TenantScope) -> Result<ProductFilter, ApiError> {
        let mut filter = self.filter;
        if let Some(category) = self.category {
            let tree = app.store.categories(scope).get().await?;
            filter.categories = Some(below(&tree, &category, self.asker)?);
        }
        Ok(filter)
    }
}

const TIME: &str = "a time such as 2026-11-21T03:24:34Z";

/// The category and all that is part of it, as far as whoever asks sees it.
fn below(tree: &CategoryTree, category: &CategoryKey, asker: Asker) -> Result<Vec<CategoryKey>, ApiError> {
    let sees = |id: &CategoryKey| asker == Asker::Merchant || tree.is_shown(id);
    if !tree.categories.contains_key(category) || !sees(category) {
        let error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code::UNKNOWN_CATEGORY);
        return Err(error.at("/query/category", code::UNKNOWN_CATEGORY, format!("there is no category {category}")));
    }
    Ok(tree.subtree(category).into_iter().filter(|id| sees(id)).cloned().collect())
}

fn prices(params: &mut Params) -> Result<Option<PriceRange>, ApiError> {
    let currency =
        params.parsed("currency", "the code of a currency, such as USD", |text| Currency::parse(text).ok())?;
    let amount = |text: &str| text.parse().ok().filter(|amount| (0..=MAX_AMOUNT).contains(amount));
    let expected = "an integer number of minor units (1999 for 19.99 USD)";
    let least = params.parsed("price_min", expected, amount)?;
    let most = params.parsed("price_max", expected, amount)?;
    if least.zip(most).is_some_and(|(least, most)| least > most) {
        return Err(ApiError::invalid_parameter("/query/price_max", "it is less than price_min"));
    }
    match currency {
        Some(currency) => Ok(Some(PriceRange { currency, least, most })),
        None if least.or(most).is_some() => {
            Err(needs("currency", "amounts of different currencies can't be compared: say which is meant"))
        }
        None => Ok(None),
    }
}

/// The order with its name, if there is one.
fn order(params: &mut Params, price: Option<PriceRange>) -> Result<(Option<&'static str>, ProductOrder), ApiError> {
    let names = ORDERS.map(|(name, _)| name).join(", ");
    let named = |text: &str| ORDERS.into_iter().find(|(name, _)| *name == text);
    let Some((name, (key, direction))) = params.parsed("sort", &format!("one of {names}"), named)? else {
        return Ok((None, ProductOrder::NEWEST));
    };
    let by = match (key, price) {
        (Key::Age, _) => OrderBy::Age,
        (Key::Name, _) => OrderBy::Name,
        (Key::Update, _) => OrderBy::Update,
        (Key::Price, Some(price)) => OrderBy::Price(price.currency),
        (Key::Price, None) => {
            return Err(needs("currency", "prices of different currencies have no order: say which is meant"));
        }
    };
    Ok((Some(name), ProductOrder { by, direction }))
}

fn refused(name: &'static str) -> impl Fn(InvalidText) -> ApiError {
    move |why| ApiError::invalid_parameter(format!("/query/{name}"), why.to_string())
}

/// Another parameter only says something together with this one.
fn needs(name: &str, why: &str) -> ApiError {
    ApiError::invalid_parameter(format!("/query/{name}"), why)
}
