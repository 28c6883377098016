//! Looks at an upload before anything is decoded: what it really is, how large, and whether it is taken.

use sha2::{Digest, Sha256};

use super::{
    Rejection, SourceFormat,
    header::{Header, header},
    sniff::sniff,
};
use crate::MAX_UPLOAD_BYTES;

/// The longest side that is decoded, in pixels.
pub const MAX_SIDE: u32 = 16_384;

/// The most pixels that are decoded: 50 million, more than a phone's or a shop's camera takes.
pub const MAX_PIXELS: u64 = 50_000_000;

/// How many bytes to read at first: of nearly every file they are enough for [`inspect_start`].
pub const FIRST_BYTES: u64 = 64 * 1024;

/// What an acceptable file's header says. Its pixels may still turn out to be damaged: [`render`](crate::render) tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inspected {
    /// What the file really is, whatever its name or content type claim.
    pub format: SourceFormat,
    /// As stored, in pixels: a viewer may show it turned.
    pub width: u32,
    /// As stored, in pixels.
    pub height: u32,
    /// How long the file is, in bytes.
    pub byte_length: u64,
}

/// What the first bytes of a file tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// All that is asked.
    Enough(Inspected),
    /// Too little: the file has to be read up to this byte at least, which it has.
    Further(u64),
}

/// Inspects a file of `byte_length` bytes by its first bytes, `start`: its format, and its header. No pixel is decoded.
///
/// # Errors
/// A [`Rejection`] when the file can never be a product's image, in the merchant's words.
pub fn inspect_start(start: &[u8], byte_length: u64) -> Result<Look, Rejection> {
    if byte_length > MAX_UPLOAD_BYTES {
        return Err(Rejection::too_large(byte_length));
    }
    let format = sniff(start)?;
    let (width, height) = match header(format, start)? {
        Header::Size(width, height) => (width, height),
        Header::Further(end) if end as u64 <= byte_length && end > start.len() => return Ok(Look::Further(end as u64)),
        Header::Further(_) => return Err(Rejection::corrupt(format.name(), "its header is incomplete")),
    };
    if width == 0 || height == 0 {
        return Err(Rejection::corrupt(format.name(), "it claims to be zero pixels wide or high"));
    }
    if width > MAX_SIDE || height > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Rejection::too_many_pixels(Some((width, height))));
    }
    Ok(Look::Enough(Inspected { format, width, height, byte_length }))
}

/// Inspects a whole file, as [`inspect_start`] does.
///
/// # Errors
/// As [`inspect_start`].
pub fn inspect(bytes: &[u8]) -> Result<Inspected, Rejection> {
    let byte_length = bytes.len() as u64;
    match inspect_start(bytes, byte_length)? {
        Look::Enough(inspected) => Ok(inspected),
        // It was read to its end.
        Look::Further(_) => Err(Rejection::corrupt("picture", "its header is incomplete")),
    }
}

/// SHA-256 of a whole file, in lower-case hex: renditions lie under it.
pub fn content_hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
