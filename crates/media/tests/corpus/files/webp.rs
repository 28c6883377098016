//! WebPs, chunk by chunk.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbaImage};

/// What says in `VP8X` that there is a profile, transparency, EXIF, XMP, an animation.
pub(crate) mod flags {
    pub(crate) const PROFILE: u8 = 0x20;
    pub(crate) const ALPHA: u8 = 0x10;
    pub(crate) const EXIF: u8 = 0x08;
    pub(crate) const XMP: u8 = 0x04;
    pub(crate) const ANIMATION: u8 = 0x02;
}

/// Without loss.
pub(crate) fn lossless(picture: &RgbaImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture.clone()).write_to(&mut bytes, ImageFormat::WebP).unwrap();
    bytes.into_inner()
}

/// With loss, and with transparency if there is any.
pub(crate) fn lossy(picture: &RgbaImage) -> Vec<u8> {
    webp::Encoder::from_rgba(picture, picture.width(), picture.height()).encode(80.0).to_vec()
}

/// The chunks of a file that hold its picture.
pub(crate) fn picture_chunks(webp: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = &webp[12..];
    while rest.len() >= 8 {
        let length = u32::from_le_bytes([rest[4], rest[5], rest[6], rest[7]]) as usize;
        let end = (8 + length + length % 2).min(rest.len());
        if matches!(&rest[..4], b"VP8 " | b"VP8L" | b"ALPH") {
            out.extend(&rest[..end]);
        }
        rest = &rest[end..];
    }
    out
}

/// A file of these chunks, one behind the other.
pub(crate) fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    let content = chunks.concat();
    [&b"RIFF"[..], &(content.len() as u32 + 4).to_le_bytes(), b"WEBP", &content].concat()
}

pub(crate) fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let padding = &[0][..content.len() % 2];
    [name, &(content.len() as u32).to_le_bytes()[..], content, padding].concat()
}

/// The chunk that says what else comes, and how large the canvas is.
pub(crate) fn extended(flags: u8, width: u32, height: u32) -> Vec<u8> {
    chunk(b"VP8X", &[&[flags, 0, 0, 0][..], &less_one(width), &less_one(height)].concat())
}

/// A frame of an animation.
pub(crate) fn frame(left: u32, top: u32, width: u32, height: u32, picture: &[u8]) -> Vec<u8> {
    let place = [&(left / 2).to_le_bytes()[..3], &(top / 2).to_le_bytes()[..3]].concat();
    let header = [&place[..], &less_one(width), &less_one(height), &[100, 0, 0, 0]].concat();
    chunk(b"ANMF", &[&header[..], picture].concat())
}

/// What an animation begins with: a transparent ground, repeated for ever.
pub(crate) fn animation() -> Vec<u8> {
    chunk(b"ANIM", &[0; 6])
}

fn less_one(length: u32) -> [u8; 3] {
    let [a, b, c, _] = (length - 1).to_le_bytes();
    [a, b, c]
}
