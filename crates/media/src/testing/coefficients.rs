//! JPEGs written from coefficients, so that each way of writing them can be had: in one scan or in hundreds, whole or
//! refined bit by bit. All ways of the same coefficients show the same picture, to the pixel.

use self::writer::Writer;
use super::Noise;

mod writer;

/// What a picture's blocks hold, before any scan is written.
#[derive(Debug, Clone)]
pub struct Coefficients {
    width: u16,
    height: u16,
    colours: Vec<Colour>,
}

#[derive(Debug, Clone)]
struct Colour {
    /// Blocks in a unit, side by side and one above the other.
    across: u16,
    down: u16,
    /// Blocks side by side in the whole picture.
    stride: usize,
    /// In the order in which scans have them.
    blocks: Vec<[i16; 64]>,
}

/// Which part of the coefficients a scan of a progressive JPEG holds.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// The colour, or nothing for all of them: only means may come together.
    pub colour: Option<usize>,
    /// The first and the last coefficient.
    pub band: (u8, u8),
    /// How many bits were left out before, 0 for a first scan.
    pub high: u8,
    /// How many bits are left out now.
    pub low: u8,
}

impl Part {
    /// A scan of `colour`, or of all colours, with these bits of this band.
    pub const fn new(colour: Option<usize>, band: (u8, u8), high: u8, low: u8) -> Self {
        Self { colour, band, high, low }
    }
}

/// Where a scan's blocks lie: which colour, and which block of it.
type Place = (usize, usize);

impl Coefficients {
    /// Blocks in which everything happens that may: strong and weak coefficients, long runs of none, empty blocks.
    ///
    /// `sampling` are blocks in a unit, side by side and one above the other, for each colour: one or three.
    pub fn noise(width: u16, height: u16, sampling: &[(u16, u16)], seed: u64) -> Self {
        let mut noise = Noise::new(seed);
        let mut block = || {
            let mut block = [0; 64];
            block[0] = noise.below(401) as i16 - 200;
            let (last, rarity) = ([0, 5, 20, 63][noise.below(4) as usize], 1 + noise.below(12));
            for (at, value) in block.iter_mut().enumerate().take(last + 1).skip(1) {
                if noise.below(rarity) == 0 {
                    let most = 60 / (at as u32 + 2) + 3;
                    *value = noise.below(2 * most + 1) as i16 - most as i16;
                }
            }
            block
        };
        Self::made_of(width, height, sampling, |_| block())
    }

    /// The same block everywhere; `block` is asked for each colour.
    pub fn uniform(width: u16, height: u16, sampling: &[(u16, u16)], block: impl Fn(usize) -> [i16; 64]) -> Self {
        Self::made_of(width, height, sampling, block)
    }

    fn made_of(width: u16, height: u16, sampling: &[(u16, u16)], mut block: impl FnMut(usize) -> [i16; 64]) -> Self {
        let most = unit(sampling.iter().copied());
        let units = (width.div_ceil(8 * most.0), height.div_ceil(8 * most.1));
        let colours = sampling.iter().enumerate().map(|(nth, &(across, down))| {
            let (stride, rows) = (usize::from(units.0 * across), usize::from(units.1 * down));
            Colour { across, down, stride, blocks: (0..stride * rows).map(|_| block(nth)).collect() }
        });
        Self { width, height, colours: colours.collect() }
    }

    /// A baseline JPEG of one scan.
    pub fn sequential(&self, restart_interval: u16) -> Vec<u8> {
        let all = Part::new(None, (0, 63), 0, 0);
        self.written(0xC0, restart_interval, &[all])
    }

    /// A progressive JPEG of these scans.
    pub fn progressive(&self, restart_interval: u16, parts: &[Part]) -> Vec<u8> {
        self.written(0xC2, restart_interval, parts)
    }

    /// The scans that common encoders write: the most important first, the last bits last.
    pub fn common_parts(&self) -> Vec<Part> {
        let each = |band, high, low| (0..self.colours.len()).map(move |c| Part::new(Some(c), band, high, low));
        let mut parts = vec![Part::new(None, (0, 0), 0, 1)];
        parts.extend(each((1, 5), 0, 2));
        parts.extend(each((6, 63), 0, 2));
        parts.extend(each((1, 63), 2, 1));
        parts.push(Part::new(None, (0, 0), 1, 0));
        parts.extend(each((1, 63), 1, 0));
        parts
    }

    fn written(&self, frame: u8, restart_interval: u16, parts: &[Part]) -> Vec<u8> {
        let mut out = b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
        out.extend(b"\xFF\xDB\0\x43\0");
        out.extend((0..64).map(|at| 3 + at / 4));
        out.extend([0xFF, frame, 0, 8 + 3 * self.colours.len() as u8, 8]);
        out.extend(self.height.to_be_bytes());
        out.extend(self.width.to_be_bytes());
        out.push(self.colours.len() as u8);
        for (id, colour) in (1..).zip(&self.colours) {
            out.extend([id, (colour.across * 16 + colour.down) as u8, 0]);
        }
        out.extend(b"\xFF\xC4\0\x23\0\0\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0");
        out.extend(0..16);
        // One half of the symbols has words of 8 bits, the other of 12, which no table of a decoder holds whole.
        out.extend(b"\xFF\xC4\x01\x13\x10\0\0\0\0\0\0\0\x40\0\0\0\xC0\0\0\0\0");
        out.extend(0..=255);
        out.extend([0xFF, 0xDD, 0, 4]);
        out.extend(restart_interval.to_be_bytes());
        for part in parts {
            let chosen: Vec<_> = part.colour.map_or_else(|| (0..self.colours.len()).collect(), |colour| vec![colour]);
            out.extend([0xFF, 0xDA, 0, 6 + 2 * chosen.len() as u8, chosen.len() as u8]);
            out.extend(chosen.iter().flat_map(|&colour| [colour as u8 + 1, 0]));
            out.extend([part.band.0, part.band.1, part.high << 4 | part.low]);
            Writer::new(self, part, &mut out).units(&self.units(&chosen), restart_interval, frame == 0xC2);
        }
        out.extend([0xFF, 0xD9]);
        out
    }

    /// The blocks of a scan of these colours, unit by unit.
    fn units(&self, chosen: &[usize]) -> Vec<Vec<Place>> {
        let most = unit(self.colours.iter().map(|colour| (colour.across, colour.down)));
        if let &[only] = chosen {
            // Without the blocks that only fill up units.
            let colour = &self.colours[only];
            let across = usize::from((self.width * colour.across).div_ceil(8 * most.0));
            let down = usize::from((self.height * colour.down).div_ceil(8 * most.1));
            return (0..across * down).map(|n| vec![(only, n / across * colour.stride + n % across)]).collect();
        }
        let (across, down) = (self.width.div_ceil(8 * most.0), self.height.div_ceil(8 * most.1));
        let unit = |x: u16, y: u16| {
            let of = move |nth: usize| {
                let colour = &self.colours[nth];
                let cells = (0..colour.down).flat_map(move |row| (0..colour.across).map(move |column| (row, column)));
                cells.map(move |(row, column)| {
                    let line = usize::from(y * colour.down + row);
                    (nth, line * colour.stride + usize::from(x * colour.across + column))
                })
            };
            chosen.iter().flat_map(|&nth| of(nth)).collect()
        };
        (0..down).flat_map(|y| (0..across).map(move |x| (x, y))).map(|(x, y)| unit(x, y)).collect()
    }
}

fn unit(sampling: impl Iterator<Item = (u16, u16)>) -> (u16, u16) {
    sampling.fold((1, 1), |most, one| (most.0.max(one.0), most.1.max(one.1)))
}
