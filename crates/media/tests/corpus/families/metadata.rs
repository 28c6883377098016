//! What is written about a picture, and lots of it: none of it is left in a rendition.

use tola_media::{
    SourceFormat::{Gif as GIF, Jpeg, Png, WebP},
    codes,
};

use crate::{
    case::{Case, ready, rejected},
    files::{
        SECRET, deflate, exif,
        gif::{Frame, Gif},
        jpeg::{self, segment},
        picture, png,
        webp::{self, flags},
    },
};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        ready("jpeg with a place in exif", Jpeg, || jpeg::with_exif(&jpeg::standard(), &exif::place())),
        ready("jpeg with xmp", Jpeg, || in_jpeg(0xE1, b"http://ns.adobe.com/xap/1.0/\0")),
        ready("jpeg with iptc", Jpeg, || {
            in_jpeg(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x1A\x1C\x02\x5A\0\x12")
        }),
        ready("jpeg with a comment", Jpeg, || in_jpeg(0xFE, b"")),
        ready("jpeg with a maker's segment", Jpeg, || in_jpeg(0xEF, b"")),
        ready("jpeg with a thumbnail", Jpeg, || {
            jpeg::with_exif(
                &jpeg::standard(),
                &[exif::place(), jpeg::of(&image::RgbaImage::new(64, 48), |_| {})].concat(),
            )
        }),
        ready("jpeg with three hundred segments", Jpeg, || {
            jpeg::with(&jpeg::standard(), &segment(0xE5, &filler(60_000)).repeat(300))
        }),
        ready("jpeg with a hundred thousand segments", Jpeg, || {
            jpeg::with(&jpeg::standard(), &segment(0xE5, &filler(100)).repeat(100_000))
        }),
        ready("jpeg with four megabytes of exif", Jpeg, || {
            // What does not fit goes on in the next segment, as some phones write it.
            let parts = [exif::place(), filler(4 << 20)].concat();
            let parts = parts.chunks(65_000).flat_map(|part| segment(0xE1, &[b"Exif\0\0", part].concat()));
            jpeg::with(&jpeg::standard(), &parts.collect::<Vec<_>>())
        }),
        ready("png with a place in exif", Png, || png::standard().with(b"eXIf", exif::place()).bytes()),
        ready("png with texts", Png, || {
            let text = [&b"GPS\0"[..], SECRET.as_bytes()].concat();
            let packed = [&b"GPS\0\0"[..], &deflate::stored(SECRET.as_bytes())].concat();
            let international = [&b"XML:com.adobe.xmp\0\0\0\0\0"[..], SECRET.as_bytes()].concat();
            png::standard().with(b"tEXt", text).with(b"zTXt", packed).with(b"iTXt", international).bytes()
        }),
        ready("png with ten thousand texts", Png, || {
            let text = || [&b"GPS\0"[..], SECRET.as_bytes(), &filler(200)].concat();
            (0..10_000).fold(png::standard(), |png, _| png.with(b"tEXt", text())).bytes()
        }),
        ready("png with a long text", Png, || {
            png::standard().with(b"tEXt", [b"GPS\0".to_vec(), filler(15 << 20)].concat()).bytes()
        }),
        ready("png with texts behind its data", Png, || {
            png::standard().followed_by(b"tEXt", [&b"GPS\0"[..], SECRET.as_bytes()].concat()).bytes()
        }),
        rejected("png with seventeen megabytes of exif", codes::IMAGE_TOO_MANY_PIXELS, "more memory", || {
            png::standard().with(b"eXIf", filler(17 << 20)).bytes()
        }),
        ready("webp with exif and xmp", WebP, || {
            let chunks = webp::picture_chunks(&webp::lossy(&picture()));
            let (exif, xmp) = (webp::chunk(b"EXIF", &exif::place()), webp::chunk(b"XMP ", SECRET.as_bytes()));
            webp::file(&[webp::extended(flags::EXIF | flags::XMP, 120, 80), chunks, exif, xmp])
        }),
        ready("webp with much xmp", WebP, || {
            let chunks = webp::picture_chunks(&webp::lossless(&picture()));
            webp::file(&[webp::extended(flags::XMP, 120, 80), chunks, webp::chunk(b"XMP ", &filler(15 << 20))])
        }),
        ready("gif with comments and xmp", GIF, || {
            let xmp = [&b"\x0BXMP DataXMP"[..], SECRET.as_bytes()].concat();
            let comments = (0..1000).fold(Gif::new(120, 80), |gif, _| gif.extension(0xFE, SECRET.as_bytes()));
            comments.extension(0xFF, &xmp).frame(Frame::STANDARD).bytes()
        }),
    ]
}

fn in_jpeg(marker: u8, beginning: &[u8]) -> Vec<u8> {
    jpeg::with(&jpeg::standard(), &segment(marker, &[beginning, SECRET.as_bytes()].concat()))
}

/// The secret over and over.
fn filler(length: usize) -> Vec<u8> {
    SECRET.bytes().cycle().take(length).collect()
}
