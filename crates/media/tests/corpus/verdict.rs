//! Whether what became of a file is what should have become of it.

use image::{DynamicImage, GenericImageView, ImageFormat};
use tola_media::{RenderError, Rendered, Rendition, RenditionFormat, codes, inspect};

use crate::{
    bare::assert_bare,
    case::{Case, End, Ready, Rejected},
    files::SECRET,
};

/// Panics unless `rendered` is what the case asks for.
pub(crate) fn judge(case: &Case, bytes: &[u8], rendered: Result<Rendered, RenderError>) {
    match (&case.end, rendered) {
        (End::Ready(ready), Ok(rendered)) => {
            assert_eq!(inspect(bytes).map(|inspected| inspected.format), Ok(ready.format));
            assert_ready(ready, &rendered);
        }
        (End::Rejected(rejected), Err(error)) => assert_rejected(rejected, &error),
        (End::Rejected(rejected), Ok(_)) => panic!("is shown and not rejected as {}", rejected.code),
        (End::Ready(_), Err(error)) => panic!("is not shown: {error}"),
        (End::Noticed(_), _) => panic!("another answer than expected"),
    }
}

fn assert_rejected(rejected: &Rejected, error: &RenderError) {
    let RenderError::Rejected(rejection) = error else { panic!("our own failure: {error}") };
    assert_eq!(rejection.code, rejected.code, "{rejection}");
    assert!(codes::ALL.contains(&rejection.code));
    let message = &rejection.message;
    assert!(message.contains(rejected.says), "“{}” is not in: {message}", rejected.says);
    // Something is wrong, and something can be done.
    assert!(message.ends_with('.') && message.matches(". ").count() >= 1, "no sentences: {message}");
    assert!(message.to_lowercase().contains("upload"), "nothing to do: {message}");
}

fn assert_ready(ready: &Ready, rendered: &Rendered) {
    assert_eq!((rendered.width, rendered.height), ready.size);
    assert!(rendered.impression.colour.len() == 7 && rendered.impression.blurhash.len() > 6);
    let summary: Vec<_> = rendered.renditions.iter().map(|r| (r.name.clone(), r.width, r.height)).collect();
    assert_eq!(summary, expected(ready.size));
    for rendition in &rendered.renditions {
        assert_bare(rendition);
        assert!(!contains(&rendition.bytes, SECRET.as_bytes()), "{} tells the secret", rendition.name);
        assert_shows(ready, rendition);
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Names and sizes of the renditions of a picture of this size.
fn expected((width, height): (u32, u32)) -> Vec<(String, u32, u32)> {
    let longest = f64::from(width.max(height));
    let mut sizes = Vec::new();
    for side in [160, 320, 640, 1280, 1920] {
        let scale = (f64::from(side) / longest).min(1.0);
        let scaled = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
        sizes.push((side.to_string(), scaled(width), scaled(height)));
        if f64::from(side) >= longest {
            break;
        }
    }
    let square = width.min(height).min(1080);
    sizes.push(("square-1080".to_owned(), square, square));
    let both = |(name, width, height)| ["jpg", "webp"].map(|ending| (format!("{name}.{ending}"), width, height));
    sizes.into_iter().flat_map(both).collect()
}

fn assert_shows(ready: &Ready, rendition: &Rendition) {
    let image = decoded(rendition);
    for (at, [red, green, blue, alpha]) in (0..).zip(ready.corners) {
        let (x, y) = (image.width() * (1 + 2 * (at % 2)) / 4, image.height() * (1 + 2 * (at / 2)) / 4);
        let pixel = image.get_pixel(x, y).0;
        let expected = match rendition.format {
            RenditionFormat::WebP => [red, green, blue, alpha],
            RenditionFormat::Jpeg => on_white([red, green, blue, alpha]),
        };
        // The colour of what nobody sees does not count.
        let counting = if expected[3] == 0 { 3..4 } else { 0..4 };
        let far = counting.clone().any(|n| pixel[n].abs_diff(expected[n]) > 14);
        assert!(!far, "{} shows {pixel:?} in its quarter {at}, and not {expected:?}", rendition.name);
    }
}

fn on_white([red, green, blue, alpha]: [u8; 4]) -> [u8; 4] {
    let mix = |colour: u8| ((u32::from(colour) * u32::from(alpha) + 255 * u32::from(255 - alpha)) / 255) as u8;
    [mix(red), mix(green), mix(blue), 255]
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
