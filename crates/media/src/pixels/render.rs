//! Makes the smaller copies of a photo that shops and channels show.

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::DynamicImage;

use super::{
    Inspected, Rejection, colour,
    decode::{Decoded, decode, upright_size},
    encode,
};

/// The longest sides of the renditions, in pixels, in ascending order.
pub const RENDITION_SIDES: [u32; 3] = [320, 640, 1280];

/// What a rendition is encoded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RenditionFormat {
    /// Baseline JPEG, for channels and for browsers of any age.
    Jpeg,
    /// Lossy WebP with transparency.
    WebP,
}

impl RenditionFormat {
    /// In the order in which each size is made.
    pub const ALL: [Self; 2] = [Self::Jpeg, Self::WebP];

    /// How its names end, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::WebP => "webp",
        }
    }

    /// Its media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
        }
    }
}

/// One copy of a photo: upright, in sRGB, without metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendition {
    /// The last part of its key: its nominal side and format, `640.webp`.
    pub name: String,
    /// What it is encoded as.
    pub format: RenditionFormat,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Why there are no renditions.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The file is at fault; the merchant is told.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// A defect of ours, or no memory: scaling.
    #[error("could not scale the picture")]
    Resize(#[source] fast_image_resize::ResizeError),
    /// A defect of ours, or no memory: the JPEG encoder.
    #[error("could not encode a JPEG")]
    Jpeg(#[source] jpeg_encoder::EncodingError),
    /// A defect of ours, or no memory: the WebP encoder, which gives no error to keep.
    #[error("could not encode a WebP: {detail}")]
    WebP {
        /// The encoder's own word.
        detail: String,
    },
    /// A defect of ours: a rendition larger than any should be.
    #[error("a side of {side} pixels cannot be encoded")]
    Side {
        /// In pixels.
        side: u32,
    },
}

/// Makes the renditions, smallest first, each as JPEG and as WebP.
///
/// Nothing is scaled up. A photo whose longest side is at most one of [`RENDITION_SIDES`] ends the list with a copy
/// in its own size under that name; so every photo has at least `320.jpg` and `320.webp`, and one of 500 × 400 has
/// 320 × 256 as `320.*` and 500 × 400 as `640.*`.
///
/// `inspected` must be what [`inspect`](crate::inspect) said about the same `bytes`: whoever loads them anew inspects
/// anew, and compares the hash. The size is checked again before anything is decoded.
///
/// A picture at the limit of 50 million pixels takes 150 MB, with transparency 200 MB, with 16 bits per channel 600 MB.
///
/// # Errors
/// [`RenderError::Rejected`] when the pixels are damaged: telling the merchant is all one can do. The others are ours.
pub fn render(bytes: &[u8], inspected: &Inspected) -> Result<Vec<Rendition>, RenderError> {
    let Decoded { image, orientation, icc_profile } = decode(bytes, inspected.format)?;
    let stored = (image.width(), image.height());
    let upright = upright_size(stored, orientation);
    let sides = rendition_sides(stored.0.max(stored.1));

    // Colours and orientation wait until the picture is small: both cost time per pixel.
    let largest = sides.last().copied().unwrap_or_default();
    let mut picture = scale(eight_bits(image), fit(stored, largest))?;
    if let Some(profile) = &icc_profile {
        colour::to_srgb(&mut picture, profile);
    }
    picture.apply_orientation(orientation);

    // Downwards, each from the one before: a tenth of the work, and no difference that one could see.
    let mut renditions = Vec::new();
    for &side in sides.iter().rev() {
        picture = scale(picture, fit(upright, side))?;
        for format in RenditionFormat::ALL.iter().rev() {
            renditions.push(encoded(&picture, side, *format)?);
        }
    }
    renditions.reverse();
    Ok(renditions)
}

/// The nominal sides of a photo whose longest side is `longest`: all that are smaller, and the first that covers it.
fn rendition_sides(longest: u32) -> &'static [u32] {
    let smaller = RENDITION_SIDES.iter().filter(|&&side| side < longest).count();
    &RENDITION_SIDES[..(smaller + 1).min(RENDITION_SIDES.len())]
}

/// The size with the same shape whose longest side is `side`, or the size itself when that is smaller.
fn fit((width, height): (u32, u32), side: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= side {
        return (width, height);
    }
    let scaled = |length: u32| {
        let rounded = (u64::from(length) * u64::from(side) + u64::from(longest) / 2) / u64::from(longest);
        // At most `side`, since no length exceeds the longest.
        (rounded as u32).max(1)
    };
    (scaled(width), scaled(height))
}

/// Three or four channels of eight bits: what the scaler and both encoders take.
fn eight_bits(image: DynamicImage) -> DynamicImage {
    if image.color().has_alpha() {
        DynamicImage::ImageRgba8(image.into_rgba8())
    } else {
        DynamicImage::ImageRgb8(image.into_rgb8())
    }
}

fn scale(image: DynamicImage, (width, height): (u32, u32)) -> Result<DynamicImage, RenderError> {
    if (image.width(), image.height()) == (width, height) {
        return Ok(image);
    }
    let mut scaled = DynamicImage::new(width, height, image.color());
    // Transparent pixels have no colour to give to their neighbours; the scaler's default sees to that.
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&image, &mut scaled, &options).map_err(RenderError::Resize)?;
    Ok(scaled)
}

fn encoded(image: &DynamicImage, side: u32, format: RenditionFormat) -> Result<Rendition, RenderError> {
    let bytes = match format {
        RenditionFormat::Jpeg => encode::jpeg(image)?,
        RenditionFormat::WebP => encode::webp(image)?,
    };
    Ok(Rendition {
        name: format!("{side}.{}", format.extension()),
        format,
        width: image.width(),
        height: image.height(),
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_stop_at_the_first_that_covers_the_photo() {
        assert_eq!(rendition_sides(1), [320]);
        assert_eq!(rendition_sides(320), [320]);
        assert_eq!(rendition_sides(321), [320, 640]);
        assert_eq!(rendition_sides(1280), [320, 640, 1280]);
        assert_eq!(rendition_sides(9000), [320, 640, 1280]);
    }

    #[test]
    fn a_fitted_photo_keeps_its_shape_and_at_least_one_pixel() {
        assert_eq!(fit((4000, 3000), 640), (640, 480));
        assert_eq!(fit((3000, 4000), 320), (240, 320));
        assert_eq!(fit((500, 400), 640), (500, 400));
        assert_eq!(fit((16_384, 1), 320), (320, 1));
        assert_eq!(fit((1001, 1000), 1000), (1000, 999));
    }
}
