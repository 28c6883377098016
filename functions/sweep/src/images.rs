//! Images whose deletion was begun: a minute after the mark, when no request that saw the image before it is alive any
//! more, what nobody refers to goes for good, with what belongs to it alone.
//!
//! Renditions lie under the hash of their content, and several images may share them. Whoever deletes lets the image go and
//! then looks for other images with that hash; whoever renders writes the hash into its image and then looks for images
//! that were let go: one of the two sees the other.

use tola_catalog::{Actor, Image, ImageStatus, OperationId, OperationKind, OperationStatus, Origin, Timestamp};
use tola_contracts::{StepError, StepErrorKind};
use tola_media::{BucketError, rendition_folder, upload_key};
use tola_step::store_failed;
use tola_store::{SystemScope, TenantScope};

use crate::{Sweep, Swept};

/// The most products that are told of a deletion that is taken back: they began to refer to the image within moments.
const TOLD: u32 = 100;

/// What becomes of renditions when one of the images goes that they belong to.
#[derive(Debug, PartialEq, Eq)]
enum Renditions {
    /// They go with it.
    Go,
    /// They stay: another image has them too.
    Stay,
    /// Another image that is going has them too, and goes first: this one waits, so that one of them takes them along.
    Wait,
}

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

    /// Deletes the upload, the renditions that no other image has, and then the document.
    async fn purge_one(&self, image: &Image, scope: TenantScope, now: Timestamp) -> Result<bool, StepError> {
        if !image.going && self.take_back_if_shown(image, scope, now).await.map_err(store_failed)? {
            return Ok(false);
        }
        if self.is_processed(image, scope).await.map_err(store_failed)? {
            return Ok(false);
        }
        let images = self.store.images(scope);
        let gone = images.change(image.id, |image| Ok::<_, tola_store::Error>(image.let_go(now))).await;
        let Some(image) = gone.map_err(store_failed)?.document() else { return Ok(false) };
        if !image.going {
            return Ok(false);
        }
        let merchant = image.merchant_id.to_string();
        if let Some(hash) = &image.content_hash {
            match self.renditions_of(&image, hash, scope).await.map_err(store_failed)? {
                Renditions::Wait => return Ok(false),
                Renditions::Stay => {}
                Renditions::Go => {
                    self.bucket.delete_folder(&rendition_folder(&merchant, hash)).await.map_err(not_deleted)?;
                }
            }
        }
        self.bucket.delete_object(&upload_key(&merchant, &image.id.to_string())).await.map_err(not_deleted)?;
        images.remove_purged(&image).await.map_err(store_failed)?;
        Ok(true)
    }

    /// Whether its renditions may still be in the making; what is made after they were deleted would stay for good. The
    /// operation ends soon, since there is no image any more that it could process.
    async fn is_processed(&self, image: &Image, scope: TenantScope) -> Result<bool, tola_store::Error> {
        let Some(last) = image.last_operation.get(&OperationKind::ProcessImage) else { return Ok(false) };
        let operation = self.store.operations(scope).get(*last).await?;
        Ok(operation.is_some_and(|operation| operation.status == OperationStatus::Running))
    }

    async fn renditions_of(
        &self,
        image: &Image,
        hash: &str,
        scope: TenantScope,
    ) -> Result<Renditions, tola_store::Error> {
        let images = self.store.images(scope);
        for status in [ImageStatus::Ready, ImageStatus::Uploaded] {
            if !images.of_content(hash, status, 1).await?.is_empty() {
                return Ok(Renditions::Stay);
            }
        }
        let going = images.of_content(hash, ImageStatus::Purging, 2).await?;
        let first = going.first().is_none_or(|first| first.id == image.id);
        Ok(match (first, going.len()) {
            (false, _) => Renditions::Wait,
            (true, 2..) => Renditions::Stay,
            (true, _) => Renditions::Go,
        })
    }

    /// Takes the deletion back if something refers to the image, and has products look at it again; categories do so
    /// whenever they are read. What that asks for is started by the next sweep.
    async fn take_back_if_shown(
        &self,
        image: &Image,
        scope: TenantScope,
        now: Timestamp,
    ) -> Result<bool, tola_store::Error> {
        let shown = self.store.references_to(image.id, scope, TOLD).await?;
        if shown.is_empty() {
            return Ok(false);
        }
        let origin =
            Origin { now, actor: Actor::system("sweep"), correlation_id: format!("purge-{}", image.id), cause: None };
        let operation = || OperationId::new(tola_step::new_id());
        let _ = self
            .store
            .images(scope)
            .change(image.id, |image| Ok::<_, tola_store::Error>(image.restore(operation(), &origin)))
            .await?;
        let products = self.store.products(scope);
        for product in shown.products {
            let _ = products
                .change(product.id, |product| {
                    Ok::<_, tola_store::Error>(product.request_registration(operation(), None, &origin))
                })
                .await?;
        }
        Ok(true)
    }
}

fn not_deleted(error: BucketError) -> StepError {
    StepError::caused_by(StepErrorKind::Transient, error.to_string(), error)
}
