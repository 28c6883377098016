//! How large a picture is, read from the first bytes of its file.

use super::{
    Rejection, SourceFormat,
    jpeg::{
        Fault,
        segments::{Frame, Gap, segment},
    },
};

/// What the first bytes of a file tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    /// Width and height in pixels, as stored.
    Size(u32, u32),
    /// Nothing yet: the file has to be read up to this byte at least.
    Further(usize),
}

/// Reads the header of a file of this format.
pub(super) fn header(format: SourceFormat, start: &[u8]) -> Result<Header, Rejection> {
    match format {
        SourceFormat::Jpeg => jpeg(start),
        SourceFormat::Png => png(start),
        SourceFormat::WebP => webp(start),
        SourceFormat::Gif => Ok(gif(start)),
    }
}

fn jpeg(bytes: &[u8]) -> Result<Header, Rejection> {
    let mut at = 2;
    loop {
        let segment = match segment(bytes, at) {
            Ok(segment) => segment,
            Err(Gap::Before(end)) => return Ok(Header::Further(end)),
        };
        match segment.marker {
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                let frame = Frame::parse(segment.marker, segment.content).map_err(refused)?;
                return Ok(Header::Size(frame.width, frame.height));
            }
            // Data without a header.
            0xDA | 0xD9 => return Err(refused(Fault::Damaged)),
            _ => at = segment.next,
        }
    }
}

/// What a merchant is told of a JPEG that is not decoded.
pub(super) fn refused(fault: Fault) -> Rejection {
    match fault {
        Fault::Damaged => Rejection::corrupt(SourceFormat::Jpeg.name(), "its data is damaged"),
        Fault::CutOff => Rejection::corrupt(SourceFormat::Jpeg.name(), "its end is missing"),
        Fault::Rare(kind) => Rejection::unsupported(&format!("a JPEG {kind}")),
        Fault::TooMuch => Rejection::too_costly(SourceFormat::Jpeg.name()),
    }
}

fn png(bytes: &[u8]) -> Result<Header, Rejection> {
    let Some(&[.., w1, w2, w3, w4, h1, h2, h3, h4]) = bytes.first_chunk::<24>() else {
        return Ok(Header::Further(24));
    };
    if bytes.get(12..16) != Some(b"IHDR") {
        return Err(Rejection::corrupt(SourceFormat::Png.name(), "its header is missing"));
    }
    Ok(Header::Size(u32::from_be_bytes([w1, w2, w3, w4]), u32::from_be_bytes([h1, h2, h3, h4])))
}

fn gif(bytes: &[u8]) -> Header {
    match bytes.first_chunk::<10>() {
        Some(&[.., w1, w2, h1, h2]) => {
            Header::Size(u16::from_le_bytes([w1, w2]).into(), u16::from_le_bytes([h1, h2]).into())
        }
        None => Header::Further(10),
    }
}

fn webp(bytes: &[u8]) -> Result<Header, Rejection> {
    // The smallest picture is over before the largest header would be.
    let length = if bytes.get(12..16) == Some(b"VP8L") { 5 } else { 10 };
    let Some(start) = bytes.get(20..20 + length) else {
        return Ok(Header::Further(20 + length));
    };
    let two = |at: usize| u32::from(u16::from_le_bytes([start[at], start[at + 1]]) & 0x3FFF);
    let three = |at: usize| u32::from_le_bytes([start[at], start[at + 1], start[at + 2], 0]);
    let (width, height) = match &bytes[12..16] {
        b"VP8X" => (three(4) + 1, three(7) + 1),
        b"VP8L" if start[0] == 0x2F => {
            let bits = u32::from_le_bytes([start[1], start[2], start[3], start[4]]);
            ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        }
        b"VP8 " if start[3..6] == [0x9D, 0x01, 0x2A] => (two(6), two(8)),
        _ => return Err(Rejection::corrupt(SourceFormat::WebP.name(), "its header makes no sense")),
    };
    Ok(Header::Size(width, height))
}
