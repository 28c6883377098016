//! How a JPEG is built, as far as its decoder cannot be trusted with it.

use super::{Rejection, SourceFormat};

const NAME: &str = SourceFormat::Jpeg.name();

/// What lies before the first scan's data.
struct Opening<'a> {
    /// Of sequential JPEGs: each colour's sampling factors.
    sampling: Option<Vec<u8>>,
    /// How many colours the first scan holds.
    in_first_scan: u8,
    /// The first scan and all behind it.
    scans: &'a [u8],
}

/// Refuses a JPEG that has no end: the decoder fills what is missing with grey, and says nothing.
pub(super) fn refuse_cut_off(bytes: &[u8]) -> Result<(), Rejection> {
    // Inside the data of a scan `FF` is always followed by `00` or a restart marker, so `FF D9` can only be the end.
    // Before the first scan an embedded thumbnail may have one of its own.
    let whole = opening(bytes).is_some_and(|o| o.scans.windows(2).any(|pair| pair == [0xFF, 0xD9]));
    if whole { Ok(()) } else { Err(Rejection::corrupt(NAME, "its end is missing")) }
}

/// Refuses a JPEG that the decoder would turn into green stripes without an error.
///
/// That is: sequential, a scan of its own for each colour, and colours of different resolution
/// (<https://github.com/etemesi254/zune-image/issues/419>, fixed after zune-jpeg 0.5.15).
pub(super) fn refuse_misread(bytes: &[u8]) -> Result<(), Rejection> {
    let misread = opening(bytes).is_some_and(|opening| {
        opening.sampling.is_some_and(|sampling| {
            usize::from(opening.in_first_scan) < sampling.len() && sampling.iter().any(|&factors| factors != 0x11)
        })
    });
    if misread { Err(Rejection::unsupported("a JPEG of a rare kind, with a scan for each colour")) } else { Ok(()) }
}

/// Walks the segments up to the first scan. `None` where there is no scan.
fn opening(bytes: &[u8]) -> Option<Opening<'_>> {
    let mut sampling = None;
    let mut at = 2;
    loop {
        let marker = match *bytes.get(at..at + 2)? {
            // A marker may be preceded by any number of fill bytes.
            [0xFF, 0xFF] => {
                at += 1;
                continue;
            }
            // These stand alone.
            [0xFF, 0x01 | 0xD0..=0xD8] => {
                at += 2;
                continue;
            }
            [0xFF, marker] => marker,
            // Something unexpected lies between two segments; the decoder skips it, too.
            _ => {
                at += 1;
                continue;
            }
        };
        let length = u16::from_be_bytes(*bytes.get(at + 2..)?.first_chunk()?);
        let content = bytes.get(at + 4..at + 2 + usize::from(length.max(2)))?;
        match marker {
            // Precision, height, width, then (id, factors, table) for each colour.
            0xC0 | 0xC1 => {
                let colours = content.get(6..).unwrap_or_default().chunks_exact(3);
                sampling = Some(colours.map(|colour| colour[1]).collect());
            }
            0xDA => {
                return Some(Opening { sampling, in_first_scan: *content.first()?, scans: &bytes[at..] });
            }
            _ => {}
        }
        at += 2 + usize::from(length.max(2));
    }
}
