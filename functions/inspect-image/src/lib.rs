//! Reads the beginning of an upload and says what it is, before anything decodes it. A bad image is a result and no failure.

mod verdict;

use tola_catalog::{Image, Problem, ProblemClass, code};
use tola_contracts::process_image::{ImageInput, InspectImage as Contract, Inspected};
use tola_contracts::{StepError, StepErrorKind};
use tola_media::{BucketError, FIRST_BYTES, ImageBucket, Look, MAX_UPLOAD_BYTES, inspect_start, upload_key};
use tola_step::{Context, Step, gone, store_failed};
use tola_store::Store;

pub use verdict::{rejection, uploaded_file};

/// How many times as much is read when the beginning does not tell: some cameras put megabytes before the size.
const GROWTH: u64 = 4;

/// The step.
pub struct InspectImage {
    store: Store,
    bucket: ImageBucket,
}

impl InspectImage {
    /// The step on images in `store` whose files are in `bucket`.
    pub fn new(store: Store, bucket: ImageBucket) -> Self {
        Self { store, bucket }
    }

    /// Reads as much of the file as it takes to tell what it is.
    async fn look(&self, image: &Image) -> Result<Inspected, BucketError> {
        let key = upload_key(&image.merchant_id.to_string(), &image.id.to_string());
        let mut start = Vec::new();
        let mut enough = FIRST_BYTES;
        loop {
            let read = start.len() as u64;
            let part = self.bucket.get_part(&key, image.upload_version.as_deref(), read, enough).await?;
            start.extend(part.bytes);
            match inspect_start(&start, part.length) {
                Ok(Look::Enough(found)) => return Ok(Inspected::Usable { file: uploaded_file(&found) }),
                Ok(Look::Further(end)) => enough = end.max(GROWTH * enough).min(MAX_UPLOAD_BYTES),
                Err(found) => return Ok(Inspected::Rejected { rejection: rejection(&found) }),
            }
        }
    }
}

impl Step for InspectImage {
    type Contract = Contract;

    async fn run(&self, input: ImageInput, context: &Context) -> Result<Inspected, StepError> {
        let image = self.store.images(context.scope()).get(input.image_id).await.map_err(store_failed)?;
        let image = image.ok_or_else(|| gone(input.image_id))?;
        match self.look(&image).await {
            Ok(inspected) => Ok(inspected),
            Err(error) => absent(error).map(|rejection| Inspected::Rejected { rejection }),
        }
    }
}

/// What it means that the file can't be read: the merchant's business, or ours.
fn absent(error: BucketError) -> Result<Problem, StepError> {
    if let BucketError::Missing { .. } = &error {
        let message = "The upload was deleted before it was processed.";
        return Ok(Problem::new(ProblemClass::Validation, code::IMAGE_UPLOAD_MISSING, message));
    }
    let kind = if error.is_transient() { StepErrorKind::Transient } else { StepErrorKind::StepFailed };
    Err(StepError::caused_by(kind, error.to_string(), error))
}
