//! What a product is found by: short texts, derived in every write, of which one index serves every search.
//!
//! Words are folded as slugs are: to lower case, without accents, and what has another script as it is read in ASCII. A
//! product is written far less often than it is searched for, so that the beginnings of its words are kept like words: who
//! types `lam` then asks for one text, and not for a range of them, which no index could give in the order of a list.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::ChannelId;
use crate::listing::{CommandState, Listing, Presence};
use crate::product::{AttributeValue, Product};
use crate::stock::{Level, Stock};
use crate::text::{AttributeKey, InvalidText, Tag};

/// Rises when something else is derived from a product than before: a deployment then derives anew what was derived by
/// another rule.
pub const RULES: u32 = 2;
/// The most words of a product that it is found by; those of its description come last.
pub const MAX_WORDS: usize = 200;
/// The most words of a product, and beginnings of them.
pub const MAX_WORDS_AND_BEGINNINGS: usize = 400;
/// The most letters of a word that count.
const MAX_LETTERS: usize = 24;
/// The shortest beginning of a word, in letters.
const MIN_BEGINNING: usize = 2;
/// The most values of attributes of a product that it is found by.
const MAX_VALUES: usize = 200;
/// The longest value of an attribute that a product is found by, in characters.
pub const MAX_VALUE: usize = 100;
/// The longest search, in characters.
pub const MAX_SEARCH: usize = 200;
/// The most words of a search.
pub const MAX_SEARCH_WORDS: usize = 10;
/// The most letters of a name that count for the order by name.
const MAX_ORDERED: usize = 100;

/// One of the texts that a product is found by. What it is about stands before a colon, which no word has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Term(String);

impl Term {
    /// A word that everybody may see, or its beginning.
    fn word(word: &str) -> Self {
        Self(word.to_owned())
    }

    /// A word of the SKU, which is the merchant's own.
    fn of_sku(word: &str) -> Self {
        Self(format!("sku:{word}"))
    }

    fn tag(tag: &Tag) -> Self {
        Self(format!("tag:{}", tag.as_str().to_lowercase()))
    }

    fn attribute(key: &AttributeKey, value: &str) -> Self {
        Self(format!("attribute:{key}={}", value.to_lowercase()))
    }

    fn missing(rule: &str) -> Self {
        Self(format!("missing:{rule}"))
    }

    fn listing(channel: &ChannelId, state: ListingState) -> Self {
        Self(format!("listing:{channel}={}", state.name()))
    }

    fn stock(state: StockState) -> Self {
        Self(format!("stock:{}", state.name()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How a product stands on a channel, as lists tell it apart. It may be several of these at once: an update that has failed
/// leaves it live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ListingState {
    /// Buyers see it.
    Live,
    /// The channel looks at it before buyers see it, or looks at it again.
    UnderReview,
    /// It exists, and buyers don't see it.
    Paused,
    /// An answer was lost: it may or may not exist.
    Unknown,
    /// The channel has nothing of it, whether it was ever to be there or not.
    Absent,
    /// It is on its way to the channel, or off it.
    Pending,
    /// The last thing that the channel was to do has failed.
    Failed,
}

impl ListingState {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Live, Self::UnderReview, Self::Paused, Self::Unknown, Self::Absent, Self::Pending, Self::Failed];

    /// Reads the upper-case name that the API uses.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }

    /// The upper-case name that the API uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "LIVE",
            Self::UnderReview => "UNDER_REVIEW",
            Self::Paused => "PAUSED",
            Self::Unknown => "UNKNOWN",
            Self::Absent => "ABSENT",
            Self::Pending => "PENDING",
            Self::Failed => "FAILED",
        }
    }

    /// Those that a listing is in, but for `Live`, for which a product has a list of its own, and for `Absent`, which no
    /// product can know of every channel.
    fn kept_of(listing: &Listing) -> impl Iterator<Item = Self> {
        let presence = match listing.observed.presence {
            Presence::UnderReview => Some(Self::UnderReview),
            Presence::Paused => Some(Self::Paused),
            Presence::Unknown => Some(Self::Unknown),
            Presence::Live | Presence::Absent => None,
        };
        let failed = listing.command.as_ref().is_some_and(|command| command.state == CommandState::Failed);
        let command = [(listing.is_under_way(), Self::Pending), (failed, Self::Failed)];
        presence.into_iter().chain(command.into_iter().filter(|(is_so, _)| *is_so).map(|(_, state)| state))
    }
}

/// How much is left of a product, as lists tell it apart. Each is one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StockState {
    /// None.
    Depleted,
    /// No more than the threshold.
    Low,
    /// More than that.
    Ample,
    /// Nobody counts.
    Untracked,
}

impl StockState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Depleted, Self::Low, Self::Ample, Self::Untracked];

    /// Which of them a stock is.
    pub fn of(stock: Stock) -> Self {
        match stock.level() {
            Some(Level::Depleted) => Self::Depleted,
            Some(Level::Low) => Self::Low,
            Some(Level::Ample) => Self::Ample,
            None => Self::Untracked,
        }
    }

    /// Reads the upper-case name that the API uses.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }

    /// The upper-case name that the API uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Depleted => "DEPLETED",
            Self::Low => "LOW",
            Self::Ample => "AMPLE",
            Self::Untracked => "UNTRACKED",
        }
    }
}

/// What somebody looks for: products that are found by one of its terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clue(Vec<Term>);

impl Clue {
    /// What a search by words comes to: one clue for each word, all of which a product has to have. A word may be the
    /// beginning of one, and of the SKU's if the `merchant` asks. The longest word comes first: the fewest have it.
    ///
    /// # Errors
    /// [`InvalidText`] for a text that is too long, has too many words, or none.
    pub fn words(text: &str, merchant: bool) -> Result<Vec<Self>, InvalidText> {
        if text.chars().count() > MAX_SEARCH {
            return Err(InvalidText::saying(&format!("a search has at most {MAX_SEARCH} characters")));
        }
        let mut words: Vec<String> = words(text).into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        if words.is_empty() || words.len() > MAX_SEARCH_WORDS {
            return Err(InvalidText::saying(&format!(
                "a search has 1 to {MAX_SEARCH_WORDS} words of letters or digits"
            )));
        }
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let of_sku = |word: &String| merchant.then(|| Term::of_sku(word));
        Ok(words.iter().map(|word| Self([Term::word(word)].into_iter().chain(of_sku(word)).collect())).collect())
    }

    /// Products with a tag, in whichever case.
    pub fn tag(tag: &Tag) -> Self {
        Self(vec![Term::tag(tag)])
    }

    /// Products of which an attribute has a value or, if it has several, this one among them, in whichever case.
    ///
    /// # Errors
    /// [`InvalidText`] for a value that is longer than products are found by.
    pub fn attribute(key: &AttributeKey, value: &str) -> Result<Self, InvalidText> {
        if value.chars().count() > MAX_VALUE {
            return Err(InvalidText::saying(&format!("values of at most {MAX_VALUE} characters can be looked for")));
        }
        Ok(Self(vec![Term::attribute(key, value)]))
    }

    /// Products that lack what a rule asks for, such as `PRICE_REQUIRED`.
    ///
    /// # Errors
    /// [`InvalidText`] for a text that is no rule's name: 1 to 64 of `A-Z`, `0-9` and `_`.
    pub fn missing(rule: &str) -> Result<Self, InvalidText> {
        let fits =
            (1..=64).contains(&rule.len()) && rule.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
        if !fits {
            return Err(InvalidText::saying("a rule is named as in `completeness.missing`, such as PRICE_REQUIRED"));
        }
        Ok(Self(vec![Term::missing(rule)]))
    }

    /// Products that stand so on a channel; none for `Live` and `Absent`, which no term tells.
    pub fn listing(channel: &ChannelId, state: ListingState) -> Option<Self> {
        let is_told = !matches!(state, ListingState::Live | ListingState::Absent);
        is_told.then(|| Self(vec![Term::listing(channel, state)]))
    }

    /// Products of which so much is left.
    pub fn stock(state: StockState) -> Self {
        Self(vec![Term::stock(state)])
    }

    /// The terms, of which one is enough.
    pub fn terms(&self) -> &[Term] {
        &self.0
    }
}

/// What a product is found by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FoundBy {
    /// The rules by which the rest was derived; 0 if it never was.
    pub rules: u32,
    /// The name, folded: products are listed in its order.
    pub name: String,
    /// Its terms, in order and each once.
    pub terms: Vec<Term>,
}

impl FoundBy {
    /// What a product is found by: nothing, if only its tombstone is left. A pure function of the product.
    pub fn of(product: &Product) -> Self {
        if product.purged_at.is_some() {
            return Self { rules: RULES, ..Self::default() };
        }
        let mut terms = words_of(product);
        let canonical = &product.canonical;
        terms.extend(canonical.tags.iter().map(Term::tag));
        let values = canonical.attributes.iter().flat_map(|(key, value)| {
            let fitting = texts(value).into_iter().filter(|text| text.chars().count() <= MAX_VALUE);
            fitting.map(move |text| Term::attribute(key, &text))
        });
        terms.extend(values.take(MAX_VALUES));
        terms.extend(product.completeness.missing.iter().map(|gap| Term::missing(&gap.rule)));
        let listings = product.channels.iter().flat_map(|(channel, listing)| {
            ListingState::kept_of(listing).map(move |state| Term::listing(channel, state))
        });
        terms.extend(listings);
        terms.insert(Term::stock(StockState::of(product.stock)));
        let mut name = slug::slugify(canonical.name.as_str());
        name.truncate(MAX_ORDERED);
        Self { rules: RULES, name, terms: terms.into_iter().collect() }
    }
}

/// The words of a product, and the beginnings of those that are in its name, SKU, brand and tags.
fn words_of(product: &Product) -> BTreeSet<Term> {
    let canonical = &product.canonical;
    let named = words(canonical.name.as_str()).into_iter().map(Word::Shown);
    let of_sku = product.sku.iter().flat_map(|sku| words(sku.as_str())).map(Word::OfSku);
    let brand = canonical.brand.iter().flat_map(|brand| words(brand.as_str())).map(Word::Shown);
    let tags = canonical.tags.iter().flat_map(|tag| words(tag.as_str())).map(Word::Shown);
    let headed: Vec<Word> = named.chain(of_sku).chain(brand).chain(tags).collect();
    let told = canonical.description.iter().flat_map(|description| words(description.as_str()));

    let mut terms = BTreeSet::new();
    let whole = headed.iter().map(Word::whole).chain(told.map(|word| Term::word(&word)));
    fill(&mut terms, MAX_WORDS, whole);
    fill(&mut terms, MAX_WORDS_AND_BEGINNINGS, headed.iter().flat_map(Word::beginnings));
    terms
}

/// A folded word, which is ASCII, by who may find the product by it.
enum Word {
    Shown(String),
    OfSku(String),
}

impl Word {
    fn whole(&self) -> Term {
        match self {
            Self::Shown(word) => Term::word(word),
            Self::OfSku(word) => Term::of_sku(word),
        }
    }

    /// All that it begins with but itself.
    fn beginnings(&self) -> impl Iterator<Item = Term> {
        let (Self::Shown(word) | Self::OfSku(word)) = self;
        (MIN_BEGINNING..word.len()).filter_map(|end| word.get(..end)).map(|beginning| match self {
            Self::Shown(_) => Term::word(beginning),
            Self::OfSku(_) => Term::of_sku(beginning),
        })
    }
}

fn fill(terms: &mut BTreeSet<Term>, most: usize, more: impl Iterator<Item = Term>) {
    for term in more {
        if terms.len() >= most {
            return;
        }
        terms.insert(term);
    }
}

/// The words of a text, folded, in their order.
fn words(text: &str) -> Vec<String> {
    let folded = slug::slugify(text);
    let cut = |word: &str| word.get(..MAX_LETTERS).unwrap_or(word).to_owned();
    folded.split('-').filter(|word| !word.is_empty()).map(cut).collect()
}

/// An attribute's value, or each of its values, as somebody would write it into a query.
fn texts(value: &AttributeValue) -> Vec<String> {
    match value {
        AttributeValue::Flag(flag) => vec![flag.to_string()],
        AttributeValue::Integer(number) => vec![number.to_string()],
        AttributeValue::Decimal(number) => vec![number.to_string()],
        AttributeValue::Text(text) => vec![text.clone()],
        AttributeValue::Texts(texts) => texts.clone(),
    }
}

#[cfg(test)]
mod tests;
