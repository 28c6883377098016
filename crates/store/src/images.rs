//! Images.

use futures::TryStreamExt;
use mongodb::bson::{doc, serialize_to_bson};
use tola_catalog::{Image, ImageId, ImageStatus};

use crate::aggregate::already_inserted;
use crate::schema;
use crate::{Aggregates, Error};

/// One merchant's images.
pub type Images = Aggregates<Image>;

impl Images {
    /// Writes a new image, or finds that the same request wrote it before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_once(&self, image: &Image) -> Result<bool, Error> {
        already_inserted(self.insert(image).await)
    }

    /// Those of `ids` that exist in the scope, in no particular order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn get_many(&self, ids: &[ImageId]) -> Result<Vec<Image>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
        // All of them in one answer: an embedded database knows a cursor on one of its connections only.
        let batch = u32::try_from(ids.len()).unwrap_or(u32::MAX).saturating_add(1);
        let filter = schema::IMAGES_BY_IDS.filter([self.merchant().into()], Some(doc! { "$in": texts }));
        Ok(self.collection.find(filter).batch_size(batch).await?.try_collect().await?)
    }

    /// Up to `limit` images in a status that have claimed what lies under a hash, by their ids.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_content(&self, content_hash: &str, status: ImageStatus, limit: u32) -> Result<Vec<Image>, Error> {
        let shape = &schema::IMAGES_OF_CONTENT;
        let status = serialize_to_bson(&status)?;
        let filter = shape.filter([self.merchant().into(), content_hash.into(), status], None);
        Ok(self.collection.find(filter).sort(shape.order()).limit(i64::from(limit)).await?.try_collect().await?)
    }

    /// Removes an image whose objects are gone, as long as it is still marked for that. Already gone is success.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_purged(&self, image: &Image) -> Result<(), Error> {
        debug_assert_eq!(image.status, ImageStatus::Purging);
        let version = i64::try_from(image.version).unwrap_or(i64::MAX);
        let filter = schema::IMAGE_BY_VERSION
            .filter([image.id.to_string().into(), self.merchant().into(), version.into()], None);
        self.collection.delete_one(filter).await?;
        Ok(())
    }
}
