//! How many there are of a product: a number that its merchant tells, and what follows from it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::EventKind;
use crate::status::NotPossible;
use crate::text::StockNote;

/// The most pieces of a product.
pub const MAX_STOCK: u32 = 1_000_000_000;

/// A number of pieces: 0 to 1,000,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct Quantity(u32);

/// Pieces that come, or with a minus go: −1,000,000,000 to 1,000,000,000, and not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Adjustment(i64);

/// Why a number is no number of pieces.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuantity {
    /// Of what is there.
    #[error("a number of pieces is between 0 and {MAX_STOCK}, and this one is {0}")]
    OnHand(i64),
    /// Of what comes or goes.
    #[error("an adjustment is between -{MAX_STOCK} and {MAX_STOCK} and not 0, and this one is {0}")]
    Adjustment(i64),
}

/// How much is left, as far as it matters to whoever orders more. A lower level is the lesser one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Level {
    /// None.
    Depleted,
    /// No more than the threshold.
    Low,
    /// More than that.
    Ample,
}

/// How many there are. As long as nobody has told, it is untracked: that is not none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stock {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_hand: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    low_threshold: Option<Quantity>,
    /// Derived from the other two; kept, so that it can be searched for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
}

/// Why pieces come or go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StockReason {
    /// They were sold.
    Sale,
    /// A buyer sent them back.
    Return,
    /// They can't be sold.
    Damage,
    /// Somebody has counted.
    Count,
    /// A supplier delivered them.
    Received,
    /// Another one: the note may say which.
    Other,
}

/// What a change does to the number of pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// There are so many, whatever was there.
    Set(Quantity),
    /// So many come or go.
    Adjust(Adjustment),
    /// Nobody counts them any more.
    Forget,
}

/// A change of the stock. `None` leaves a value as it is; `Some(None)` removes the threshold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StockChange {
    /// What becomes of the number of pieces.
    pub count: Option<Count>,
    /// How many are few.
    pub low_threshold: Option<Option<Quantity>>,
    /// Why.
    pub reason: Option<StockReason>,
    /// Why, in the merchant's words.
    pub note: Option<StockNote>,
}

/// Why a change of the stock was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StockRefused {
    /// The product's state does not allow it.
    #[error(transparent)]
    NotPossible(#[from] NotPossible),
    /// Nobody has told how many there are.
    #[error("nobody has said how many there are; set that first, and then adjust it")]
    Untracked,
    /// More were to go than there are.
    #[error("there are {on_hand}, and {asked} were to go")]
    Insufficient {
        /// How many there are.
        on_hand: Quantity,
        /// How many were to go.
        asked: u64,
    },
    /// More were to come than there is room for.
    #[error("a product has at most {MAX_STOCK} pieces; there are {on_hand}, and {asked} were to come")]
    TooMany {
        /// How many there are.
        on_hand: Quantity,
        /// How many were to come.
        asked: u64,
    },
}

impl Quantity {
    /// None.
    pub const ZERO: Self = Self(0);

    /// A number of pieces.
    ///
    /// # Errors
    /// [`InvalidQuantity`] below zero or above [`MAX_STOCK`].
    pub fn new(pieces: i64) -> Result<Self, InvalidQuantity> {
        let bounded = u32::try_from(pieces).ok().filter(|pieces| *pieces <= MAX_STOCK);
        bounded.map(Self).ok_or(InvalidQuantity::OnHand(pieces))
    }

    /// How many.
    pub fn pieces(self) -> u32 {
        self.0
    }

    /// What is there after an adjustment.
    ///
    /// # Errors
    /// [`StockRefused`] below zero or above [`MAX_STOCK`].
    pub fn adjusted(self, by: Adjustment) -> Result<Self, StockRefused> {
        let asked = by.0.unsigned_abs();
        Self::new(i64::from(self.0) + by.0).map_err(|_| match by.0 {
            ..0 => StockRefused::Insufficient { on_hand: self, asked },
            0.. => StockRefused::TooMany { on_hand: self, asked },
        })
    }
}

impl Adjustment {
    /// Pieces that come, or with a minus go.
    ///
    /// # Errors
    /// [`InvalidQuantity`] for 0, and beyond [`MAX_STOCK`] in either direction.
    pub fn new(pieces: i64) -> Result<Self, InvalidQuantity> {
        let bounded = pieces != 0 && pieces.unsigned_abs() <= u64::from(MAX_STOCK);
        if bounded { Ok(Self(pieces)) } else { Err(InvalidQuantity::Adjustment(pieces)) }
    }
}

impl Level {
    /// The rule: none → `DEPLETED`; else no more than the threshold → `LOW`; else `AMPLE`. Without a threshold nothing is
    /// low.
    pub fn of(on_hand: Quantity, low_threshold: Option<Quantity>) -> Self {
        match low_threshold {
            _ if on_hand == Quantity::ZERO => Self::Depleted,
            Some(threshold) if on_hand <= threshold => Self::Low,
            _ => Self::Ample,
        }
    }
}

impl Stock {
    /// So many, of which so many are few; without a number untracked.
    pub fn new(on_hand: Option<Quantity>, low_threshold: Option<Quantity>) -> Self {
        Self { on_hand, low_threshold, level: on_hand.map(|on_hand| Level::of(on_hand, low_threshold)) }
    }

    /// How many there are, if anybody has told.
    pub fn on_hand(self) -> Option<Quantity> {
        self.on_hand
    }

    /// How many are few, if anybody has told.
    pub fn low_threshold(self) -> Option<Quantity> {
        self.low_threshold
    }

    /// How much is left, if anybody has told how many there are.
    pub fn level(self) -> Option<Level> {
        self.level
    }

    /// Whether nobody has told anything of it.
    pub fn is_untold(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a buyer can have one. Of what nobody counts there are enough.
    pub fn is_available(self) -> bool {
        self.level != Some(Level::Depleted)
    }

    /// What it is after a change.
    ///
    /// # Errors
    /// [`StockRefused`] when pieces were to come or go that are not counted, and when there would be less than none or more
    /// than [`MAX_STOCK`].
    pub fn after(self, change: &StockChange) -> Result<Self, StockRefused> {
        let on_hand = match change.count {
            None => self.on_hand,
            Some(Count::Set(pieces)) => Some(pieces),
            Some(Count::Adjust(by)) => Some(self.on_hand.ok_or(StockRefused::Untracked)?.adjusted(by)?),
            Some(Count::Forget) => None,
        };
        Ok(Self::new(on_hand, change.low_threshold.unwrap_or(self.low_threshold)))
    }

    /// The event that tells of the step from one level to another: where it leads, if it leads down, and that it leads up.
    /// What was not counted before counts as ample, and of what is not counted any more there is nothing to tell.
    pub(crate) fn crossing(self, after: Self) -> Option<EventKind> {
        let (from, to) = (self.level.unwrap_or(Level::Ample), after.level?);
        match to {
            _ if to == from => None,
            _ if to > from => Some(EventKind::InventoryRestocked),
            Level::Depleted => Some(EventKind::InventoryDepleted),
            _ => Some(EventKind::InventoryLow),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<i64> for Quantity {
    type Error = InvalidQuantity;
    fn try_from(pieces: i64) -> Result<Self, InvalidQuantity> {
        Self::new(pieces)
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

impl TryFrom<i64> for Adjustment {
    type Error = InvalidQuantity;
    fn try_from(pieces: i64) -> Result<Self, InvalidQuantity> {
        Self::new(pieces)
    }
}

impl From<Adjustment> for i64 {
    fn from(adjustment: Adjustment) -> Self {
        adjustment.0
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Quantity".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 0, "maximum": MAX_STOCK })
    }
}

impl JsonSchema for Adjustment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Adjustment".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let most = i64::from(MAX_STOCK);
        schemars::json_schema!({ "type": "integer", "minimum": -most, "maximum": most, "not": { "const": 0 } })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn pieces(number: i64) -> Quantity {
        Quantity::new(number).unwrap()
    }

    #[test]
    fn the_first_rule_that_applies_decides() {
        let level = |on_hand, threshold: Option<i64>| Level::of(pieces(on_hand), threshold.map(pieces));

        assert_eq!(level(0, None), Level::Depleted);
        assert_eq!(level(0, Some(0)), Level::Depleted);
        assert_eq!(level(1, Some(0)), Level::Ample);
        assert_eq!((level(5, Some(5)), level(6, Some(5))), (Level::Low, Level::Ample));
        assert_eq!(level(1, None), Level::Ample);
    }

    #[test]
    fn what_nobody_counts_is_not_none_and_can_only_be_set() {
        let untold = Stock::default();
        let adjust = StockChange { count: Some(Count::Adjust(Adjustment::new(1).unwrap())), ..StockChange::default() };
        let set = StockChange { count: Some(Count::Set(pieces(0))), ..StockChange::default() };

        assert_eq!((untold.on_hand(), untold.level(), untold.is_available()), (None, None, true));
        assert_eq!(untold.after(&adjust), Err(StockRefused::Untracked));
        let none = untold.after(&set).unwrap();
        assert_eq!((none.level(), none.is_available()), (Some(Level::Depleted), false));
        assert_eq!(untold.crossing(none), Some(EventKind::InventoryDepleted));
        assert_eq!(none.crossing(untold), None);
    }

    #[test]
    fn a_refusal_names_what_is_there_and_what_was_asked_for() {
        let by = |number| Adjustment::new(number).unwrap();
        let refused = |on_hand, number| pieces(on_hand).adjusted(by(number)).unwrap_err().to_string();

        assert_eq!(refused(2, -3), "there are 2, and 3 were to go");
        assert_eq!(
            refused(999_999_999, 2),
            "a product has at most 1000000000 pieces; there are 999999999, and 2 were to come"
        );
        assert_eq!(pieces(3).adjusted(by(-3)), Ok(Quantity::ZERO));
    }

    #[test]
    fn numbers_of_pieces_are_whole_and_bounded() {
        for wrong in [json!(-1), json!(1_000_000_001), json!(1.5), json!(1.0), json!("1"), json!(null)] {
            assert!(serde_json::from_value::<Quantity>(wrong.clone()).is_err(), "{wrong}");
        }
        for wrong in [json!(0), json!(-1_000_000_001_i64), json!(2.0), json!("-1")] {
            assert!(serde_json::from_value::<Adjustment>(wrong.clone()).is_err(), "{wrong}");
        }
        assert_eq!(serde_json::from_value::<Quantity>(json!(1_000_000_000)).unwrap(), pieces(i64::from(MAX_STOCK)));
        assert!(serde_json::from_value::<Adjustment>(json!(-1_000_000_000)).is_ok());
    }

    proptest! {
        #[test]
        fn fewer_pieces_are_never_a_higher_level(
            one in 0_i64..40, other in 0_i64..40, threshold in proptest::option::of(0_i64..40),
        ) {
            let level = |number: i64| Level::of(pieces(number), threshold.map(pieces));

            prop_assert!(level(one.min(other)) <= level(one.max(other)));
        }

        #[test]
        fn a_step_is_told_once_and_the_way_back_is_another(
            one in proptest::option::of(0_i64..6), other in proptest::option::of(0_i64..6), threshold in 0_i64..4,
        ) {
            let stock = |number: Option<i64>| Stock::new(number.map(pieces), Some(pieces(threshold)));
            let (there, back) = (stock(one).crossing(stock(other)), stock(other).crossing(stock(one)));

            if one.is_some() && other.is_some() {
                prop_assert_eq!(there.is_some(), stock(one).level() != stock(other).level());
                prop_assert_eq!(there.is_some(), back.is_some());
                prop_assert!(there.is_none() || there != back);
            }
        }
    }
}
