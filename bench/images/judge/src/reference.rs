//! What a rendition should look like: the picture scaled without a shortcut.
//!
//! Lanczos with three lobes, from all pixels of the picture before it was encoded, in single precision and never
//! rounded. In sRGB as it is and not in linear light: all contestants scale so, as browsers do, and a score should tell
//! what their shortcuts and encoders lose, and not drown it in a difference that all of them have. Colours count as much
//! as they are opaque.

use crate::bands::fill_rows;
use crate::picture::Picture;

const LOBES: f64 = 3.0;

/// Red, green and blue multiplied with opacity, and opacity; 0..=1 but for overshooting.
pub(crate) type Wide = [f32; 4];

/// A picture of which nothing was rounded.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<Wide>,
}

/// The pixels that make up one, and how much each counts.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

impl Reference {
    /// The picture, scaled.
    pub(crate) fn of(picture: &Picture, width: usize, height: usize) -> Self {
        let (across, down) = (taps(picture.width, width), taps(picture.height, height));
        let mut narrow = vec![[0.0; 4]; width * picture.height];
        fill_rows(&mut narrow, width, |row, pixels| {
            let source: Vec<_> =
                picture.pixels[row * picture.width..][..picture.width].iter().map(multiplied).collect();
            for (pixel, taps) in pixels.iter_mut().zip(&across) {
                *pixel = taps.sum(|at| &source[at]);
            }
        });
        let mut pixels = vec![[0.0; 4]; width * height];
        fill_rows(&mut pixels, width, |row, pixels| {
            for (column, pixel) in pixels.iter_mut().enumerate() {
                *pixel = down[row].sum(|at| &narrow[at * width + column]);
            }
        });
        Self { width, height, pixels }
    }

    /// Red, green and blue in front of a grey of this lightness.
    pub(crate) fn before(&self, grey: f32) -> Vec<[f32; 3]> {
        let over = |&[red, green, blue, alpha]: &Wide| {
            [red, green, blue].map(|colour| (colour + grey * (1.0 - alpha)).clamp(0.0, 1.0))
        };
        self.pixels.iter().map(over).collect()
    }
}

fn multiplied(pixel: &[u8; 4]) -> Wide {
    let [red, green, blue, alpha] = pixel.map(|value| f32::from(value) / 255.0);
    [red * alpha, green * alpha, blue * alpha, alpha]
}

impl Taps {
    fn sum<'a>(&self, pixel: impl Fn(usize) -> &'a Wide) -> Wide {
        let mut sum = [0.0; 4];
        for (offset, weight) in self.weights.iter().enumerate() {
            let pixel = pixel(self.first + offset);
            for channel in 0..4 {
                sum[channel] += weight * pixel[channel];
            }
        }
        sum
    }
}

/// For each of `to` pixels in a row, which of `from` make it up.
fn taps(from: usize, to: usize) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    // When it makes larger, the filter is as wide as the source's pixels.
    let stretch = scale.max(1.0);
    let taps = (0..to).map(|target| {
        let centre = (target as f64 + 0.5) * scale;
        let first = (centre - LOBES * stretch).floor().max(0.0) as usize;
        let last = ((centre + LOBES * stretch).ceil() as usize).min(from);
        let weights: Vec<_> = (first..last).map(|at| lanczos((at as f64 + 0.5 - centre) / stretch)).collect();
        let all: f64 = weights.iter().sum();
        Taps { first, weights: weights.into_iter().map(|weight| (weight / all) as f32).collect() }
    });
    taps.collect()
}

fn lanczos(x: f64) -> f64 {
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x) };
    if x.abs() < LOBES { sinc(x) * sinc(x / LOBES) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_scaled_stays_as_it_is() {
        let picture = Picture::painted(9, 5, |row, pixels| {
            pixels
                .iter_mut()
                .enumerate()
                .for_each(|(column, pixel)| *pixel = [row as u8 * 20, column as u8 * 9, 7, 255]);
        });

        let same = Reference::of(&picture, 9, 5);

        for (wide, pixel) in same.pixels.iter().zip(&picture.pixels) {
            assert!(wide.iter().zip(pixel).all(|(wide, byte)| (wide * 255.0 - f32::from(*byte)).abs() < 0.01));
        }
    }

    #[test]
    fn a_flat_picture_stays_flat_and_what_is_transparent_gives_no_colour() {
        let picture = Picture::painted(64, 64, |_, pixels| {
            let (opaque, transparent) = pixels.split_at_mut(32);
            opaque.fill([200, 100, 50, 255]);
            transparent.fill([0, 255, 0, 0]);
        });

        let small = Reference::of(&picture, 8, 8);

        for &[red, green, _, alpha] in &small.pixels {
            assert!((green - red / 2.0).abs() < 0.001, "the hidden green does not show");
            assert!((red - alpha * 200.0 / 255.0).abs() < 0.001);
        }
        assert!((small.pixels[0][3] - 1.0).abs() < 0.02 && small.pixels[7][3].abs() < 0.02);
    }
}
