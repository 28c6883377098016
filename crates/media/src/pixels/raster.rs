//! Pixels in memory: eight bits a channel, row after row without gaps.

use fast_image_resize::{
    FilterType, ImageBufferError, ImageError, MulDiv, PixelTrait, ResizeAlg, ResizeError, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::{U8, U8x3, U8x4},
};

/// Why a picture could not be scaled: a defect of ours.
#[derive(Debug, thiserror::Error)]
pub enum ScaleError {
    /// The samples are not as many as the size says.
    #[error("the picture has too few samples")]
    Samples(#[from] ImageBufferError),
    /// The kind of pixels is not scaled.
    #[error("the picture is of a kind that is not scaled")]
    Kind(#[from] ImageError),
    /// The scaler refused.
    #[error("the scaler refused the picture")]
    Scaler(#[from] ResizeError),
}

/// What the samples of a pixel mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels {
    Grey,
    Rgb,
    /// Premultiplied: what is transparent has no colour to give to its neighbours when it is scaled.
    Rgba,
    /// Ink: 255 is all of it.
    Cmyk,
}

impl Channels {
    pub(super) const fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }
}

/// A picture.
#[derive(Debug, Clone)]
pub(super) struct Raster {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) channels: Channels,
    /// `width × height` pixels.
    pub(super) samples: Vec<u8>,
}

/// Which part of a picture is meant, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Raster {
    /// A picture of colours that are not premultiplied yet.
    pub(super) fn with_alpha(width: u32, height: u32, mut samples: Vec<u8>) -> Result<Self, ScaleError> {
        MulDiv::new().multiply_alpha_inplace_typed(&mut TypedImage::<U8x4>::from_buffer(
            width,
            height,
            &mut samples,
        )?)?;
        Ok(Self { width, height, channels: Channels::Rgba, samples })
    }

    /// Its colours as they were before they were premultiplied.
    pub(super) fn straight(&self) -> Result<Vec<u8>, ScaleError> {
        let mut samples = self.samples.clone();
        let mut image = TypedImage::<U8x4>::from_buffer(self.width, self.height, &mut samples)?;
        MulDiv::new().divide_alpha_inplace_typed(&mut image)?;
        Ok(samples)
    }

    pub(super) const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    pub(super) const fn whole(&self) -> Part {
        Part { left: 0, top: 0, width: self.width, height: self.height }
    }

    /// The largest square in its middle.
    pub(super) fn middle(&self) -> Part {
        let side = self.width.min(self.height);
        Part { left: (self.width - side) / 2, top: (self.height - side) / 2, width: side, height: side }
    }

    /// A part of it in another size.
    pub(super) fn scaled(&self, part: Part, (width, height): (u32, u32)) -> Result<Self, ScaleError> {
        if part == self.whole() && (width, height) == self.size() {
            return Ok(self.clone());
        }
        let samples = match self.channels {
            Channels::Grey => self.scaled_as::<U8>(part, width, height)?,
            Channels::Rgb => self.scaled_as::<U8x3>(part, width, height)?,
            Channels::Rgba | Channels::Cmyk => self.scaled_as::<U8x4>(part, width, height)?,
        };
        Ok(Self { width, height, channels: self.channels, samples })
    }

    /// The samples of a part in another size. Each kind of pixels that is named here is code that has to be compiled.
    fn scaled_as<P: PixelTrait>(&self, part: Part, width: u32, height: u32) -> Result<Vec<u8>, ScaleError> {
        let mut samples = vec![0; width as usize * height as usize * self.channels.count()];
        let source = TypedImageRef::<P>::from_buffer(self.width, self.height, &self.samples)?;
        let mut target = TypedImage::<P>::from_buffer(width, height, &mut samples)?;
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
            .use_alpha(false)
            .crop(part.left.into(), part.top.into(), part.width.into(), part.height.into());
        Resizer::new().resize_typed(&source, &mut target, &options)?;
        Ok(samples)
    }
}
