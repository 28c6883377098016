//! Files that are no pictures, or pictures of kinds that are not read, whatever they are called.

use tola_media::codes::{IMAGE_CORRUPT, IMAGE_EMPTY, IMAGE_NOT_AN_IMAGE, IMAGE_TOO_LARGE, IMAGE_UNSUPPORTED_FORMAT};

use crate::{
    case::{Case, filled_up, rejected},
    files::{jpeg, noise},
};

/// Pictures of other kinds: what they begin with, and what the merchant is told they are.
const PICTURES: [(&str, &[u8], &str); 16] = [
    (
        "svg",
        b"<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
        "SVG",
    ),
    ("svg without a head", b"<svg viewBox=\"0 0 1 1\" onload=\"alert(1)\"/>", "SVG"),
    (
        "svg that expands a billion times",
        b"<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY a \"lol\">]><svg>&a;</svg>",
        "SVG",
    ),
    ("heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
    ("heif sequence", b"\0\0\0\x18ftypmsf1\0\0\0\0", "HEIC"),
    ("avif", b"\0\0\0\x1Cftypavif\0\0\0\0avifmif1miaf", "AVIF"),
    ("tiff of an intel machine", b"II*\0\x08\0\0\0\0\0", "TIFF"),
    ("tiff of a motorola machine", b"MM\0*\0\0\0\x08\0\0", "TIFF"),
    ("bmp", b"BM\x3A\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\xFF\xFF\xFF\x7F\xFF\xFF\xFF\x7F\x01\0\x18\0", "BMP"),
    ("photoshop document", b"8BPS\0\x01\0\0\0\0\0\0\0\x03\0\x04\x93\xE0\0\x04\x93\xE0", "Photoshop"),
    ("icon", b"\0\0\x01\0\x01\0\x10\x10\0\0", "ICO"),
    ("jpeg xl", b"\xFF\x0A\xFA\x1F\x41\x91\x08\x06\x01\0", "JPEG XL"),
    ("jpeg xl in a box", b"\0\0\0\x0CJXL \r\n\x87\n", "JPEG XL"),
    ("jpeg 2000", b"\0\0\0\x0CjP  \r\n\x87\n", "JPEG 2000"),
    ("raw photo of a camera", b"II*\0\x10\0\0\0CR\x02\0", "raw"),
    ("newer raw photo of a camera", b"\0\0\0\x18ftypcrx \0\0\0\x01", "raw"),
];

/// No pictures.
const OTHERS: [(&str, &[u8], &str); 20] = [
    ("html", b"<!DOCTYPE html><html><body onload=alert(1)><img src=x.jpg></body></html>", "web page"),
    ("html of an error page", b"\n\n <html><head><title>504 Gateway Time-out</title></head></html>", "web page"),
    ("html with svg inside", b"<html><svg></svg></html>", "web page"),
    ("xml of a storage error", b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "XML"),
    ("pdf", b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj<</Type/XObject/Subtype/Image/Filter/DCTDecode>>", "PDF"),
    ("mp4", b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41", "video"),
    ("quicktime", b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video"),
    ("webm", b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01", "video"),
    ("avi", b"RIFF\x24\0\0\0AVI LIST", "video"),
    ("zip", b"PK\x03\x04\x14\0\0\0\x08\0", "ZIP"),
    ("empty zip", b"PK\x05\x06\0\0\0\0\0\0\0\0", "ZIP"),
    ("gzip", b"\x1F\x8B\x08\0\0\0\0\0\0\x03", "archive"),
    ("program for windows", b"MZ\x90\0\x03\0\0\0", "program"),
    ("program for linux", b"\x7FELF\x02\x01\x01\0", "program"),
    ("mp3", b"ID3\x04\0\0\0\0\0\0", "sound"),
    ("script", b"#!/bin/sh\nrm -rf /\n", "text"),
    ("json", b"{\"url\": \"https://example.com/photo.jpg\"}", "JSON"),
    ("path to a photo", b"C:\\Users\\ana\\Pictures\\photo.jpg", "text"),
    ("magic of a jpeg in the wrong place", b"\0\xFF\xD8\xFF\xE0\0\x10JFIF", "something else"),
    ("four zeros", &[0; 4], "something else"),
];

/// Beginnings of pictures, and nothing else.
const BEGINNINGS: [(&str, &[u8], &str); 9] = [
    ("jpeg", b"\xFF\xD8\xFF", "JPEG"),
    ("jpeg with an end", b"\xFF\xD8\xFF\xD9", "JPEG"),
    ("jpeg of nothing but fill", &[0xFF; 3], "something else"),
    ("png", b"\x89PNG\r\n\x1a\n", "PNG"),
    ("png with half a header", b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR\0\0", "PNG"),
    ("gif", b"GIF89a", "GIF"),
    ("older gif", b"GIF87a\x10", "GIF"),
    ("webp", b"RIFF\x04\0\0\0WEBP", "WebP"),
    ("webp with half a header", b"RIFF\x1A\0\0\0WEBPVP8X\x0A\0\0\0\0\0", "WebP"),
];

pub(crate) fn cases() -> Vec<Case> {
    let pictures = PICTURES.map(|(what, bytes, seems)| {
        rejected(what, IMAGE_UNSUPPORTED_FORMAT, seems, move || [bytes, &[0; 64]].concat())
    });
    let others = OTHERS.map(|(what, bytes, seems)| rejected(what, IMAGE_NOT_AN_IMAGE, seems, move || bytes.to_vec()));
    let beginnings = BEGINNINGS.map(|(what, bytes, seems)| {
        let code = if seems == "something else" { IMAGE_NOT_AN_IMAGE } else { IMAGE_CORRUPT };
        rejected(format!("the beginning of a {what}"), code, seems, move || bytes.to_vec())
    });
    let noises = (1..=5).map(|seed| {
        rejected(format!("noise {seed}"), IMAGE_NOT_AN_IMAGE, "something else", move || noise(100_000, seed))
    });
    let sizes = [
        rejected("nothing", IMAGE_EMPTY, "is empty", Vec::new),
        rejected("one byte", IMAGE_NOT_AN_IMAGE, "something else", || vec![0xFF]),
        rejected("zeros as many as are taken", IMAGE_NOT_AN_IMAGE, "something else", || filled_up(Vec::new(), 0)),
        rejected("one byte too many", IMAGE_TOO_LARGE, "20 MiB", || filled_up(jpeg::standard(), 1)),
        // Every format's first bytes, and then noise.
        rejected("noise behind a jpeg's first bytes", IMAGE_CORRUPT, "JPEG", || begun(b"\xFF\xD8\xFF\xE0\0\x10")),
        rejected("noise behind a png's header", IMAGE_CORRUPT, "PNG", || {
            begun(b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0")
        }),
        rejected("noise behind a gif's header", IMAGE_CORRUPT, "GIF", || begun(b"GIF89a\x10\0\x10\0\x80\0\0")),
        rejected("noise behind a webp's header", IMAGE_CORRUPT, "WebP", || {
            begun(b"RIFF\0\x40\0\0WEBPVP8L\0\x20\0\0\x2F\x0F\xC0\x03\0")
        }),
    ];
    pictures.into_iter().chain(others).chain(beginnings).chain(noises).chain(sizes).collect()
}

fn begun(beginning: &[u8]) -> Vec<u8> {
    [beginning, &noise(20_000, 77)].concat()
}
