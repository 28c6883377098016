//! The image that a category shows.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Category, CategoryDraft, CategoryTree};
use crate::id::{CategoryKey, ImageId};
use crate::image::{Image, ImageStatus};
use crate::text::AltText;

/// The image of a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryImage {
    /// The image. What came of it is read when the category is.
    pub image_id: ImageId,
    /// What it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<AltText>,
}

/// Why a category can't show an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageUnfit {
    /// The merchant does not have it, or is deleting it.
    #[error("{0} is not an image of this merchant, or is being deleted")]
    Unknown(ImageId),
    /// There is nothing to show of it.
    #[error("{image_id} was rejected: {why}")]
    Rejected {
        /// The image.
        image_id: ImageId,
        /// Why it was rejected.
        why: String,
    },
}

impl CategoryTree {
    /// Refuses an image that the category does not show yet and that nobody can begin to show, as it was `found`. One that
    /// is still to be uploaded, or processed, is shown as soon as it is READY; one that the category shows already is no
    /// reason to refuse what else is said of it.
    ///
    /// # Errors
    /// [`ImageUnfit`].
    pub fn permit_image(
        &self,
        id: &CategoryKey,
        draft: &CategoryDraft,
        found: Option<&Image>,
    ) -> Result<(), ImageUnfit> {
        let Some(CategoryImage { image_id, .. }) = draft.image else { return Ok(()) };
        if self.categories.get(id).is_some_and(|category| category.shows(image_id)) {
            return Ok(());
        }
        let found = found.filter(|image| image.id == image_id && image.status != ImageStatus::Purging);
        match found.ok_or(ImageUnfit::Unknown(image_id))?.rejection.as_ref() {
            Some(problem) => Err(ImageUnfit::Rejected { image_id, why: problem.message.clone() }),
            None => Ok(()),
        }
    }

    /// The categories that show an image, by their ids.
    pub fn showing(&self, image: ImageId) -> impl Iterator<Item = (&CategoryKey, &Category)> {
        self.categories.iter().filter(move |(_, category)| category.shows(image))
    }

    /// The images that these categories show, each once.
    pub fn images_of<'a>(categories: impl Iterator<Item = &'a Category>) -> BTreeSet<ImageId> {
        categories.filter_map(|category| Some(category.image.as_ref()?.image_id)).collect()
    }
}

impl Category {
    fn shows(&self, image: ImageId) -> bool {
        self.image.as_ref().is_some_and(|shown| shown.image_id == image)
    }
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::super::tests::{draft, key, now, tree};
    use super::*;
    use crate::code;
    use crate::event::{Actor, Origin};
    use crate::id::OperationId;
    use crate::image::Changed;
    use crate::problem::{Problem, ProblemClass};

    fn image(number: u128) -> Image {
        Image::awaiting_upload(ImageId::new(Ulid::from_parts(1, number)), tree().merchant_id, "image/png", now())
    }

    fn showing(image: &Image) -> CategoryDraft {
        let alt = AltText::parse("A lamp on a table").ok();
        CategoryDraft { image: Some(CategoryImage { image_id: image.id, alt }), ..draft("Lamps", None) }
    }

    fn rejected(number: u128) -> Image {
        let mut image = image(number);
        let origin = Origin { now: now(), actor: Actor::system("test"), correlation_id: "c".into(), cause: None };
        let _ = image.arrive(None, OperationId::new(Ulid::from_parts(1, 9)), &origin);
        let problem = Problem::new(ProblemClass::Validation, code::IMAGE_CORRUPT, "It ends too early.");
        assert_eq!(image.reject(problem, &origin), Changed::Yes);
        image
    }

    #[test]
    fn an_image_is_shown_that_is_there_and_was_not_rejected() {
        let (lamps, tree, promised) = (key("lamps"), tree(), image(1));
        let draft = showing(&promised);
        let unknown = Err(ImageUnfit::Unknown(promised.id));
        let mut purging = promised.clone();
        let _ = purging.mark_purging(now());

        assert_eq!(tree.permit_image(&lamps, &draft, Some(&promised)), Ok(()), "it may still be on its way");
        assert_eq!(tree.permit_image(&lamps, &draft, None), unknown);
        assert_eq!(tree.permit_image(&lamps, &draft, Some(&image(2))), unknown, "another one was found");
        assert_eq!(tree.permit_image(&lamps, &draft, Some(&purging)), unknown);
        let refused = tree.permit_image(&lamps, &showing(&rejected(3)), Some(&rejected(3))).unwrap_err();
        assert_eq!(refused.to_string(), format!("{} was rejected: It ends too early.", rejected(3).id));
    }

    #[test]
    fn what_is_shown_already_holds_up_nothing_and_anything_else_does() {
        let (lamps, mut tree, shown) = (key("lamps"), tree(), rejected(1));
        assert_eq!(tree.put(&lamps, &showing(&shown), now()), Ok(Changed::Yes));
        assert_eq!(tree.put(&lamps, &showing(&shown), now()), Ok(Changed::No));

        assert_eq!(tree.permit_image(&lamps, &showing(&shown), Some(&shown)), Ok(()));
        assert_eq!(tree.permit_image(&lamps, &showing(&shown), None), Ok(()));
        assert!(tree.permit_image(&lamps, &showing(&rejected(2)), Some(&rejected(2))).is_err());
        assert!(tree.permit_image(&key("torches"), &showing(&shown), Some(&shown)).is_err(), "it begins to show it");
        assert_eq!(tree.permit_image(&lamps, &draft("Lamps", None), None), Ok(()), "it shows none");
    }

    #[test]
    fn a_tree_knows_what_it_shows() {
        let (mut tree, one, other) = (tree(), image(1), image(2));
        for (id, shown) in [("lamps", Some(&one)), ("torches", Some(&one)), ("candles", Some(&other)), ("rugs", None)] {
            let draft = shown.map_or_else(|| draft(id, None), showing);
            assert_eq!(tree.put(&key(id), &draft, now()), Ok(Changed::Yes));
        }
        let showing = |tree: &CategoryTree, image: &Image| {
            tree.showing(image.id).map(|(id, _)| id.to_string()).collect::<Vec<_>>().join(" ")
        };

        assert_eq!((showing(&tree, &one), showing(&tree, &other)), ("lamps torches".into(), "candles".into()));
        assert_eq!(CategoryTree::images_of(tree.categories.values()), BTreeSet::from([one.id, other.id]));
        assert_eq!(tree.remove(&key("candles")), Ok(Changed::Yes));
        assert_eq!(tree.put(&key("torches"), &draft("torches", None), now()), Ok(Changed::Yes));
        assert_eq!((showing(&tree, &one), showing(&tree, &other)), ("lamps".into(), String::new()));
    }
}
