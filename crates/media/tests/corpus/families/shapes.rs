//! Pictures that are very long, very small, or nothing: what fits is shown, what does not is told its limits.

use image::{Rgba, RgbaImage};
use tola_media::{
    MAX_SIDE,
    SourceFormat::{Gif as GIF, Jpeg, Png, WebP},
    codes::{IMAGE_CORRUPT, IMAGE_TOO_MANY_PIXELS},
};

use crate::{
    case::{Case, ready, rejected},
    files::{
        deflate,
        gif::{Frame, Gif},
        jpeg,
        png::{self, Kind, Png as File},
        webp,
    },
};

const COLOUR: [u8; 4] = [30, 170, 40, 255];

pub(crate) fn cases() -> Vec<Case> {
    let lines = [(MAX_SIDE, 1), (1, MAX_SIDE), (5000, 3), (3, 5000), (1, 1), (2, 1)].into_iter().flat_map(|(w, h)| {
        [
            ready(format!("jpeg of {w} × {h}"), Jpeg, move || jpeg::of(&plain(w, h), |_| {})),
            ready(format!("png of {w} × {h}"), Png, move || png_of(w, h)),
            ready(format!("gif of {w} × {h}"), GIF, move || gif_of(w as u16, h as u16)),
        ]
        .map(|case| case.sized(w, h).plain(COLOUR[0], COLOUR[1], COLOUR[2]))
    });
    // The largest a WebP can be is one less.
    let webps = [(16_383, 1), (1, 16_383), (1, 1)].map(|(w, h)| {
        let case = ready(format!("webp of {w} × {h}"), WebP, move || webp::lossless(&plain(w, h)));
        case.sized(w, h).plain(COLOUR[0], COLOUR[1], COLOUR[2])
    });
    let long = [(50_000, 1), (1, 50_000), (MAX_SIDE + 1, 1), (1, MAX_SIDE + 1), (7100, 7100)].into_iter().flat_map(
        |(w, h)| {
            let too_large = |what: &str, file: fn(u32, u32) -> Vec<u8>| {
                rejected(format!("{what} of {w} × {h}"), IMAGE_TOO_MANY_PIXELS, "at most 16384", move || file(w, h))
            };
            [
                too_large("jpeg", |w, h| jpeg::claiming(&jpeg::standard(), w as u16, h as u16)),
                too_large("png", png_of_zeros),
                too_large("gif", |w, h| Gif::new(w as u16, h as u16).frame(Frame::STANDARD).bytes()),
                too_large("webp", |w, h| {
                    webp::file(&[webp::extended(0, w, h), webp::picture_chunks(&webp::lossless(&plain(9, 9)))])
                }),
            ]
        },
    );
    let nothing = [(0, 0), (0, 80), (120, 0)].into_iter().flat_map(|(w, h)| {
        let of_nothing = |what: &str, says: &'static str, file: fn(u32, u32) -> Vec<u8>| {
            let code =
                if says.contains("height") { tola_media::codes::IMAGE_UNSUPPORTED_FORMAT } else { IMAGE_CORRUPT };
            rejected(format!("{what} of {w} × {h}"), code, says, move || file(w, h))
        };
        [
            // A JPEG without a height is about to tell it at its end.
            of_nothing("jpeg", if w > 0 { "tells its height at its end" } else { "zero pixels" }, |w, h| {
                jpeg::claiming(&jpeg::standard(), w as u16, h as u16)
            }),
            of_nothing("png", "zero pixels", |w, h| {
                File::new(Kind::Grey, 8).sized(w, h).data(deflate::stored(&[0])).bytes()
            }),
            of_nothing("gif", "zero pixels", |w, h| Gif::new(w as u16, h as u16).frame(Frame::STANDARD).bytes()),
        ]
    });
    let small = [
        // As few bytes as a WebP can have: one pixel, each of whose codes has one word of no bits.
        ready("the smallest webp", WebP, || b"RIFF\x14\0\0\0WEBPVP8L\x08\0\0\0\x2F\0\0\0\0\x88\x88\x08".to_vec())
            .sized(1, 1)
            .plain(0, 0, 0),
        ready("png without a palette's rest", Png, || {
            // One pixel, whose colour is the only one.
            File::new(Kind::Palette, 1).sized(1, 1).with(b"PLTE", [30, 170, 40]).data(deflate::stored(&[0, 0])).bytes()
        })
        .sized(1, 1)
        .plain(30, 170, 40),
        rejected("lossy webp without a width", IMAGE_CORRUPT, "zero pixels", || {
            webp::file(&[webp::chunk(b"VP8 ", b"\x10\0\0\x9D\x01\x2A\0\0\x10\0\0\0\0\0")])
        }),
    ];
    lines.chain(webps).chain(long).chain(nothing).chain(small).collect()
}

fn plain(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_pixel(width, height, Rgba(COLOUR))
}

fn png_of(width: u32, height: u32) -> Vec<u8> {
    let row = [&[0][..], &COLOUR[..3].repeat(width as usize)].concat();
    png::standard().sized(width, height).data(deflate::stored(&row.repeat(height as usize))).bytes()
}

fn png_of_zeros(width: u32, height: u32) -> Vec<u8> {
    png::standard().sized(width, height).data(deflate::bomb((width * height) as usize * 3 / 1000)).bytes()
}

fn gif_of(width: u16, height: u16) -> Vec<u8> {
    Gif::new(width, height).frame(Frame { size: (width, height), plain: Some(1), ..Frame::STANDARD }).bytes()
}
