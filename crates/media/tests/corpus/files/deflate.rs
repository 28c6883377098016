//! zlib streams: of anything, uncompressed, and of zeros, a thousand times smaller than what they become.

/// `data` as it is, in a zlib stream.
pub(crate) fn stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = data.chunks(0xFFFF).peekable();
    if blocks.peek().is_none() {
        out.extend([1, 0, 0, 0xFF, 0xFF]);
    }
    while let Some(block) = blocks.next() {
        let length = block.len() as u16;
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(adler32(data).to_be_bytes());
    out
}

/// A zlib stream of `length` bytes or a little more that becomes some 1,030 times as many zeros.
pub(crate) fn bomb(length: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    // The last block, with codes of its own: 286 for literals and lengths, 1 for distances, 18 for their lengths.
    bits.push(0b1, 1);
    bits.push(0b10, 2);
    bits.push(286 - 257, 5);
    bits.push(0, 5);
    bits.push(18 - 4, 4);
    // Of the codes for lengths only 18 (many zeros), 1 and 2 are there, with 1, 2 and 2 bits.
    for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1] {
        bits.push([0, 2, 2].get(symbol).copied().unwrap_or(u32::from(symbol == 18)), 3);
    }
    let zeros = |bits: &mut Bits, count: u32| {
        bits.push(0, 1);
        bits.push(count - 11, 7);
    };
    let (one, two) = (0b01, 0b11);
    // A literal zero has two bits, the end two, a run of 258 one; the distance of 1 has one.
    bits.push(two, 2);
    zeros(&mut bits, 138);
    zeros(&mut bits, 117);
    bits.push(two, 2);
    zeros(&mut bits, 28);
    bits.push(one, 2);
    bits.push(one, 2);
    // A zero, and then copies of it: both codes of a run are 0.
    bits.push(0b01, 2);
    let mut out = [&[0x78, 0x01][..], &bits.finish()].concat();
    out.resize(out.len() + length, 0);
    // The second half of a run, the end of the block, and a sum that is wrong.
    out.extend([0b110, 0, 0, 0, 0]);
    out
}

/// The lowest bit of a byte comes first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: u32,
}

impl Bits {
    fn push(&mut self, bits: u32, count: u32) {
        for n in 0..count {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((bits >> n & 1) << (self.count % 8)) as u8;
            }
            self.count += 1;
        }
    }

    fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

fn adler32(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1, 0), |(a, b), &byte| {
        let a = (a + u32::from(byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

/// The sum behind each chunk of a PNG.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}
