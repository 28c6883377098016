//! How close renditions come to what they should look like: SSIMULACRA2, of which 100 is the same, 90 a difference that
//! nobody sees side by side, and 70 what is called high quality.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail, ensure};
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader};
use serde::{Deserialize, Serialize};
use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};

use crate::bands::fill_rows;
use crate::exhibit::Exhibit;
use crate::reference::Reference;

/// What to score: renditions of one exhibit.
#[derive(Debug, Deserialize)]
pub(crate) struct Task {
    exhibit: Exhibit,
    renditions: Vec<Rendition>,
}

#[derive(Debug, Deserialize)]
struct Rendition {
    file: PathBuf,
    /// Whether it shows the square in the middle only.
    square: bool,
    width: u32,
    height: u32,
}

/// A rendition's score, in the order of the task.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Score(f64);

/// Scores each rendition.
///
/// # Errors
/// When one can't be read, has another size, or carries metadata.
pub(crate) fn score(task: &Task) -> anyhow::Result<Vec<Score>> {
    let whole = task.exhibit.picture();
    let square = whole.square();
    let mut references = BTreeMap::new();
    for Rendition { square: is_square, width, height, .. } in &task.renditions {
        let picture = if *is_square { &square } else { &whole };
        let reference = || Reference::of(picture, *width as usize, *height as usize);
        references.entry((*is_square, *width, *height)).or_insert_with(reference);
    }
    drop((whole, square));
    let mut scores: Vec<_> = task.renditions.iter().map(|_| Err(anyhow!("it was not scored"))).collect();
    fill_rows(&mut scores, 1, |number, score| {
        let rendition = &task.renditions[number];
        let reference = &references[&(rendition.square, rendition.width, rendition.height)];
        score[0] = rendition.score(reference).with_context(|| rendition.file.display().to_string());
    });
    scores.into_iter().collect()
}

impl Rendition {
    /// In front of white, as JPEGs are flattened; what is transparent in front of black as well, and the worse counts.
    fn score(&self, reference: &Reference) -> anyhow::Result<Score> {
        let decoded = self.decoded()?;
        let greys: &[f32] = if decoded.color().has_alpha() { &[1.0, 0.0] } else { &[1.0] };
        let made = decoded.into_rgba32f();
        let mut worst = f64::INFINITY;
        for &grey in greys {
            let made = made.pixels().map(|pixel| {
                let [red, green, blue, alpha] = pixel.0;
                [red, green, blue].map(|colour| colour * alpha + grey * (1.0 - alpha))
            });
            let score = compute_frame_ssimulacra2(
                frame(reference.before(grey), reference)?,
                frame(made.collect(), reference)?,
            )?;
            worst = worst.min(score);
        }
        Ok(Score(worst))
    }

    /// Its pixels, when it is what it should be: of the right size, and without metadata.
    fn decoded(&self) -> anyhow::Result<DynamicImage> {
        let bytes = fs::read(&self.file)?;
        let reader = ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format()?;
        ensure!(matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::WebP)), "it is neither JPEG nor WebP");
        let mut decoder = reader.into_decoder()?;
        let size = decoder.dimensions();
        ensure!(size == (self.width, self.height), "it has {size:?} pixels, and not {:?}", (self.width, self.height));
        if decoder.exif_metadata()?.is_some() || decoder.icc_profile()?.is_some() {
            bail!("it carries metadata");
        }
        Ok(DynamicImage::from_decoder(decoder)?)
    }
}

fn frame(pixels: Vec<[f32; 3]>, like: &Reference) -> anyhow::Result<Rgb> {
    let frame = Rgb::new(pixels, like.width, like.height, TransferCharacteristic::SRGB, ColorPrimaries::BT709);
    frame.map_err(|error| anyhow!("{error:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene;

    #[test]
    fn the_closer_a_rendition_comes_the_more_it_scores() {
        let picture = scene::photo(320, 240, 5);
        let reference = Reference::of(&picture, 160, 120);
        let small: Vec<_> = reference.before(1.0).iter().flatten().map(|value| (value * 255.0).round() as u8).collect();
        let score = |quality: u8, width: u32| {
            let file = std::env::temp_dir().join(format!("judge-{}-{quality}-{width}.jpg", std::process::id()));
            jpeg_encoder::Encoder::new_file(&file, quality)
                .and_then(|encoder| encoder.encode(&small, 160, 120, jpeg_encoder::ColorType::Rgb))
                .unwrap();
            let score = Rendition { file: file.clone(), square: false, width, height: 120 }.score(&reference);
            fs::remove_file(file).unwrap();
            score.map(|Score(score)| score)
        };

        let (bad, good) = (score(20, 160).unwrap(), score(98, 160).unwrap());

        assert!(bad < 60.0 && good > 85.0, "{bad} and {good}");
        assert!(score(98, 80).unwrap_err().to_string().contains("pixels"));
    }
}
