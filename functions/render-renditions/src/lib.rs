//! Renders an upload into the sizes and formats that channels take, and puts them under the hash of its content: the
//! same photo twice lies there once, and repeating the step writes the same bytes to the same keys.

use futures::future::try_join_all;
use tola_catalog::{Code, MerchantId, Problem, ProblemClass, Rendition, code};
use tola_contracts::process_image::{RenderInput, RenderRenditions as Contract, Rendered};
use tola_contracts::{StepError, StepErrorKind};
use tola_media::{BucketError, ImageBucket, MAX_UPLOAD_BYTES, RenderError, rendition_key, upload_key};
use tola_step::{Context, Step};

/// The step.
pub struct RenderRenditions {
    bucket: ImageBucket,
}

impl RenderRenditions {
    /// The step on files in `bucket`.
    pub fn new(bucket: ImageBucket) -> Self {
        Self { bucket }
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
}

impl Step for RenderRenditions {
    type Contract = Contract;

    async fn run(&self, input: RenderInput, context: &Context) -> Result<Rendered, StepError> {
        let merchant = context.operation.merchant_id;
        let key = upload_key(&merchant.to_string(), &input.image_id.to_string());
        let bytes = match self.bucket.get(&key, MAX_UPLOAD_BYTES).await {
            Ok(bytes) => bytes,
            Err(BucketError::Missing { .. }) => {
                return Ok(rejected(code::IMAGE_UPLOAD_MISSING, "The upload was deleted before it was processed."));
            }
            Err(error) => return Err(bucket_failed(error)),
        };
        let inspected = match tola_media::inspect(&bytes) {
            Ok(inspected) => inspected,
            Err(rejection) => {
                return Ok(rejected(code::named(rejection.code).unwrap_or(code::IMAGE_CORRUPT), &rejection.message));
            }
        };
        if inspected.content_hash != input.file.content_hash {
            return Err(StepError::new(
                StepErrorKind::StepFailed,
                "the upload was replaced after it was inspected; retry the operation to process the new one",
            ));
        }
        let made = match tola_media::render(&bytes, &inspected) {
            Ok(made) => made,
            Err(RenderError::Rejected(rejection)) => {
                return Ok(rejected(code::named(rejection.code).unwrap_or(code::IMAGE_CORRUPT), &rejection.message));
            }
            Err(error) => return Err(StepError::caused_by(StepErrorKind::StepFailed, error.to_string(), error)),
        };
        let puts = made.into_iter().map(|made| self.put(merchant, &inspected.content_hash, made));
        Ok(Rendered::Rendered { renditions: try_join_all(puts).await? })
    }
}

fn rejected(code: Code, message: &str) -> Rendered {
    Rendered::Rejected { rejection: Problem::new(ProblemClass::Validation, code, message) }
}

fn bucket_failed(error: BucketError) -> StepError {
    let kind = if error.is_transient() { StepErrorKind::Transient } else { StepErrorKind::StepFailed };
    StepError::caused_by(kind, error.to_string(), error)
}
