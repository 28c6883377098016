//! Renditions carry no colour profile, so their colours are brought to sRGB, which browsers then assume.

use image::DynamicImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// Changes the colours from those of `icc_profile` to sRGB.
///
/// Pixels stay as they are when the profile cannot be read, or speaks of something else than red, green and blue: the
/// decoder has already brought grey and CMYK to RGB as well as one can without it.
pub(super) fn to_srgb(image: &mut DynamicImage, icc_profile: &[u8]) {
    let Ok(profile) = ColorProfile::new_from_slice(icc_profile) else {
        return;
    };
    if profile.color_space != DataColorSpace::Rgb {
        return;
    }
    let (pixels, layout): (&mut [u8], _) = match image {
        DynamicImage::ImageRgb8(image) => (image, Layout::Rgb),
        DynamicImage::ImageRgba8(image) => (image, Layout::Rgba),
        _ => return,
    };
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default()) else {
        return;
    };
    let mut converted = vec![0; pixels.len()];
    if transform.transform(pixels, &mut converted).is_ok() {
        pixels.copy_from_slice(&converted);
    }
}
