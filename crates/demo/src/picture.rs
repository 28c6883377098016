//! Pictures of products, drawn by code: a shape for each kind of thing, in a few colours. Many products share one.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder as _, RgbImage};

use crate::Error;

mod books;
mod easel;
mod electronics;
mod fashion;
mod furniture;
mod grocery;

use easel::{Easel, Rgb};

/// Of JPEGs.
const QUALITY: u8 = 88;

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Motif {
    Shirt,
    Dress,
    Trousers,
    Shoe,
    Bag,
    Phone,
    Laptop,
    Tablet,
    Headphones,
    Speaker,
    Keyboard,
    Charger,
    Pouch,
    Tin,
    Bar,
    Jar,
    Bottle,
    Cover,
    Chair,
    Stool,
    Sofa,
    Table,
    Bookcase,
    Bed,
}

/// In which colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Tone {
    Light,
    Dark,
    Warm,
    Green,
    Blue,
}

/// A picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Picture {
    pub(crate) motif: Motif,
    pub(crate) tone: Tone,
}

/// A picture as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What it is called.
    pub name: String,
    /// Its media type.
    pub content_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Motif {
    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Shirt => "shirt",
            Self::Dress => "dress",
            Self::Trousers => "trousers",
            Self::Shoe => "shoe",
            Self::Bag => "bag",
            Self::Phone => "phone",
            Self::Laptop => "laptop",
            Self::Tablet => "tablet",
            Self::Headphones => "headphones",
            Self::Speaker => "speaker",
            Self::Keyboard => "keyboard",
            Self::Charger => "charger",
            Self::Pouch => "pouch",
            Self::Tin => "tin",
            Self::Bar => "bar",
            Self::Jar => "jar",
            Self::Bottle => "bottle",
            Self::Cover => "cover",
            Self::Chair => "chair",
            Self::Stool => "stool",
            Self::Sofa => "sofa",
            Self::Table => "table",
            Self::Bookcase => "bookcase",
            Self::Bed => "bed",
        }
    }

    fn draw(self, easel: &mut Easel, tone: Tone) {
        match self {
            Self::Shirt => fashion::shirt(easel, tone),
            Self::Dress => fashion::dress(easel, tone),
            Self::Trousers => fashion::trousers(easel, tone),
            Self::Shoe => fashion::shoe(easel, tone),
            Self::Bag => fashion::bag(easel, tone),
            Self::Phone => electronics::phone(easel, tone),
            Self::Laptop => electronics::laptop(easel, tone),
            Self::Tablet => electronics::tablet(easel, tone),
            Self::Headphones => electronics::headphones(easel, tone),
            Self::Speaker => electronics::speaker(easel, tone),
            Self::Keyboard => electronics::keyboard(easel, tone),
            Self::Charger => electronics::charger(easel, tone),
            Self::Pouch => grocery::pouch(easel, tone),
            Self::Tin => grocery::tin(easel, tone),
            Self::Bar => grocery::bar(easel, tone),
            Self::Jar => grocery::jar(easel, tone),
            Self::Bottle => grocery::bottle(easel, tone),
            Self::Cover => books::cover(easel, tone),
            Self::Chair => furniture::chair(easel, tone),
            Self::Stool => furniture::stool(easel, tone),
            Self::Sofa => furniture::sofa(easel, tone),
            Self::Table => furniture::table(easel, tone),
            Self::Bookcase => furniture::bookcase(easel, tone),
            Self::Bed => furniture::bed(easel, tone),
        }
    }
}

impl Tone {
    fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Warm => "warm",
            Self::Green => "green",
            Self::Blue => "blue",
        }
    }

    /// One of these, in the order in which tones are declared.
    fn of(self, colours: [Rgb; 5]) -> Rgb {
        colours[self as usize]
    }
}

impl Picture {
    /// What it is called: `shirt-light`.
    #[must_use]
    pub fn name(self) -> String {
        format!("{}-{}", self.motif.name(), self.tone.name())
    }

    /// The media type of its file: covers of books, which have few colours, are PNGs.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        if self.motif == Motif::Cover { "image/png" } else { "image/jpeg" }
    }

    /// Draws it.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn draw(self) -> Result<File, Error> {
        let no_memory = || Error::Drawing(self.name());
        let mut easel = Easel::new().ok_or_else(no_memory)?;
        self.motif.draw(&mut easel, self.tone);
        let (width, height, pixels) = easel.finish();
        let picture = RgbImage::from_raw(width, height, pixels).ok_or_else(no_memory)?;
        let mut bytes = Cursor::new(Vec::new());
        let extension = if self.motif == Motif::Cover {
            picture.write_to(&mut bytes, image::ImageFormat::Png)?;
            "png"
        } else {
            let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
            encoder.write_image(&picture, width, height, ExtendedColorType::Rgb8)?;
            "jpg"
        };
        let name = format!("{}.{extension}", self.name());
        Ok(File { name, content_type: self.content_type(), bytes: bytes.into_inner() })
    }
}
