//! From pixels to the bytes of a rendition, without any metadata.

use std::borrow::Cow;

use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use super::{
    RenderError,
    raster::{Channels, Raster},
};

mod tighten;

/// Where photos of goods show no artefacts yet, and a third of the bytes of 95.
const JPEG_QUALITY: u8 = 80;
/// Looks like JPEG at 80 to people, at about a quarter less.
const WEBP_QUALITY: f32 = 80.0;
/// How hard the encoder tries, of 6: more takes longer and saves next to nothing.
const WEBP_EFFORT: i32 = 4;

/// Baseline JPEG, its colours at half the resolution. What is transparent becomes white, as on a shop's page.
pub(super) fn jpeg(picture: &Raster) -> Result<Vec<u8>, RenderError> {
    // No side of a rendition reaches 65,536; the encoder could not say so either.
    let side = |side: u32| u16::try_from(side).map_err(|_| RenderError::Side { side });
    let (width, height) = (side(picture.width)?, side(picture.height)?);
    let samples = match picture.channels {
        Channels::Rgba => Cow::Owned(on_white(&picture.samples)),
        _ => Cow::Borrowed(&picture.samples[..]),
    };
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, JPEG_QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    // Of four pixels, all count; by default one of them stands for the others.
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.encode(&samples, width, height, ColorType::Rgb).map_err(RenderError::Jpeg)?;
    // The encoder could choose the codes itself, but then writes a scan per colour: valid, and yet misread by some.
    Ok(tighten::tightened(&bytes).unwrap_or(bytes))
}

/// Lossy WebP. Transparency is kept.
pub(super) fn webp(picture: &Raster) -> Result<Vec<u8>, RenderError> {
    let failed = |detail: String| RenderError::WebP { detail };
    let mut config = webp::WebPConfig::new().map_err(|()| failed("no configuration".to_owned()))?;
    config.quality = WEBP_QUALITY;
    config.method = WEBP_EFFORT;
    let straight;
    let encoder = match picture.channels {
        Channels::Rgba => {
            straight = picture.straight()?;
            webp::Encoder::from_rgba(&straight, picture.width, picture.height)
        }
        _ => webp::Encoder::from_rgb(&picture.samples, picture.width, picture.height),
    };
    let memory = encoder.encode_advanced(&config).map_err(|error| failed(format!("{error:?}")))?;
    Ok(memory.to_vec())
}

/// Premultiplied pixels on a white ground.
pub(super) fn on_white(samples: &[u8]) -> Vec<u8> {
    samples
        .chunks_exact(4)
        .flat_map(|pixel| [0, 1, 2].map(|colour| pixel[colour].saturating_add(255 - pixel[3])))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transparency_lies_on_white() {
        let pixels = [[10, 20, 30, 0], [10, 20, 30, 255], [0, 100, 255, 128]];
        let picture = Raster::with_alpha(3, 1, pixels.as_flattened().to_vec()).unwrap();

        assert_eq!(on_white(&picture.samples), [255, 255, 255, 10, 20, 30, 127, 177, 255]);
    }
}
