//! A JPEG's segments: what stands between its scans.

use super::{Fault, MAX_COLOURS};

/// A marker with what belongs to it.
pub(in crate::pixels) struct Segment<'a> {
    /// The marker's second byte.
    pub(in crate::pixels) marker: u8,
    /// Empty for markers that stand alone.
    pub(in crate::pixels) content: &'a [u8],
    /// Where the next one begins.
    pub(in crate::pixels) next: usize,
}

/// Why there is no segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pixels) enum Gap {
    /// The bytes end before this place.
    Before(usize),
}

/// The segment at `at`, or behind what lies there unexpectedly.
pub(in crate::pixels) fn segment(bytes: &[u8], mut at: usize) -> Result<Segment<'_>, Gap> {
    loop {
        match bytes.get(at..).unwrap_or_default() {
            // What can still be told of a picture has a length, too.
            [] | [_] => return Err(Gap::Before(at + 4)),
            // These stand alone.
            &[0xFF, marker @ (0x01 | 0xD0..=0xD9), ..] => {
                return Ok(Segment { marker, content: &[], next: at + 2 });
            }
            // A marker may be preceded by any number of fill bytes, and viewers skip what is no marker.
            [0xFF, 0x00 | 0xFF, ..] => at += 1,
            &[0xFF, marker, ..] => return with_content(bytes, at, marker),
            _ => at += 1,
        }
    }
}

fn with_content(bytes: &[u8], at: usize, marker: u8) -> Result<Segment<'_>, Gap> {
    let length = bytes.get(at + 2..).and_then(<[u8]>::first_chunk).ok_or(Gap::Before(at + 4))?;
    let next = at + 2 + usize::from(u16::from_be_bytes(*length)).max(2);
    let content = bytes.get(at + 4..next).ok_or(Gap::Before(next))?;
    Ok(Segment { marker, content, next })
}

/// What a frame's header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pixels) struct Frame {
    pub(in crate::pixels) width: u32,
    pub(in crate::pixels) height: u32,
    /// Whether its scans refine each other.
    pub(in crate::pixels) progressive: bool,
    pub(in crate::pixels) colours: Vec<Colour>,
}

/// One of the colours that a picture is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pixels) struct Colour {
    pub(in crate::pixels) id: u8,
    /// How many blocks of it lie side by side in a unit.
    pub(in crate::pixels) across: u32,
    /// How many blocks of it lie one above the other in a unit.
    pub(in crate::pixels) down: u32,
    pub(in crate::pixels) quantization: usize,
}

impl Frame {
    /// Reads a header of the kind that `marker` says.
    pub(in crate::pixels) fn parse(marker: u8, content: &[u8]) -> Result<Self, Fault> {
        let &[precision, y1, y2, x1, x2, count, ref colours @ ..] = content else {
            return Err(Fault::Damaged);
        };
        match marker {
            0xC0..=0xC2 => {}
            0xC3 => return Err(Fault::Rare("lossless")),
            0xC9..=0xCB => return Err(Fault::Rare("with arithmetic coding")),
            _ => return Err(Fault::Rare("of several layers")),
        }
        if precision != 8 {
            return Err(Fault::Rare("with more than 8 bits per colour"));
        }
        let colours: Vec<_> = colours
            .chunks_exact(3)
            .take(count.into())
            .map(|colour| Colour {
                id: colour[0],
                across: (colour[1] >> 4).into(),
                down: (colour[1] & 15).into(),
                quantization: colour[2].into(),
            })
            .collect();
        let sound = |c: &Colour| (1..=4).contains(&c.across) && (1..=4).contains(&c.down) && c.quantization < 4;
        if colours.len() != usize::from(count) || !colours.iter().all(sound) {
            return Err(Fault::Damaged);
        }
        if !matches!(colours.len(), 1 | 3 | MAX_COLOURS) {
            return Err(Fault::Rare("with an unusual number of colours"));
        }
        let (width, height) = (u16::from_be_bytes([x1, x2]), u16::from_be_bytes([y1, y2]));
        if height == 0 && width > 0 {
            return Err(Fault::Rare("that tells its height at its end"));
        }
        Ok(Self { width: width.into(), height: height.into(), progressive: marker == 0xC2, colours })
    }

    /// Blocks of all colours in a unit, side by side and one above the other.
    pub(in crate::pixels) fn unit(&self) -> (u32, u32) {
        let most = |of: fn(&Colour) -> u32| self.colours.iter().map(of).max().unwrap_or(1);
        (most(|colour| colour.across), most(|colour| colour.down))
    }

    /// How many units there are, side by side and one above the other.
    pub(in crate::pixels) fn units(&self) -> (u32, u32) {
        let (across, down) = self.unit();
        (self.width.div_ceil(8 * across), self.height.div_ceil(8 * down))
    }
}

/// Which colours a scan holds, and of which coefficients.
#[derive(Debug)]
pub(in crate::pixels) struct Scan {
    /// Place among the frame's colours, number of the table for the mean, and for the rest.
    pub(in crate::pixels) colours: Vec<(usize, usize, usize)>,
    pub(in crate::pixels) first: usize,
    pub(in crate::pixels) last: usize,
    /// How many bits were left out before, 0 for a first scan.
    pub(in crate::pixels) high: u32,
    /// How many bits are left out now.
    pub(in crate::pixels) low: u32,
}

impl Scan {
    pub(in crate::pixels) fn parse(content: &[u8], frame: &Frame) -> Result<Self, Fault> {
        let (&count, rest) = content.split_first().ok_or(Fault::Damaged)?;
        let (chosen, rest) = rest.split_at_checked(2 * usize::from(count)).ok_or(Fault::Damaged)?;
        let &[first, last, bits, ..] = rest else { return Err(Fault::Damaged) };
        let mut colours: Vec<(usize, usize, usize)> = Vec::new();
        for colour in chosen.chunks_exact(2) {
            let place = frame.colours.iter().position(|c| c.id == colour[0]).ok_or(Fault::Damaged)?;
            let tables = (usize::from(colour[1] >> 4), usize::from(colour[1] & 15));
            if tables.0 > 3 || tables.1 > 3 || colours.iter().any(|&(other, ..)| other == place) {
                return Err(Fault::Damaged);
            }
            colours.push((place, tables.0, tables.1));
        }
        let (first, last) = (usize::from(first), usize::from(last));
        let (high, low) = (u32::from(bits >> 4), u32::from(bits & 15));
        let scan = if frame.progressive {
            Self { colours, first, last, high, low }
        } else {
            Self { colours, first: 0, last: 63, high: 0, low: 0 }
        };
        if scan.is_sound() { Ok(scan) } else { Err(Fault::Damaged) }
    }

    fn is_sound(&self) -> bool {
        let band = self.first <= self.last && self.last < 64;
        // A scan of the mean may hold all colours; one of other coefficients holds one of one colour.
        let alone = self.first == 0 || self.colours.len() == 1;
        let refines = self.high == 0 || self.high == self.low + 1;
        !self.colours.is_empty() && band && alone && refines && self.low < 14
    }
}
