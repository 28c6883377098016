//! The pictures that are handed out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tola_media::testing::with_exif_orientation;

use crate::picture::Picture;
use crate::{logo, scene};

/// What a phone's camera writes, more or less.
const JPEG_QUALITY: u8 = 92;
/// How a phone that is held upright marks its photos: turn to the right.
const HELD_UPRIGHT: u16 = 6;

/// One of the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Exhibit {
    /// A photo of a phone that was held upright: 12 megapixels, stored on its side.
    #[serde(rename = "photo-12mp")]
    Photo12,
    /// A photo in a phone's highest resolution: 48 megapixels.
    #[serde(rename = "photo-48mp")]
    Photo48,
    /// A thing without its background: 12 megapixels with transparency.
    #[serde(rename = "cut-out-12mp")]
    CutOut,
    /// A logo with transparency.
    Logo,
}

/// What was made.
#[derive(Debug, Serialize)]
pub(crate) struct Made {
    exhibit: Exhibit,
    file: PathBuf,
    content_type: &'static str,
    /// As a viewer shows it.
    width: usize,
    height: usize,
    bytes: usize,
    content_hash: String,
}

impl Exhibit {
    pub(crate) const ALL: [Self; 4] = [Self::Photo12, Self::Photo48, Self::CutOut, Self::Logo];

    /// Its pixels as a viewer shows them.
    pub(crate) fn picture(self) -> Picture {
        match self {
            Self::Photo12 => scene::photo(3_024, 4_032, 12),
            Self::Photo48 => scene::photo(8_064, 6_048, 48),
            Self::CutOut => scene::cut_out(4_000, 3_000, 21),
            Self::Logo => logo::logo(1_600),
        }
    }

    /// Writes its file into a folder.
    pub(crate) fn make(self, folder: &Path) -> anyhow::Result<Made> {
        let picture = self.picture();
        let (name, content_type, bytes) = match self {
            Self::Photo12 => {
                let stored = jpeg(&picture.turned_left())?;
                ("photo-12mp.jpg", "image/jpeg", with_exif_orientation(&stored, HELD_UPRIGHT))
            }
            Self::Photo48 => ("photo-48mp.jpg", "image/jpeg", jpeg(&picture)?),
            Self::CutOut => ("cut-out-12mp.png", "image/png", png(&picture)?),
            Self::Logo => ("logo.png", "image/png", png(&picture)?),
        };
        let file = folder.join(name);
        fs::write(&file, &bytes).with_context(|| format!("can't write {}", file.display()))?;
        Ok(Made {
            exhibit: self,
            file,
            content_type,
            width: picture.width,
            height: picture.height,
            bytes: bytes.len(),
            content_hash: hex::encode(Sha256::digest(&bytes)),
        })
    }
}

/// Baseline, its colours at half the resolution, as cameras write.
fn jpeg(picture: &Picture) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, JPEG_QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.encode(&picture.rgb(), picture.width.try_into()?, picture.height.try_into()?, ColorType::Rgb)?;
    Ok(bytes)
}

fn png(picture: &Picture) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    let (width, height) = (picture.width.try_into()?, picture.height.try_into()?);
    encoder.write_image(picture.pixels.as_flattened(), width, height, ExtendedColorType::Rgba8)?;
    Ok(bytes)
}
