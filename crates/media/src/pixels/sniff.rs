//! What a file really is, by its first bytes. What its name or content type claim does not count.

use super::Rejection;

/// A format that Tola reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SourceFormat {
    /// JPEG.
    Jpeg,
    /// PNG, of an animated one the default image.
    Png,
    /// WebP, lossy or lossless; of an animation the first frame.
    WebP,
    /// GIF; of an animation the first frame.
    Gif,
}

impl SourceFormat {
    /// Its name in sentences.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
        }
    }

    /// Its media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
        }
    }
}

/// The format of a file, or what it seems to be instead.
pub(super) fn sniff(bytes: &[u8]) -> Result<SourceFormat, Rejection> {
    match bytes {
        [] => Err(Rejection::empty()),
        [0xFF, 0xD8, 0xFF, ..] => Ok(SourceFormat::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Ok(SourceFormat::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok(SourceFormat::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(SourceFormat::WebP),
        _ => Err(other_picture(bytes)
            .map(Rejection::unsupported)
            .unwrap_or_else(|| Rejection::not_an_image(no_picture(bytes)))),
    }
}

/// A picture of a kind that is not read.
fn other_picture(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.first_chunk::<4>()? {
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => {
                Some("a HEIC photo, as iPhones take them")
            }
            b"avif" | b"avis" => Some("an AVIF picture"),
            b"crx " => Some("a camera's raw photo"),
            _ => None,
        },
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some("a TIFF picture or a camera's raw photo"),
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some("a BMP picture"),
        [0, 0, 1, 0, ..] => Some("an icon (ICO)"),
        [0xFF, 0x0A, ..] | [0, 0, 0, 0x0C, b'J', b'X', b'L', b' ', ..] => Some("a JPEG XL picture"),
        [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', ..] => Some("a JPEG 2000 picture"),
        [b'8', b'B', b'P', b'S', ..] => Some("a Photoshop document"),
        _ => is_svg(&opening(bytes)).then_some("an SVG drawing"),
    }
}

/// No picture at all.
fn no_picture(bytes: &[u8]) -> &'static str {
    match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] | [0x1A, 0x45, 0xDF, 0xA3, ..] => "a video",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' ', ..] => "a video",
        [b'P', b'K', 3 | 5, 4 | 6, ..] => "a ZIP archive or an office document",
        [0x1F, 0x8B, ..] | [b'R', b'a', b'r', b'!', ..] | [b'7', b'z', 0xBC, 0xAF, ..] => "a compressed archive",
        [b'%', b'P', b'D', b'F', ..] => "a PDF document",
        [b'I', b'D', b'3', ..] | [b'O', b'g', b'g', b'S', ..] | [b'f', b'L', b'a', b'C', ..] => "a sound file",
        [b'M', b'Z', ..] | [0x7F, b'E', b'L', b'F', ..] => "a program",
        _ => text(bytes),
    }
}

fn text(bytes: &[u8]) -> &'static str {
    let opening = opening(bytes);
    let start = opening.trim_start_matches('\u{feff}').trim_start();
    if ["<!doctype html", "<html", "<head", "<body", "<script"].iter().any(|tag| start.starts_with(tag)) {
        "a web page (HTML)"
    } else if start.starts_with("<?xml") || start.starts_with('<') {
        "an XML file"
    } else if start.starts_with(['{', '[']) {
        "a JSON file"
    } else if start.is_empty() || opening.contains(|c: char| c == '\u{fffd}' || (c.is_control() && !c.is_whitespace()))
    {
        "something else"
    } else {
        "a text file"
    }
}

fn is_svg(opening: &str) -> bool {
    opening.trim_start_matches('\u{feff}').trim_start().starts_with('<')
        && opening.contains("<svg")
        && !opening.contains("<html")
}

/// The first kilobyte as lower-case text. A character that its end cuts in two does not make it binary.
fn opening(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(1024)];
    let valid = match std::str::from_utf8(start) {
        Err(e) if e.error_len().is_none() => &start[..e.valid_up_to()],
        _ => start,
    };
    String::from_utf8_lossy(valid).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{super::codes, *};

    fn rejected(bytes: &[u8]) -> Rejection {
        sniff(bytes).unwrap_err()
    }

    #[test]
    fn a_file_that_is_no_picture_is_told_what_it_seems_to_be() {
        let files: &[(&[u8], &str)] = &[
            (b"<!DOCTYPE html><html><svg/></html>", "web page"),
            (b"\xEF\xBB\xBF\n <HTML>", "web page"),
            (b"%PDF-1.7", "PDF"),
            (b"PK\x03\x04\x14\0", "ZIP"),
            (b"\0\0\0\x20ftypisom\0\0\0\0", "video"),
            (b"\0\0\0\x14ftypqt  ", "video"),
            (b"\0\0\0\x08ftyp", "video"),
            (b"\x1A\x45\xDF\xA3", "video"),
            (b"RIFF\0\0\0\0AVI LIST", "video"),
            (b"RIFF\0\0\0\0WEB", "something else"),
            (b"<?xml version=\"1.0\"?><Error/>", "XML"),
            (b"{\"url\": \"x\"}", "JSON"),
            ("vestido azul, talla única".as_bytes(), "text"),
            (&[0; 4096], "something else"),
            (b"\x01\x02\x03\xFE", "something else"),
        ];
        for (bytes, seems) in files {
            let rejection = rejected(bytes);

            assert_eq!(rejection.code, codes::IMAGE_NOT_AN_IMAGE, "{rejection}");
            assert!(rejection.message.contains(seems), "{seems} is not in: {rejection}");
        }
    }

    #[test]
    fn a_picture_of_another_kind_is_told_how_to_become_readable() {
        let files: &[(&[u8], &str)] = &[
            (b"\0\0\0\x18ftypheic", "HEIC"),
            (b"\0\0\0\x18ftypmif1", "HEIC"),
            (b"\0\0\0\x18ftypavif", "AVIF"),
            (b"<?xml version=\"1.0\"?>\n<svg xmlns=\"\">", "SVG"),
            (b"  <svg viewBox='0 0 1 1'/>", "SVG"),
            (b"II*\0\x08\0\0\0", "TIFF"),
            (b"MM\0*\0\0\0\x08", "TIFF"),
            (b"BM\x36\0\0\0\0\0\0\0\x36", "BMP"),
            (b"\0\0\x01\0\x01\0", "ICO"),
            (b"\xFF\x0A", "JPEG XL"),
            (b"8BPS", "Photoshop"),
        ];
        for (bytes, seems) in files {
            let rejection = rejected(bytes);

            assert_eq!(rejection.code, codes::IMAGE_UNSUPPORTED_FORMAT, "{rejection}");
            assert!(rejection.message.contains(seems), "{seems} is not in: {rejection}");
            assert!(rejection.message.contains("export"), "{rejection}");
        }
    }

    #[test]
    fn an_empty_file_is_empty() {
        assert_eq!(rejected(b"").code, codes::IMAGE_EMPTY);
    }

    #[test]
    fn text_that_the_first_kilobyte_cuts_inside_a_character_is_text() {
        let text = "a".repeat(1023) + "ñandú";

        assert!(rejected(text.as_bytes()).message.contains("text file"));
    }
}
