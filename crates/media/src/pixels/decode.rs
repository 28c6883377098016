//! From bytes to pixels, within bounds and without panics.

use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits, metadata::Orientation};

use super::{
    Rejection, SourceFormat,
    inspect::{MAX_PIXELS, MAX_SIDE},
    jpeg,
};

/// What a decoder may take for itself: the largest picture in its widest form (16 bits for each of four channels), and
/// as much again for its own needs. Only some decoders heed it, which is why the size is checked first.
const MAX_DECODER_BYTES: u64 = 2 * 8 * MAX_PIXELS;

/// What a file's header says.
pub(super) struct Header {
    /// As stored, before the orientation is applied.
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) orientation: Orientation,
}

/// A decoded picture, as stored: its orientation and colours are still to be applied.
pub(super) struct Decoded {
    pub(super) image: DynamicImage,
    pub(super) orientation: Orientation,
    pub(super) icc_profile: Option<Vec<u8>>,
}

/// Reads the header and checks the size that it claims. No pixel is decoded.
pub(super) fn read_header(bytes: &[u8], format: SourceFormat) -> Result<Header, Rejection> {
    without_panic(format, || {
        let mut decoder = open(bytes, format)?;
        let (width, height) = decoder.dimensions();
        let orientation = decoder.orientation().map_err(|e| unreadable(format, &e))?;
        Ok(Header { width, height, orientation })
    })
}

/// Decodes the picture, of an animation the first frame.
pub(super) fn decode(bytes: &[u8], format: SourceFormat) -> Result<Decoded, Rejection> {
    if format == SourceFormat::Jpeg {
        jpeg::refuse_cut_off(bytes)?;
    }
    without_panic(format, || {
        let mut decoder = open(bytes, format)?;
        let orientation = decoder.orientation().map_err(|e| unreadable(format, &e))?;
        // A picture with a broken profile is shown without it everywhere else, too.
        let icc_profile = decoder.icc_profile().unwrap_or_default();
        let image = DynamicImage::from_decoder(decoder).map_err(|e| unreadable(format, &e))?;
        Ok(Decoded { image, orientation, icc_profile })
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

/// A decoder that has read the header and found its size allowed.
fn open(bytes: &[u8], format: SourceFormat) -> Result<impl ImageDecoder + '_, Rejection> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.decoded_by());
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|e| unreadable(format, &e))?;

    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Rejection::corrupt(format.name(), "it claims to be zero pixels wide or high"));
    }
    let pixels = u64::from(width) * u64::from(height);
    if width > MAX_SIDE || height > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(Rejection::too_many_pixels(Some((width, height))));
    }
    if format == SourceFormat::Jpeg {
        jpeg::refuse_misread(bytes)?;
    }
    Ok(decoder)
}

fn unreadable(format: SourceFormat, error: &ImageError) -> Rejection {
    match error {
        ImageError::Limits(_) => Rejection::too_many_pixels(None),
        ImageError::Unsupported(_) => Rejection::unsupported(&format!("a rare variety of {}", format.name())),
        _ => Rejection::corrupt(format.name(), "its data is damaged or incomplete"),
    }
}

/// A decoder that panics found data that its author did not think of: that is the file's fault, not the step's.
fn without_panic<T>(format: SourceFormat, decode: impl FnOnce() -> Result<T, Rejection>) -> Result<T, Rejection> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(Rejection::corrupt(format.name(), "its data makes no sense")))
}

#[cfg(test)]
mod tests {
    use super::{super::codes, *};

    #[test]
    fn a_panic_becomes_a_rejection() {
        let answer: Result<(), _> = without_panic(SourceFormat::Gif, || panic!("in a decoder"));

        assert_eq!(answer.unwrap_err().code, codes::IMAGE_CORRUPT);
    }
}
