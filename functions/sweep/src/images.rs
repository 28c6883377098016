//! Images whose deletion was begun and not finished.

use tola_catalog::Image;
use tola_contracts::{StepError, StepErrorKind};
use tola_media::upload_key;
use tola_step::store_failed;
use tola_store::SystemScope;

use crate::{Sweep, Swept};

impl Sweep {
    pub(crate) async fn purge(&self, images: Vec<Image>, swept: &mut Swept) {
        for image in images {
            match self.purge_one(&image).await {
                Ok(()) => swept.purged += 1,
                Err(error) => swept.failed("finishing the deletion of an image", &error),
            }
        }
    }

    /// Deletes the upload, then the document. Renditions stay: they lie under the hash of their content, and another
    /// image of the merchant may have the same.
    async fn purge_one(&self, image: &Image) -> Result<(), StepError> {
        let key = upload_key(&image.merchant_id.to_string(), &image.id.to_string());
        self.bucket
            .delete_object(&key)
            .await
            .map_err(|error| StepError::caused_by(StepErrorKind::Transient, error.to_string(), error))?;
        let scope = SystemScope::named("sweep").acting_for(image.merchant_id);
        self.store.images(scope).remove_purged(image).await.map_err(store_failed)
    }
}
