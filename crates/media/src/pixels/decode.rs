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

/// What a decoder may take for itself, beside the picture, in bytes. GIFs may need the picture once more.
const MAX_DECODER_BYTES: u64 = 4 * super::MAX_PIXELS;

/// What a PNG's profile and other chunks may take, in bytes. A bomb of a profile is left out, and the picture shown.
const MAX_CHUNK_BYTES: usize = 16 << 20;

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
        SourceFormat::Png => png(bytes),
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

/// `image` would decode 16 bits a channel into twice the memory.
fn png(bytes: &[u8]) -> Result<Decoded, RenderError> {
    let format = SourceFormat::Png;
    let damaged = |error: png::DecodingError| match error {
        png::DecodingError::LimitsExceeded => Rejection::too_costly(format.name()),
        _ => Rejection::corrupt(format.name(), "its data is damaged or incomplete"),
    };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: MAX_CHUNK_BYTES });
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info().map_err(damaged)?;
    let info = reader.info();
    let orientation = oriented(info.exif_metadata.as_deref());
    let icc_profile = info.icc_profile.as_deref().map(<[u8]>::to_vec);
    let length = reader.output_buffer_size().ok_or_else(|| Rejection::too_costly(format.name()))?;
    let mut samples = vec![0; length];
    let frame = reader.next_frame(&mut samples).map_err(damaged)?;
    samples.truncate(frame.buffer_size());

    let (width, height) = (frame.width, frame.height);
    let plain = |channels, samples| Raster { width, height, channels, samples };
    let raster = match frame.color_type {
        png::ColorType::Grayscale => plain(Channels::Grey, samples),
        png::ColorType::Rgb => plain(Channels::Rgb, samples),
        png::ColorType::GrayscaleAlpha => {
            let pixels = samples.chunks_exact(2).flat_map(|pixel| [pixel[0], pixel[0], pixel[0], pixel[1]]);
            Raster::with_alpha(width, height, pixels.collect())?
        }
        png::ColorType::Rgba => Raster::with_alpha(width, height, samples)?,
        png::ColorType::Indexed => return Err(Rejection::unsupported("a rare variety of PNG").into()),
    };
    Ok(Decoded { raster, orientation, icc_profile })
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
