//! The samples of each colour, and how they become pixels.

use super::{
    super::raster::{Channels, Raster},
    Factors,
    scan::Block,
    segments::Frame,
    transform,
};

/// What a picture's colours are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Grey,
    YCbCr,
    Rgb,
    Cmyk {
        /// Whether 255 is no ink.
        inverted: bool,
    },
    /// CMYK whose first three colours are written as YCbCr, as if they were light; the fourth, 255 is no ink.
    Ycck,
}

/// How much there is of a colour.
#[derive(Debug, Clone)]
pub(super) struct Size {
    /// Blocks side by side, with those that only fill up units.
    across: u32,
    /// Blocks one above the other.
    down: u32,
    /// Samples on each side of a block.
    side: u32,
    /// Samples side by side that belong to the picture.
    width: u32,
    /// Samples one above the other that belong to the picture.
    height: u32,
}

impl Size {
    /// The size of a frame's `nth` colour when eight pixels become `side` pixels.
    pub(super) fn of(frame: &Frame, nth: usize, side: u32) -> Self {
        let (most_across, most_down) = frame.unit();
        let (units_across, units_down) = frame.units();
        let colour = &frame.colours[nth];
        // Where a colour has fewer samples anyway, its blocks are shrunk less: that spares guessing what lies between.
        let mut finer = 1;
        while side * finer < 8
            && most_across % (colour.across * finer * 2) == 0
            && most_down % (colour.down * finer * 2) == 0
        {
            finer *= 2;
        }
        let length = |pixels: u32, of: u32, most: u32| ((pixels * side).div_ceil(8) * of * finer).div_ceil(most);
        Self {
            across: units_across * colour.across,
            down: units_down * colour.down,
            side: side * finer,
            width: length(frame.width, colour.across, most_across),
            height: length(frame.height, colour.down, most_down),
        }
    }

    pub(super) fn blocks(&self) -> u64 {
        u64::from(self.across) * u64::from(self.down)
    }

    pub(super) fn samples(&self) -> u64 {
        self.blocks() * u64::from(self.side * self.side)
    }

    /// The number of the block in column `x` and row `y`.
    pub(super) fn place(&self, x: u32, y: u32) -> usize {
        y as usize * self.across as usize + x as usize
    }

    fn stride(&self) -> usize {
        self.across as usize * self.side as usize
    }
}

/// The samples of a colour.
pub(super) struct Plane {
    pub(super) size: Size,
    samples: Vec<u8>,
    factors: Option<Factors>,
}

impl Plane {
    pub(super) fn new(size: Size) -> Self {
        let samples = vec![0; size.samples() as usize];
        Self { size, samples, factors: None }
    }

    /// A scan with this colour begins. The first one's table counts.
    pub(super) fn begin(&mut self, quantization: &[u16; 64]) {
        self.factors.get_or_insert_with(|| Factors::new(quantization, self.size.side as usize));
    }

    /// Whether there was a scan with it.
    pub(super) fn begun(&self) -> bool {
        self.factors.is_some()
    }

    #[inline(always)]
    pub(super) fn put(&mut self, block: &Block, last: usize, x: u32, y: u32) {
        let (side, stride) = (self.size.side as usize, self.size.stride());
        let out = &mut self.samples[y as usize * side * stride + x as usize * side..];
        if let Some(factors) = &self.factors {
            transform(block, last, factors, side, out, stride);
        }
    }

    pub(super) fn put_all(&mut self, blocks: &[Block]) {
        for y in 0..self.size.down {
            for x in 0..self.size.across {
                let block = &blocks[self.size.place(x, y)];
                let last = if block[1..].iter().all(|&value| value == 0) { 0 } else { 63 };
                self.put(block, last, x, y);
            }
        }
    }

    /// Writes row `y` of `height`, with as many samples as `out` has room for.
    fn row(&self, y: u32, height: u32, out: &mut [u8], mixed: &mut Vec<u16>) {
        let Size { width, height: rows, .. } = self.size;
        let line = |row: u32| &self.samples[row as usize * self.size.stride()..][..width as usize];
        if rows == height && width as usize == out.len() {
            out.copy_from_slice(line(y));
            return;
        }
        // Of the two rows between which this one lies, the near one counts three times as much.
        let (near, far) = if rows >= height {
            (y, y)
        } else if rows == height.div_ceil(2) {
            let near = y / 2;
            (near, if y.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(rows - 1) })
        } else {
            let near = (u64::from(y) * u64::from(rows) / u64::from(height)) as u32;
            (near, near)
        };
        mixed.clear();
        mixed.extend(line(near).iter().zip(line(far)).map(|(&near, &far)| 3 * u16::from(near) + u16::from(far)));
        widen(mixed, out);
    }
}

/// Four times the samples of a row become a row that may be longer.
fn widen(row: &[u16], out: &mut [u8]) {
    let (length, last) = (out.len(), row.len() - 1);
    if last + 1 == length.div_ceil(2) && length > 1 {
        let mixed = |near: u16, far: u16| ((3 * near + far + 8) >> 4) as u8;
        for (n, pair) in out.chunks_mut(2).enumerate() {
            pair[0] = mixed(row[n], row[n.saturating_sub(1)]);
            if let Some(second) = pair.get_mut(1) {
                *second = mixed(row[n], row[(n + 1).min(last)]);
            }
        }
        return;
    }
    for (n, to) in out.iter_mut().enumerate() {
        *to = ((row[(n * row.len() / length).min(last)] + 2) >> 2) as u8;
    }
}

/// Makes pixels of the colours.
pub(super) fn merge(frame: &Frame, planes: &[Plane], kind: Kind) -> Raster {
    // The first colour whose samples are as dense as any gives the size.
    let width = planes.iter().map(|plane| plane.size.width).max().unwrap_or(1);
    let height = planes.iter().map(|plane| plane.size.height).max().unwrap_or(1);
    debug_assert!(width <= frame.width && height <= frame.height);
    let channels = match kind {
        Kind::Grey => Channels::Grey,
        Kind::YCbCr | Kind::Rgb => Channels::Rgb,
        Kind::Cmyk { .. } | Kind::Ycck => Channels::Cmyk,
    };
    let mut samples = vec![0; width as usize * height as usize * channels.count()];
    let mut rows = vec![vec![0; width as usize]; planes.len()];
    let mut mixed = Vec::new();
    for (y, line) in (0..).zip(samples.chunks_exact_mut(width as usize * channels.count())) {
        for (plane, row) in planes.iter().zip(&mut rows) {
            plane.row(y, height, row, &mut mixed);
        }
        match (kind, &mut rows[..]) {
            (Kind::YCbCr, [a, b, c]) => {
                to_rgb(a, b, c);
                interleave(&[a, b, c], line);
            }
            (Kind::Ycck, [a, b, c, k]) => {
                to_rgb(a, b, c);
                invert(k);
                interleave(&[a, b, c, k], line);
            }
            (Kind::Cmyk { inverted }, [a, b, c, k]) => {
                if inverted {
                    [&mut *a, b, c, k].into_iter().for_each(|row| invert(row));
                }
                interleave(&[a, b, c, k], line);
            }
            (_, [a, b, c]) => interleave(&[a, b, c], line),
            (_, rows) => line.copy_from_slice(&rows[0]),
        }
    }
    Raster { width, height, channels, samples }
}

fn invert(row: &mut [u8]) {
    row.iter_mut().for_each(|sample| *sample = 255 - *sample);
}

#[inline(always)]
fn interleave<const N: usize>(rows: &[&mut Vec<u8>; N], line: &mut [u8]) {
    for (x, pixel) in line.chunks_exact_mut(N).enumerate() {
        for n in 0..N {
            pixel[n] = rows[n][x];
        }
    }
}

/// YCbCr becomes red, green and blue, in place (ITU-T T.871).
fn to_rgb(first: &mut [u8], second: &mut [u8], third: &mut [u8]) {
    // In sixteenths, and of each factor only what the product of two 16-bit numbers can hold.
    let part = |value: i16, factor: i32| ((i32::from(value) * factor) >> 16) as i16;
    let byte = |value: i16| ((value + 8) >> 4).clamp(0, 255) as u8;
    for ((a, b), c) in first.iter_mut().zip(second.iter_mut()).zip(third.iter_mut()) {
        let y = i16::from(*a) << 4;
        let (blue, red) = ((i16::from(*b) - 128) << 4, (i16::from(*c) - 128) << 4);
        *a = byte(y + red + part(red, 26_345));
        *b = byte(y - red + part(red, 18_734) - part(blue, 22_553));
        *c = byte(y + 2 * blue - part(blue, 14_942));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_the_definition() {
        for value in 0..=255_u8 {
            for other in [0, 1, 77, 128, 200, 255] {
                let (y, cb, cr) = (f64::from(value), f64::from(other) - 128.0, f64::from(255 - other) - 128.0);
                let expected = [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb];
                let (mut a, mut b, mut c) = ([value], [other], [255 - other]);

                to_rgb(&mut a, &mut b, &mut c);

                for (is, expected) in [a[0], b[0], c[0]].into_iter().zip(expected) {
                    assert!((f64::from(is) - expected.clamp(0.0, 255.0)).abs() < 0.7, "{is} is not {expected}");
                }
            }
        }
    }

    #[test]
    fn what_lies_between_two_samples_is_nearer_to_the_near_one() {
        let mut out = [0; 5];
        widen(&[0, 4 * 100, 4 * 200], &mut out);
        assert_eq!(out, [0, 25, 75, 125, 175]);

        let mut out = [0; 6];
        widen(&[4 * 10, 4 * 20], &mut out);
        assert_eq!(out, [10, 10, 10, 20, 20, 20]);
    }
}
