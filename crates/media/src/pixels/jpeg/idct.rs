//! From the frequencies of a block to its samples, 8 × 8 or fewer.
//!
//! A block of fewer samples is made of the lowest frequencies alone: what a perfect filter would leave, for a fraction
//! of the work. Eight samples are computed after Arai, Agui and Nakajima (1988), whose factors are put into the
//! quantization table.

use std::f32::consts::{FRAC_PI_8, PI, SQRT_2};

/// Where the `n`th coefficient of a scan lies in its block.
pub(super) const NATURAL_ORDER: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// A quantization table with the factors of the transform in it, in natural order.
#[derive(Clone)]
pub(super) struct Factors([f32; 64]);

impl Factors {
    /// For blocks of `side` samples a side: 1, 2, 4 or 8.
    pub(super) fn new(quantization: &[u16; 64], side: usize) -> Self {
        let factor = |frequency: usize| match (side, frequency) {
            (8, 1..) => (frequency as f32 * PI / 16.0).cos() * SQRT_2,
            _ => 1.0,
        };
        let mut factors = [0.0; 64];
        for (at, (to, &from)) in factors.iter_mut().zip(quantization).enumerate() {
            *to = f32::from(from) * factor(at / 8) * factor(at % 8) / 8.0;
        }
        Self(factors)
    }
}

/// Writes the samples of a block whose highest coefficient, in the order of the scan, is the `last`.
#[inline(always)]
pub(super) fn transform(block: &[i16; 64], last: usize, factors: &Factors, side: usize, out: &mut [u8], stride: usize) {
    if last == 0 || side == 1 {
        let flat = sample(f32::from(block[0]) * factors.0[0]);
        for row in out.chunks_mut(stride).take(side) {
            row[..side].fill(flat);
        }
        return;
    }
    match side {
        8 => eight(block, &factors.0, out, stride),
        4 => four(block, &factors.0, out, stride),
        _ => two(block, &factors.0, out, stride),
    }
}

/// Rounds, and centres on grey.
#[inline(always)]
fn sample(value: f32) -> u8 {
    // In this range a float's lowest bits are the integer.
    const ROUND: f32 = 12_582_912.0;
    ((value + 128.0).clamp(0.0, 255.0) + ROUND).to_bits() as u8
}

type Lanes<const N: usize> = [f32; N];

#[inline(always)]
fn each<const N: usize>(a: Lanes<N>, b: Lanes<N>, with: impl Fn(f32, f32) -> f32) -> Lanes<N> {
    let mut out = [0.0; N];
    for n in 0..N {
        out[n] = with(a[n], b[n]);
    }
    out
}

#[inline(always)]
fn add<const N: usize>(a: Lanes<N>, b: Lanes<N>) -> Lanes<N> {
    each(a, b, |a, b| a + b)
}

#[inline(always)]
fn sub<const N: usize>(a: Lanes<N>, b: Lanes<N>) -> Lanes<N> {
    each(a, b, |a, b| a - b)
}

#[inline(always)]
fn times<const N: usize>(a: Lanes<N>, factor: f32) -> Lanes<N> {
    each(a, a, |a, _| a * factor)
}

#[inline(always)]
fn transposed<const N: usize>(rows: [Lanes<N>; N]) -> [Lanes<N>; N] {
    let mut out = [[0.0; N]; N];
    for (y, row) in rows.iter().enumerate() {
        for (x, &value) in row.iter().enumerate() {
            out[x][y] = value;
        }
    }
    out
}

#[inline(always)]
fn dequantized<const N: usize>(block: &[i16; 64], factors: &[f32; 64]) -> [Lanes<N>; N] {
    let mut rows = [[0.0; N]; N];
    for (y, row) in rows.iter_mut().enumerate() {
        for (x, to) in row.iter_mut().enumerate() {
            *to = f32::from(block[y * 8 + x]) * factors[y * 8 + x];
        }
    }
    rows
}

#[inline(always)]
fn write<const N: usize>(rows: [Lanes<N>; N], out: &mut [u8], stride: usize) {
    for (row, line) in rows.iter().zip(out.chunks_mut(stride)) {
        for (to, &value) in line.iter_mut().zip(row) {
            *to = sample(value);
        }
    }
}

#[inline(never)]
fn eight(block: &[i16; 64], factors: &[f32; 64], out: &mut [u8], stride: usize) {
    let columns = eight_points(dequantized(block, factors));
    let rows = eight_points(transposed(columns));
    write(transposed(rows), out, stride);
}

#[inline(always)]
fn eight_points(x: [Lanes<8>; 8]) -> [Lanes<8>; 8] {
    let (sum, difference) = (add(x[0], x[4]), sub(x[0], x[4]));
    let side = add(x[2], x[6]);
    let cross = sub(times(sub(x[2], x[6]), SQRT_2), side);
    let even = [add(sum, side), add(difference, cross), sub(difference, cross), sub(sum, side)];

    let (a, b) = (add(x[5], x[3]), sub(x[5], x[3]));
    let (c, d) = (add(x[1], x[7]), sub(x[1], x[7]));
    let seventh = add(c, a);
    let turned = times(add(b, d), 1.847_759_1);
    let sixth = sub(sub(turned, times(b, 2.613_126)), seventh);
    let fifth = sub(times(sub(c, a), SQRT_2), sixth);
    let fourth = sub(sub(turned, times(d, 1.082_392_2)), fifth);
    let odd = [seventh, sixth, fifth, fourth];

    let mut out = [[0.0; 8]; 8];
    for n in 0..4 {
        out[n] = add(even[n], odd[n]);
        out[7 - n] = sub(even[n], odd[n]);
    }
    out
}

#[inline(never)]
fn four(block: &[i16; 64], factors: &[f32; 64], out: &mut [u8], stride: usize) {
    let columns = four_points(dequantized(block, factors));
    let rows = four_points(transposed(columns));
    write(transposed(rows), out, stride);
}

#[inline(always)]
fn four_points(x: [Lanes<4>; 4]) -> [Lanes<4>; 4] {
    let (near, far) = (SQRT_2 * FRAC_PI_8.cos(), SQRT_2 * FRAC_PI_8.sin());
    let (sum, difference) = (add(x[0], x[2]), sub(x[0], x[2]));
    let outer = add(times(x[1], near), times(x[3], far));
    let inner = sub(times(x[1], far), times(x[3], near));
    [add(sum, outer), add(difference, inner), sub(difference, inner), sub(sum, outer)]
}

fn two(block: &[i16; 64], factors: &[f32; 64], out: &mut [u8], stride: usize) {
    let [[a, b], [c, d]] = dequantized(block, factors);
    let (left, right) = ([a + b, c + d], [a - b, c - d]);
    write([[left[0] + left[1], right[0] + right[1]], [left[0] - left[1], right[0] - right[1]]], out, stride);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, for `side` samples out of the lowest `side` frequencies.
    fn by_definition(block: &[i16; 64], quantization: &[u16; 64], side: usize) -> Vec<f64> {
        let angle = |at: usize, frequency: usize| {
            let basis = (std::f64::consts::PI * (2 * at + 1) as f64 * frequency as f64 / (2 * side) as f64).cos();
            if frequency == 0 { basis } else { basis * std::f64::consts::SQRT_2 }
        };
        let sum = |x: usize, y: usize| {
            let terms = (0..side * side).map(|n| (n / side, n % side)).map(|(v, u)| {
                f64::from(block[v * 8 + u]) * f64::from(quantization[v * 8 + u]) * angle(x, u) * angle(y, v)
            });
            terms.sum::<f64>() / 8.0 + 128.0
        };
        (0..side * side).map(|n| sum(n % side, n / side)).collect()
    }

    #[test]
    fn each_size_is_what_the_definition_says() {
        let mut seed = 7_u32;
        let mut random = |below: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % below
        };
        for round in 0..200 {
            let quantization: [u16; 64] = std::array::from_fn(|_| 1 + random(20) as u16);
            let mut block = [0; 64];
            for n in 0..round % 64 {
                block[usize::from(NATURAL_ORDER[n])] = (random(31) as i16 - 15) / (1 + n as i16 / 8);
            }
            for side in [1, 2, 4, 8] {
                let mut out = vec![0; side * 16];

                transform(&block, 63, &Factors::new(&quantization, side), side, &mut out, 16);

                for (n, expected) in by_definition(&block, &quantization, side).into_iter().enumerate() {
                    let is = f64::from(out[n / side * 16 + n % side]);
                    assert!((is - expected.clamp(0.0, 255.0)).abs() < 0.52, "{side} {n}: {is} is not {expected}");
                }
            }
        }
    }

    #[test]
    fn a_block_without_frequencies_is_flat() {
        let mut block = [0; 64];
        block[0] = -64;
        for side in [1, 2, 4, 8] {
            let mut out = vec![9; 64];
            transform(&block, 0, &Factors::new(&[2; 64], side), side, &mut out, 8);

            assert_eq!(out.iter().filter(|&&sample| sample == 112).count(), side * side);
        }
    }
}
