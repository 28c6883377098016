//! A scan's data: the coefficients of blocks, sequential or refining each other.

use super::{
    Fault,
    bits::Bits,
    huffman::Table,
    idct::NATURAL_ORDER,
    segments::{Frame, Scan},
};

/// The coefficients of a block, in natural order.
pub(in crate::pixels) type Block = [i16; 64];

/// What is needed beside the data to read a scan.
pub(in crate::pixels) struct Reader<'a> {
    pub(in crate::pixels) scan: &'a Scan,
    /// For each of the scan's colours: tables for the mean and for the rest.
    pub(in crate::pixels) tables: Vec<(Option<&'a Table>, Option<&'a Table>)>,
    pub(in crate::pixels) bits: Bits<'a>,
    /// The last mean of each colour.
    means: Vec<i32>,
    /// How many more blocks have nothing in this band.
    empty_blocks: u32,
}

/// Where a block lies: which of the scan's colours, and which block of it.
#[derive(Debug, Clone, Copy)]
pub(in crate::pixels) struct Place {
    pub(in crate::pixels) nth: usize,
    pub(in crate::pixels) x: u32,
    pub(in crate::pixels) y: u32,
}

impl<'a> Reader<'a> {
    pub(in crate::pixels) fn new(
        scan: &'a Scan,
        tables: Vec<(Option<&'a Table>, Option<&'a Table>)>,
        bytes: &'a [u8],
        at: usize,
    ) -> Self {
        let means = vec![0; scan.colours.len()];
        Self { scan, tables, bits: Bits::new(bytes, at), means, empty_blocks: 0 }
    }

    /// Calls `each` for each block of the scan, in the order in which they come.
    pub(in crate::pixels) fn blocks(
        &mut self,
        frame: &Frame,
        restart_interval: u32,
        mut each: impl FnMut(&mut Self, Place) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let alone = self.scan.colours.len() == 1;
        let colours: Vec<_> = self.scan.colours.iter().map(|&(place, ..)| frame.colours[place].clone()).collect();
        let (across, down) = match (&colours[..], frame.unit()) {
            // A colour that comes alone comes without the blocks that only fill up units.
            ([colour], (most_across, most_down)) => (
                (frame.width * colour.across).div_ceil(8 * most_across),
                (frame.height * colour.down).div_ceil(8 * most_down),
            ),
            _ => frame.units(),
        };
        let mut until_restart = restart_interval;
        for y in 0..down {
            for x in 0..across {
                if restart_interval > 0 {
                    if until_restart == 0 {
                        self.restart()?;
                        until_restart = restart_interval;
                    }
                    until_restart -= 1;
                }
                if alone {
                    each(self, Place { nth: 0, x, y })?;
                    continue;
                }
                for (nth, colour) in colours.iter().enumerate() {
                    for row in 0..colour.down {
                        for column in 0..colour.across {
                            each(self, Place { nth, x: x * colour.across + column, y: y * colour.down + row })?;
                        }
                    }
                }
            }
            if self.bits.overrun() {
                return Err(Fault::Damaged);
            }
        }
        Ok(())
    }

    fn restart(&mut self) -> Result<(), Fault> {
        if self.bits.overrun() || !self.bits.restart() {
            return Err(Fault::Damaged);
        }
        self.means.fill(0);
        self.empty_blocks = 0;
        Ok(())
    }

    /// Reads a block of a sequential scan into one of zeros. Answers the place of its last coefficient.
    #[inline(always)]
    pub(in crate::pixels) fn sequential(&mut self, nth: usize, block: &mut Block) -> Result<usize, Fault> {
        block[0] = saturated(self.mean(nth)?);
        let rest = self.tables[nth].1.ok_or(Fault::Damaged)?;
        let (mut at, mut last) = (1, 0);
        while at < 64 {
            self.bits.refill();
            let whole = rest.whole(&self.bits);
            if whole.length > 0 {
                self.bits.skip(whole.length.into());
                at += usize::from(whole.run);
                last = at;
                *coefficient(block, at)? = whole.value;
                at += 1;
                continue;
            }
            let symbol = rest.symbol(&mut self.bits)?;
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if run < 15 {
                    break;
                }
                at += 16;
                continue;
            }
            at += run;
            last = at;
            *coefficient(block, at)? = saturated(self.bits.signed(size));
            at += 1;
        }
        Ok(last)
    }

    /// Reads what a scan says of a block whose other scans refine it.
    pub(in crate::pixels) fn progressive(&mut self, nth: usize, block: &mut Block) -> Result<(), Fault> {
        match (self.scan.first, self.scan.high) {
            (0, 0) => {
                block[0] = saturated(self.mean(nth)? << self.scan.low);
                // Some write sequential scans into progressive frames.
                if self.scan.last > 0 { Err(Fault::Damaged) } else { Ok(()) }
            }
            (0, _) => {
                self.bits.refill();
                block[0] |= (self.bits.take(1) << self.scan.low) as i16;
                Ok(())
            }
            (_, 0) => self.first_of_band(block),
            _ => self.refine_band(block),
        }
    }

    #[inline(always)]
    fn mean(&mut self, nth: usize) -> Result<i32, Fault> {
        self.bits.refill();
        let size = self.tables[nth].0.ok_or(Fault::Damaged)?.symbol(&mut self.bits)?;
        if size > 15 {
            return Err(Fault::Damaged);
        }
        let mean = self.means[nth].wrapping_add(self.bits.signed(size.into()));
        self.means[nth] = mean;
        Ok(mean)
    }

    fn first_of_band(&mut self, block: &mut Block) -> Result<(), Fault> {
        if self.empty_blocks > 0 {
            self.empty_blocks -= 1;
            return Ok(());
        }
        let table = self.tables[0].1.ok_or(Fault::Damaged)?;
        let mut at = self.scan.first;
        while at <= self.scan.last {
            self.bits.refill();
            let symbol = table.symbol(&mut self.bits)?;
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if run < 15 {
                    self.empty_blocks = self.blocks_to_skip(run) - 1;
                    return Ok(());
                }
                at += 16;
                continue;
            }
            at += run as usize;
            if at > self.scan.last {
                return Err(Fault::Damaged);
            }
            *coefficient(block, at)? = saturated(self.bits.signed(size) << self.scan.low);
            at += 1;
        }
        Ok(())
    }

    fn refine_band(&mut self, block: &mut Block) -> Result<(), Fault> {
        let bit = 1_i16 << self.scan.low;
        let mut at = self.scan.first;
        if self.empty_blocks == 0 {
            let table = self.tables[0].1.ok_or(Fault::Damaged)?;
            while at <= self.scan.last {
                self.bits.refill();
                let symbol = table.symbol(&mut self.bits)?;
                let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
                let value = match (size, run) {
                    (0, 15) => 0,
                    (0, _) => {
                        self.empty_blocks = self.blocks_to_skip(run);
                        break;
                    }
                    (1, _) if self.bits.take(1) == 1 => bit,
                    (1, _) => -bit,
                    _ => return Err(Fault::Damaged),
                };
                at = self.refine(block, at, run, bit);
                if value != 0 && at <= self.scan.last {
                    *coefficient(block, at)? = value;
                }
                at += 1;
            }
        }
        if self.empty_blocks > 0 {
            self.refine(block, at, u32::MAX, bit);
            self.empty_blocks -= 1;
        }
        Ok(())
    }

    /// Refines what is there from `at` on, passing over `zeros` that are not. Answers where the next one is.
    fn refine(&mut self, block: &mut Block, mut at: usize, mut zeros: u32, bit: i16) -> usize {
        while at <= self.scan.last {
            let value = &mut block[usize::from(NATURAL_ORDER[at])];
            if *value == 0 {
                if zeros == 0 {
                    break;
                }
                zeros -= 1;
            } else {
                self.bits.refill();
                if self.bits.take(1) == 1 && *value & bit == 0 {
                    *value = value.saturating_add(if *value > 0 { bit } else { -bit });
                }
            }
            at += 1;
        }
        at
    }

    /// `2^exponent` and as much again as the next bits say. [`Bits::refill`] has been called.
    fn blocks_to_skip(&mut self, exponent: u32) -> u32 {
        (1 << exponent) + self.bits.take(exponent) as u32
    }
}

#[inline(always)]
fn coefficient(block: &mut Block, at: usize) -> Result<&mut i16, Fault> {
    NATURAL_ORDER.get(at).map(|&place| &mut block[usize::from(place)]).ok_or(Fault::Damaged)
}

#[inline(always)]
fn saturated(value: i32) -> i16 {
    value.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}
