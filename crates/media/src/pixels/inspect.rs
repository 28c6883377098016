//! Looks at an upload before anything is decoded: what it really is, how large, and whether it is taken.

use sha2::{Digest, Sha256};

use super::{
    Rejection, SourceFormat,
    decode::{read_header, upright_size},
    sniff::sniff,
};
use crate::MAX_UPLOAD_BYTES;

/// The longest side that is decoded, in pixels.
pub const MAX_SIDE: u32 = 16_384;

/// The most pixels that are decoded: 50 million, more than a phone's or a shop's camera takes.
pub const MAX_PIXELS: u64 = 50_000_000;

/// What an acceptable file's header says. Its pixels may still turn out to be damaged: [`render`](crate::render) tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// What the file really is, whatever its name or content type claim.
    pub format: SourceFormat,
    /// As a viewer shows it, with its EXIF orientation applied, in pixels.
    pub width: u32,
    /// As a viewer shows it, with its EXIF orientation applied, in pixels.
    pub height: u32,
    /// SHA-256 of all bytes, in lower-case hex.
    pub content_hash: String,
    /// How long the file is, in bytes.
    pub byte_length: u64,
}

/// Inspects a file: its length and its header, no pixel.
///
/// # Errors
/// A [`Rejection`] when the file can never be a product's image, in the merchant's words.
pub fn inspect(bytes: &[u8]) -> Result<Inspected, Rejection> {
    let byte_length = bytes.len() as u64;
    if byte_length > MAX_UPLOAD_BYTES {
        return Err(Rejection::too_large(bytes.len()));
    }
    let format = sniff(bytes)?;
    let header = read_header(bytes, format)?;
    let (width, height) = upright_size((header.width, header.height), header.orientation);
    Ok(Inspected { format, width, height, content_hash: hex::encode(Sha256::digest(bytes)), byte_length })
}
