//! Files that are damaged, or too large.

use tola_media::{MAX_UPLOAD_BYTES, SourceFormat, codes, inspect, render, testing};

use crate::{rejected, renditions};

#[test]
fn a_photo_that_is_cut_off_is_corrupt() {
    let photos = [
        (testing::photo_jpeg(400, 300, 4), SourceFormat::Jpeg),
        (testing::photo_png(400, 300, 4), SourceFormat::Png),
        (testing::photo_webp(400, 300, 4), SourceFormat::WebP),
        (testing::photo_gif(400, 300, 4), SourceFormat::Gif),
    ];
    for (bytes, format) in photos {
        for kept in [50, 80, 95] {
            let cut = &bytes[..bytes.len() * kept / 100];

            let rejection = rejected(cut);

            assert_eq!(rejection.code, codes::IMAGE_CORRUPT, "{format:?} {kept}%: {rejection}");
            assert!(rejection.message.contains(format.name()), "{rejection}");
        }
        for length in [13, 30] {
            let rejection = rejected(&bytes[..length]);
            assert_eq!(rejection.code, codes::IMAGE_CORRUPT, "{format:?} {length} bytes: {rejection}");
        }
    }
}

#[test]
fn a_thumbnail_inside_does_not_hide_that_a_jpeg_is_cut_off() {
    let thumbnail = testing::photo_jpeg(32, 32, 1);
    let bytes = testing::with_app_segment(&testing::photo_jpeg(400, 300, 4), 1, &thumbnail);
    assert_eq!(renditions(&bytes).len(), 8);

    let rejection = rejected(&bytes[..bytes.len() / 2]);

    assert_eq!(rejection.code, codes::IMAGE_CORRUPT);
}

#[test]
fn no_damage_makes_it_panic() {
    let photos = [
        testing::photo_jpeg(48, 32, 4),
        testing::photo_png(48, 32, 4),
        testing::photo_webp(48, 32, 4),
        testing::photo_gif(48, 32, 4),
    ];
    for photo in photos {
        for at in 12..photo.len().min(700) {
            let mut damaged = photo.clone();
            damaged[at] ^= 0xFF;
            // Whether it can still be read depends on the byte; that an answer comes does not.
            let _ = render(&damaged);
        }
    }
}

#[test]
fn a_picture_that_claims_to_be_huge_is_not_decoded() {
    for (width, height) in [(60_000, 60_000), (16_385, 1), (1, 16_385), (10_000, 5_001), (u32::MAX >> 1, 1)] {
        let bomb = png_header(width, height);

        let rejection = inspect(&bomb).unwrap_err();

        assert_eq!(rejection.code, codes::IMAGE_TOO_MANY_PIXELS, "{width}×{height}: {rejection}");
        assert_eq!(rejected(&bomb).code, codes::IMAGE_TOO_MANY_PIXELS);
    }
    let named = inspect(&png_header(60_000, 60_000)).unwrap_err();
    assert!(named.message.contains("60000 × 60000"), "{named}");
    assert!(inspect(&png_header(10_000, 5_000)).is_ok());
    assert!(inspect(&png_header(16_384, 1)).is_ok());
}

#[test]
fn a_file_with_too_many_bytes_is_refused() {
    let limit = usize::try_from(MAX_UPLOAD_BYTES).unwrap();
    let mut bytes = testing::photo_jpeg(8, 8, 1);
    bytes.resize(limit, 0);
    assert!(inspect(&bytes).is_ok());

    bytes.push(0);

    assert_eq!(inspect(&bytes).unwrap_err().code, codes::IMAGE_TOO_LARGE);
}

#[test]
fn what_comes_after_the_picture_is_ignored() {
    // Motion photos carry a video behind the JPEG.
    let mut bytes = testing::photo_jpeg(60, 40, 1);
    bytes.extend([0; 1000]);

    assert_eq!(renditions(&bytes).len(), 4);
}

/// A PNG of which only the header is there, and the beginning of its data.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    png_chunk(&mut png, b"IHDR", &header);
    png_chunk(&mut png, b"IDAT", &[0x78, 0x9C]);
    png
}

fn png_chunk(png: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    let named = [name, data].concat();
    png.extend((data.len() as u32).to_be_bytes());
    png.extend(&named);
    png.extend(crc32(&named).to_be_bytes());
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}
