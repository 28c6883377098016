//! The bits of a scan: bytes in which `FF 00` stands for `FF`, up to the next marker.

use memchr::memchr;

/// Reads bits, the highest first. Behind the end it reads zeros, and remembers that it did.
pub(in crate::pixels) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next byte that is not in the buffer yet.
    at: usize,
    /// Left-aligned.
    buffer: u64,
    /// How many bits of the buffer count.
    count: u32,
    /// How many of all bits so far were made up.
    made_up: u32,
}

impl<'a> Bits<'a> {
    pub(in crate::pixels) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, buffer: 0, count: 0, made_up: 0 }
    }

    /// Sees to it that 32 bits at least can be looked at.
    #[inline(always)]
    pub(in crate::pixels) fn refill(&mut self) {
        if self.count >= 32 {
            return;
        }
        if let Some(chunk) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
            let chunk = u64::from_be_bytes(*chunk);
            // No byte is FF: the complement has no zero byte.
            if (!chunk).wrapping_sub(0x0101_0101_0101_0101) & chunk & 0x8080_8080_8080_8080 == 0 {
                self.buffer |= chunk >> self.count;
                let taken = (63 - self.count) >> 3;
                self.at += taken as usize;
                self.count += taken * 8;
                return;
            }
        }
        self.refill_slowly();
    }

    #[cold]
    #[inline(never)]
    fn refill_slowly(&mut self) {
        while self.count <= 56 {
            match *self.bytes.get(self.at..).unwrap_or_default() {
                [0xFF, 0xFF, ..] => {
                    self.at += 1;
                    continue;
                }
                [0xFF, 0, ..] => self.push(0xFF, 2),
                // A marker, or the end.
                [0xFF, ..] | [] => {
                    self.count += 8;
                    self.made_up = self.made_up.saturating_add(8);
                }
                [byte, ..] => self.push(byte, 1),
            }
        }
    }

    fn push(&mut self, byte: u8, length: usize) {
        self.buffer |= u64::from(byte) << (56 - self.count);
        self.count += 8;
        self.at += length;
    }

    /// The next `n` bits, 1 to 16; they stay.
    #[inline(always)]
    pub(in crate::pixels) const fn peek(&self, n: u32) -> usize {
        (self.buffer >> (64 - n)) as usize
    }

    /// Goes on by `n` bits, of those that [`Self::refill`] made sure of.
    #[inline(always)]
    pub(in crate::pixels) const fn skip(&mut self, n: u32) {
        self.buffer <<= n;
        self.count = self.count.saturating_sub(n);
    }

    /// The next `n` bits, 0 to 16.
    #[inline(always)]
    pub(in crate::pixels) const fn take(&mut self, n: u32) -> i32 {
        if n == 0 {
            return 0;
        }
        let bits = self.peek(n) as i32;
        self.skip(n);
        bits
    }

    /// A number of `size` bits, 0 to 16, whose first bit says whether it is positive.
    #[inline(always)]
    pub(in crate::pixels) const fn signed(&mut self, size: u32) -> i32 {
        let bits = self.take(size);
        if size > 0 && bits < 1 << (size - 1) { bits - (1 << size) + 1 } else { bits }
    }

    /// Whether bits were taken that are not there.
    pub(in crate::pixels) const fn overrun(&self) -> bool {
        self.made_up > self.count
    }

    /// Where the next marker that ends a scan is, or the end.
    pub(in crate::pixels) fn marker(&self) -> usize {
        let mut at = self.at;
        while let Some(next) = self.bytes.get(at..).and_then(|rest| memchr(0xFF, rest)) {
            at += next;
            match self.bytes.get(at + 1) {
                Some(0) => at += 2,
                Some(0xFF) => at += 1,
                _ => return at,
            }
        }
        self.bytes.len()
    }

    /// Goes on behind the restart marker that has to come now.
    pub(in crate::pixels) fn restart(&mut self) -> bool {
        let at = self.marker();
        let found = matches!(self.bytes.get(at..), Some([0xFF, 0xD0..=0xD7, ..]));
        *self = Self::new(self.bytes, at + 2);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffed_bytes_are_one_and_a_marker_ends_them() {
        let bytes = [0xA5, 0xFF, 0, 0x3C, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xFF, 0xFF, 0xD9, 0x77];
        let mut bits = Bits::new(&bytes, 0);
        let mut read = Vec::new();
        for _ in 0..12 {
            bits.refill();
            read.push(bits.take(8));
        }

        assert_eq!(read, [0xA5, 0xFF, 0x3C, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert!(!bits.overrun());
        assert_eq!(bits.marker(), 14);
        bits.refill();
        assert_eq!(bits.take(1), 0);
        assert!(bits.overrun());
    }

    #[test]
    fn numbers_are_signed_by_their_first_bit() {
        let mut bits = Bits::new(&[0b1010_0110, 0b1000_0000], 0);
        bits.refill();

        assert_eq!([3, 2, 3, 0].map(|size| bits.signed(size)), [5, -3, 6, 0]);
    }
}
