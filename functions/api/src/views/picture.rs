//! The one picture of a category.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::category::CategoryImage;
use tola_catalog::image::Placeholder;
use tola_catalog::text::AltText;
use tola_catalog::{Image, ImageId, Rendition};

use super::product::ImageStanding;
use crate::signing::Links;

/// The longest side of the picture at most: enough for a tile, on screens with two pixels for each as well. One of them for
/// each of a thousand categories is about as much as an answer can hold.
const SIDE: u32 = 640;

/// A picture, ready to be shown.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Picture {
    /// Where it is: for good if it leads to a content delivery network, else for two hours at least.
    url: String,
    width: u32,
    height: u32,
    alt: Option<AltText>,
    /// What stands in its place until it is loaded.
    placeholder: Option<Placeholder>,
}

/// The image of a category.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CategoryImage")]
pub(super) struct CategoryImageView {
    image_id: ImageId,
    status: ImageStanding,
    alt: Option<AltText>,
    /// What shoppers see, once the image is READY.
    picture: Option<Picture>,
    /// Why it can't be used.
    rejected: Option<String>,
}

/// The images that categories show, as they are now, and how an answer links to them.
pub(crate) struct Pictures<'a> {
    images: BTreeMap<ImageId, Image>,
    links: Links<'a>,
}

impl<'a> Pictures<'a> {
    pub(crate) fn new(images: Vec<Image>, links: Links<'a>) -> Self {
        Self { images: images.into_iter().map(|image| (image.id, image)).collect(), links }
    }

    /// What shoppers see of an image: nothing, until it is READY.
    pub(super) fn of(&self, shown: Option<&CategoryImage>) -> Option<Picture> {
        let shown = shown?;
        let image = self.images.get(&shown.image_id)?;
        let rendition = fitting(&image.renditions)?;
        Some(Picture {
            url: self.links.to(&rendition.key),
            width: rendition.width,
            height: rendition.height,
            alt: shown.alt.clone(),
            placeholder: image.placeholder.clone(),
        })
    }

    /// The same as its merchant sees it, with how the image stands.
    pub(super) fn standing(&self, shown: Option<&CategoryImage>) -> Option<CategoryImageView> {
        let CategoryImage { image_id, alt } = shown?.clone();
        let rejection = self.images.get(&image_id).and_then(|image| image.rejection.as_ref());
        let picture = self.of(shown);
        let status = ImageStanding::of(rejection.is_some(), picture.is_some());
        let rejected = rejection.map(|problem| problem.message.clone());
        Some(CategoryImageView { image_id, status, alt, picture, rejected })
    }
}

/// The largest that is no larger than it has to be, as a JPEG if there is a choice: every client shows one. The square one is
/// cut out of the middle, and not all of the photo.
fn fitting(renditions: &[Rendition]) -> Option<&Rendition> {
    let side = |rendition: &Rendition| rendition.width.max(rendition.height);
    let fits = |rendition: &&Rendition| side(rendition) <= SIDE && !rendition.name.starts_with("square");
    renditions.iter().filter(fits).max_by_key(|rendition| (side(rendition), rendition.content_type == "image/jpeg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendition(name: &str, width: u32, height: u32) -> Rendition {
        let content_type = if name.ends_with("webp") { "image/webp" } else { "image/jpeg" };
        Rendition { name: name.into(), content_type: content_type.into(), width, height, bytes: 1, key: name.into() }
    }

    #[test]
    fn a_tile_is_the_whole_photo_in_the_size_that_is_needed() {
        let tall = [
            rendition("160.webp", 120, 160),
            rendition("160.jpg", 120, 160),
            rendition("640.jpg", 480, 640),
            rendition("640.webp", 480, 640),
            rendition("1280.jpg", 960, 1280),
            rendition("square-1080.jpg", 960, 960),
        ];
        let small =
            [rendition("160.jpg", 160, 128), rendition("320.jpg", 300, 240), rendition("square-1080.jpg", 240, 240)];

        assert_eq!(fitting(&tall).map(|shown| shown.name.as_str()), Some("640.jpg"));
        assert_eq!(fitting(&small).map(|shown| shown.name.as_str()), Some("320.jpg"));
        assert_eq!(fitting(&tall[4..]), None);
        assert_eq!(fitting(&[]), None);
    }
}
