//! Prices as shops write them: from dollars into the shop's currency, and to an end that looks like a price.

use tola_catalog::Money;
use tola_catalog::money::Currency;

use crate::Error;

/// A currency's prices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Till {
    pub(crate) currency: &'static str,
    /// How many of its units a dollar is, a hundredfold.
    rate: u32,
    /// Prices are multiples of this, in minor units …
    step: u32,
    /// … less so much.
    short_of: u32,
}

/// Mexican pesos: 349.00.
pub(crate) const MXN: Till = Till { currency: "MXN", rate: 1_800, step: 1_000, short_of: 100 };
/// Brazilian reais: 34.90.
pub(crate) const BRL: Till = Till { currency: "BRL", rate: 540, step: 100, short_of: 10 };
/// Dollars: 19.99.
pub(crate) const USD: Till = Till { currency: "USD", rate: 100, step: 100, short_of: 1 };

impl Till {
    /// What something costs that is worth so many cents of a dollar.
    pub(crate) fn price(self, cents: u32) -> Result<Money, Error> {
        let exact = u64::from(cents) * u64::from(self.rate) / 100;
        let (step, short_of) = (u64::from(self.step), u64::from(self.short_of));
        let amount = exact.div_ceil(step).max(1) * step - short_of;
        Ok(Money::new(i64::try_from(amount).unwrap_or(i64::MAX), Currency::parse(self.currency)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_end_as_prices_do() {
        let written = |till: Till, cents| till.price(cents).unwrap().to_string();

        assert_eq!(written(MXN, 1_940), "349.00 MXN");
        assert_eq!(written(BRL, 640), "34.90 BRL");
        assert_eq!(written(USD, 1_940), "19.99 USD");
        assert_eq!(written(USD, 1), "0.99 USD");
    }
}
