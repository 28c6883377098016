//! What is asked of a file before it is read as a whole.

use tola_media::{FIRST_BYTES, Look, MAX_UPLOAD_BYTES, codes, inspect, inspect_start, testing};

fn look(bytes: &[u8], length: usize) -> Look {
    inspect_start(&bytes[..length.min(bytes.len())], bytes.len() as u64).unwrap()
}

#[test]
fn the_first_bytes_of_an_ordinary_file_are_enough() {
    // A camera's JPEG: EXIF with a thumbnail, and a profile.
    let exif = [&b"Exif\0\0"[..], &testing::photo_jpeg(320, 240, 1)].concat();
    let camera = testing::with_app_segment(&testing::photo_jpeg(1200, 900, 2), 1, &exif);
    let camera = testing::with_app_segment(&camera, 2, &[b"ICC_PROFILE\0\x01\x01".to_vec(), vec![1; 4000]].concat());
    let files = [
        camera,
        testing::photo_jpeg(1200, 900, 1),
        testing::photo_png(600, 400, 1),
        testing::photo_png_with_alpha(600, 400, 1),
        testing::photo_webp(600, 400, 1),
        testing::photo_gif(600, 400, 1),
    ];
    for bytes in files {
        assert!(bytes.len() as u64 > FIRST_BYTES, "the file is too small to show anything");

        assert_eq!(look(&bytes, FIRST_BYTES as usize), Look::Enough(inspect(&bytes).unwrap()));
    }
}

#[test]
fn a_few_bytes_are_enough_where_the_header_comes_first() {
    for (bytes, enough) in
        [(testing::photo_png(60, 40, 1), 24), (testing::photo_webp(60, 40, 1), 25), (testing::photo_gif(60, 40, 1), 10)]
    {
        assert_eq!(look(&bytes, enough), Look::Enough(inspect(&bytes).unwrap()));
        assert!(matches!(look(&bytes, enough - 4), Look::Further(end) if end <= enough as u64), "{enough}");
    }
}

#[test]
fn a_jpeg_whose_header_comes_late_is_read_further_until_it_is_there() {
    let mut bytes = testing::photo_jpeg(60, 40, 1);
    for _ in 0..40 {
        bytes = testing::with_app_segment(&bytes, 5, &[7; 65_000]);
    }
    let whole = Look::Enough(inspect(&bytes).unwrap());
    let (mut length, mut asked) = (FIRST_BYTES, 0);
    let found = loop {
        match look(&bytes, length as usize) {
            Look::Further(end) => {
                // Each answer says more than was known, and never more than there is.
                assert!(end > length && end <= bytes.len() as u64, "{end} after {length}");
                (length, asked) = (end, asked + 1);
            }
            enough @ Look::Enough(_) => break enough,
        }
    };

    assert_eq!(found, whole);
    // One segment at a time, its length first, and what is behind the header is never asked for.
    assert!(asked <= 2 * 41, "{asked}");
    assert!(length < bytes.len() as u64 - 500, "{length} of {}", bytes.len());
}

#[test]
fn what_can_be_told_by_the_first_bytes_is_told_by_them() {
    let length = FIRST_BYTES + 1;
    let refused = |start: &[u8]| inspect_start(start, length).unwrap_err().code;

    assert_eq!(refused(b"%PDF-1.7"), codes::IMAGE_NOT_AN_IMAGE);
    assert_eq!(refused(b"\0\0\0\x18ftypheic"), codes::IMAGE_UNSUPPORTED_FORMAT);
    assert_eq!(refused(b"GIF89a\xFF\xFF\xFF\xFF"), codes::IMAGE_TOO_MANY_PIXELS);
    let too_large = inspect_start(&testing::photo_gif(60, 40, 1), MAX_UPLOAD_BYTES + 1).unwrap_err();
    assert_eq!(too_large.code, codes::IMAGE_TOO_LARGE);
    // More is not asked for than the file has.
    assert_eq!(inspect_start(b"GIF89a", 6).unwrap_err().code, codes::IMAGE_CORRUPT);
    assert_eq!(inspect_start(b"GIF89a", 10), Ok(Look::Further(10)));
}
