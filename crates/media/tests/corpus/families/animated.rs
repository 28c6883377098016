//! Animations: the first frame is the picture, and how many follow does not matter.

use image::{Rgba, RgbaImage};
use tola_media::{
    SourceFormat::{Gif as GIF, Png, WebP},
    codes,
};

use crate::{
    case::{Case, ready, rejected},
    files::{
        CORNERS, deflate,
        gif::{Frame, Gif},
        picture,
        png::{self, standard},
        quarters,
        webp::{self, flags},
    },
};

/// What is shown where nothing was drawn.
const NOTHING: [u8; 4] = [0; 4];

pub(crate) fn cases() -> Vec<Case> {
    let later = Frame { plain: Some(1), ..Frame::STANDARD };
    vec![
        ready("gif of two frames", GIF, move || Gif::standard().frame(later).bytes()),
        ready("gif of two thousand frames", GIF, move || {
            (0..2000).fold(Gif::standard(), |gif, _| gif.frame(Frame { size: (40, 40), ..later })).bytes()
        }),
        ready("gif whose first frame fills a corner", GIF, || {
            Gif::new(120, 80)
                .frame(Frame { left: 60, top: 40, size: (60, 40), plain: Some(0), ..Frame::STANDARD })
                .bytes()
        })
        .showing([NOTHING, NOTHING, NOTHING, CORNERS[0]]),
        ready("gif whose second frame is broken", GIF, || Gif::standard().raw(&[0x2C, 1, 2, 3]).bytes()),
        ready("gif that waits for ever", GIF, || {
            Gif::new(120, 80).extension(0xF9, &[0, 0xFF, 0xFF, 0]).frame(Frame::STANDARD).bytes()
        }),
        ready("gif with a transparent colour", GIF, || {
            Gif::new(120, 80).extension(0xF9, &[1, 0, 0, 2]).frame(Frame::STANDARD).bytes()
        })
        .showing([CORNERS[0], CORNERS[1], NOTHING, CORNERS[3]]),
        ready("interlaced gif", GIF, || Gif::new(120, 80).frame(Frame { interlaced: true, ..Frame::STANDARD }).bytes()),
        rejected("gif without a frame", codes::IMAGE_CORRUPT, "GIF", || Gif::new(120, 80).bytes()),
        // What lies inside is shown, and that is nothing of a quarter's middle.
        ready("gif whose frame lies outside", GIF, || {
            Gif::new(120, 80).frame(Frame { left: 100, ..Frame::STANDARD }).bytes()
        })
        .showing([NOTHING; 4]),
        ready("webp of two frames", WebP, || animated(&[whole(&picture()), whole(&other())])),
        ready("webp of a thousand frames", WebP, || {
            animated(&[vec![whole(&picture())], vec![whole(&other()); 1000]].concat())
        }),
        ready("lossy webp of two frames", WebP, || {
            let frame = |picture: &RgbaImage| webp::frame(0, 0, 120, 80, &webp::picture_chunks(&webp::lossy(picture)));
            animated(&[frame(&picture()), frame(&other())])
        }),
        ready("webp whose first frame fills a corner", WebP, || {
            let corner = quarters((60, 40), [CORNERS[0]; 4]);
            animated(&[webp::frame(60, 40, 60, 40, &webp::picture_chunks(&webp::lossless(&corner)))])
        })
        .showing([NOTHING, NOTHING, NOTHING, CORNERS[0]]),
        rejected("webp whose frame lies outside", codes::IMAGE_CORRUPT, "WebP", || {
            animated(&[webp::frame(100, 0, 120, 80, &webp::picture_chunks(&webp::lossless(&picture())))])
        }),
        rejected("webp that announces frames and has none", codes::IMAGE_CORRUPT, "WebP", || animated(&[])),
        ready("apng whose picture is its first frame", Png, || {
            apng(2, standard().with(b"fcTL", frame_control(0, 120, 80)), true)
        }),
        ready("apng whose picture is not a frame", Png, || apng(1, standard(), true)),
        ready("apng that announces four billion frames", Png, || {
            apng(u32::MAX, standard().with(b"fcTL", frame_control(0, 120, 80)), true)
        }),
        ready("apng whose frames are missing", Png, || {
            apng(3, standard().with(b"fcTL", frame_control(0, 120, 80)), false)
        }),
    ]
}

fn other() -> RgbaImage {
    RgbaImage::from_pixel(120, 80, Rgba([10, 10, 10, 255]))
}

fn whole(picture: &RgbaImage) -> Vec<u8> {
    webp::frame(0, 0, 120, 80, &webp::picture_chunks(&webp::lossless(picture)))
}

fn animated(frames: &[Vec<u8>]) -> Vec<u8> {
    let header = webp::extended(flags::ANIMATION | flags::ALPHA, 120, 80);
    webp::file(&[vec![header, webp::animation()], frames.to_vec()].concat())
}

/// An animation that begins with `first`, and goes on with a frame of another colour.
fn apng(frames: u32, first: png::Png, complete: bool) -> Vec<u8> {
    let control = [frames.to_be_bytes(), [0; 4]].concat();
    let first = first.with(b"acTL", control);
    if !complete {
        return first.bytes();
    }
    let row = [&[0][..], &[10; 360]].concat();
    let data = [1_u32.to_be_bytes().to_vec(), deflate::stored(&row.repeat(80))].concat();
    first.followed_by(b"fcTL", frame_control(1, 120, 80)).followed_by(b"fdAT", data).bytes()
}

fn frame_control(number: u32, width: u32, height: u32) -> Vec<u8> {
    let numbers = [number, width, height, 0, 0].map(u32::to_be_bytes);
    [numbers.as_flattened(), &[0, 1, 0, 10, 0, 0]].concat()
}
