//! Why a file cannot be a product's image, in words for the merchant who uploaded it.

use super::inspect::{MAX_PIXELS, MAX_SIDE};
use crate::MAX_UPLOAD_BYTES;

/// The codes of a [`Rejection`]: a public contract.
pub mod codes {
    /// The upload holds no byte.
    pub const IMAGE_EMPTY: &str = "IMAGE_EMPTY";
    /// The file is no picture at all: a web page, a document, a video.
    pub const IMAGE_NOT_AN_IMAGE: &str = "IMAGE_NOT_AN_IMAGE";
    /// The file is a picture of a kind that Tola does not read.
    pub const IMAGE_UNSUPPORTED_FORMAT: &str = "IMAGE_UNSUPPORTED_FORMAT";
    /// The file has too many bytes.
    pub const IMAGE_TOO_LARGE: &str = "IMAGE_TOO_LARGE";
    /// The picture is too wide, too high, or both together.
    pub const IMAGE_TOO_MANY_PIXELS: &str = "IMAGE_TOO_MANY_PIXELS";
    /// The file begins as a picture does, but cannot be read.
    pub const IMAGE_CORRUPT: &str = "IMAGE_CORRUPT";

    /// All of them.
    pub const ALL: [&str; 6] = [
        IMAGE_EMPTY,
        IMAGE_NOT_AN_IMAGE,
        IMAGE_UNSUPPORTED_FORMAT,
        IMAGE_TOO_LARGE,
        IMAGE_TOO_MANY_PIXELS,
        IMAGE_CORRUPT,
    ];
}

/// A file that cannot be used, and never will be: a result to tell the merchant, not a failure to retry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Rejection {
    /// One of [`codes`].
    pub code: &'static str,
    /// What is wrong and what to do, in sentences that a merchant understands.
    pub message: String,
}

impl Rejection {
    pub(super) fn empty() -> Self {
        Self::new(codes::IMAGE_EMPTY, "The file is empty. Choose the photo again and upload it once more.")
    }

    /// `seems` completes "The file seems to be …".
    pub(super) fn not_an_image(seems: &str) -> Self {
        Self::new(
            codes::IMAGE_NOT_AN_IMAGE,
            format!("The file seems to be {seems}, not a picture. Upload a JPEG, PNG, WebP or GIF."),
        )
    }

    /// `seems` completes "The file seems to be …".
    pub(super) fn unsupported(seems: &str) -> Self {
        Self::new(
            codes::IMAGE_UNSUPPORTED_FORMAT,
            format!(
                "The file seems to be {seems}, which Tola does not read. \
                 Save or export it as JPEG, PNG, WebP or GIF, then upload that."
            ),
        )
    }

    pub(super) fn too_large(bytes: u64) -> Self {
        let mebibytes = bytes as f64 / f64::from(1 << 20);
        Self::new(
            codes::IMAGE_TOO_LARGE,
            format!(
                "The file has {mebibytes:.1} MiB, and at most {} MiB are taken. \
                 Save it smaller or with stronger compression, then upload that.",
                MAX_UPLOAD_BYTES >> 20
            ),
        )
    }

    /// `size` is width and height where they are known.
    pub(super) fn too_many_pixels(size: Option<(u32, u32)>) -> Self {
        let has =
            size.map_or_else(|| "too many pixels".to_owned(), |(width, height)| format!("{width} × {height} pixels"));
        Self::new(
            codes::IMAGE_TOO_MANY_PIXELS,
            format!(
                "The picture has {has}. Each side may have at most {MAX_SIDE}, and both multiplied at most {} million. \
                 Scale it down, then upload that.",
                MAX_PIXELS / 1_000_000
            ),
        )
    }

    /// `format` is the name of what the file is.
    pub(super) fn too_costly(format: &str) -> Self {
        Self::new(
            codes::IMAGE_TOO_MANY_PIXELS,
            format!(
                "The file is a {format} that takes more memory or time to open than a picture should. \
                 Open it on your device, save it as a common JPEG or scale it down, then upload that."
            ),
        )
    }

    /// `format` is the name of what the file begins as; `detail` completes "…, but …".
    pub(super) fn corrupt(format: &str, detail: &str) -> Self {
        Self::new(
            codes::IMAGE_CORRUPT,
            format!(
                "The file begins as a {format}, but {detail}. \
                 Open it on your device to see whether it is whole, save it again, then upload that."
            ),
        )
    }

    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
