//! What a channel takes of a product's images, and which of an image's renditions suits it best.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::image::Rendition;

/// What a channel takes of images. Bounds are inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct ImageProfile {
    /// Media types.
    pub formats: &'static [&'static str],
    /// The fewest pixels of the longer side.
    pub min_side: u32,
    /// The most pixels of the longer side.
    pub max_side: u32,
    /// The most bytes of a file.
    pub max_bytes: u64,
    /// Width by height, from the tallest to the widest that it takes; any if there is none.
    pub aspect: Option<(f64, f64)>,
    /// The most images of a listing; what is beyond is not shown there.
    pub max_count: usize,
}

/// Marketplaces whose rules for images are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Marketplace {
    /// Posts on Instagram.
    Instagram,
    /// Catalogs on Facebook.
    Facebook,
    /// Listings on Mercado Libre.
    MercadoLibre,
}

impl Marketplace {
    /// What it takes.
    ///
    /// Sources: Instagram, [Content Publishing](https://developers.facebook.com/docs/instagram-platform/content-publishing)
    /// (JPEG, 8 MB, 320 to 1,440 px wide, 4:5 to 1.91:1, 10 images of a carousel); Facebook,
    /// [Catalog fields](https://www.facebook.com/business/help/120325381656392) (JPEG or PNG, 500 px at least, 8 MB, 20
    /// more images); Mercado Libre, [Pictures](https://developers.mercadolibre.com.ar/en_us/pictures) (JPG or PNG, 500 px
    /// at least, 1,920 px at most, 10 MB, 12 pictures in most categories).
    pub fn images(self) -> ImageProfile {
        const MB: u64 = 1_000_000;
        let (jpeg, both): (&[_], &[_]) = (&["image/jpeg"], &["image/jpeg", "image/png"]);
        let any = ImageProfile {
            formats: both,
            min_side: 500,
            max_side: 16_384,
            max_bytes: 8 * MB,
            aspect: None,
            max_count: 21,
        };
        match self {
            Self::Instagram => ImageProfile {
                formats: jpeg,
                min_side: 320,
                max_side: 1_440,
                aspect: Some((4.0 / 5.0, 1.91)),
                max_count: 10,
                ..any
            },
            Self::Facebook => any,
            Self::MercadoLibre => ImageProfile { max_side: 1_920, max_bytes: 10 * MB, max_count: 12, ..any },
        }
    }
}

impl ImageProfile {
    /// The rendition that suits the channel best: the largest that it takes.
    pub fn best<'a>(&self, renditions: &'a [Rendition]) -> Option<&'a Rendition> {
        renditions
            .iter()
            .filter(|rendition| self.objection(rendition).is_none())
            .max_by_key(|rendition| u64::from(rendition.width) * u64::from(rendition.height))
    }

    /// Why the channel takes none of an image's renditions, told of the one that comes nearest: the largest of a format that
    /// the channel takes. Nothing if there is one that it takes.
    pub fn shortfall(&self, renditions: &[Rendition]) -> Option<String> {
        if renditions.iter().any(|rendition| self.objection(rendition).is_none()) {
            return None;
        }
        let size = |rendition: &&Rendition| u64::from(rendition.width) * u64::from(rendition.height);
        let readable = renditions.iter().filter(|rendition| self.formats.contains(&rendition.content_type.as_str()));
        let nearest = readable.max_by_key(size).or_else(|| renditions.iter().max_by_key(size));
        let told = nearest.and_then(|rendition| Some(self.told(rendition, self.objection(rendition)?)));
        Some(told.unwrap_or_else(|| "The photo is still being processed.".to_owned()))
    }

    /// What it takes, without an end.
    pub(crate) fn in_words(&self) -> String {
        let (formats, min, max) = (self.formats.join(" or "), self.min_side, self.max_side);
        let shape = match self.aspect {
            Some((tallest, widest)) => format!(", {tallest:.2} to {widest:.2} times as wide as high"),
            None => String::new(),
        };
        format!("The channel takes photos in {formats}, with a longer side of {min} to {max} pixels{shape}")
    }

    /// What the channel has against a rendition.
    fn objection(&self, rendition: &Rendition) -> Option<Objection> {
        let Rendition { width, height, bytes, content_type, .. } = rendition;
        let side = (*width).max(*height);
        let aspect = f64::from(*width) / f64::from((*height).max(1));
        if !self.formats.contains(&content_type.as_str()) {
            return Some(Objection::Format);
        }
        if side < self.min_side {
            return Some(Objection::Small(side));
        }
        if side > self.max_side {
            return Some(Objection::Large);
        }
        if *bytes > self.max_bytes {
            return Some(Objection::Heavy);
        }
        let (tallest, widest) = self.aspect?;
        (!(tallest..=widest).contains(&aspect)).then_some(Objection::Shape { tallest, widest, aspect })
    }

    /// The same, for the merchant.
    fn told(&self, rendition: &Rendition, objection: Objection) -> String {
        let Rendition { bytes, content_type, .. } = rendition;
        match objection {
            Objection::Format => {
                format!("The channel takes {}, and this is {content_type}.", self.formats.join(" or "))
            }
            Objection::Small(side) => format!(
                "The channel needs a longer side of {} pixels at least, and the photo has {side}.",
                self.min_side
            ),
            Objection::Large => format!("The channel takes a longer side of {} pixels at most.", self.max_side),
            Objection::Heavy => {
                format!("The channel takes files of {} bytes at most, and the photo has {bytes}.", self.max_bytes)
            }
            Objection::Shape { tallest, widest, aspect } => format!(
                "The channel takes photos of {tallest:.2} to {widest:.2} times their height across, and this has {aspect:.2}."
            ),
        }
    }
}

/// What a channel has against a rendition; put into words only where somebody reads them.
#[derive(Debug, Clone, Copy)]
enum Objection {
    Format,
    Small(u32),
    Large,
    Heavy,
    Shape { tallest: f64, widest: f64, aspect: f64 },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendition(name: &str, width: u32, height: u32) -> Rendition {
        let kind = if name.ends_with("webp") { "image/webp" } else { "image/jpeg" };
        let key = format!("images/m/ab/{name}");
        Rendition { name: name.into(), content_type: kind.into(), width, height, bytes: 90_000, key }
    }

    fn wide() -> Vec<Rendition> {
        vec![rendition("1920.webp", 1920, 640), rendition("1920.jpg", 1920, 640), rendition("square.jpg", 1080, 1080)]
    }

    #[test]
    fn the_largest_that_a_channel_takes_is_the_best() {
        let best = |marketplace: Marketplace| marketplace.images().best(&wide()).map(|found| found.name.clone());

        assert_eq!(best(Marketplace::MercadoLibre).as_deref(), Some("1920.jpg"));
        // Three times as wide as high is too wide for a post, and so is 1,920 pixels.
        assert_eq!(best(Marketplace::Instagram).as_deref(), Some("square.jpg"));
        assert_eq!(Marketplace::Facebook.images().best(&[rendition("1920.webp", 1920, 640)]), None);
    }

    #[test]
    fn an_image_falls_short_for_the_reason_of_what_comes_nearest() {
        let profile = Marketplace::MercadoLibre.images();
        let small = [rendition("320.jpg", 320, 240), rendition("320.webp", 320, 240)];
        let told = |renditions: &[Rendition]| profile.shortfall(renditions).unwrap_or_default();

        assert_eq!(profile.shortfall(&wide()), None);
        assert_eq!(told(&small), "The channel needs a longer side of 500 pixels at least, and the photo has 320.");
        let foreign = [rendition("1920.webp", 1920, 640)];
        assert_eq!(told(&foreign), "The channel takes image/jpeg or image/png, and this is image/webp.");
        assert_eq!(told(&[]), "The photo is still being processed.");
    }

    #[test]
    fn bounds_are_inclusive() {
        let profile = Marketplace::Instagram.images();
        let fits = |width, height| profile.best(&[rendition("a.jpg", width, height)]).is_some();

        assert!(fits(320, 320) && fits(1440, 1440) && fits(1152, 1440) && !fits(319, 319) && !fits(1441, 1441));
        assert!(!fits(1151, 1440) && fits(1337, 700) && !fits(1400, 700));
        let heavy = Rendition { bytes: 8_000_001, ..rendition("a.jpg", 640, 640) };
        assert!(profile.shortfall(&[heavy]).unwrap().contains("8000000"));
    }
}
