//! What stands for a picture until it is loaded.

use super::{
    encode::on_white,
    raster::{Channels, Raster, ScaleError},
};

/// The longest side of what is looked at, in pixels: more changes nothing.
const SIDE: u32 = 32;

/// A picture in a few letters: what a page shows in its place until it is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impression {
    /// Its blurred colours as a [BlurHash](https://blurha.sh), of 4 × 3 parts, or 3 × 4 if it is higher than wide.
    pub blurhash: String,
    /// The colour that most of it has, `#rrggbb`. What is transparent is white.
    pub colour: String,
}

impl Impression {
    /// The impression of a picture in sRGB.
    pub(super) fn of(picture: &Raster) -> Result<Self, ScaleError> {
        let longest = picture.width.max(picture.height).max(1);
        let length = |length: u32| (length * SIDE / longest).clamp(1, length.max(1));
        let size = if longest > SIDE { (length(picture.width), length(picture.height)) } else { picture.size() };
        let small = picture.scaled(picture.whole(), size)?;
        let pixels = match small.channels {
            Channels::Rgba => on_white(&small.samples),
            _ => small.samples,
        };
        Ok(Self { blurhash: blurred(&pixels, size), colour: most_common(&pixels) })
    }
}

fn blurred(pixels: &[u8], (width, height): (u32, u32)) -> String {
    let opaque: Vec<u8> = pixels.chunks_exact(3).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect();
    let (across, down) = if width >= height { (4, 3) } else { (3, 4) };
    // It fails only for another number of parts than 1 to 9.
    blurhash::encode(across, down, width, height, &opaque).unwrap_or_default()
}

/// The mean of the pixels that fall into the fullest of 512 boxes.
fn most_common(pixels: &[u8]) -> String {
    let mut boxes = vec![[0_u32; 4]; 512];
    for pixel in pixels.chunks_exact(3) {
        let place = pixel.iter().fold(0, |place, &value| place << 3 | usize::from(value >> 5));
        let [count, sums @ ..] = &mut boxes[place];
        *count += 1;
        sums.iter_mut().zip(pixel).for_each(|(sum, &value)| *sum += u32::from(value));
    }
    let [count, sums @ ..] = boxes.into_iter().max_by_key(|[count, ..]| *count).unwrap_or_default();
    let [red, green, blue] = sums.map(|sum| (sum + count / 2) / count.max(1));
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colour_is_that_of_most_pixels_and_not_their_mean() {
        let pixels = [[[250, 10, 20]; 6].as_flattened(), [[0, 0, 255]; 4].as_flattened()].concat();

        assert_eq!(most_common(&pixels), "#fa0a14");
    }

    #[test]
    fn the_impression_has_the_shape_of_its_picture() {
        let of = |width, height| {
            let samples = [200, 100, 50].repeat((width * height) as usize);
            Impression::of(&Raster { width, height, channels: Channels::Rgb, samples }).unwrap()
        };

        assert_eq!(of(400, 100).colour, "#c86432");
        // The first letter is the number of parts.
        assert!(of(400, 100).blurhash.starts_with('L'), "{:?}", of(400, 100));
        assert!(of(100, 400).blurhash.starts_with('T'), "{:?}", of(100, 400));
        assert_eq!(of(1, 1000).blurhash.len(), of(1, 1).blurhash.len());
    }

    #[test]
    fn what_is_transparent_is_white() {
        let picture = Raster { width: 2, height: 2, channels: Channels::Rgba, samples: vec![0; 16] };

        assert_eq!(Impression::of(&picture).unwrap().colour, "#ffffff");
    }
}
