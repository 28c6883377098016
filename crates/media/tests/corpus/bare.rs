//! That a rendition holds a picture and nothing else: by its structure, so that no kind of metadata is forgotten.

use tola_media::{Rendition, RenditionFormat};

use crate::files::jpeg;

/// Panics if a rendition holds anything but its picture.
pub(crate) fn assert_bare(rendition: &Rendition) {
    match rendition.format {
        RenditionFormat::Jpeg => bare_jpeg(rendition),
        RenditionFormat::WebP => bare_webp(rendition),
    }
}

fn bare_jpeg(rendition: &Rendition) {
    let parts = jpeg::parts(&rendition.bytes);
    for part in &parts {
        match part[1] {
            // The JFIF header, without a thumbnail.
            0xE0 => assert!(part.len() == 18 && part[4..].starts_with(b"JFIF\0"), "{}: {part:?}", rendition.name),
            // Begin and end, tables, one baseline frame, its scan.
            0xD8 | 0xD9 | 0xDB | 0xC4 | 0xC0 | 0xDA => {}
            marker => panic!("{} has a segment {marker:02X}", rendition.name),
        }
    }
    let scans = parts.iter().filter(|part| part[1] == 0xDA).count();
    assert_eq!(scans, 1, "{}", rendition.name);
    assert_eq!(parts.last().map(|part| part[1]), Some(0xD9), "{} goes on behind its end", rendition.name);
    assert_eq!(parts.iter().map(|part| part.len()).sum::<usize>(), rendition.bytes.len(), "{}", rendition.name);
}

fn bare_webp(rendition: &Rendition) {
    let bytes = &rendition.bytes;
    let length = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize;
    assert_eq!(length(4) + 8, bytes.len(), "{} goes on behind its end", rendition.name);
    let mut at = 12;
    while at < bytes.len() {
        match &bytes[at..at + 4] {
            b"VP8 " | b"ALPH" => {}
            b"VP8X" => assert_eq!(bytes[at + 8] & !0x10, 0, "{} announces metadata", rendition.name),
            name => panic!("{} has a chunk {}", rendition.name, name.escape_ascii()),
        }
        at += 8 + length(at + 4) + length(at + 4) % 2;
    }
}
