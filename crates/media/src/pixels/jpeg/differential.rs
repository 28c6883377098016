//! Beside another decoder: thousands of JPEGs of every common kind, and what both make of them.

#![expect(clippy::unwrap_used, reason = "the helpers of tests report by panicking, as tests do")]

use image::{DynamicImage, ImageFormat, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::{super::raster::Channels, Fault, Raster, decode};
use crate::testing::{
    self,
    coefficients::{Coefficients, Part},
};

const SAMPLINGS: [SamplingFactor; 4] =
    [SamplingFactor::F_1_1, SamplingFactor::F_2_1, SamplingFactor::F_1_2, SamplingFactor::F_2_2];

fn ours(bytes: &[u8], shrink: u32) -> Raster {
    decode(bytes, |_, _| shrink).map(|decoded| decoded.raster).unwrap()
}

fn theirs(bytes: &[u8]) -> DynamicImage {
    image::load_from_memory_with_format(bytes, ImageFormat::Jpeg).unwrap()
}

/// Largest and mean difference of samples.
fn distance(a: &[u8], b: &[u8]) -> (u8, f64) {
    assert_eq!(a.len(), b.len());
    let far = || a.iter().zip(b).map(|(&a, &b)| a.abs_diff(b));
    (far().max().unwrap_or(0), far().map(f64::from).sum::<f64>() / a.len() as f64)
}

/// A photo without noise: what is between two samples of colour can be told from them.
fn smooth(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let wave = |x: f64, y: f64| (127.5 + 100.0 * (x / 9.0).sin() * (y / 11.0).cos()) as u8;
        let (x, y) = (f64::from(x), f64::from(y));
        image::Rgb([wave(x, y), wave(y + 5.0, x), wave(x + y, x - y)])
    })
}

#[test]
fn every_common_kind_is_decoded_as_another_decoder_does() {
    for sampling in SAMPLINGS {
        for (width, height) in (1..=40).map(|side| (side, (side * 17) % 40 + 1)) {
            let photo = smooth(width, height);
            for (quality, progressive, restart) in
                [(95, false, 0), (90, false, 1 + width as u16 % 5), (90, true, 0), (75, true, 3), (30, false, 0)]
            {
                let written = |optimized| {
                    testing::jpeg_as(&photo, |encoder| {
                        encoder.set_quality(quality);
                        encoder.set_sampling_factor(sampling);
                        encoder.set_progressive(progressive);
                        encoder.set_restart_interval(restart);
                        encoder.set_optimized_huffman_tables(optimized);
                    })
                };
                let bytes = written(false);
                let decoded = ours(&bytes, 1);

                let (most, mean) = distance(&decoded.samples, &theirs(&bytes).into_rgb8());

                let what = format!("{width} × {height}, {sampling:?}, quality {quality}, progressive {progressive}");
                let whole = sampling == SamplingFactor::F_1_1;
                // Where colours have fewer samples, each decoder guesses what lies between in its own way.
                assert!(most <= if whole { 4 } else { 60 }, "{what}: {most}");
                assert!(mean <= if whole { 0.8 } else { 3.0 }, "{what}: {mean}");
                // The encoder can't do both, and the other decoder takes some of these for something else.
                if restart == 0 {
                    assert_eq!(ours(&written(true), 1).samples, decoded.samples, "{what}, a scan for each colour");
                }
            }
        }
    }
}

#[test]
fn grey_and_ink_are_decoded_as_another_decoder_does() {
    for (width, height) in (1..=40).map(|side| (side, (side * 23) % 40 + 1)) {
        let photo = DynamicImage::from(smooth(width.into(), height.into()));
        for progressive in [false, true] {
            let written = |samples: &[u8], kind| {
                let mut bytes = Vec::new();
                let mut encoder = Encoder::new(&mut bytes, 95);
                encoder.set_progressive(progressive);
                encoder.encode(samples, width, height, kind).unwrap();
                bytes
            };
            let what = format!("{width} × {height}, progressive {progressive}");

            let grey = written(&photo.to_luma8(), ColorType::Luma);
            let decoded = ours(&grey, 1);
            assert_eq!(decoded.channels, Channels::Grey);
            let (most, _) = distance(&decoded.samples, &theirs(&grey).into_luma8());
            assert!(most <= 2, "grey, {what}: {most}");

            let ink = photo.to_rgba8();
            for kind in [ColorType::Cmyk, ColorType::CmykAsYcck] {
                let bytes = written(&ink, kind);
                let decoded = ours(&bytes, 1);
                assert_eq!(decoded.channels, Channels::Cmyk);
                let (most, mean) = distance(&decoded.samples, &ink);
                assert!(most <= 90 && mean <= 4.0, "{kind:?}, {what}: {most}, {mean}");
            }
        }
    }
}

#[test]
fn the_strongest_coefficients_are_decoded_as_another_decoder_does() {
    for seed in 0..60 {
        let coefficients = Coefficients::noise(40, 33, &[(1, 1)], seed);
        for bytes in [coefficients.sequential(0), coefficients.progressive(0, &coefficients.common_parts())] {
            let (most, _) = distance(&ours(&bytes, 1).samples, &theirs(&bytes).into_luma8());

            assert!(most <= 3, "{seed}: {most}");
        }
    }
}

#[test]
fn scans_that_refine_each_other_come_to_what_one_scan_says() {
    for seed in 0..120 {
        let sampling: &[_] = match seed % 5 {
            0 => &[(1, 1)],
            1 => &[(2, 2), (1, 1), (1, 1)],
            2 => &[(1, 1), (1, 1), (1, 1)],
            3 => &[(2, 1), (1, 1), (1, 1)],
            _ => &[(4, 1), (1, 1), (2, 1)],
        };
        let (width, height) = (1 + seed as u16 * 7 % 70, 1 + seed as u16 * 13 % 60);
        let coefficients = Coefficients::noise(width, height, sampling, seed);
        let expected = ours(&coefficients.sequential(0), 1);
        for restart in [0, 1, 7] {
            let bytes = coefficients.progressive(restart, &coefficients.common_parts());
            assert_eq!(ours(&bytes, 1).samples, expected.samples, "{seed}, {restart}, {sampling:?}");
            let bytes = coefficients.sequential(restart);
            assert_eq!(ours(&bytes, 1).samples, expected.samples, "{seed}, {restart}, {sampling:?}");
        }
    }
}

#[test]
fn bands_may_come_in_any_number_and_bit_by_bit() {
    let coefficients = Coefficients::noise(50, 30, &[(2, 2), (1, 1), (1, 1)], 9);
    let mut parts = Vec::new();
    for high in (0..=5).rev() {
        let (before, now) = if high == 5 { (0, 5) } else { (high + 1, high) };
        parts.push(Part::new(None, (0, 0), before, now));
        for colour in 0..3 {
            parts.extend((1..64).step_by(7).map(|first| Part::new(Some(colour), (first, first + 6), before, now)));
        }
    }

    let decoded = ours(&coefficients.progressive(0, &parts), 1);

    assert_eq!(decoded.samples, ours(&coefficients.sequential(0), 1).samples);
}

#[test]
fn a_fraction_of_the_size_is_about_the_mean_of_what_it_stands_for() {
    // Colours that are halved one way only stay as coarse as they are.
    for (sampling, bound) in SAMPLINGS.into_iter().zip([5.0, 15.0, 15.0, 6.0]) {
        for (width, height) in [(640, 480), (97, 203), (40, 40), (33, 9), (17, 64), (8, 31)] {
            let photo = smooth(width, height);
            for progressive in [false, true] {
                let bytes = testing::jpeg_as(&photo, |encoder| {
                    encoder.set_quality(95);
                    encoder.set_sampling_factor(sampling);
                    encoder.set_progressive(progressive);
                });
                for shrink in [2, 4, 8] {
                    let small = ours(&bytes, shrink);

                    let what = format!("{width} × {height} by {shrink}, {sampling:?}, progressive {progressive}");
                    assert_eq!(small.size(), (width.div_ceil(shrink), height.div_ceil(shrink)), "{what}");
                    let (most, mean) = distance(&whole_boxes(&small, &photo, shrink), &boxes(&photo, shrink));
                    assert!(mean <= bound, "{what}: {most}, {mean}");
                }
            }
        }
    }
}

/// The mean of each box of `side` × `side` pixels that lies within the picture.
fn boxes(photo: &RgbImage, side: u32) -> Vec<u8> {
    let (across, down) = (photo.width() / side, photo.height() / side);
    let mean = |x: u32, y: u32, channel: usize| {
        let cells = (0..side * side).map(|n| photo.get_pixel(x * side + n % side, y * side + n / side).0[channel]);
        (cells.map(u32::from).sum::<u32>() / (side * side)) as u8
    };
    let places = (0..down).flat_map(|y| (0..across).map(move |x| (x, y)));
    places.flat_map(|(x, y)| [0, 1, 2].map(|channel| mean(x, y, channel))).collect()
}

/// The pixels that stand for those boxes.
fn whole_boxes(small: &Raster, photo: &RgbImage, side: u32) -> Vec<u8> {
    let (across, down) = ((photo.width() / side) as usize * 3, (photo.height() / side) as usize);
    small.samples.chunks_exact(small.width as usize * 3).take(down).flat_map(|row| row[..across].to_vec()).collect()
}

#[test]
fn what_ends_early_is_never_taken_for_whole() {
    let coefficients = Coefficients::noise(64, 48, &[(2, 2), (1, 1), (1, 1)], 4);
    for bytes in [coefficients.sequential(2), coefficients.progressive(2, &coefficients.common_parts())] {
        for end in 2..bytes.len() - 4 {
            let fault = decode(&bytes[..end], |_, _| 1).err();

            assert!(matches!(fault, Some(Fault::CutOff | Fault::Damaged)), "{end}: {fault:?}");
        }
    }
}
