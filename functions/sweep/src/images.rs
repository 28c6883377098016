//! Images whose deletion was begun: a minute after the mark, when no request that saw the image before it is alive any
//! more, what nobody refers to goes for good.

use tola_catalog::image::Changed;
use tola_catalog::{Actor, Image, OperationId, Origin, Timestamp};
use tola_contracts::{StepError, StepErrorKind};
use tola_media::upload_key;
use tola_step::store_failed;
use tola_store::{SystemScope, TenantScope};
use ulid::Ulid;

use crate::{Sweep, Swept};

/// The most products that are told of a deletion that is taken back: they began to refer to the image within moments.
const TOLD: u32 = 100;

impl Sweep {
    pub(crate) async fn purge(&self, images: Vec<Image>, now: Timestamp, swept: &mut Swept) {
        for image in images {
            let scope = SystemScope::named("sweep").acting_for(image.merchant_id);
            match self.purge_one(&image, scope, now).await {
                Ok(true) => swept.purged += 1,
                Ok(false) => {}
                Err(error) => swept.failed("deleting an image", &error),
            }
        }
    }

    /// Deletes the upload, then the document. Renditions stay: they lie under the hash of their content, and another
    /// image of the merchant may have the same.
    async fn purge_one(&self, image: &Image, scope: TenantScope, now: Timestamp) -> Result<bool, StepError> {
        if self.take_back_if_shown(image, scope, now).await.map_err(store_failed)? {
            return Ok(false);
        }
        let key = upload_key(&image.merchant_id.to_string(), &image.id.to_string());
        self.bucket
            .delete_object(&key)
            .await
            .map_err(|error| StepError::caused_by(StepErrorKind::Transient, error.to_string(), error))?;
        self.store.images(scope).remove_purged(image).await.map_err(store_failed)?;
        Ok(true)
    }

    /// Takes the deletion back if a product refers to the image, and has the product look at it again. What that asks
    /// for is started by the next sweep.
    async fn take_back_if_shown(
        &self,
        image: &Image,
        scope: TenantScope,
        now: Timestamp,
    ) -> Result<bool, tola_store::Error> {
        let products = self.store.products(scope);
        let showing = products.showing(image.id, None, TOLD).await?;
        if showing.is_empty() {
            return Ok(false);
        }
        let origin = Origin { now, actor: Actor::system("sweep"), correlation_id: format!("purge-{}", image.id) };
        let operation = || OperationId::new(Ulid::generate());
        let _ = self
            .store
            .images(scope)
            .change(image.id, |image| Ok::<_, tola_store::Error>(image.restore(operation(), &origin)))
            .await?;
        for product in showing {
            let _ = products
                .change(product.id, |product| {
                    product.request_registration(operation(), None, &origin);
                    Ok::<_, tola_store::Error>(Changed::Yes)
                })
                .await?;
        }
        Ok(true)
    }
}
