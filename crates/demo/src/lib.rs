//! A catalog to try Tola with: three merchants, five trades, a thousand products that look real.
//!
//! It is made by code from tables and a seed, so that everybody has the same one. Pure: it makes bodies of requests and
//! files of pictures, and sends nothing; `cargo xtask up --demo` does that. Brands, authors and publishers are invented,
//! and numbers are those of ranges that are given to nobody.

mod catalog;
mod check_digit;
mod compose;
mod dice;
mod picture;
mod till;
mod trade;

pub use catalog::{Catalog, Category, Fate, Gap, Item, Shop, Shown};
pub use compose::catalog;
pub use picture::{File, Picture};

/// The seed of the catalog that everybody has.
pub const SEED: u64 = 2026;

/// How many products there are.
pub const PRODUCTS: usize = 1_000;

/// Why there is no catalog: the tables hold something that the domain does not take.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A text is too long, or has a wrong form.
    #[error(transparent)]
    Text(#[from] tola_catalog::text::InvalidText),
    /// An id has a wrong form.
    #[error(transparent)]
    Id(#[from] tola_catalog::id::InvalidId),
    /// A price is out of bounds.
    #[error(transparent)]
    Amount(#[from] tola_catalog::money::InvalidAmount),
    /// A currency is unknown.
    #[error(transparent)]
    Currency(#[from] tola_catalog::money::UnknownCurrency),
    /// There are too many pieces.
    #[error(transparent)]
    Quantity(#[from] tola_catalog::stock::InvalidQuantity),
    /// A trade's tables give fewer names than there are products.
    #[error("the tables of {0} give too few names")]
    FewNames(&'static str),
    /// A trade asks for nothing that could be left out.
    #[error("nothing can be left out in {0}")]
    NoGap(&'static str),
    /// A picture could not be drawn.
    #[error("{0} could not be drawn")]
    Drawing(String),
    /// A picture could not be written as a file.
    #[error("a picture could not be written as a file")]
    File(#[from] image::ImageError),
}

#[cfg(test)]
mod tests;
