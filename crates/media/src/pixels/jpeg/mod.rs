//! Decodes JPEGs, at a fraction of their size if that is all that is needed.
//!
//! A photo of a phone is much larger than its largest rendition. Decoding it at a half or a quarter of its size takes a
//! fraction of the time, and of the memory a quarter or a sixteenth; no decoder in Rust that is still looked after does
//! that. This one reads what is out there: sequential and progressive, any sampling, one scan or one for each colour,
//! grey, YCbCr, RGB, CMYK and YCCK. It refuses what is damaged instead of guessing, and what would cost too much.

use self::{
    huffman::Table,
    idct::{Factors, NATURAL_ORDER, transform},
    planes::Plane,
    scan::{Block, Place, Reader},
    segments::{Frame, Scan},
};
use super::raster::Raster;

mod bits;
#[cfg(all(test, feature = "testing"))]
mod differential;
pub(super) mod huffman;
mod idct;
mod planes;
#[cfg(all(fuzzing, feature = "planted-bug"))]
mod planted;
pub(super) mod scan;
pub(super) mod segments;

/// The most colours of a picture: CMYK.
const MAX_COLOURS: usize = 4;

/// The most memory that one picture may take, in bytes.
const MAX_MEMORY: u64 = 400 << 20;

/// How much refining is done, in pixels times scans: twenty scans of the largest picture. Common encoders write ten; a
/// thousand that say nothing fit into a few kilobytes, and would keep a core busy for minutes.
const MAX_REFINING: u64 = 20 * super::MAX_PIXELS;

/// Why a JPEG is not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pixels) enum Fault {
    /// It is not what the standard says.
    Damaged,
    /// Its end is missing.
    CutOff,
    /// It is of a kind that hardly anybody writes; completes "a JPEG …".
    Rare(&'static str),
    /// It would take too much memory or time.
    TooMuch,
}

/// A decoded picture, as it is stored.
pub(super) struct Decoded<'a> {
    /// Grey, RGB or CMYK.
    pub(super) raster: Raster,
    /// What the camera wrote, from the TIFF header on.
    pub(super) exif: Option<&'a [u8]>,
    pub(super) icc_profile: Option<Vec<u8>>,
}

/// Decodes a JPEG. `shrink` is told its size, and says by what each side may be divided: 1, 2, 4 or 8.
pub(super) fn decode(bytes: &[u8], shrink: impl Fn(u32, u32) -> u32) -> Result<Decoded<'_>, Fault> {
    let mut decoder = Decoder::default();
    let mut at = 2;
    loop {
        let Ok(segment) = segments::segment(bytes, at) else {
            return if decoder.is_whole() { decoder.finish() } else { Err(Fault::CutOff) };
        };
        at = segment.next;
        let content = segment.content;
        match segment.marker {
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => decoder.frame(segment.marker, content, &shrink)?,
            0xC4 => decoder.codes(content)?,
            0xDB => decoder.quantization(content)?,
            0xDD => {
                decoder.restart_interval = u32::from(u16::from_be_bytes(*content.first_chunk().ok_or(Fault::Damaged)?));
            }
            0xDA => at = decoder.scan(content, bytes, at)?,
            0xDE | 0xDF => return Err(Fault::Rare("of several layers")),
            0xE0..=0xEF => decoder.application(segment.marker - 0xE0, content),
            0xD9 => return decoder.finish(),
            _ => {}
        }
    }
}

#[derive(Default)]
struct Decoder<'a> {
    frame: Option<Frame>,
    planes: Vec<Plane>,
    /// Of pictures whose scans refine each other: the coefficients of each colour so far.
    coefficients: Vec<Vec<Block>>,
    quantization: [Option<[u16; 64]>; 4],
    /// Codes for means and for other coefficients.
    codes: [[Option<Table>; 4]; 2],
    restart_interval: u32,
    scans: u64,
    jfif: bool,
    /// What Adobe's segment says of the colours' kind.
    adobe: Option<u8>,
    exif: Option<&'a [u8]>,
    icc_profile: Vec<(u8, &'a [u8])>,
}

impl<'a> Decoder<'a> {
    fn frame(&mut self, marker: u8, content: &[u8], shrink: impl Fn(u32, u32) -> u32) -> Result<(), Fault> {
        if self.frame.is_some() {
            return Err(Fault::Damaged);
        }
        let frame = Frame::parse(marker, content)?;
        let side = 8 / shrink(frame.width, frame.height);
        let sizes: Vec<_> = (0..frame.colours.len()).map(|nth| planes::Size::of(&frame, nth, side)).collect();
        let blocks: u64 = sizes.iter().map(planes::Size::blocks).sum();
        let samples: u64 = sizes.iter().map(planes::Size::samples).sum();
        let pixels = u64::from(frame.width.div_ceil(8) * side) * u64::from(frame.height.div_ceil(8) * side);
        let coefficients = if frame.progressive { blocks * size_of::<Block>() as u64 } else { 0 };
        if samples + coefficients.max(pixels * frame.colours.len() as u64) > MAX_MEMORY {
            return Err(Fault::TooMuch);
        }
        if frame.progressive {
            let zeros = |size: &planes::Size| vec![[0; 64]; size.blocks() as usize];
            self.coefficients = sizes.iter().map(zeros).collect();
        }
        self.planes = sizes.into_iter().map(Plane::new).collect();
        self.frame = Some(frame);
        Ok(())
    }

    fn quantization(&mut self, mut content: &[u8]) -> Result<(), Fault> {
        while let Some((&kind, rest)) = content.split_first() {
            let wide = kind >> 4 != 0;
            let (values, rest) = rest.split_at_checked(if wide { 128 } else { 64 }).ok_or(Fault::Damaged)?;
            let mut table = [0; 64];
            for (n, place) in NATURAL_ORDER.into_iter().enumerate() {
                table[usize::from(place)] =
                    if wide { u16::from_be_bytes([values[2 * n], values[2 * n + 1]]) } else { values[n].into() };
            }
            *self.quantization.get_mut(usize::from(kind & 15)).ok_or(Fault::Damaged)? = Some(table);
            content = rest;
        }
        Ok(())
    }

    fn codes(&mut self, mut content: &[u8]) -> Result<(), Fault> {
        while let Some((&kind, rest)) = content.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or(Fault::Damaged)?;
            let symbols: usize = counts.iter().copied().map(usize::from).sum();
            let (symbols, rest) = rest.split_at_checked(symbols).ok_or(Fault::Damaged)?;
            let tables = self.codes.get_mut(usize::from(kind >> 4)).ok_or(Fault::Damaged)?;
            *tables.get_mut(usize::from(kind & 15)).ok_or(Fault::Damaged)? = Some(Table::new(counts, symbols)?);
            content = rest;
        }
        Ok(())
    }

    fn application(&mut self, n: u8, content: &'a [u8]) {
        #[cfg(all(fuzzing, feature = "planted-bug"))]
        planted::stumble(n, content);
        match n {
            0 if content.starts_with(b"JFIF\0") => self.jfif = true,
            1 if self.exif.is_none() => self.exif = content.strip_prefix(b"Exif\0\0"),
            2 => {
                if let Some([nth, _, part @ ..]) = content.strip_prefix(b"ICC_PROFILE\0") {
                    self.icc_profile.push((*nth, part));
                }
            }
            14 if content.starts_with(b"Adobe") => self.adobe = content.get(11).copied(),
            _ => {}
        }
    }

    /// Reads a scan. Answers where its data ends.
    fn scan(&mut self, content: &[u8], bytes: &[u8], at: usize) -> Result<usize, Fault> {
        let frame = self.frame.as_ref().ok_or(Fault::Damaged)?;
        self.scans += 1;
        if self.scans * u64::from(frame.width) * u64::from(frame.height) > MAX_REFINING.max(1 << 20) {
            return Err(Fault::TooMuch);
        }
        let scan = Scan::parse(content, frame)?;
        for &(place, ..) in &scan.colours {
            let table = self.quantization[frame.colours[place].quantization].as_ref().ok_or(Fault::Damaged)?;
            self.planes[place].begin(table);
        }
        let tables =
            scan.colours.iter().map(|&(_, mean, rest)| (self.codes[0][mean].as_ref(), self.codes[1][rest].as_ref()));
        let mut reader = Reader::new(&scan, tables.collect(), bytes, at);
        let (planes, coefficients) = (&mut self.planes, &mut self.coefficients);
        let place_of = |nth: usize| scan.colours[nth].0;
        if frame.progressive {
            reader.blocks(frame, self.restart_interval, |reader, Place { nth, x, y }| {
                let size = &planes[place_of(nth)].size;
                reader.progressive(nth, &mut coefficients[place_of(nth)][size.place(x, y)])
            })?;
        } else {
            reader.blocks(frame, self.restart_interval, |reader, Place { nth, x, y }| {
                let mut block = [0; 64];
                let last = reader.sequential(nth, &mut block)?;
                planes[place_of(nth)].put(&block, last, x, y);
                Ok(())
            })?;
        }
        Ok(reader.bits.marker())
    }

    /// Whether all of the picture is there, even if no marker says that it ends: some cameras write none.
    fn is_whole(&self) -> bool {
        let refines = self.frame.as_ref().is_none_or(|frame| frame.progressive);
        !refines && self.planes.iter().all(Plane::begun)
    }

    fn finish(mut self) -> Result<Decoded<'a>, Fault> {
        let frame = self.frame.take().ok_or(Fault::CutOff)?;
        for (plane, blocks) in self.planes.iter_mut().zip(std::mem::take(&mut self.coefficients)) {
            plane.put_all(&blocks);
        }
        if !self.planes.iter().all(Plane::begun) {
            return Err(Fault::CutOff);
        }
        let kind = self.kind(&frame);
        let icc_profile = self.icc_profile();
        Ok(Decoded { raster: planes::merge(&frame, &self.planes, kind), exif: self.exif, icc_profile })
    }

    /// What the colours are. Nothing in a JPEG says so plainly; this is how all decoders guess.
    fn kind(&self, frame: &Frame) -> planes::Kind {
        use planes::Kind;
        let ids: Vec<_> = frame.colours.iter().map(|colour| colour.id).collect();
        match (frame.colours.len(), self.adobe) {
            (1, _) => Kind::Grey,
            (3, Some(0)) if !self.jfif => Kind::Rgb,
            (3, None) if !self.jfif && ids == *b"RGB" => Kind::Rgb,
            (3, _) => Kind::YCbCr,
            (_, Some(2)) => Kind::Ycck,
            // Adobe writes how much light is left and not how much ink there is; all others do as they should.
            (_, adobe) => Kind::Cmyk { inverted: adobe.is_some() },
        }
    }

    /// The profile, if all of its parts are there.
    fn icc_profile(&mut self) -> Option<Vec<u8>> {
        self.icc_profile.sort_by_key(|&(nth, _)| nth);
        let whole = (1_u32..).zip(&self.icc_profile).all(|(n, &(nth, _))| n == u32::from(nth));
        let parts: Vec<_> = self.icc_profile.iter().map(|&(_, part)| part).collect();
        (whole && !parts.is_empty()).then(|| parts.concat())
    }
}
