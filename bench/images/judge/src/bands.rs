//! Work on all cores, a band of rows each.

use std::num::NonZero;
use std::thread;

/// Fills `rows`, each `row_length` long, by calling `fill` with each row's number.
pub(crate) fn fill_rows<T: Send>(rows: &mut [T], row_length: usize, fill: impl Fn(usize, &mut [T]) + Sync) {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let rows_of_a_band = (rows.len() / row_length.max(1)).div_ceil(cores).max(1);
    thread::scope(|scope| {
        for (number, band) in rows.chunks_mut(rows_of_a_band * row_length).enumerate() {
            let fill = &fill;
            scope.spawn(move || {
                for (row, values) in band.chunks_mut(row_length).enumerate() {
                    fill(number * rows_of_a_band + row, values);
                }
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_filled_once_with_its_own_number() {
        let mut rows = vec![0; 7 * 3];

        fill_rows(&mut rows, 3, |number, row| row.iter_mut().for_each(|value| *value += number));

        assert_eq!(rows.chunks(3).map(|row| row[2]).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
    }
}
