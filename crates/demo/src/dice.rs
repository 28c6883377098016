//! Choices that a seed decides.

use std::ops::RangeInclusive;

/// Chooses. The same seed chooses the same.
pub(crate) struct Dice(fastrand::Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// One of a table.
    pub(crate) fn one<'a, T>(&mut self, table: &'a [T]) -> &'a T {
        &table[self.0.usize(..table.len())]
    }

    /// A run of neighbours in a table, so many of them.
    pub(crate) fn run<'a, T>(&mut self, table: &'a [T], length: usize) -> &'a [T] {
        let length = length.min(table.len());
        let first = self.0.usize(..=table.len() - length);
        &table[first..first + length]
    }

    /// A number of a range.
    pub(crate) fn between(&mut self, range: RangeInclusive<u32>) -> u32 {
        self.0.u32(range)
    }

    /// True in so many of a hundred cases.
    pub(crate) fn percent(&mut self, percent: u32) -> bool {
        self.0.u32(..100) < percent
    }

    /// So many digits.
    pub(crate) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| self.0.digit(10)).collect()
    }
}
