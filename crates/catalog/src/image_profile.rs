//! What a channel takes of a product's images, and which of an image's renditions suits it best.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::completeness::Missing;
use crate::image::Rendition;
use crate::view::ViewImage;

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

    /// Each image that has no rendition which the channel takes, and why; a product needs one that it takes.
    pub fn shortfalls(&self, images: &[ViewImage]) -> Vec<Missing> {
        let gap =
            |pointer: String, rule: &str, message| Missing { pointer, rule: rule.to_owned(), message, channel: None };
        if images.is_empty() {
            return vec![gap(
                "/images".to_owned(),
                "IMAGE_REQUIRED",
                "The channel shows nothing without a photo.".to_owned(),
            )];
        }
        let unfit = images.iter().take(self.max_count).enumerate().filter_map(|(position, image)| {
            let nearest = self.nearest(&image.renditions)?;
            Some(gap(format!("/images/{position}"), "IMAGE_FITS_CHANNEL", nearest))
        });
        unfit.collect()
    }

    /// Why no rendition will do, told of the one that comes nearest: the largest of a format that the channel takes.
    fn nearest(&self, renditions: &[Rendition]) -> Option<String> {
        if self.best(renditions).is_some() {
            return None;
        }
        let size = |rendition: &&Rendition| u64::from(rendition.width) * u64::from(rendition.height);
        let readable = renditions.iter().filter(|rendition| self.formats.contains(&rendition.content_type.as_str()));
        let nearest = readable.max_by_key(size).or_else(|| renditions.iter().max_by_key(size));
        Some(
            nearest
                .and_then(|rendition| self.objection(rendition))
                .unwrap_or_else(|| "The photo is still being processed.".to_owned()),
        )
    }

    /// What the channel has against a rendition, for the merchant.
    fn objection(&self, rendition: &Rendition) -> Option<String> {
        let Rendition { width, height, bytes, content_type, .. } = rendition;
        let side = (*width).max(*height);
        let aspect = f64::from(*width) / f64::from((*height).max(1));
        if !self.formats.contains(&content_type.as_str()) {
            return Some(format!("The channel takes {}, and this is {content_type}.", self.formats.join(" or ")));
        }
        if side < self.min_side {
            return Some(format!(
                "The channel needs a longer side of {} pixels at least, and the photo has {side}.",
                self.min_side
            ));
        }
        if side > self.max_side {
            return Some(format!("The channel takes a longer side of {} pixels at most.", self.max_side));
        }
        if *bytes > self.max_bytes {
            return Some(format!(
                "The channel takes files of {} bytes at most, and the photo has {bytes}.",
                self.max_bytes
            ));
        }
        let (tallest, widest) = self.aspect?;
        (!(tallest..=widest).contains(&aspect)).then(|| {
            format!("The channel takes photos of {tallest:.2} to {widest:.2} times their height across, and this has {aspect:.2}.")
        })
    }
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;
    use crate::ImageId;

    fn rendition(name: &str, width: u32, height: u32) -> Rendition {
        let kind = if name.ends_with("webp") { "image/webp" } else { "image/jpeg" };
        let key = format!("images/m/ab/{name}");
        Rendition { name: name.into(), content_type: kind.into(), width, height, bytes: 90_000, key }
    }

    fn photo(renditions: Vec<Rendition>) -> ViewImage {
        ViewImage { image_id: ImageId::new(Ulid::from_parts(1, 1)), alt: None, renditions }
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
    fn each_image_that_falls_short_is_named_with_the_reason() {
        let profile = Marketplace::MercadoLibre.images();
        let small = photo(vec![rendition("320.jpg", 320, 240), rendition("320.webp", 320, 240)]);
        let images = [photo(wide()), small, photo(vec![rendition("1920.webp", 1920, 640)]), photo(vec![])];

        let found: Vec<_> = profile.shortfalls(&images).into_iter().map(|gap| (gap.pointer, gap.message)).collect();

        let at = |position: usize, message: &str| (format!("/images/{position}"), message.to_owned());
        assert_eq!(
            found,
            [
                at(1, "The channel needs a longer side of 500 pixels at least, and the photo has 320."),
                at(2, "The channel takes image/jpeg or image/png, and this is image/webp."),
                at(3, "The photo is still being processed."),
            ]
        );
        assert_eq!(profile.shortfalls(&[])[0].rule, "IMAGE_REQUIRED");
    }

    #[test]
    fn bounds_are_inclusive_and_what_is_beyond_the_count_is_not_shown() {
        let profile = Marketplace::Instagram.images();
        let fits = |width, height| profile.best(&[rendition("a.jpg", width, height)]).is_some();

        assert!(fits(320, 320) && fits(1440, 1440) && fits(1152, 1440) && !fits(319, 319) && !fits(1441, 1441));
        assert!(!fits(1151, 1440) && fits(1337, 700) && !fits(1400, 700));
        let heavy = Rendition { bytes: 8_000_001, ..rendition("a.jpg", 640, 640) };
        assert!(profile.shortfalls(&[photo(vec![heavy])])[0].message.contains("8000000"));
        let many: Vec<_> = (0..11).map(|n| photo(if n < 10 { wide() } else { vec![] })).collect();
        assert_eq!(profile.shortfalls(&many), []);
    }
}
