//! Files of which only a beginning arrived: a tenth, two tenths, and so on.

use tola_media::{SourceFormat, codes, testing::coefficients::Coefficients};

use crate::{
    case::{Case, ready, rejected},
    files::{gif::Gif, jpeg, picture, png, webp},
};

type Make = fn() -> Vec<u8>;

/// What is cut off, and what the merchant is told it begins as.
const WHOLE: [(&str, &str, Make); 9] = [
    ("jpeg", "JPEG", jpeg::standard),
    ("progressive jpeg", "JPEG", jpeg::progressive),
    ("refined jpeg", "JPEG", refined),
    ("png", "PNG", || png::standard().bytes()),
    ("interlaced png", "PNG", || png::standard().interlaced().bytes()),
    ("gif", "GIF", || Gif::standard().bytes()),
    ("lossless webp", "WebP", || webp::lossless(&picture())),
    ("lossy webp", "WebP", || webp::lossy(&picture())),
    ("transparent webp", "WebP", transparent),
];

pub(crate) fn cases() -> Vec<Case> {
    let tenths = WHOLE.into_iter().flat_map(|(what, seems, whole)| {
        (1..10).map(move |tenths| {
            rejected(format!("{tenths} tenths of a {what}"), codes::IMAGE_CORRUPT, seems, move || {
                let bytes = whole();
                bytes[..bytes.len() * tenths / 10].to_vec()
            })
        })
    });
    let ends = [
        rejected("a jpeg without its last block", codes::IMAGE_CORRUPT, "JPEG", || without_end(&jpeg::standard(), 5)),
        rejected("a progressive jpeg without its end", codes::IMAGE_CORRUPT, "end is missing", || {
            without_end(&jpeg::progressive(), 2)
        }),
        // All of the picture is there: some cameras write no more.
        ready("a jpeg without its end", SourceFormat::Jpeg, || without_end(&jpeg::standard(), 2)),
        ready("a png without its end", SourceFormat::Png, || without_end(&png::standard().bytes(), 12)),
        ready("a gif without its end", SourceFormat::Gif, || without_end(&Gif::standard().bytes(), 1)),
    ];
    tenths.chain(ends).collect()
}

fn without_end(bytes: &[u8], length: usize) -> Vec<u8> {
    bytes[..bytes.len() - length].to_vec()
}

fn refined() -> Vec<u8> {
    let coefficients = Coefficients::noise(120, 80, &[(2, 2), (1, 1), (1, 1)], 1);
    coefficients.progressive(0, &coefficients.common_parts())
}

fn transparent() -> Vec<u8> {
    let mut picture = picture();
    picture.enumerate_pixels_mut().for_each(|(x, y, pixel)| pixel.0[3] = (x * 2 + y) as u8);
    webp::lossy(&picture)
}
