//! Uploads that have arrived and that nobody heard of, and promises of uploads that were never kept.

use tola_catalog::operation::Subject;
use tola_catalog::{Actor, Image, OperationId, Origin, Timestamp};
use tola_contracts::{StepError, StepErrorKind};
use tola_media::upload_key;
use tola_step::store_failed;
use tola_store::{SystemScope, TenantScope};

use crate::{ABANDONED, Sweep, Swept};

/// The most products that are told that a photo of theirs never came: they were registered with it within a day.
const TOLD: u32 = 100;

impl Sweep {
    pub(crate) async fn look_for_uploads(&self, images: Vec<Image>, now: Timestamp, swept: &mut Swept) {
        for image in images {
            let scope = SystemScope::named("sweep").acting_for(image.merchant_id);
            match self.look_for(&image, scope, now, swept).await {
                Ok(()) => {}
                Err(error) => swept.failed("looking for an upload", &error),
            }
        }
    }

    async fn look_for(
        &self,
        image: &Image,
        scope: TenantScope,
        now: Timestamp,
        swept: &mut Swept,
    ) -> Result<(), StepError> {
        let key = upload_key(&image.merchant_id.to_string(), &image.id.to_string());
        let arrived = self.bucket.find(&key).await;
        let arrived =
            arrived.map_err(|error| StepError::caused_by(StepErrorKind::Transient, error.to_string(), error))?;
        let origin =
            Origin { now, actor: Actor::system("sweep"), correlation_id: format!("upload-{}", image.id), cause: None };
        if let Some(file) = arrived {
            self.take_up(image, file.version.as_deref(), scope, &origin).await?;
            swept.found += 1;
        } else if image.created_at < now.before(ABANDONED) {
            self.give_up_on(image, scope, &origin).await.map_err(store_failed)?;
            swept.expired += 1;
        }
        Ok(())
    }

    /// What the bucket's notification would have begun.
    async fn take_up(
        &self,
        image: &Image,
        version: Option<&str>,
        scope: TenantScope,
        origin: &Origin,
    ) -> Result<(), StepError> {
        let operation = OperationId::new(tola_step::new_id());
        let images = self.store.images(scope);
        let arrived = images.change(image.id, |image| Ok(image.arrive(version, operation, origin)));
        let arrived = arrived.await.map_err(store_failed)?;
        for intent in arrived.document().iter().flat_map(|image| &image.intents) {
            let launched = self.launcher.launch(scope, Subject::Image(image.id), intent).await;
            launched.map_err(|error| StepError::caused_by(StepErrorKind::Transient, error.to_string(), error))?;
        }
        Ok(())
    }

    /// Rejects the image, and has the products look that wait for it.
    async fn give_up_on(&self, image: &Image, scope: TenantScope, origin: &Origin) -> Result<(), tola_store::Error> {
        let images = self.store.images(scope);
        let _ = images.change(image.id, |image| Ok::<_, tola_store::Error>(image.expire(origin))).await?;
        let products = self.store.products(scope);
        for product in products.showing(image.id, None, TOLD).await? {
            let operation = OperationId::new(tola_step::new_id());
            let _ = products
                .change(product.id, |product| {
                    Ok::<_, tola_store::Error>(product.request_registration(operation, None, origin))
                })
                .await?;
        }
        Ok(())
    }
}
