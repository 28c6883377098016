//! From coefficients to the bits of a scan.

use super::{Coefficients, Part, Place};

/// Writes the data of a scan.
pub(super) struct Writer<'a> {
    coefficients: &'a Coefficients,
    part: &'a Part,
    out: &'a mut Vec<u8>,
    buffer: u32,
    count: u32,
    means: Vec<i32>,
    /// How many blocks so far have nothing more in this band.
    empty_blocks: u32,
    /// Bits that refine what those blocks already have.
    waiting: Vec<bool>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(coefficients: &'a Coefficients, part: &'a Part, out: &'a mut Vec<u8>) -> Self {
        let means = vec![0; coefficients.colours.len()];
        Self { coefficients, part, out, buffer: 0, count: 0, means, empty_blocks: 0, waiting: Vec::new() }
    }

    pub(super) fn units(&mut self, units: &[Vec<Place>], restart_interval: u16, progressive: bool) {
        for (nth, unit) in units.iter().enumerate() {
            if restart_interval > 0 && nth > 0 && nth % usize::from(restart_interval) == 0 {
                self.flush();
                self.out.extend([0xFF, 0xD0 + (nth / usize::from(restart_interval) - 1) as u8 % 8]);
                self.means.fill(0);
            }
            for &(colour, place) in unit {
                let block = &self.coefficients.colours[colour].blocks[place];
                match (progressive, self.part.band.0, self.part.high) {
                    (false, ..) => {
                        self.mean(colour, block[0].into());
                        self.band(&block[1..]);
                    }
                    (true, 0, 0) => self.mean(colour, i32::from(block[0]) >> self.part.low),
                    (true, 0, _) => self.bits((block[0] >> self.part.low & 1) as u32, 1),
                    (true, _, 0) => self.first_of_band(block),
                    (true, ..) => self.refined_band(block),
                }
            }
        }
        self.flush();
    }

    fn mean(&mut self, colour: usize, mean: i32) {
        let difference = mean - std::mem::replace(&mut self.means[colour], mean);
        let size = 32 - difference.unsigned_abs().leading_zeros();
        self.bits(size, 5);
        self.value(difference, size);
    }

    /// The rest of a block that comes whole.
    fn band(&mut self, values: &[i16]) {
        let mut run = 0;
        for &value in values {
            run = if value == 0 { run + 1 } else { self.coefficient(run, value.into()) };
        }
        if run > 0 {
            self.symbol(0);
        }
    }

    /// A coefficient behind so many that are none. Answers how many those are now.
    fn coefficient(&mut self, mut run: u8, value: i32) -> u8 {
        while run > 15 {
            self.symbol(0xF0);
            run -= 16;
        }
        let size = 32 - value.unsigned_abs().leading_zeros();
        self.symbol(run << 4 | size as u8);
        self.value(value, size);
        0
    }

    fn first_of_band(&mut self, block: &[i16; 64]) {
        let mut run = 0;
        for at in self.part.band.0..=self.part.band.1 {
            let value = self.shortened(block[usize::from(at)]);
            if value == 0 {
                run += 1;
                continue;
            }
            self.flush_empty_blocks();
            run = self.coefficient(run, value);
        }
        if run > 0 {
            self.one_more_empty_block();
        }
    }

    fn refined_band(&mut self, block: &[i16; 64]) {
        let band = self.part.band;
        let value = |writer: &Self, at: u8| writer.shortened(block[usize::from(at)]);
        let last_new = (band.0..=band.1).rev().find(|&at| value(self, at).abs() == 1).unwrap_or(0);
        let (mut run, mut refining) = (0, Vec::new());
        for at in band.0..=band.1 {
            let value = value(self, at);
            if value == 0 {
                run += 1;
                continue;
            }
            while run > 15 && at <= last_new {
                self.flush_empty_blocks();
                self.symbol(0xF0);
                run -= 16;
                self.all_bits(&std::mem::take(&mut refining));
            }
            if value.abs() > 1 {
                refining.push(value.abs() & 1 == 1);
                continue;
            }
            self.flush_empty_blocks();
            self.symbol(run << 4 | 1);
            self.bits(u32::from(value > 0), 1);
            self.all_bits(&std::mem::take(&mut refining));
            run = 0;
        }
        if run > 0 || !refining.is_empty() {
            self.waiting.append(&mut refining);
            self.one_more_empty_block();
        }
    }

    /// Without the bits that later scans bring.
    fn shortened(&self, value: i16) -> i32 {
        let magnitude = i32::from(value.abs()) >> self.part.low;
        if value < 0 { -magnitude } else { magnitude }
    }

    fn one_more_empty_block(&mut self) {
        self.empty_blocks += 1;
        if self.empty_blocks == 0x7FFF {
            self.flush_empty_blocks();
        }
    }

    fn flush_empty_blocks(&mut self) {
        if self.empty_blocks > 0 {
            let size = self.empty_blocks.ilog2();
            self.symbol((size << 4) as u8);
            self.bits(self.empty_blocks - (1 << size), size);
            self.empty_blocks = 0;
            let waiting = std::mem::take(&mut self.waiting);
            self.all_bits(&waiting);
        }
    }

    fn symbol(&mut self, symbol: u8) {
        match u32::from(symbol) {
            short @ 0..0x40 => self.bits(short, 8),
            long => self.bits((0x40 << 4) + long - 0x40, 12),
        }
    }

    /// A number whose size is known: negative ones less one.
    fn value(&mut self, value: i32, size: u32) {
        let bits = if value < 0 { value - 1 } else { value };
        self.bits(bits as u32 & ((1 << size) - 1), size);
    }

    fn all_bits(&mut self, bits: &[bool]) {
        bits.iter().for_each(|&bit| self.bits(bit.into(), 1));
    }

    fn bits(&mut self, bits: u32, count: u32) {
        for n in (0..count).rev() {
            self.buffer = self.buffer << 1 | bits >> n & 1;
            self.count += 1;
            if self.count == 8 {
                self.byte();
            }
        }
    }

    fn byte(&mut self) {
        self.out.push(self.buffer as u8);
        if self.buffer as u8 == 0xFF {
            self.out.push(0);
        }
        (self.buffer, self.count) = (0, 0);
    }

    fn flush(&mut self) {
        self.flush_empty_blocks();
        while self.count > 0 {
            self.bits(1, 1);
        }
    }
}
