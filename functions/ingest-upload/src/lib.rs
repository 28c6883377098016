//! Starts the processing of an uploaded image. A notification that comes twice, late or out of order starts it once.

mod notification;

use aws_lambda_events::sqs::SqsMessage;
use tola_catalog::operation::Subject;
use tola_catalog::{Actor, Image, OperationId, Origin};
use tola_contracts::{StepError, StepErrorKind};
use tola_media::{BucketError, ImageBucket, upload_key};
use tola_step::{now, store_failed};
use tola_store::{Outcome, Store, SystemScope, TenantScope};
use tola_workflow::Launcher;

pub use notification::{Upload, uploads};

/// Ingests every upload that a message tells of.
///
/// # Errors
/// For a message of another form, and when the database or Step Functions fails.
pub async fn ingest_upload(
    message: SqsMessage,
    store: &Store,
    launcher: &Launcher,
    bucket: &ImageBucket,
) -> Result<(), StepError> {
    for upload in uploads(&message)? {
        let scope = SystemScope::named("ingest").acting_for(upload.merchant_id);
        let Some(image) = arrived(store, scope, &upload).await? else {
            abandon(&upload, bucket).await?;
            continue;
        };
        discard_if_other(&upload, &image, bucket).await?;
        for intent in &image.intents {
            launcher.launch(scope, Subject::Image(image.id), intent).await.map_err(launch_failed)?;
        }
    }
    Ok(())
}

/// Records that the file has arrived, once; the image that comes back holds the intent for as long as it is not started.
async fn arrived(store: &Store, scope: TenantScope, upload: &Upload) -> Result<Option<Image>, StepError> {
    let Upload { merchant_id, image_id, version } = upload;
    let operation_id = OperationId::new(tola_step::new_id());
    let origin = Origin {
        now: now(),
        actor: Actor::system("ingest-upload"),
        correlation_id: format!("upload-{image_id}"),
        cause: None,
    };
    let outcome = store
        .images(scope)
        .change(*image_id, |image| Ok(image.arrive(version.as_deref(), operation_id, &origin)))
        .await
        .map_err(store_failed)?;
    if let Outcome::Moved(image) = &outcome {
        tracing::info!(merchant.id = %merchant_id, image.id = %image.id, operation.id = %operation_id, "an upload arrived");
    }
    Ok(outcome.document())
}

/// Deletes an upload whose image was deleted before it arrived: nobody would ever look for it. An image is there before its
/// form is, so that none can be on its way.
async fn abandon(upload: &Upload, bucket: &ImageBucket) -> Result<(), StepError> {
    bucket.delete_object(&key(upload)).await.map_err(not_deleted)?;
    tracing::warn!(image.id = %upload.image_id, "deleted an upload for an image that is not there");
    Ok(())
}

/// Deletes a version of an upload that is not the image's: the first one that was heard of is, and becomes the current one
/// again. Which of the two was sent first, notifications don't tell.
async fn discard_if_other(upload: &Upload, image: &Image, bucket: &ImageBucket) -> Result<(), StepError> {
    let (Some(version), Some(own)) = (&upload.version, &image.upload_version) else { return Ok(()) };
    if version == own {
        return Ok(());
    }
    bucket.delete_version(&key(upload), version).await.map_err(not_deleted)?;
    tracing::warn!(image.id = %image.id, "deleted a second upload to the same form");
    Ok(())
}

fn key(upload: &Upload) -> String {
    upload_key(&upload.merchant_id.to_string(), &upload.image_id.to_string())
}

fn not_deleted(error: BucketError) -> StepError {
    StepError::caused_by(StepErrorKind::Transient, error.to_string(), error)
}

fn launch_failed(error: tola_workflow::Error) -> StepError {
    let kind = if error.is_transient() { StepErrorKind::Transient } else { StepErrorKind::StepFailed };
    StepError::caused_by(kind, error.to_string(), error)
}
