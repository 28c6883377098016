//! Makes a JPEG smaller without touching a pixel: codes that fit this picture instead of codes that fit all.

use super::super::jpeg::{
    huffman::Table,
    scan::Reader,
    segments::{Frame, Scan, segment},
};

/// What is coded: a symbol, and the bits behind it.
#[derive(Clone, Copy)]
struct Token {
    /// Its table: that of means or of other coefficients, of the first or the second kind.
    table: u8,
    symbol: u8,
    bits: u16,
}

/// Tables that a baseline JPEG may have: two of means, two of other coefficients.
const TABLES: usize = 4;

/// The same picture with codes of its own, or nothing if it is not a sequential JPEG of one scan.
pub(super) fn tightened(jpeg: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(jpeg.len());
    out.extend(&jpeg[..2]);
    let mut tables: [Option<Table>; TABLES] = [const { None }; TABLES];
    let mut frame = None;
    let mut at = 2;
    loop {
        let segment = segment(jpeg, at).ok()?;
        match segment.marker {
            0xC4 => read_codes(segment.content, &mut tables)?,
            0xDA => {
                let frame = frame.as_ref()?;
                let scan = Scan::parse(segment.content, frame).ok()?;
                let tokens = tokens(frame, &scan, &tables, jpeg, segment.next)?;
                write_scan(&mut out, &tokens, &jpeg[at..segment.next]);
                return Some(out);
            }
            0xDD => return None,
            marker => {
                if marker == 0xC0 {
                    frame = Some(Frame::parse(marker, segment.content).ok()?);
                }
                out.extend(&jpeg[at..segment.next]);
            }
        }
        at = segment.next;
    }
}

fn read_codes(mut content: &[u8], tables: &mut [Option<Table>; TABLES]) -> Option<()> {
    while let Some((&kind, rest)) = content.split_first() {
        let (counts, rest) = rest.split_first_chunk::<16>()?;
        let (symbols, rest) = rest.split_at_checked(counts.iter().copied().map(usize::from).sum())?;
        *tables.get_mut(number(usize::from(kind >> 4), usize::from(kind & 15)))? =
            Some(Table::new(counts, symbols).ok()?);
        content = rest;
    }
    Some(())
}

const fn number(class: usize, kind: usize) -> usize {
    class * 2 + kind
}

fn tokens(frame: &Frame, scan: &Scan, tables: &[Option<Table>; TABLES], jpeg: &[u8], at: usize) -> Option<Vec<Token>> {
    let of_colour = scan.colours.iter().map(|&(_, mean, rest)| (number(0, mean), number(1, rest)));
    let of_colour: Vec<_> = of_colour.collect();
    let found = of_colour.iter().map(|&(mean, rest)| (tables[mean].as_ref(), tables[rest].as_ref())).collect();
    let mut reader = Reader::new(scan, found, jpeg, at);
    let mut tokens = Vec::with_capacity(jpeg.len() * 2);
    let read = reader.blocks(frame, 0, |reader, place| {
        let (mean, rest) = reader.tables[place.nth];
        let (mean_number, rest_number) = of_colour[place.nth];
        let mut token = |table: Option<&Table>, number: usize| {
            reader.bits.refill();
            let symbol = table.ok_or(super::super::jpeg::Fault::Damaged)?.symbol(&mut reader.bits)?;
            let bits = reader.bits.take(u32::from(symbol & 15)) as u16;
            tokens.push(Token { table: number as u8, symbol, bits });
            Ok(symbol)
        };
        token(mean, mean_number)?;
        let mut at = 1;
        while at < 64 {
            let symbol = token(rest, rest_number)?;
            if symbol == 0 {
                break;
            }
            at += usize::from(symbol >> 4) + 1;
        }
        Ok(())
    });
    read.ok().map(|()| tokens)
}

fn write_scan(out: &mut Vec<u8>, tokens: &[Token], header: &[u8]) {
    let mut counts = [[0_u32; 256]; TABLES];
    for token in tokens {
        counts[usize::from(token.table)][usize::from(token.symbol)] += 1;
    }
    let codes = counts.map(|counts| Code::for_counts(&counts));
    for (table, code) in codes.iter().enumerate().filter(|(_, code)| !code.symbols.is_empty()) {
        out.extend([0xFF, 0xC4]);
        // 19 bytes and at most 256 symbols.
        out.extend((19 + code.symbols.len() as u16).to_be_bytes());
        out.push((table / 2 * 16 + table % 2) as u8);
        out.extend(code.lengths);
        out.extend(&code.symbols);
    }
    out.extend(header);
    let words = codes.map(|code| code.words());
    let (mut buffer, mut count) = (0_u64, 0);
    for token in tokens {
        let (word, length) = words[usize::from(token.table)][usize::from(token.symbol)];
        let size = u32::from(token.symbol & 15);
        buffer = buffer << (length + size) | u64::from(word) << size | u64::from(token.bits);
        count += length + size;
        while count >= 8 {
            count -= 8;
            push(out, (buffer >> count) as u8);
        }
    }
    if count > 0 {
        push(out, (buffer << (8 - count)) as u8 | ((1 << (8 - count)) - 1) as u8);
    }
    out.extend([0xFF, 0xD9]);
}

#[inline(always)]
fn push(out: &mut Vec<u8>, byte: u8) {
    out.push(byte);
    if byte == 0xFF {
        out.push(0);
    }
}

/// A Huffman code as a JPEG describes it.
struct Code {
    /// How many symbols have a word of 1, 2, … 16 bits.
    lengths: [u8; 16],
    /// The symbols, those with the shortest words first.
    symbols: Vec<u8>,
}

impl Code {
    /// The best code for symbols that occur so often. No word is all ones, which a JPEG may not have.
    fn for_counts(counts: &[u32; 256]) -> Self {
        let mut lengths = word_lengths(counts);
        shorten(&mut lengths);
        // The longest word is that of the symbol that does not exist.
        if let Some(longest) = lengths.iter_mut().rev().find(|count| **count > 0) {
            *longest -= 1;
        }
        let mut symbols: Vec<_> = (0..=255).filter(|&symbol| counts[usize::from(symbol)] > 0).collect();
        symbols.sort_by_key(|&symbol: &u8| std::cmp::Reverse(counts[usize::from(symbol)]));
        let mut short = [0; 16];
        // At most 256 symbols of one length would be too many for a byte; sixteen bits are not reached with so few.
        short.iter_mut().zip(&lengths[1..]).for_each(|(to, &count)| *to = count.min(255) as u8);
        Self { lengths: short, symbols }
    }

    /// For each symbol its word and the word's length.
    fn words(&self) -> [(u16, u32); 256] {
        let mut words = [(0, 0); 256];
        let mut symbols = self.symbols.iter();
        let mut word = 0_u32;
        for (length, &count) in (1..).zip(&self.lengths) {
            for &symbol in symbols.by_ref().take(count.into()) {
                words[usize::from(symbol)] = (word as u16, length);
                word += 1;
            }
            word <<= 1;
        }
        words
    }
}

/// How many symbols have a word of 0, 1, 2, … bits in the best code; a symbol that does not exist takes part.
fn word_lengths(counts: &[u32; 256]) -> Vec<u32> {
    let present = counts.iter().filter(|&&count| count > 0);
    if present.clone().next().is_none() {
        return vec![0; 17];
    }
    // Trees: how often, and at which depth their leaves are. The two rarest become one, until one is left.
    let mut trees: Vec<(u64, Vec<u32>)> = present.map(|&count| (u64::from(count), vec![0])).collect();
    trees.push((0, vec![0]));
    while trees.len() > 1 {
        trees.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        if let (Some((count, mut depths)), Some((other, more))) = (trees.pop(), trees.pop()) {
            depths.extend(more);
            depths.iter_mut().for_each(|depth| *depth += 1);
            trees.push((count + other, depths));
        }
    }
    let depths = trees.pop().map(|(_, depths)| depths).unwrap_or_default();
    let mut lengths = vec![0; depths.iter().max().map_or(17, |&deepest| deepest as usize + 1).max(17)];
    depths.iter().for_each(|&depth| lengths[depth as usize] += 1);
    lengths
}

/// Takes words of more than 16 bits away, as ITU-T T.81 K.3 does: two of them give up their place for one that is a bit
/// shorter, and a shorter word becomes two.
fn shorten(lengths: &mut Vec<u32>) {
    for length in (17..lengths.len()).rev() {
        while lengths[length] > 0 {
            let shorter = (1..length - 1).rev().find(|&shorter| lengths[shorter] > 0).unwrap_or(1);
            lengths[length] -= 2;
            lengths[length - 1] += 1;
            lengths[shorter + 1] += 2;
            lengths[shorter] -= 1;
        }
    }
    lengths.truncate(17);
}

#[cfg(test)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

    use super::*;

    fn samples(width: usize, height: usize) -> Vec<u8> {
        (0..width * height * 3).map(|n| ((n * n / 7) ^ (n / 5)) as u8).collect()
    }

    #[test]
    fn the_picture_stays_and_the_bytes_get_fewer() {
        for (width, height, factor) in [
            (64, 48, SamplingFactor::F_2_2),
            (33, 17, SamplingFactor::F_1_1),
            (1, 1, SamplingFactor::F_2_2),
            (200, 9, SamplingFactor::F_2_1),
        ] {
            let mut plain = Vec::new();
            let mut encoder = Encoder::new(&mut plain, 80);
            encoder.set_sampling_factor(factor);
            encoder.encode(&samples(width, height), width as u16, height as u16, ColorType::Rgb).unwrap();

            let tight = tightened(&plain).unwrap();

            assert!(tight.len() < plain.len(), "{width} × {height}: {} bytes of {}", tight.len(), plain.len());
            let open = |bytes: &[u8]| image::load_from_memory(bytes).unwrap();
            assert_eq!(open(&tight), open(&plain), "{width} × {height}");
        }
    }

    #[test]
    fn what_it_does_not_know_is_left_alone() {
        let mut progressive = Vec::new();
        let mut encoder = Encoder::new(&mut progressive, 80);
        encoder.set_progressive(true);
        encoder.encode(&samples(16, 16), 16, 16, ColorType::Rgb).unwrap();

        assert!(tightened(&progressive).is_none());
        assert!(tightened(&progressive[..40]).is_none());
    }

    #[test]
    fn no_word_is_longer_than_sixteen_bits_or_all_ones() {
        // Counts like Fibonacci's numbers make the deepest tree.
        let mut counts = [0; 256];
        let (mut a, mut b) = (1_u32, 1_u32);
        for count in counts.iter_mut().take(40) {
            *count = a;
            (a, b) = (b, a + b);
        }

        let code = Code::for_counts(&counts);

        assert_eq!(code.symbols.len(), 40);
        assert_eq!(code.lengths.iter().map(|&count| usize::from(count)).sum::<usize>(), 40);
        let words = code.words();
        let mut taken = 0.0;
        for &symbol in &code.symbols {
            let (word, length) = words[usize::from(symbol)];
            assert!((1..=16).contains(&length));
            assert!(u32::from(word) < (1 << length) - 1, "a word of {length} bits is all ones");
            taken += 0.5_f64.powi(length as i32);
        }
        assert!(taken < 1.0, "{taken}");
    }
}
