//! Huffman codes.

use super::{Fault, bits::Bits};

/// Codes of up to so many bits are found by one look.
const LOOK: u32 = 10;

/// A Huffman code, made for looking up.
#[derive(Clone)]
pub(in crate::pixels) struct Table {
    /// By the next bits: length and symbol of the code; length 0 where it is longer.
    short: Vec<(u8, u8)>,
    /// By the next bits: a whole coefficient of an AC code, with its value's bits; length 0 where those are longer.
    whole: Vec<Whole>,
    /// For each length, the first 16-bit value behind its codes, and what added to a code gives its symbol's place.
    long: [(u32, i32); 17],
    symbols: Vec<u8>,
}

/// What one look at an AC code may find.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::pixels) struct Whole {
    pub(in crate::pixels) value: i16,
    pub(in crate::pixels) run: u8,
    /// In bits; 0 for nothing found.
    pub(in crate::pixels) length: u8,
}

impl Table {
    /// The code that has `counts[n - 1]` symbols of `n` bits.
    pub(in crate::pixels) fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Self, Fault> {
        let mut short = vec![(0, 0); 1 << LOOK];
        let mut long = [(0, 0); 17];
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, &count) in (1_u32..).zip(counts) {
            long[length as usize].1 = place as i32 - code as i32;
            for _ in 0..count {
                let symbol = *symbols.get(place).ok_or(Fault::Damaged)?;
                if length <= LOOK {
                    let from = (code << (LOOK - length)) as usize;
                    let same = short.get_mut(from..from + (1 << (LOOK - length))).ok_or(Fault::Damaged)?;
                    same.fill((length as u8, symbol));
                }
                code += 1;
                place += 1;
            }
            if code > 1 << length {
                return Err(Fault::Damaged);
            }
            long[length as usize].0 = code << (16 - length);
            code <<= 1;
        }
        let whole = (0..1_usize << LOOK).map(|bits| Whole::at(bits, short[bits])).collect();
        Ok(Self { short, whole, long, symbols: symbols[..place].to_vec() })
    }

    /// A coefficient that is found by one look. [`Bits::refill`] has been called.
    #[inline(always)]
    pub(in crate::pixels) fn whole(&self, bits: &Bits<'_>) -> Whole {
        self.whole[bits.peek(LOOK)]
    }

    /// The next symbol. [`Bits::refill`] has been called.
    #[inline(always)]
    pub(in crate::pixels) fn symbol(&self, bits: &mut Bits<'_>) -> Result<u8, Fault> {
        let (length, symbol) = self.short[bits.peek(LOOK)];
        if length > 0 {
            bits.skip(length.into());
            return Ok(symbol);
        }
        self.long_symbol(bits)
    }

    #[inline(never)]
    fn long_symbol(&self, bits: &mut Bits<'_>) -> Result<u8, Fault> {
        let next = bits.peek(16) as u32;
        let length = (LOOK + 1..=16).find(|&length| next < self.long[length as usize].0).ok_or(Fault::Damaged)?;
        let code = (next >> (16 - length)) as i32;
        let place = usize::try_from(code + self.long[length as usize].1).map_err(|_| Fault::Damaged)?;
        bits.skip(length);
        self.symbols.get(place).copied().ok_or(Fault::Damaged)
    }
}

impl Whole {
    fn at(bits: usize, (length, symbol): (u8, u8)) -> Self {
        let (run, size) = (symbol >> 4, u32::from(symbol & 15));
        let total = u32::from(length) + size;
        if length == 0 || size == 0 || total > LOOK {
            return Self::default();
        }
        let value = ((bits >> (LOOK - total)) & ((1 << size) - 1)) as i32;
        let value = if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value };
        Self { value: value as i16, run, length: total as u8 }
    }
}
