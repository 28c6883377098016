//! Uploads as merchants send them: whole and broken, upright and turned, and files that are no pictures.

#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod broken;
mod first_bytes;
mod whole;

use image::{DynamicImage, GenericImageView, ImageFormat, Rgba};
use tola_media::{Rejection, RenderError, Rendition, RenditionFormat, render};

fn renditions(bytes: &[u8]) -> Vec<Rendition> {
    render(bytes).unwrap().renditions
}

fn rejected(bytes: &[u8]) -> Rejection {
    match render(bytes) {
        Err(RenderError::Rejected(rejection)) => rejection,
        other => panic!("not rejected: {other:?}"),
    }
}

fn decoded(rendition: &Rendition) -> DynamicImage {
    let format = match rendition.format {
        RenditionFormat::Jpeg => ImageFormat::Jpeg,
        RenditionFormat::WebP => ImageFormat::WebP,
    };
    let image = image::load_from_memory_with_format(&rendition.bytes, format).unwrap();
    assert_eq!(image.dimensions(), (rendition.width, rendition.height), "{}", rendition.name);
    image
}

/// Lossy encoders and scalers keep the colour of a plain area nearly as it is.
fn assert_about(pixel: Rgba<u8>, expected: [u8; 4], what: &str) {
    let far = pixel.0.iter().zip(expected).any(|(&is, should)| is.abs_diff(should) > 12);
    assert!(!far, "{what}: {:?} is not about {expected:?}", pixel.0);
}

fn summary(renditions: &[Rendition]) -> Vec<(&str, u32, u32)> {
    renditions.iter().map(|r| (r.name.as_str(), r.width, r.height)).collect()
}
