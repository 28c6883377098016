//! PNGs, row by row, and not a byte further: what is inflated behind the last row may be gigabytes.

use std::io::Cursor;

use png::{ColorType, Decoder, DecodingError, InterlaceInfo, Limits, Reader, Transformations};

use super::{
    super::{
        Rejection, RenderError, SourceFormat,
        raster::{Channels, Raster},
    },
    Decoded, oriented,
};

/// What a PNG's profile and other chunks may take, in bytes. A bomb of a profile is left out, and the picture shown.
const MAX_CHUNK_BYTES: usize = 16 << 20;

/// Where a pass of an interlaced PNG begins, and how far apart its pixels are: across, down.
const PASSES: [(u32, u32, u32, u32); 7] =
    [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

/// Decodes a PNG, of an animated one the default image. `image` would make twice the bytes of one with 16 bits a channel.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, RenderError> {
    if !has_right_sums(bytes) {
        return Err(corrupt().into());
    }
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: MAX_CHUNK_BYTES });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info().map_err(|error| refused(&error))?;
    let info = reader.info();
    let orientation = oriented(info.exif_metadata.as_deref());
    let icc_profile = info.icc_profile.as_deref().map(<[u8]>::to_vec);
    // Of an animation whose first frame is the default image, the frame says how large it is.
    let (width, height) = info.frame_control.map_or_else(|| info.size(), |frame| (frame.width, frame.height));
    let samples = samples(&mut reader, width, height).map_err(|error| refused(&error))?;

    let plain = |channels, samples| Raster { width, height, channels, samples };
    let raster = match reader.output_color_type().0 {
        ColorType::Grayscale => plain(Channels::Grey, samples),
        ColorType::Rgb => plain(Channels::Rgb, samples),
        ColorType::GrayscaleAlpha => {
            let pixels = samples.chunks_exact(2).flat_map(|pixel| [pixel[0], pixel[0], pixel[0], pixel[1]]);
            Raster::with_alpha(width, height, pixels.collect())?
        }
        ColorType::Rgba => Raster::with_alpha(width, height, samples)?,
        ColorType::Indexed => return Err(Rejection::unsupported("a rare variety of PNG").into()),
    };
    Ok(Decoded { raster, orientation, icc_profile })
}

fn samples(reader: &mut Reader<Cursor<&[u8]>>, width: u32, height: u32) -> Result<Vec<u8>, DecodingError> {
    let stride = reader.output_line_size(width).ok_or(DecodingError::LimitsExceeded)?;
    let mut samples = vec![0; stride * height as usize];
    if !reader.info().interlaced {
        for row in samples.chunks_exact_mut(stride) {
            reader.read_row(row)?;
        }
        return Ok(samples);
    }
    // Eight bits a channel.
    let bits = 8 * reader.output_color_type().0.samples() as u8;
    let mut row = vec![0; stride];
    for _ in 0..rows(width, height) {
        if let Some(InterlaceInfo::Adam7(place)) = reader.read_row(&mut row)? {
            png::expand_interlaced_row(&mut samples, stride, &row, &place, bits);
        }
    }
    Ok(samples)
}

/// How many rows the passes of an interlaced PNG have.
fn rows(width: u32, height: u32) -> u32 {
    let of = |&(left, top, _, down): &(u32, u32, u32, u32)| {
        if left < width { height.saturating_sub(top).div_ceil(down) } else { 0 }
    };
    PASSES.iter().map(of).sum()
}

/// Whether the data is as it was written. The decoder finds out only when it has inflated what is behind the last row.
fn has_right_sums(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(8..).unwrap_or_default();
    // Whatever ends early has no rows to decode, and the decoder says so.
    while let Some((length, behind)) = rest.split_first_chunk() {
        let length = u32::from_be_bytes(*length) as usize;
        let Some((named, behind)) = behind.split_at_checked(4 + length) else { return true };
        let Some((sum, behind)) = behind.split_first_chunk() else { return true };
        // A fuzzer can't guess sums. The decoder is lenient, too, while it is fuzzed.
        let right = cfg!(fuzzing) || crc32fast::hash(named) == u32::from_be_bytes(*sum);
        if named.starts_with(b"IDAT") && !right {
            return false;
        }
        rest = behind;
    }
    true
}

fn refused(error: &DecodingError) -> Rejection {
    match error {
        DecodingError::LimitsExceeded => Rejection::too_costly(SourceFormat::Png.name()),
        _ => corrupt(),
    }
}

fn corrupt() -> Rejection {
    Rejection::corrupt(SourceFormat::Png.name(), "its data is damaged or incomplete")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interlaced_picture_has_as_many_rows_as_its_passes() {
        assert_eq!(rows(8, 8), 1 + 1 + 1 + 2 + 2 + 4 + 4);
        assert_eq!(rows(1, 1), 1);
        assert_eq!(rows(1, 8), 1 + 1 + 2 + 4, "passes without columns have no rows");
        assert_eq!(rows(5, 1), 1 + 1 + 1 + 1);
    }
}
