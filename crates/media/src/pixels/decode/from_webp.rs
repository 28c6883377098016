//! What a WebP takes while it is decoded, which its decoder does not limit.

use super::super::Inspected;

/// The most memory that the decoder may take, in bytes, the picture that comes out included.
const MAX_MEMORY: u64 = 400 << 20;

/// Whether a WebP would take more memory than a picture should.
pub(super) fn is_too_costly(bytes: &[u8], inspected: &Inspected) -> bool {
    u64::from(inspected.width) * u64::from(inspected.height) * bytes_per_pixel(bytes) > MAX_MEMORY
}

/// How many bytes the decoder has in memory for a pixel, by what the file is made of.
fn bytes_per_pixel(bytes: &[u8]) -> u64 {
    let mut rest = bytes.get(12..).unwrap_or_default();
    let mut most = 0;
    while let Some((&[a, b, c, d, length @ ..], behind)) = rest.split_first_chunk::<8>() {
        most = most.max(match &[a, b, c, d] {
            // A frame, its brightness and colours, its transparency, the picture; later the canvas.
            b"ANMF" => 15,
            // The picture, brightness and colours, and transparency as a picture of its own.
            b"ALPH" => 11,
            // The picture with transparency, and without.
            b"VP8L" => 7,
            b"VP8 " => 5,
            _ => 0,
        });
        let length = u32::from_le_bytes(length) as usize;
        rest = behind.get(length + length % 2..).unwrap_or_default();
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::SourceFormat;

    #[test]
    fn what_is_decoded_beside_the_picture_counts() {
        let of = |chunks: &[&[u8]], side| {
            let file = [&b"RIFF\0\0\0\0WEBP"[..], &chunks.concat()].concat();
            let inspected = Inspected { format: SourceFormat::WebP, width: side, height: side, byte_length: 0 };
            is_too_costly(&file, &inspected)
        };
        let (plain, alpha, frame) = (b"VP8 \x01\0\0\0\0\0", b"ALPH\0\0\0\0", b"ANMF\0\0\0\0");

        assert!(!of(&[plain], 7071));
        assert!(!of(&[alpha, plain], 6000));
        assert!(of(&[alpha, plain], 7071));
        assert!(!of(&[frame], 5000));
        assert!(of(&[plain, frame], 6000));
    }
}
