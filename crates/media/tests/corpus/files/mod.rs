//! Files made by code, down to the last bit: what no encoder would write.

use image::{Rgba, RgbaImage};

pub(crate) mod deflate;
pub(crate) mod exif;
pub(crate) mod gif;
pub(crate) mod jpeg;
pub(crate) mod png;
pub(crate) mod webp;

/// What a merchant would not like to see published. No rendition may hold it.
pub(crate) const SECRET: &str = "41.40338N 2.17403E";

/// The colours of the standard picture, from the top left in the order of reading.
pub(crate) const CORNERS: [[u8; 4]; 4] =
    [[200, 30, 30, 255], [30, 170, 40, 255], [40, 40, 200, 255], [235, 235, 235, 255]];

/// The size of the standard picture: small, and not square, so that one sees whether it was turned.
pub(crate) const SIZE: (u32, u32) = (120, 80);

/// The standard picture: a quarter for each of [`CORNERS`].
pub(crate) fn picture() -> RgbaImage {
    quarters(SIZE, CORNERS)
}

/// A picture with a quarter for each colour.
pub(crate) fn quarters((width, height): (u32, u32), corners: [[u8; 4]; 4]) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        Rgba(corners[usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2)])
    })
}

/// Numbers that look random and are the same everywhere.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}
