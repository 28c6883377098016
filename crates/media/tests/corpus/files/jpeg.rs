//! JPEGs, segment by segment.

use image::RgbaImage;
use jpeg_encoder::{ColorType, Encoder};
use tola_media::testing;

use super::picture;

/// A picture without its transparency.
pub(crate) fn of(picture: &RgbaImage, adjust: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    testing::jpeg_as(&image::DynamicImage::from(picture.clone()).into_rgb8(), adjust)
}

/// The standard picture as most write it.
pub(crate) fn standard() -> Vec<u8> {
    of(&picture(), |_| {})
}

/// The standard picture whose scans refine each other.
pub(crate) fn progressive() -> Vec<u8> {
    of(&picture(), |encoder| encoder.set_progressive(true))
}

/// Samples of any kind; four for each pixel if it is ink.
pub(crate) fn samples(samples: &[u8], (width, height): (u32, u32), kind: ColorType) -> Vec<u8> {
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, 95).encode(samples, width as u16, height as u16, kind).unwrap();
    bytes
}

/// One segment, or a scan with its data.
pub(crate) fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    [&[0xFF, marker], &(content.len() as u16 + 2).to_be_bytes()[..], content].concat()
}

/// A copy with `inserted` behind the first two bytes.
pub(crate) fn with(jpeg: &[u8], inserted: &[u8]) -> Vec<u8> {
    [&jpeg[..2], inserted, &jpeg[2..]].concat()
}

/// A copy with EXIF.
pub(crate) fn with_exif(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    with(jpeg, &segment(0xE1, &[b"Exif\0\0", exif].concat()))
}

/// A copy without the segments that have this marker.
pub(crate) fn without(jpeg: &[u8], marker: u8) -> Vec<u8> {
    parts(jpeg).into_iter().filter(|part| part[1] != marker).collect::<Vec<_>>().concat()
}

/// A copy with the segments that have this marker changed.
pub(crate) fn changed(jpeg: &[u8], marker: u8, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut parts: Vec<_> = parts(jpeg).into_iter().map(<[u8]>::to_vec).collect();
    parts.iter_mut().filter(|part| part[1] == marker).for_each(change);
    parts.concat()
}

/// A copy with another size in its header.
pub(crate) fn claiming(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let claim = |part: &mut Vec<u8>| {
        part[5..7].copy_from_slice(&height.to_be_bytes());
        part[7..9].copy_from_slice(&width.to_be_bytes());
    };
    changed(&changed(jpeg, 0xC0, claim), 0xC2, claim)
}

/// Markers with what belongs to them, scans with their data.
pub(crate) fn parts(jpeg: &[u8]) -> Vec<&[u8]> {
    let (mut parts, mut rest) = (Vec::new(), jpeg);
    while rest.len() >= 2 {
        let mut end = match rest[1] {
            0xD8 | 0xD9 => 2,
            _ => 2 + usize::from(u16::from_be_bytes([rest[2], rest[3]])),
        };
        if rest[1] == 0xDA {
            while end + 1 < rest.len() && (rest[end] != 0xFF || matches!(rest[end + 1], 0 | 0xD0..=0xD7)) {
                end += 1;
            }
        }
        let (part, behind) = rest.split_at(end);
        parts.push(part);
        rest = behind;
    }
    parts
}
