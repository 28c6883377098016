//! Money: an integer number of minor units and a currency. There are no floats here, and JSON floats are refused.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// The greatest amount of a price, in minor units: a thousand million in a currency with two decimals.
pub const MAX_AMOUNT: i64 = 100_000_000_000;

/// A price or another amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units of the currency, 0 to 100,000,000,000: 1999 is 19.99 in USD, and 1,999 in JPY, which has none.
    #[serde(deserialize_with = "minor_units")]
    #[schemars(range(min = 0, max = MAX_AMOUNT))]
    amount: i64,
    currency: Currency,
}

/// Why an amount is not a price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an amount is between 0 and {MAX_AMOUNT} minor units, and this one is {0}")]
pub struct InvalidAmount(pub i64);

impl Money {
    /// An amount in minor units.
    ///
    /// # Errors
    /// [`InvalidAmount`] below zero or above [`MAX_AMOUNT`].
    pub fn new(amount: i64, currency: Currency) -> Result<Self, InvalidAmount> {
        if (0..=MAX_AMOUNT).contains(&amount) { Ok(Self { amount, currency }) } else { Err(InvalidAmount(amount)) }
    }

    /// Minor units.
    pub fn amount(self) -> i64 {
        self.amount
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }
}

impl fmt::Display for Money {
    /// The amount in major units, then the code: `19.99 USD`, `1999 JPY`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = usize::from(self.currency.0.exponent().unwrap_or(0));
        if digits == 0 {
            return write!(f, "{} {}", self.amount, self.currency);
        }
        let scale = 10_i64.pow(u32::try_from(digits).unwrap_or(0));
        write!(f, "{}.{:0digits$} {}", self.amount / scale, self.amount % scale, self.currency)
    }
}

/// A currency in use, by its ISO 4217 code. The table is that of the crate `iso_currency`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

/// Why a text is not a currency that prices can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the ISO 4217 code of a currency in use, such as USD")]
pub struct UnknownCurrency(String);

impl Currency {
    /// Reads an upper-case ISO 4217 code.
    ///
    /// # Errors
    /// [`UnknownCurrency`] for other texts, for funds and precious metals, and for currencies that were replaced.
    pub fn parse(code: &str) -> Result<Self, UnknownCurrency> {
        Self::in_use(code).ok_or_else(|| UnknownCurrency(code.chars().take(12).collect()))
    }

    /// All of them, by their codes.
    pub fn all() -> impl Iterator<Item = Self> {
        let letters = || (b'A'..=b'Z').map(char::from);
        let codes = letters().flat_map(move |a| letters().flat_map(move |b| letters().map(move |c| [a, b, c])));
        codes.filter_map(|code| Self::in_use(&String::from_iter(code)))
    }

    fn in_use(code: &str) -> Option<Self> {
        let known = iso_currency::Currency::from_code(code);
        let replaced = |currency: &iso_currency::Currency| currency.is_superseded().is_some();
        known.filter(|currency| !currency.is_fund() && !currency.is_special() && !replaced(currency)).map(Self)
    }

    /// The ISO 4217 code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;
    fn try_from(code: String) -> Result<Self, UnknownCurrency> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl JsonSchema for Currency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Z]{3}$" })
    }
}

/// Reads minor units and says, to whoever sent a decimal, what to send instead.
fn minor_units<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    struct MinorUnits;

    impl Visitor<'_> for MinorUnits {
        type Value = i64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an integer number of minor units (1999 for 19.99 USD)")
        }

        fn visit_i64<E: de::Error>(self, amount: i64) -> Result<i64, E> {
            if (0..=MAX_AMOUNT).contains(&amount) { Ok(amount) } else { Err(E::custom(InvalidAmount(amount))) }
        }

        fn visit_u64<E: de::Error>(self, amount: u64) -> Result<i64, E> {
            self.visit_i64(i64::try_from(amount).unwrap_or(i64::MAX))
        }
    }

    deserializer.deserialize_i64(MinorUnits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(json: &str) -> Result<Money, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn floats_texts_and_foreign_fields_are_refused() {
        assert!(read(r#"{"amount": 19.99, "currency": "USD"}"#).unwrap_err().contains("minor units"));
        assert!(read(r#"{"amount": 1999.0, "currency": "USD"}"#).unwrap_err().contains("minor units"));
        assert!(read(r#"{"amount": "1999", "currency": "USD"}"#).unwrap_err().contains("minor units"));
        assert!(read(r#"{"amount": -1, "currency": "USD"}"#).unwrap_err().contains("between 0"));
        assert!(read(r#"{"amount": 1, "currency": "USD", "tax": 1}"#).unwrap_err().contains("tax"));
    }

    #[test]
    fn only_currencies_in_use_are_known() {
        for code in ["XXX", "XAU", "usd", "ZZZ", "", "CHE"] {
            assert!(Currency::parse(code).is_err(), "{code}");
        }
        for code in ["USD", "EUR", "JPY", "ARS", "BRL", "MXN", "KWD"] {
            assert!(Currency::parse(code).is_ok(), "{code}");
        }
    }

    #[test]
    fn people_read_major_units() {
        let money = |amount, code| Money::new(amount, Currency::parse(code).unwrap()).unwrap().to_string();

        assert_eq!(money(1999, "USD"), "19.99 USD");
        assert_eq!(money(5, "USD"), "0.05 USD");
        assert_eq!(money(1999, "JPY"), "1999 JPY");
        assert_eq!(money(1999, "KWD"), "1.999 KWD");
    }

    proptest! {
        #[test]
        fn every_amount_survives_json_and_no_other_is_read(amount: i64) {
            let made = Money::new(amount, Currency::parse("USD").unwrap());
            let json = format!(r#"{{"amount": {amount}, "currency": "USD"}}"#);

            prop_assert_eq!(made.clone().ok(), read(&json).ok());
            if let Ok(money) = made {
                prop_assert_eq!(read(&serde_json::to_string(&money).unwrap()), Ok(money));
            }
        }
    }
}
