//! From pixels to the bytes of a rendition, without any metadata.

use image::{DynamicImage, RgbImage, RgbaImage};
use jpeg_encoder::{ColorType, Encoder};

use super::RenderError;

/// Where photos of goods show no artefacts yet, and a third of the bytes of 95.
const JPEG_QUALITY: u8 = 82;
/// Looks like JPEG at 82 to people, at about a quarter less.
const WEBP_QUALITY: f32 = 80.0;

/// Baseline JPEG. What is transparent becomes white, as on a shop's page.
pub(super) fn jpeg(image: &DynamicImage) -> Result<Vec<u8>, RenderError> {
    match image {
        DynamicImage::ImageRgba8(image) => encode_jpeg(&on_white(image)),
        DynamicImage::ImageRgb8(image) => encode_jpeg(image),
        other => encode_jpeg(&other.to_rgb8()),
    }
}

/// Lossy WebP. Transparency is kept.
pub(super) fn webp(image: &DynamicImage) -> Result<Vec<u8>, RenderError> {
    let (width, height) = (image.width(), image.height());
    let encoder = match image {
        DynamicImage::ImageRgba8(image) => webp::Encoder::from_rgba(image, width, height),
        DynamicImage::ImageRgb8(image) => webp::Encoder::from_rgb(image, width, height),
        _ => return webp(&DynamicImage::ImageRgba8(image.to_rgba8())),
    };
    let memory =
        encoder.encode_simple(false, WEBP_QUALITY).map_err(|e| RenderError::WebP { detail: format!("{e:?}") })?;
    Ok(memory.to_vec())
}

fn encode_jpeg(image: &RgbImage) -> Result<Vec<u8>, RenderError> {
    // No side of a rendition reaches 65,536; the encoder could not say so either.
    let side = |side: u32| u16::try_from(side).map_err(|_| RenderError::Side { side });
    let (width, height) = (side(image.width())?, side(image.height())?);
    let mut bytes = Vec::new();
    // Optimized Huffman tables would save a twentieth, but this encoder then writes a scan per colour: valid, and yet
    // misread by some decoders.
    let encoder = Encoder::new(&mut bytes, JPEG_QUALITY);
    encoder.encode(image, width, height, ColorType::Rgb).map_err(RenderError::Jpeg)?;
    Ok(bytes)
}

fn on_white(image: &RgbaImage) -> RgbImage {
    let mut flat = RgbImage::new(image.width(), image.height());
    for (to, from) in flat.pixels_mut().zip(image.pixels()) {
        let [red, green, blue, alpha] = from.0.map(u32::from);
        to.0 = [red, green, blue].map(|colour| {
            // At most 255: a mean of two bytes.
            ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        });
    }
    flat
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    #[test]
    fn transparency_lies_on_white() {
        let pixels = [[10, 20, 30, 0], [10, 20, 30, 255], [0, 100, 255, 128]];
        let image = RgbaImage::from_fn(3, 1, |x, _| Rgba(pixels[x as usize]));

        let flat = on_white(&image);

        assert_eq!(flat.as_raw(), &[255, 255, 255, 10, 20, 30, 127, 177, 255]);
    }
}
