//! Reads an upload and says what it is, before anything decodes it. A bad image is a result and no failure.

mod verdict;

use tola_catalog::{Image, Problem, ProblemClass, code};
use tola_contracts::process_image::{ImageInput, InspectImage as Contract, Inspected};
use tola_contracts::{StepError, StepErrorKind};
use tola_media::{BucketError, ImageBucket, MAX_UPLOAD_BYTES, upload_key};
use tola_step::{Context, Step, gone, store_failed};
use tola_store::Store;

pub use verdict::{rejection, uploaded_file};

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
}

impl Step for InspectImage {
    type Contract = Contract;

    async fn run(&self, input: ImageInput, context: &Context) -> Result<Inspected, StepError> {
        let image = self.store.images(context.scope()).get(input.image_id).await.map_err(store_failed)?;
        let image = image.ok_or_else(|| gone(input.image_id))?;
        let bytes = match self.bucket.get(&key(&image), MAX_UPLOAD_BYTES).await {
            Ok(bytes) => bytes,
            Err(error) => return absent(error).map(|rejection| Inspected::Rejected { rejection }),
        };
        Ok(match tola_media::inspect(&bytes) {
            Ok(found) => Inspected::Usable { file: uploaded_file(&found) },
            Err(found) => Inspected::Rejected { rejection: rejection(&found) },
        })
    }
}

fn key(image: &Image) -> String {
    upload_key(&image.merchant_id.to_string(), &image.id.to_string())
}

/// What it means that the file can't be read: the merchant's business, or ours.
fn absent(error: BucketError) -> Result<Problem, StepError> {
    let (code, message) = match &error {
        BucketError::Missing { .. } => (code::IMAGE_UPLOAD_MISSING, "The upload was deleted before it was processed."),
        BucketError::TooLarge { .. } => (code::IMAGE_TOO_LARGE, "The file has more than 20 MiB."),
        other => {
            let kind = if other.is_transient() { StepErrorKind::Transient } else { StepErrorKind::StepFailed };
            return Err(StepError::caused_by(kind, error.to_string(), error));
        }
    };
    Ok(Problem::new(ProblemClass::Validation, code, message))
}
