//! The pictures as our function knows them: uploads that have arrived and wait for their renditions.

use anyhow::{Context as _, ensure};
use tola_catalog::image::Changed;
use tola_catalog::{Actor, Identity, Image, ImageId, MerchantId, OperationId, Origin, Role, Timestamp};
use tola_local::{database, demo};
use tola_store::{MongoConfig, Store, TenantScope};
use ulid::Ulid;

use super::judge::Exhibit;

/// 2026-01-15, for every run to have the same documents.
const BEGAN_MILLIS: u64 = 1_768_464_000_000;

/// An exhibit's document, and who asks for its renditions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Upload {
    pub(super) image: ImageId,
    pub(super) merchant: MerchantId,
    pub(super) operation: OperationId,
}

impl Upload {
    /// The upload of an exhibit: one of its own for each content, since our function keeps the hash in the document.
    ///
    /// # Errors
    /// When there is no demo merchant, or the exhibit has no hash.
    pub(super) fn of(exhibit: &Exhibit) -> anyhow::Result<Self> {
        let start = exhibit.content_hash.get(..16).context("an exhibit has no hash")?;
        let ulid = Ulid::from_parts(BEGAN_MILLIS, u64::from_str_radix(start, 16)?.into());
        let merchant = demo::merchants().first().map(|merchant| MerchantId::parse(&merchant.id));
        let merchant = merchant.context("there is no demo merchant")??;
        Ok(Self { image: ImageId::new(ulid), merchant, operation: OperationId::new(ulid) })
    }

    fn arrived(self, content_type: &str) -> anyhow::Result<Image> {
        let began = Timestamp::from_millis(i64::try_from(BEGAN_MILLIS)?);
        let origin = Origin {
            now: began,
            actor: Actor::User { id: "bench".into() },
            correlation_id: "bench".into(),
            cause: None,
        };
        let mut image = Image::awaiting_upload(self.image, self.merchant, content_type, began);
        ensure!(image.arrive(None, self.operation, &origin) == Changed::Yes, "the upload did not arrive");
        Ok(image)
    }
}

/// Writes a document for each exhibit, with the indexes that every deployment has, into an empty database.
///
/// # Errors
/// When the database can't be reached or refuses.
pub(super) async fn seed(mongodb_uri: &str, exhibits: &[Exhibit]) -> anyhow::Result<()> {
    let store = Store::connect(&MongoConfig::new(mongodb_uri, database::DATABASE)).await?;
    store.migrate().await?;
    for exhibit in exhibits {
        let upload = Upload::of(exhibit)?;
        let identity = Identity { merchant_id: upload.merchant, role: Role::Merchant, subject: "bench".to_owned() };
        let images = store.images(TenantScope::of_identity(&identity));
        images.insert(&upload.arrived(&exhibit.content_type)?).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tola_catalog::ImageStatus;

    use super::*;

    fn exhibit(hash: &str) -> Exhibit {
        let made = json!({ "exhibit": "a", "file": "a", "content_type": "image/png", "width": 4, "height": 3, "bytes": 7,
                           "content_hash": hash });
        serde_json::from_value(made).unwrap()
    }

    #[tokio::test]
    async fn each_picture_has_a_document_of_its_own_that_waits_for_its_renditions() {
        let database = tola_local::InProcessDatabase::start().unwrap();
        let exhibits = ["0a", "f0"].map(|start| exhibit(&start.repeat(32)));

        seed(&database.uri(), &exhibits).await.unwrap();

        let store = Store::connect(&MongoConfig::new(database.uri(), database::DATABASE)).await.unwrap();
        for exhibit in &exhibits {
            let Upload { image, merchant, .. } = Upload::of(exhibit).unwrap();
            let identity = Identity { merchant_id: merchant, role: Role::Viewer, subject: "test".into() };
            let stored = store.images(TenantScope::of_identity(&identity)).get(image).await.unwrap().unwrap();
            assert_eq!((stored.status, stored.content_hash), (ImageStatus::Uploaded, None));
        }
        assert!(Upload::of(&exhibit("none")).is_err());
    }
}
