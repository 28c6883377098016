//! From bytes to pixels of eight bits, within bounds and without panics.

use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits, metadata::Orientation};

use super::{
    Inspected, Rejection, RenderError, SourceFormat,
    header::refused,
    jpeg,
    raster::{Channels, Raster},
};

mod from_png;
mod from_webp;

/// What a decoder may take for itself, beside the picture, in bytes. GIFs may need the picture once more.
const MAX_DECODER_BYTES: u64 = 4 * super::MAX_PIXELS;

/// A decoded picture, as stored: its orientation and colours are still to be applied.
pub(super) struct Decoded {
    pub(super) raster: Raster,
    pub(super) orientation: Orientation,
    pub(super) icc_profile: Option<Vec<u8>>,
}

/// Decodes the picture, of an animation the first frame. Where that is cheaper, its sides come out divided by up to
/// what `shrink` answers for its size: 1, 2, 4 or 8.
pub(super) fn decode(
    bytes: &[u8],
    inspected: &Inspected,
    shrink: impl Fn(u32, u32) -> u32,
) -> Result<Decoded, RenderError> {
    let format = inspected.format;
    without_panic(format, || match format {
        SourceFormat::Jpeg => {
            let decoded = jpeg::decode(bytes, shrink).map_err(refused)?;
            let orientation = oriented(decoded.exif);
            Ok(Decoded { raster: decoded.raster, orientation, icc_profile: decoded.icc_profile })
        }
        SourceFormat::Png => from_png::decode(bytes),
        SourceFormat::WebP if from_webp::is_too_costly(bytes, inspected) => {
            Err(Rejection::too_costly(format.name()).into())
        }
        SourceFormat::WebP => other(bytes, format, image::ImageFormat::WebP),
        SourceFormat::Gif => other(bytes, format, image::ImageFormat::Gif),
    })
}

/// Width and height as a viewer shows them: some orientations lay the picture on its side.
pub(super) fn upright_size((width, height): (u32, u32), orientation: Orientation) -> (u32, u32) {
    match orientation {
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            (height, width)
        }
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => (width, height),
    }
}

fn oriented(exif: Option<&[u8]>) -> Orientation {
    exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms)
}

fn other(bytes: &[u8], format: SourceFormat, decoded_by: image::ImageFormat) -> Result<Decoded, RenderError> {
    let unreadable = |error: ImageError| match error {
        ImageError::Limits(_) => Rejection::too_costly(format.name()),
        ImageError::Unsupported(_) => Rejection::unsupported(&format!("a rare variety of {}", format.name())),
        _ => Rejection::corrupt(format.name(), "its data is damaged or incomplete"),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), decoded_by);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let orientation = decoder.orientation().map_err(unreadable)?;
    // A picture with a broken profile is shown without it everywhere else, too.
    let icc_profile = decoder.icc_profile().unwrap_or_default();
    let image = DynamicImage::from_decoder(decoder).map_err(unreadable)?;

    let (width, height) = (image.width(), image.height());
    let raster = if image.color().has_alpha() {
        Raster::with_alpha(width, height, image.into_rgba8().into_raw())?
    } else {
        Raster { width, height, channels: Channels::Rgb, samples: image.into_rgb8().into_raw() }
    };
    Ok(Decoded { raster, orientation, icc_profile })
}

/// A decoder that panics found data that its author did not think of: that is the file's fault, not the step's.
fn without_panic<T>(format: SourceFormat, decode: impl FnOnce() -> Result<T, RenderError>) -> Result<T, RenderError> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(Rejection::corrupt(format.name(), "its data makes no sense").into()))
}

#[cfg(test)]
mod tests {
    use super::{super::codes, *};

    #[test]
    fn a_panic_becomes_a_rejection() {
        let answer: Result<(), _> = without_panic(SourceFormat::Gif, || panic!("in a decoder"));

        assert!(matches!(answer, Err(RenderError::Rejected(rejection)) if rejection.code == codes::IMAGE_CORRUPT));
    }
}
