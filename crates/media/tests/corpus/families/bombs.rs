//! Files that become a thousand times larger when they are opened, or keep a core busy, if one lets them.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use tola_media::{
    MAX_PIXELS, MAX_SIDE,
    SourceFormat::{Gif as GIF, Jpeg, Png, WebP},
    codes::{IMAGE_CORRUPT, IMAGE_TOO_MANY_PIXELS},
    testing::coefficients::{Coefficients, Part},
};

use crate::{
    case::{Case, ready, rejected},
    files::{
        deflate,
        gif::{Frame, Gif},
        jpeg, noise, picture,
        png::{Kind, Png as File, standard},
        quarters,
        webp::{self, flags},
    },
};

/// The largest square that is decoded.
const SQUARE: u32 = 7071;

/// The most rows of the longest picture that is decoded.
const ROWS: u32 = (MAX_PIXELS / MAX_SIDE as u64) as u32;

pub(crate) fn cases() -> Vec<Case> {
    [pngs(), gifs(), webps(), jpegs()].into_iter().flatten().collect()
}

fn pngs() -> Vec<Case> {
    vec![
        // One pixel, and behind it 20 gigabytes.
        ready("png that inflates to twenty gigabytes", Png, || {
            File::new(Kind::Grey, 8).sized(1, 1).data(deflate::bomb(20_000_000)).bytes()
        })
        .sized(1, 1)
        .plain(0, 0, 0),
        ready("png of the most pixels of eight bytes", Png, || zeros(Kind::Rgba, 16, SQUARE, SQUARE, 8))
            .sized(SQUARE, SQUARE)
            .showing([[0; 4]; 4]),
        ready("interlaced png of the most pixels", Png, || {
            let data = deflate::bomb((SQUARE * SQUARE / 1000) as usize * 4);
            File::new(Kind::Rgba, 8).interlaced().sized(SQUARE, SQUARE).data(data).bytes()
        })
        .sized(SQUARE, SQUARE)
        .showing([[0; 4]; 4]),
        ready("png of the most pixels with grey and alpha", Png, || zeros(Kind::GreyAlpha, 16, MAX_SIDE, ROWS, 4))
            .sized(MAX_SIDE, ROWS)
            .showing([[0; 4]; 4]),
        rejected("png that claims the most pixels and has none", IMAGE_CORRUPT, "PNG", || {
            File::new(Kind::Rgba, 16).sized(SQUARE, SQUARE).data(deflate::stored(&[0; 100])).bytes()
        }),
        rejected("png that claims four billion squared", IMAGE_TOO_MANY_PIXELS, "at most 16384", || {
            standard().sized(u32::MAX, u32::MAX).data(deflate::bomb(1000)).bytes()
        }),
        ready("png with a profile of six gigabytes", Png, || {
            standard().with(b"iCCP", [b"p\0\0".to_vec(), deflate::bomb(6_000_000)].concat()).bytes()
        }),
        ready("png with a thousand profiles of sixteen megabytes", Png, || {
            let profile = || [b"p\0\0".to_vec(), deflate::bomb(16_000)].concat();
            (0..1000).fold(standard(), |png, _| png.with(b"iCCP", profile())).bytes()
        }),
        ready("png with texts of gigabytes", Png, || {
            let text = || [b"a\0\0".to_vec(), deflate::bomb(1_000_000)].concat();
            (0..10).fold(standard(), |png, _| png.with(b"zTXt", text())).bytes()
        }),
        ready("png with an international text of gigabytes", Png, || {
            standard().with(b"iTXt", [b"a\0\x01\0\0\0".to_vec(), deflate::bomb(10_000_000)].concat()).bytes()
        }),
    ]
}

fn zeros(kind: Kind, depth: u8, width: u32, height: u32, bytes_a_pixel: usize) -> Vec<u8> {
    let length = (width as usize * bytes_a_pixel + 1) * height as usize / 1024;
    File::new(kind, depth).sized(width, height).data(deflate::bomb(length)).bytes()
}

fn gifs() -> Vec<Case> {
    let tiny = Frame { size: (1, 1), plain: Some(1), ..Frame::STANDARD };
    vec![
        ready("gif of the largest canvas with a tiny frame", GIF, move || {
            Gif::new(SQUARE as u16, SQUARE as u16).frame(Frame { left: 5000, top: 5000, ..tiny }).bytes()
        })
        .sized(SQUARE, SQUARE)
        .showing([[0; 4]; 4]),
        rejected("gif of 65,535 squared with a tiny frame", IMAGE_TOO_MANY_PIXELS, "65535 × 65535", move || {
            Gif::new(65_535, 65_535).frame(tiny).bytes()
        }),
        rejected("gif whose frame is larger than its canvas", IMAGE_TOO_MANY_PIXELS, "more memory", || {
            let huge = Gif::new(9, 9).raw(b"\x2C\0\0\0\0\xFF\xFF\xFF\xFF\0\x07\x02\x80\x81\0");
            huge.bytes()
        }),
        rejected("gif of the largest canvas whose frame ends at once", IMAGE_CORRUPT, "GIF", || {
            let side = (SQUARE as u16).to_le_bytes();
            let frame = [&b"\x2C\0\0\0\0"[..], &side, &side, b"\0\x07\x02\x80\x81\0"].concat();
            Gif::new(SQUARE as u16, SQUARE as u16).raw(&frame).bytes()
        }),
        ready("gif with a frame of the most pixels beside the edge", GIF, || {
            // Not as wide as the canvas: decoded apart, and then put in its place.
            Gif::new(SQUARE as u16, SQUARE as u16)
                .frame(Frame {
                    left: 1,
                    size: (SQUARE as u16 - 1, SQUARE as u16),
                    plain: Some(1),
                    top: 0,
                    interlaced: false,
                })
                .bytes()
        })
        .sized(SQUARE, SQUARE)
        .plain(30, 170, 40),
    ]
}

fn webps() -> Vec<Case> {
    let claiming = |flags, width, height, chunks: Vec<u8>| webp::file(&[webp::extended(flags, width, height), chunks]);
    let small = || webp::picture_chunks(&webp::lossless(&picture()));
    vec![
        rejected("webp that claims 16 million squared", IMAGE_TOO_MANY_PIXELS, "at most 16384", move || {
            claiming(0, 1 << 24, 1 << 24, small())
        }),
        rejected("webp whose canvas is larger than its picture", IMAGE_CORRUPT, "WebP", move || {
            claiming(0, SQUARE, SQUARE, small())
        }),
        rejected("webp whose picture is larger than its canvas", IMAGE_CORRUPT, "WebP", || {
            // 16,384 squared, in a canvas of 9 × 9.
            let huge = webp::chunk(b"VP8L", &[&[0x2F, 0xFF, 0xFF, 0xFF, 0x0F][..], &[0; 64]].concat());
            webp::file(&[webp::extended(0, 9, 9), huge])
        }),
        rejected("webp of the most pixels without data", IMAGE_CORRUPT, "WebP", || {
            let bits = (SQUARE - 1) | (SQUARE - 1) << 14 | 1 << 28;
            webp::file(&[webp::chunk(b"VP8L", &[&[0x2F][..], &bits.to_le_bytes(), &[0; 64]].concat())])
        }),
        ready("webp of the most pixels without loss", WebP, || webp::lossless(&quarters((SQUARE, SQUARE), OPAQUE)))
            .sized(SQUARE, SQUARE)
            .showing(OPAQUE),
        ready("webp of the most pixels with loss", WebP, || webp::lossy(&quarters((SQUARE, SQUARE), OPAQUE)))
            .sized(SQUARE, SQUARE)
            .showing(OPAQUE),
        rejected("webp of the most pixels, transparent", IMAGE_TOO_MANY_PIXELS, "more memory", || {
            webp::lossy(&quarters((SQUARE, SQUARE), CLEAR))
        }),
        ready("webp of many pixels, transparent", WebP, || webp::lossy(&quarters((5900, 5900), CLEAR)))
            .sized(5900, 5900)
            .showing(CLEAR),
        rejected("webp of the largest canvas with a tiny frame", IMAGE_TOO_MANY_PIXELS, "more memory", move || {
            let frame = webp::frame(0, 0, 120, 80, &small());
            claiming(flags::ANIMATION | flags::ALPHA, SQUARE, SQUARE, [webp::animation(), frame].concat())
        }),
        ready("webp of a large animation", WebP, || {
            let large = quarters((4800, 4800), CLEAR);
            let frame = webp::frame(0, 0, 4800, 4800, &webp::picture_chunks(&webp::lossy(&large)));
            let header = webp::extended(flags::ANIMATION | flags::ALPHA, 4800, 4800);
            webp::file(&[header, webp::animation(), frame])
        })
        .sized(4800, 4800)
        .showing(CLEAR),
    ]
}

const OPAQUE: [[u8; 4]; 4] = crate::files::CORNERS;
const CLEAR: [[u8; 4]; 4] = [OPAQUE[0], [0; 4], OPAQUE[2], OPAQUE[3]];

fn jpegs() -> Vec<Case> {
    vec![
        rejected("jpeg of 65,500 squared", IMAGE_TOO_MANY_PIXELS, "65500 × 65500", || {
            jpeg::claiming(&jpeg::standard(), 65_500, 65_500)
        }),
        rejected("jpeg that claims the most pixels and has few", IMAGE_CORRUPT, "JPEG", || {
            jpeg::claiming(&jpeg::standard(), SQUARE as u16, SQUARE as u16)
        }),
        rejected("progressive jpeg that claims the most pixels and has few", IMAGE_CORRUPT, "JPEG", || {
            jpeg::claiming(&jpeg::progressive(), SQUARE as u16, SQUARE as u16)
        }),
        ready("jpeg of the most pixels", Jpeg, || large(SQUARE, SQUARE, false)).sized(SQUARE, SQUARE),
        ready("progressive jpeg of the most pixels", Jpeg, || large(SQUARE, SQUARE, true)).sized(SQUARE, SQUARE),
        // Just too low to be decoded at half its size.
        ready("jpeg of the most pixels that are not shrunk", Jpeg, || large(MAX_SIDE, 2158, false))
            .sized(MAX_SIDE, 2158),
        ready("progressive jpeg of the most pixels that are not shrunk", Jpeg, || large(MAX_SIDE, 2158, true))
            .sized(MAX_SIDE, 2158),
        ready("jpeg of the most pixels in ink", Jpeg, || ink(MAX_SIDE, 2158, false))
            .sized(MAX_SIDE, 2158)
            .plain(0, 0, 0),
        rejected("progressive jpeg of the most pixels in ink", IMAGE_TOO_MANY_PIXELS, "more memory", || {
            ink(SQUARE, SQUARE, true)
        }),
        // A few bytes a scan, and each goes over all of the picture.
        ready("jpeg of the most pixels in twenty scans", Jpeg, || scans_of_nothing(20))
            .sized(SQUARE, SQUARE)
            .plain(128, 128, 128),
        rejected("jpeg of the most pixels in a thousand scans", IMAGE_TOO_MANY_PIXELS, "memory or time", || {
            scans_of_nothing(1000)
        }),
        // Nothing but detail: as many bytes as are taken, nearly.
        ready("jpeg of the most pixels and bytes", Jpeg, || {
            let mut picture = quarters((MAX_SIDE, 2158), OPAQUE);
            // About as strong as on a photo taken in the dark.
            let grain = noise(picture.len(), 3).into_iter().map(|byte| byte % 40);
            picture.iter_mut().zip(grain).for_each(|(sample, grain)| *sample = (*sample - 20).saturating_add(grain));
            jpeg::of(&picture, |encoder| {
                encoder.set_quality(80);
                encoder.set_progressive(true);
                encoder.set_sampling_factor(SamplingFactor::F_1_1);
            })
        })
        .sized(MAX_SIDE, 2158),
        rejected("jpeg with half a million scans", IMAGE_CORRUPT, "JPEG", || {
            let bytes = jpeg::progressive();
            let parts = jpeg::parts(&bytes);
            let scan = parts.iter().find(|part| part[1] == 0xDA).unwrap()[..14].to_vec();
            [&bytes[..bytes.len() - 2], &scan.repeat(500_000), &[0xFF, 0xD9]].concat()
        }),
    ]
}

fn large(width: u32, height: u32, progressive: bool) -> Vec<u8> {
    jpeg::of(&quarters((width, height), OPAQUE), |encoder| {
        encoder.set_progressive(progressive);
        encoder.set_sampling_factor(SamplingFactor::F_1_1);
    })
}

fn ink(width: u32, height: u32, progressive: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.set_progressive(progressive);
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
    let black = vec![255; (width * height * 4) as usize];
    encoder.encode(&black, width as u16, height as u16, ColorType::Cmyk).unwrap();
    bytes
}

/// The largest square, in scans that say of all blocks that they are empty, in a hundred bytes each.
fn scans_of_nothing(count: u32) -> Vec<u8> {
    let coefficients = Coefficients::uniform(64, 64, &[(1, 1)], |_| [0; 64]);
    let parts = (0..count).map(|n| Part::new(Some(0), (1, 63), u8::from(n > 0), u8::from(n == 0)));
    // Code and number of `EOB14`: 32,767 blocks are empty. There are 24 times as many.
    let bits: Vec<u8> = "01001010000011111111111111".repeat(24).bytes().map(|bit| bit - b'0').collect();
    let bytes = bits.chunks(8).map(|part| part.iter().fold(0, |byte, bit| byte << 1 | bit));
    let empty: Vec<u8> = bytes.flat_map(|byte| if byte == 0xFF { vec![byte, 0] } else { vec![byte] }).collect();
    let filled = jpeg::changed(&coefficients.progressive(0, &parts.collect::<Vec<_>>()), 0xDA, |part| {
        part.truncate(10);
        part.extend(&empty);
    });
    jpeg::claiming(&filled, SQUARE as u16, SQUARE as u16)
}
