//! Makes the smaller copies of a photo that shops and channels show.

use image::{DynamicImage, RgbImage, RgbaImage, metadata::Orientation};

use super::{
    Impression, Inspected, Rejection, SourceFormat, colour,
    decode::{Decoded, decode, upright_size},
    encode,
    raster::{Channels, Part, Raster, ScaleError},
};

/// The longest sides of the renditions, in pixels, in ascending order.
pub const RENDITION_SIDES: [u32; 5] = [160, 320, 640, 1280, 1920];

/// The side of the square rendition, in pixels.
pub const SQUARE_SIDE: u32 = 1080;

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
    /// The last part of its key: its nominal side and format, `640.webp`, or `square-1080.webp`.
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

/// What became of a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// What the photo itself is.
    pub source: SourceFormat,
    /// Of the photo itself, as a viewer shows it, in pixels.
    pub width: u32,
    /// Of the photo itself, as a viewer shows it, in pixels.
    pub height: u32,
    /// What stands for it until it is loaded.
    pub impression: Impression,
    /// Smallest first, the square ones last; of each size a JPEG and a WebP.
    pub renditions: Vec<Rendition>,
}

/// Why there are no renditions.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The file is at fault; the merchant is told.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// A defect of ours, or no memory: scaling.
    #[error("could not scale the picture")]
    Resize(#[from] ScaleError),
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

/// Makes the renditions of a file, each as JPEG and as WebP.
///
/// Nothing is scaled up. A photo whose longest side is at most one of [`RENDITION_SIDES`] ends the list with a copy
/// in its own size under that name; so every photo has at least `160.jpg` and `160.webp`, and one of 500 × 400 has
/// 160 × 128 as `160.*`, 320 × 256 as `320.*` and 500 × 400 as `640.*`. The square one is cut out of the middle; where
/// the shorter side has less than [`SQUARE_SIDE`] pixels it is as large as that.
///
/// The file is inspected first, since nothing may be decoded that was not.
///
/// A 12 megapixel JPEG takes some 30 MB, the worst file that passes inspection less than 500 MB.
///
/// # Errors
/// [`RenderError::Rejected`] when the file can't be used: telling the merchant is all one can do. The others are ours.
pub fn render(bytes: &[u8]) -> Result<Rendered, RenderError> {
    render_as(bytes, &RenditionFormat::ALL)
}

/// Makes the renditions of a file in some formats only, as [`render`] does.
///
/// # Errors
/// As [`render`].
pub fn render_as(bytes: &[u8], formats: &[RenditionFormat]) -> Result<Rendered, RenderError> {
    let inspected = super::inspect(bytes)?;
    let prepared = prepare(bytes, &inspected)?;
    let impression = Impression::of(prepared.smallest())?;
    let mut renditions = Vec::new();
    for (name, picture) in &prepared.pictures {
        for &format in formats {
            renditions.push(encoded(picture, name, format)?);
        }
    }
    let (width, height) = prepared.upright;
    Ok(Rendered { source: inspected.format, width, height, impression, renditions })
}

/// The pictures of all sizes, before they are encoded.
struct Prepared {
    upright: (u32, u32),
    /// Smallest first, the square one last.
    pictures: Vec<(String, Raster)>,
}

impl Prepared {
    fn smallest(&self) -> &Raster {
        // There is one of each size at least.
        &self.pictures[0].1
    }
}

fn prepare(bytes: &[u8], inspected: &Inspected) -> Result<Prepared, RenderError> {
    let stored = (inspected.width, inspected.height);
    let Decoded { raster, orientation, icc_profile } = decode(bytes, inspected, shrink)?;
    let finished = |part: Part, size: (u32, u32)| -> Result<Raster, RenderError> {
        let scaled = raster.scaled(part, size)?;
        // Colours and orientation wait until the picture is small: both cost time per pixel.
        let coloured = colour::to_srgb(scaled, icc_profile.as_deref())?;
        Ok(turned(coloured, orientation))
    };
    let square = SQUARE_SIDE.min(stored.0).min(stored.1);
    let mut pictures = vec![(format!("square-{SQUARE_SIDE}"), finished(raster.middle(), (square, square))?)];
    for &side in rendition_sides(stored.0.max(stored.1)).iter().rev() {
        let size = fit(stored, side);
        // What is at least twice as large gives all that a smaller copy can show, for less than the original would.
        let larger = pictures
            .iter()
            .skip(1)
            .map(|(_, picture)| picture)
            .rev()
            .find(|picture| picture.width.max(picture.height) >= 2 * size.0.max(size.1));
        let picture = match larger {
            Some(larger) => larger.scaled(larger.whole(), upright_size(size, orientation))?,
            None => finished(raster.whole(), size)?,
        };
        pictures.push((side.to_string(), picture));
    }
    pictures.reverse();
    Ok(Prepared { upright: upright_size(stored, orientation), pictures })
}

/// By what the sides of a picture may be divided, so that each rendition can still be made of it.
fn shrink(width: u32, height: u32) -> u32 {
    let longest = RENDITION_SIDES.into_iter().max().unwrap_or_default();
    let enough = |by: u32| {
        let sides = (width.max(height).div_ceil(by), width.min(height).div_ceil(by));
        sides.0 >= longest && sides.1 >= SQUARE_SIDE
    };
    [8, 4, 2].into_iter().find(|&by| enough(by)).unwrap_or(1)
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

fn turned(picture: Raster, orientation: Orientation) -> Raster {
    if orientation == Orientation::NoTransforms {
        return picture;
    }
    let Raster { width, height, channels, samples } = picture;
    let image = match channels {
        Channels::Rgba => RgbaImage::from_raw(width, height, samples).map(DynamicImage::ImageRgba8),
        _ => RgbImage::from_raw(width, height, samples).map(DynamicImage::ImageRgb8),
    };
    let mut image = image.unwrap_or_default();
    image.apply_orientation(orientation);
    Raster { width: image.width(), height: image.height(), channels, samples: image.into_bytes() }
}

fn encoded(picture: &Raster, name: &str, format: RenditionFormat) -> Result<Rendition, RenderError> {
    let bytes = match format {
        RenditionFormat::Jpeg => encode::jpeg(picture)?,
        RenditionFormat::WebP => encode::webp(picture)?,
    };
    Ok(Rendition {
        name: format!("{name}.{}", format.extension()),
        format,
        width: picture.width,
        height: picture.height,
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_stop_at_the_first_that_covers_the_photo() {
        assert_eq!(rendition_sides(1), [160]);
        assert_eq!(rendition_sides(320), [160, 320]);
        assert_eq!(rendition_sides(321), [160, 320, 640]);
        assert_eq!(rendition_sides(1280), [160, 320, 640, 1280]);
        assert_eq!(rendition_sides(9000), RENDITION_SIDES);
    }

    #[test]
    fn a_fitted_photo_keeps_its_shape_and_at_least_one_pixel() {
        assert_eq!(fit((4000, 3000), 640), (640, 480));
        assert_eq!(fit((3000, 4000), 320), (240, 320));
        assert_eq!(fit((500, 400), 640), (500, 400));
        assert_eq!(fit((16_384, 1), 320), (320, 1));
        assert_eq!(fit((1001, 1000), 1000), (1000, 999));
    }

    #[test]
    fn a_picture_is_shrunk_as_far_as_its_renditions_allow() {
        assert_eq!(shrink(4032, 3024), 2);
        assert_eq!(shrink(8064, 6048), 4);
        assert_eq!(shrink(16_384, 16_384), 8);
        assert_eq!(shrink(3839, 3000), 2, "a row of pixels may be incomplete");
        assert_eq!(shrink(3838, 3000), 1);
        assert_eq!(shrink(16_384, 2158), 1, "the square needs 1080 rows");
        assert_eq!(shrink(100, 100), 1);
    }
}
