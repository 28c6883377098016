//! Renditions carry no colour profile, so their colours are brought to sRGB, which browsers then assume.

use std::panic::{AssertUnwindSafe, catch_unwind};

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::raster::{Channels, Raster, ScaleError};

/// The longest profile that is looked at, in bytes: those of printing presses have two million.
const MAX_PROFILE: usize = 4 << 20;

/// A picture in sRGB, with transparency if it had any: [`Channels::Rgb`] or [`Channels::Rgba`].
///
/// A profile that can't be read, or that speaks of other colours than the picture has, is passed over, as viewers do.
pub(super) fn to_srgb(raster: Raster, icc_profile: Option<&[u8]>) -> Result<Raster, ScaleError> {
    if let Some(profile) = icc_profile.filter(|profile| profile.len() <= MAX_PROFILE) {
        let samples = match raster.channels {
            Channels::Rgba => converted(&raster.straight()?, Channels::Rgba, profile),
            channels => converted(&raster.samples, channels, profile),
        };
        if let Some(samples) = samples {
            return match raster.channels {
                Channels::Rgba => Raster::with_alpha(raster.width, raster.height, samples),
                _ => Ok(Raster { channels: Channels::Rgb, samples, ..raster }),
            };
        }
    }
    let samples = match raster.channels {
        Channels::Rgb | Channels::Rgba => return Ok(raster),
        Channels::Grey => raster.samples.iter().flat_map(|&grey| [grey; 3]).collect(),
        Channels::Cmyk => {
            raster.samples.chunks_exact(4).flat_map(|ink| without_ink([ink[0], ink[1], ink[2], ink[3]])).collect()
        }
    };
    Ok(Raster { channels: Channels::Rgb, samples, ..raster })
}

/// What is left of white light. A press prints it darker, but which press is not known.
fn without_ink([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    // At most 255: a product of two parts of it.
    [cyan, magenta, yellow].map(|ink| (u32::from(255 - ink) * u32::from(255 - black) / 255) as u8)
}

/// The samples in sRGB, or nothing where the profile does not serve, or changes nothing that one could see.
fn converted(samples: &[u8], channels: Channels, profile: &[u8]) -> Option<Vec<u8>> {
    let (space, from, to) = match channels {
        Channels::Grey => (DataColorSpace::Gray, Layout::Gray, Layout::Rgb),
        Channels::Rgb => (DataColorSpace::Rgb, Layout::Rgb, Layout::Rgb),
        Channels::Rgba => (DataColorSpace::Rgb, Layout::Rgba, Layout::Rgba),
        Channels::Cmyk => (DataColorSpace::Cmyk, Layout::Rgba, Layout::Rgb),
    };
    let convert = || {
        let profile = ColorProfile::new_from_slice(profile).ok()?;
        if profile.color_space != space {
            return None;
        }
        let transform =
            profile.create_transform_8bit(from, &ColorProfile::new_srgb(), to, TransformOptions::default()).ok()?;
        if space == DataColorSpace::Rgb && is_nearly_nothing(|from, to| transform.transform(from, to).is_ok(), channels)
        {
            return None;
        }
        let mut out = vec![0; samples.len() / channels.count() * if channels == Channels::Rgba { 4 } else { 3 }];
        transform.transform(samples, &mut out).ok()?;
        Some(out)
    };
    // A profile is as hostile as any other part of an upload.
    catch_unwind(AssertUnwindSafe(convert)).unwrap_or_default()
}

/// Whether a transformation leaves colours as they are: most profiles describe sRGB.
fn is_nearly_nothing(transform: impl Fn(&[u8], &mut [u8]) -> bool, channels: Channels) -> bool {
    let levels = [0, 32, 96, 160, 224, 255];
    let mut from = Vec::new();
    for (red, green, blue) in levels.iter().flat_map(|r| levels.iter().flat_map(move |g| levels.map(|b| (r, g, b)))) {
        from.extend([*red, *green, blue]);
        if channels == Channels::Rgba {
            from.push(255);
        }
    }
    let mut to = vec![0; from.len()];
    transform(&from, &mut to) && from.iter().zip(&to).all(|(from, to)| from.abs_diff(*to) <= 1)
}
