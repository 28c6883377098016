//! Photos that can be read.

use image::{DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage, Rgba};
use jpeg_encoder::SamplingFactor;
use tola_media::{RENDITION_SIDES, RenditionFormat, SourceFormat, content_hash, inspect, render, testing};

use crate::{assert_about, decoded, renditions, summary};

#[test]
fn every_format_is_known_by_its_content() {
    let files = [
        (testing::photo_jpeg(60, 40, 1), SourceFormat::Jpeg),
        (testing::photo_png(60, 40, 1), SourceFormat::Png),
        (testing::photo_webp(60, 40, 1), SourceFormat::WebP),
        (testing::photo_gif(60, 40, 1), SourceFormat::Gif),
    ];
    for (bytes, format) in files {
        let inspected = inspect(&bytes).unwrap();

        assert_eq!(inspected.format, format);
        assert_eq!((inspected.width, inspected.height), (60, 40), "{format:?}");
        assert_eq!(inspected.byte_length, bytes.len() as u64);
        assert_eq!(
            summary(&renditions(&bytes)),
            [("160.jpg", 60, 40), ("160.webp", 60, 40), ("square-1080.jpg", 40, 40), ("square-1080.webp", 40, 40),],
            "{format:?}"
        );
    }
}

#[test]
fn the_hash_is_that_of_the_whole_file() {
    let bytes = testing::photo_png(1, 1, 1);
    let mut longer = bytes.clone();
    longer.push(0);

    assert_eq!(content_hash(&bytes).len(), 64);
    assert_eq!(content_hash(&bytes), content_hash(&bytes.clone()));
    assert_ne!(content_hash(&bytes), content_hash(&longer));
}

#[test]
fn a_large_photo_gets_all_sizes_and_is_recognisable() {
    let photo = testing::photo(2000, 1500, 7);

    let renditions = renditions(&testing::jpeg(&photo));

    assert_eq!(
        summary(&renditions),
        [
            ("160.jpg", 160, 120),
            ("160.webp", 160, 120),
            ("320.jpg", 320, 240),
            ("320.webp", 320, 240),
            ("640.jpg", 640, 480),
            ("640.webp", 640, 480),
            ("1280.jpg", 1280, 960),
            ("1280.webp", 1280, 960),
            ("1920.jpg", 1920, 1440),
            ("1920.webp", 1920, 1440),
            ("square-1080.jpg", 1080, 1080),
            ("square-1080.webp", 1080, 1080),
        ]
    );
    for rendition in renditions.iter().filter(|rendition| !rendition.name.starts_with("square")) {
        let image = decoded(rendition);
        for (x, y) in [(1, 1), (2, 2), (1, 3), (3, 1)] {
            let original = photo.get_pixel(x * 500 - 1, y * 1500 / 4 - 1).0;
            let [red, green, blue] = original;
            let pixel = image.get_pixel(x * image.width() / 4, y * image.height() / 4);
            assert_about(pixel, [red, green, blue, 255], &format!("{} {x}/{y}", rendition.name));
        }
    }
}

#[test]
fn a_small_photo_is_not_scaled_up() {
    let sizes = |width, height| {
        let renditions = renditions(&testing::photo_jpeg(width, height, 3));
        renditions.iter().map(|r| (r.name.clone(), r.width, r.height)).collect::<Vec<_>>()
    };

    let jpegs = |width, height| {
        let all = sizes(width, height).into_iter().filter(|(name, ..)| name.ends_with(".jpg"));
        all.map(|(name, width, height)| format!("{name} {width} {height}")).collect::<Vec<_>>()
    };
    assert_eq!(jpegs(1, 1), ["160.jpg 1 1", "square-1080.jpg 1 1"]);
    assert_eq!(jpegs(400, 500), ["160.jpg 128 160", "320.jpg 256 320", "640.jpg 400 500", "square-1080.jpg 400 400"]);
}

#[test]
fn a_turned_photo_comes_out_upright() {
    // Red, green, blue and white, from the top left in the order of reading.
    let corners = [[200, 30, 30, 255], [30, 180, 30, 255], [30, 30, 200, 255], [240, 240, 240, 255]];
    let stored = RgbImage::from_fn(900, 600, |x, y| {
        let [red, green, blue, _] = corners[usize::from(x >= 450) + 2 * usize::from(y >= 300)];
        Rgb([red, green, blue])
    });
    let jpeg = testing::jpeg(&stored);
    // EXIF 2.3, 4.6.4 A: which corners of the stored picture a viewer shows where.
    let shown: [[usize; 4]; 8] = [
        [0, 1, 2, 3],
        [1, 0, 3, 2],
        [3, 2, 1, 0],
        [2, 3, 0, 1],
        [0, 2, 1, 3],
        [2, 0, 3, 1],
        [3, 1, 2, 0],
        [1, 3, 0, 2],
    ];
    for (orientation, shown) in (1..).zip(shown) {
        let bytes = testing::with_exif_orientation(&jpeg, orientation);

        let rendered = render(&bytes).unwrap();

        let upright = if orientation < 5 { (900, 600) } else { (600, 900) };
        assert_eq!((rendered.width, rendered.height), upright, "orientation {orientation}");
        assert_eq!(rendered.renditions.len(), 10);
        for rendition in &rendered.renditions {
            let image = decoded(rendition);
            let turned = image.width() < image.height();
            assert_eq!(turned, orientation >= 5 && image.width() != image.height(), "orientation {orientation}");
            for (at, corner) in shown.iter().enumerate() {
                let x = image.width() * (1 + 2 * (at as u32 % 2)) / 4;
                let y = image.height() * (1 + 2 * (at as u32 / 2)) / 4;
                let what = format!("orientation {orientation}, {}, corner {at}", rendition.name);
                assert_about(image.get_pixel(x, y), corners[*corner], &what);
            }
        }
    }
}

#[test]
fn an_orientation_that_does_not_exist_changes_nothing() {
    for orientation in [0, 9, 6000] {
        let bytes = testing::with_exif_orientation(&testing::photo_jpeg(60, 40, 1), orientation);

        let rendered = render(&bytes).unwrap();

        assert_eq!((rendered.width, rendered.height), (60, 40), "{orientation}");
    }
}

#[test]
fn transparency_is_white_in_jpeg_and_stays_in_webp() {
    let renditions = renditions(&testing::photo_png_with_alpha(900, 900, 5));

    for rendition in &renditions {
        let image = decoded(rendition);
        let corner = image.get_pixel(2, 2);
        match rendition.format {
            RenditionFormat::Jpeg => assert_about(corner, [255; 4], &rendition.name),
            RenditionFormat::WebP => assert_eq!(corner.0[3], 0, "{}", rendition.name),
        }
        let middle = image.get_pixel(image.width() / 2, image.height() / 2);
        assert_eq!(middle.0[3], 255, "{}", rendition.name);
    }
}

#[test]
fn the_colour_of_what_is_transparent_does_not_bleed() {
    // Left: black that nobody sees. Right: opaque white. A seam of grey would be the bleeding.
    let image = image::RgbaImage::from_fn(1000, 1000, |x, _| if x < 500 { Rgba([0, 0, 0, 0]) } else { Rgba([255; 4]) });
    let mut png = std::io::Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png).unwrap();

    let renditions = renditions(&png.into_inner());

    let jpeg = decoded(renditions.iter().find(|r| r.name == "320.jpg").unwrap()).into_rgb8();
    assert!(jpeg.pixels().all(|pixel| pixel.0.iter().all(|&c| c > 243)));
}

#[test]
fn sixteen_bits_grey_and_animations_are_read() {
    let grey = DynamicImage::ImageLuma8(DynamicImage::from(testing::photo(400, 300, 2)).into_luma8());
    let deep = DynamicImage::ImageRgba16(DynamicImage::from(testing::photo(400, 300, 2)).into_rgba16());
    for (image, format) in [(&grey, ImageFormat::Jpeg), (&grey, ImageFormat::Png), (&deep, ImageFormat::Png)] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();

        assert_eq!(renditions(&bytes.into_inner()).len(), 8, "{format:?}");
    }
    let mut gif = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
    for colour in [[250, 0, 0, 255], [0, 250, 0, 255]] {
        let frame = image::RgbaImage::from_pixel(40, 30, Rgba(colour));
        encoder.encode_frame(image::Frame::new(frame)).unwrap();
    }
    drop(encoder);
    for rendition in renditions(&gif) {
        assert_about(decoded(&rendition).get_pixel(20, 15), [250, 0, 0, 255], &rendition.name);
    }
}

#[test]
fn what_a_camera_wrote_about_place_and_owner_is_gone() {
    let secret = b"41.40338N 2.17403E";
    let jpeg = testing::with_exif_orientation(&testing::photo_jpeg(700, 500, 9), 6);
    let jpeg = testing::with_app_segment(&jpeg, 13, secret);
    assert!(jpeg.windows(secret.len()).any(|part| part == secret));

    for rendition in renditions(&jpeg) {
        assert!(!rendition.bytes.windows(secret.len()).any(|part| part == secret));
        for mark in [&b"Exif"[..], b"EXIF", b"XMP ", b"ICCP", b"ICC_PROFILE"] {
            let found = rendition.bytes.windows(mark.len()).any(|part| part == mark);
            assert!(!found, "{} has {}", rendition.name, mark.escape_ascii());
        }
    }
}

#[test]
fn colours_of_another_profile_become_those_of_srgb() {
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let stored = RgbImage::from_pixel(400, 400, Rgb([200, 100, 50]));
    let icc = [&b"ICC_PROFILE\0\x01\x01"[..], &profile].concat();
    let jpeg = testing::with_app_segment(&testing::jpeg(&stored), 2, &icc);

    for rendition in renditions(&jpeg) {
        // The same colour by the definitions of both spaces.
        let pixel = decoded(&rendition).get_pixel(100, 100);
        assert_about(pixel, [215, 93, 31, 255], &rendition.name);
        assert!(pixel.0[2] < 42, "{} keeps the blue of the profile: {pixel:?}", rendition.name);
    }
}

#[test]
fn a_broken_profile_does_not_spoil_a_photo() {
    let icc = b"ICC_PROFILE\0\x01\x01 not a profile";
    let jpeg = testing::with_app_segment(&testing::photo_jpeg(60, 40, 1), 2, icc);

    assert_eq!(renditions(&jpeg).len(), 4);
}

#[test]
fn every_kind_of_jpeg_is_shown_right() {
    let photo = RgbImage::from_fn(200, 120, |x, _| if x < 100 { Rgb([200, 30, 30]) } else { Rgb([40, 90, 160]) });
    let factors = [
        SamplingFactor::F_1_1,
        SamplingFactor::F_2_1,
        SamplingFactor::F_1_2,
        SamplingFactor::F_2_2,
        SamplingFactor::F_4_1,
        SamplingFactor::F_4_2,
        SamplingFactor::F_1_4,
        SamplingFactor::F_2_4,
    ];
    for factors in factors {
        // The encoder gives each colour a scan of its own when it optimizes.
        for (progressive, optimized, restart) in [
            (false, false, 0),
            (false, true, 0),
            (true, false, 0),
            (true, true, 0),
            (false, false, 3),
            (true, false, 5),
        ] {
            let bytes = testing::jpeg_as(&photo, |encoder| {
                encoder.set_sampling_factor(factors);
                encoder.set_progressive(progressive);
                encoder.set_optimized_huffman_tables(optimized);
                encoder.set_restart_interval(restart);
            });
            let what = format!("{factors:?}, progressive {progressive}, optimized {optimized}, restart {restart}");

            for rendition in renditions(&bytes) {
                let image = decoded(&rendition);
                let middle = image.height() / 2;
                assert_about(image.get_pixel(image.width() / 4, middle), [200, 30, 30, 255], &what);
                assert_about(image.get_pixel(image.width() * 3 / 4, middle), [40, 90, 160, 255], &what);
            }
        }
    }
}

#[test]
fn a_jpeg_that_is_shrunk_while_it_is_decoded_shows_the_same() {
    let photo = testing::photo(3900, 2500, 3);
    let (whole, shrunk) = (testing::photo_png_of(&photo), testing::jpeg(&photo));

    for (whole, shrunk) in renditions(&whole).iter().zip(&renditions(&shrunk)) {
        assert_eq!((&whole.name, whole.width, whole.height), (&shrunk.name, shrunk.width, shrunk.height));
        let (whole, shrunk) = (decoded(whole).into_rgb8(), decoded(shrunk).into_rgb8());
        let far = whole.iter().zip(shrunk.iter()).map(|(a, b)| u64::from(a.abs_diff(*b)));
        let mean = far.sum::<u64>() as f64 / whole.len() as f64;
        assert!(mean < 2.5, "{mean}");
    }
    assert_eq!(RENDITION_SIDES[4], 1920);
}
