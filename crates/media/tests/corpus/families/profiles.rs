//! Colour profiles: right ones are obeyed, wrong ones passed over.

use moxcms::ColorProfile;
use tola_media::SourceFormat::{Jpeg, Png, WebP};

use crate::{
    case::{Case, ready},
    files::{deflate, jpeg, noise, picture, png, quarters, webp},
};

/// A colour in Display P3, and the same in sRGB, by the definitions of both.
const IN_P3: [u8; 4] = [200, 100, 50, 255];
const IN_SRGB: [u8; 3] = [215, 93, 31];

pub(crate) fn cases() -> Vec<Case> {
    let [red, green, blue] = IN_SRGB;
    let broken = broken().into_iter().flat_map(|(what, profile)| {
        let (in_png, in_webp) = (profile.clone(), profile.clone());
        [
            ready(format!("jpeg with {what}"), Jpeg, move || {
                in_jpeg(&jpeg::standard(), std::slice::from_ref(&profile))
            }),
            ready(format!("png with {what}"), Png, move || png::standard().with(b"iCCP", compressed(&in_png)).bytes()),
            ready(format!("webp with {what}"), WebP, move || in_webp_file(&picture(), &in_webp)),
        ]
    });
    let parts = [
        ready("jpeg in another colour space", Jpeg, || in_jpeg(&plain_jpeg(), &[p3()])).plain(red, green, blue),
        ready("png in another colour space", Png, || {
            png::standard().with(b"iCCP", compressed(&p3())).data(deflate::stored(&plain_rows())).bytes()
        })
        .plain(red, green, blue),
        ready("webp in another colour space", WebP, || in_webp_file(&plain(), &p3())).plain(red, green, blue),
        ready("jpeg with a profile in 255 parts", Jpeg, || in_jpeg(&plain_jpeg(), &in_parts(255)))
            .plain(red, green, blue),
        ready("jpeg with a profile in parts of any order", Jpeg, || {
            let mut parts = numbered(&in_parts(20));
            parts.reverse();
            jpeg::with(&plain_jpeg(), &parts.concat())
        })
        .plain(red, green, blue),
        ready("jpeg with a profile that lacks a part", Jpeg, || {
            let mut parts = numbered(&in_parts(20));
            parts.remove(7);
            jpeg::with(&plain_jpeg(), &parts.concat())
        })
        .plain(IN_P3[0], IN_P3[1], IN_P3[2]),
        ready("jpeg with three hundred parts of nothing", Jpeg, || {
            jpeg::with(&jpeg::standard(), &jpeg::segment(0xE2, b"ICC_PROFILE\0\x01\x01").repeat(300))
        }),
        ready("png whose profile is not compressed as it says", Png, || {
            png::standard().with(b"iCCP", [b"p\0\0".to_vec(), noise(500, 8)].concat()).bytes()
        }),
    ];
    broken.chain(parts).collect()
}

/// Profiles that are of no use.
fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let changed = |at: usize, bytes: &[u8]| {
        let mut profile = srgb();
        profile[at..at + bytes.len()].copy_from_slice(bytes);
        profile
    };
    vec![
        ("a profile of noise", noise(3000, 5)),
        ("an empty profile", Vec::new()),
        ("half a profile", srgb()[..200].to_vec()),
        ("a profile without its signature", changed(36, b"nope")),
        ("a profile of inks", changed(16, b"CMYK")),
        ("a profile of grey", changed(16, b"GRAY")),
        ("a profile that claims four billion tags", changed(128, &[0xFF; 4])),
        ("a profile whose tags lie outside", changed(136, &[0xFF; 8])),
        ("a profile whose tags are one", changed(136, &[0, 0, 0, 128, 0, 0, 1, 0])),
        ("a profile that claims to be huge", changed(0, &[0xFF; 4])),
        ("a profile of zeros", vec![0; 60_000]),
    ]
}

fn srgb() -> Vec<u8> {
    ColorProfile::new_srgb().encode().unwrap()
}

fn p3() -> Vec<u8> {
    ColorProfile::new_display_p3().encode().unwrap()
}

fn plain() -> image::RgbaImage {
    quarters(crate::files::SIZE, [IN_P3; 4])
}

fn plain_jpeg() -> Vec<u8> {
    jpeg::of(&plain(), |_| {})
}

fn plain_rows() -> Vec<u8> {
    let row = [&[0][..], &IN_P3[..3].repeat(120)].concat();
    row.repeat(80)
}

fn compressed(profile: &[u8]) -> Vec<u8> {
    [&b"profile\0\0"[..], &deflate::stored(profile)].concat()
}

fn in_parts(count: usize) -> Vec<Vec<u8>> {
    let profile = p3();
    // Some may be empty; those behind count nothing.
    (0..count).map(|n| profile[profile.len() * n / count..profile.len() * (n + 1) / count].to_vec()).collect()
}

fn numbered(parts: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let segment = |(nth, part): (u8, &Vec<u8>)| {
        jpeg::segment(0xE2, &[&b"ICC_PROFILE\0"[..], &[nth, parts.len() as u8], part].concat())
    };
    (1..=255).zip(parts).map(segment).collect()
}

fn in_jpeg(jpeg: &[u8], parts: &[Vec<u8>]) -> Vec<u8> {
    jpeg::with(jpeg, &numbered(parts).concat())
}

fn in_webp_file(picture: &image::RgbaImage, profile: &[u8]) -> Vec<u8> {
    let chunks = webp::picture_chunks(&webp::lossless(picture));
    webp::file(&[webp::extended(webp::flags::PROFILE, 120, 80), webp::chunk(b"ICCP", profile), chunks])
}
