//! Renders an upload into the sizes and formats that channels take, and puts them under the hash of its content: the
//! same photo twice lies there once, and repeating the step writes the same bytes to the same keys.

mod config;

use futures::future::try_join_all;
use tola_catalog::image::{Placeholder, UploadedFile};
use tola_catalog::{Code, Image, ImageStatus, MerchantId, Problem, ProblemClass, Rendition, code};
use tola_contracts::process_image::{ImageInput, RenderRenditions as Contract, Rendered};
use tola_contracts::{StepError, StepErrorKind};
use tola_media::{BucketError, ImageBucket, MAX_UPLOAD_BYTES, RenderError, content_hash, rendition_key, upload_key};
use tola_step::{Context, Step, gone, store_failed};
use tola_store::{Store, TenantScope};

pub use config::{RenderConfig, UnknownFormat};

/// How many images that are being deleted are looked at: the ones that were let go are going within a moment.
const GOING: u32 = 100;

/// The step.
pub struct RenderRenditions {
    store: Store,
    bucket: ImageBucket,
    config: RenderConfig,
}

impl RenderRenditions {
    /// The step on images in `store` whose files are in `bucket`.
    pub fn new(store: Store, bucket: ImageBucket, config: RenderConfig) -> Self {
        Self { store, bucket, config }
    }

    /// Makes what lies under the hash the image's own, and finds what lies there: of another image, which needs no
    /// rendering, or of none. Answers nothing if the image takes nothing any more.
    ///
    /// The hash is written before anybody is looked for, and whoever deletes writes before it looks, too: so that either
    /// the one that deletes sees this image and leaves what lies there, or this one sees that it is going.
    async fn claim(&self, image: &Image, hash: &str, context: &Context) -> Result<Option<Claimed>, StepError> {
        let images = self.store.images(context.scope());
        let claimed =
            images.change(image.id, |image| Ok(image.claim(hash, context.now))).await.map_err(store_failed)?;
        let claimed = claimed.document().ok_or_else(|| gone(image.id))?;
        if claimed.status != ImageStatus::Uploaded {
            return Ok(None);
        }
        let going = images.of_content(hash, ImageStatus::Purging, GOING).await.map_err(store_failed)?;
        if going.iter().any(|other| other.going) {
            let message = "the same photo of another image is just being deleted";
            return Err(StepError::new(StepErrorKind::Transient, message));
        }
        let ready = images.of_content(hash, ImageStatus::Ready, 1).await.map_err(store_failed)?;
        Ok(Some(ready.first().and_then(recorded).map_or(Claimed::Unmade, Claimed::Made)))
    }

    /// Renders, and puts everything into the bucket.
    async fn make(&self, bytes: &[u8], hash: &str, merchant: MerchantId) -> Result<Rendered, StepError> {
        let made = match tola_media::render_as(bytes, &self.config.formats) {
            Ok(made) => made,
            Err(RenderError::Rejected(rejection)) => {
                return Ok(rejected(code::named(rejection.code).unwrap_or(code::IMAGE_CORRUPT), &rejection.message));
            }
            Err(error) => return Err(StepError::caused_by(StepErrorKind::StepFailed, error.to_string(), error)),
        };
        let placeholder = Placeholder { blurhash: made.impression.blurhash, colour: made.impression.colour };
        let file = UploadedFile {
            content_type: made.source.content_type().to_owned(),
            width: made.width,
            height: made.height,
            bytes: bytes.len() as u64,
        };
        let renditions = try_join_all(made.renditions.into_iter().map(|made| self.put(merchant, hash, made))).await?;
        Ok(Rendered::Rendered { file, placeholder, renditions, shared: false })
    }

    async fn put(&self, merchant: MerchantId, hash: &str, made: tola_media::Rendition) -> Result<Rendition, StepError> {
        let key = rendition_key(&merchant.to_string(), hash, &made.name);
        let content_type = made.format.content_type();
        let bytes = made.bytes.len() as u64;
        self.bucket.put_rendition(&key, content_type, made.bytes).await.map_err(bucket_failed)?;
        Ok(Rendition {
            name: made.name,
            content_type: content_type.to_owned(),
            width: made.width,
            height: made.height,
            bytes,
            key,
        })
    }

    async fn image(&self, scope: TenantScope, input: &ImageInput) -> Result<Image, StepError> {
        let image = self.store.images(scope).get(input.image_id).await.map_err(store_failed)?;
        image.ok_or_else(|| gone(input.image_id))
    }
}

/// What lies under a hash that an image has claimed.
enum Claimed {
    /// Everything, as another image has it.
    Made(Rendered),
    /// Nothing, or nothing that one could rely on.
    Unmade,
}

impl Step for RenderRenditions {
    type Contract = Contract;

    async fn run(&self, input: ImageInput, context: &Context) -> Result<Rendered, StepError> {
        let image = self.image(context.scope(), &input).await?;
        let (key, version) = (upload_key(&image.merchant_id.to_string(), &image.id.to_string()), &image.upload_version);
        let bytes = match self.bucket.get(&key, version.as_deref(), MAX_UPLOAD_BYTES).await {
            Ok(bytes) => bytes,
            Err(BucketError::Missing { .. }) => return Ok(ended(&image)),
            Err(error) => return Err(bucket_failed(error)),
        };
        let hash = content_hash(&bytes);
        let rendered = match self.claim(&image, &hash, context).await? {
            Some(Claimed::Made(rendered)) => rendered,
            Some(Claimed::Unmade) => self.make(&bytes, &hash, image.merchant_id).await?,
            None => return Ok(ended(&self.image(context.scope(), &input).await?)),
        };
        if let Rendered::Rendered { .. } = rendered {
            match self.bucket.keep_upload(&key, version.as_deref()).await {
                // Who deleted it deletes the image, too.
                Ok(()) | Err(BucketError::Missing { .. }) => {}
                Err(error) => return Err(bucket_failed(error)),
            }
        }
        Ok(rendered)
    }
}

/// What a repeated step answers of an image that has come to its end, or has nothing to be rendered.
fn ended(image: &Image) -> Rendered {
    if let Some(rejection) = image.rejection.clone() {
        return Rendered::Rejected { rejection };
    }
    recorded(image)
        .unwrap_or_else(|| rejected(code::IMAGE_UPLOAD_MISSING, "The upload was deleted before it was processed."))
}

/// What an image has that is READY.
fn recorded(image: &Image) -> Option<Rendered> {
    let (file, placeholder) = (image.file.clone()?, image.placeholder.clone()?);
    Some(Rendered::Rendered { file, placeholder, renditions: image.renditions.clone(), shared: true })
}

fn rejected(code: Code, message: &str) -> Rendered {
    Rendered::Rejected { rejection: Problem::new(ProblemClass::Validation, code, message) }
}

fn bucket_failed(error: BucketError) -> StepError {
    let kind = if error.is_transient() { StepErrorKind::Transient } else { StepErrorKind::StepFailed };
    StepError::caused_by(kind, error.to_string(), error)
}
