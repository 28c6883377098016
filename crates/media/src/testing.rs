//! Photos made by code, for tests, benchmarks and the demo: the same arguments give the same bytes.
//!
//! They have what makes a photo hard to compress and to scale: soft gradients, edges, and noise in every pixel.

#![expect(
    clippy::missing_panics_doc,
    clippy::expect_used,
    reason = "for tests: encoding into memory fails only when there is none"
)]

pub mod coefficients;

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// A photo of a ball on a table, in a light that `seed` chooses.
pub fn photo(width: u32, height: u32, seed: u64) -> RgbImage {
    let mut noise = Noise::new(seed);
    let tint = [noise.next(), noise.next(), noise.next()].map(|n| 60 + n % 120);
    let (middle_x, middle_y) = (i64::from(width / 2), i64::from(height / 2));
    let radius = i64::from(width.min(height)) / 3;

    RgbImage::from_fn(width, height, |x, y| {
        let (dx, dy) = (i64::from(x) - middle_x, i64::from(y) - middle_y);
        let from_middle = dx * dx + dy * dy;
        let in_ball = from_middle < radius * radius;
        // Both lie in 0..=80, whatever the size.
        let fall = 80 * y / height;
        let shade = if in_ball { (80 * from_middle / (radius * radius)) as u32 } else { fall };
        let grain = noise.next() % 13;
        Rgb([0, 1, 2].map(|channel| {
            let base = if in_ball { tint[channel] } else { tint[(channel + 1) % 3] / 2 + 90 };
            (base + grain).saturating_sub(shade) as u8
        }))
    })
}

/// [`photo`] as a JPEG of quality 90.
pub fn photo_jpeg(width: u16, height: u16, seed: u64) -> Vec<u8> {
    jpeg(&photo(width.into(), height.into(), seed))
}

/// [`photo`] as a PNG.
pub fn photo_png(width: u32, height: u32, seed: u64) -> Vec<u8> {
    encode(photo(width, height, seed), ImageFormat::Png)
}

/// Any picture as a PNG.
pub fn photo_png_of(image: &RgbImage) -> Vec<u8> {
    encode(image.clone(), ImageFormat::Png)
}

/// [`photo`] as a PNG that is transparent outside the ball.
pub fn photo_png_with_alpha(width: u32, height: u32, seed: u64) -> Vec<u8> {
    let radius = i64::from(width.min(height)) / 3;
    let opaque = photo(width, height, seed);
    let cut_out = RgbaImage::from_fn(width, height, |x, y| {
        let dx = i64::from(x) - i64::from(width / 2);
        let dy = i64::from(y) - i64::from(height / 2);
        let Rgb([red, green, blue]) = *opaque.get_pixel(x, y);
        let alpha = if dx * dx + dy * dy < radius * radius { 255 } else { 0 };
        Rgba([red, green, blue, alpha])
    });
    encode(cut_out, ImageFormat::Png)
}

/// [`photo`] as a lossless WebP.
pub fn photo_webp(width: u32, height: u32, seed: u64) -> Vec<u8> {
    encode(photo(width, height, seed), ImageFormat::WebP)
}

/// [`photo`] as a GIF of one frame.
pub fn photo_gif(width: u32, height: u32, seed: u64) -> Vec<u8> {
    encode(photo(width, height, seed), ImageFormat::Gif)
}

/// Encodes any picture as a JPEG of quality 90, of the most common kind: baseline, one scan.
pub fn jpeg(image: &RgbImage) -> Vec<u8> {
    jpeg_as(image, |_| {})
}

/// Encodes any picture as a JPEG of quality 90; `adjust` chooses the kind.
pub fn jpeg_as(image: &RgbImage, adjust: impl FnOnce(&mut jpeg_encoder::Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let side = |side: u32| u16::try_from(side).expect("a JPEG has sides up to 65,535");
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    adjust(&mut encoder);
    encoder
        .encode(image, side(image.width()), side(image.height()), jpeg_encoder::ColorType::Rgb)
        .expect("memory takes what is written");
    bytes
}

/// A copy of `jpeg` whose EXIF says `orientation`: 1 is upright, 6 is a phone held upright. Viewers turn it.
pub fn with_exif_orientation(jpeg: &[u8], orientation: u16) -> Vec<u8> {
    // A TIFF header, one directory with one entry (0x0112 SHORT × 1), and no next directory.
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    exif.extend(orientation.to_be_bytes());
    exif.extend([0; 6]);
    with_app_segment(jpeg, 1, &exif)
}

/// A copy of `jpeg` with the segment `APPn` behind its first two bytes.
pub fn with_app_segment(jpeg: &[u8], n: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).expect("a segment has at most 65,533 bytes");
    let (start, rest) = jpeg.split_at(2);
    [start, &[0xFF, 0xE0 + n], &length.to_be_bytes(), content, rest].concat()
}

fn encode(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).expect("memory takes what is written");
    bytes.into_inner()
}

/// xorshift64: numbers that look random and are the same everywhere.
struct Noise(u64);

impl Noise {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.next() % limit
    }

    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }
}
