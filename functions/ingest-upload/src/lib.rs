//! Starts the processing of an uploaded image. A notification that comes twice, late or out of order starts it once.

mod notification;

use aws_lambda_events::sqs::SqsMessage;
use tola_catalog::operation::Subject;
use tola_catalog::{Actor, Image, ImageId, MerchantId, OperationId, Origin};
use tola_contracts::{StepError, StepErrorKind};
use tola_step::{now, store_failed};
use tola_store::{Outcome, Store, SystemScope, TenantScope};
use tola_workflow::Launcher;
use ulid::Ulid;

pub use notification::{Upload, uploads};

/// Ingests every upload that a message tells of.
///
/// # Errors
/// For a message of another form, and when the database or Step Functions fails.
pub async fn ingest_upload(message: SqsMessage, store: &Store, launcher: &Launcher) -> Result<(), StepError> {
    for upload in uploads(&message)? {
        let scope = SystemScope::named("ingest").acting_for(upload.merchant_id);
        let Some(image) = arrived(store, scope, upload.merchant_id, upload.image_id).await? else {
            tracing::warn!(image.id = %upload.image_id, "an upload arrived for an image that is not there");
            continue;
        };
        for intent in &image.intents {
            launcher.launch(scope, Subject::Image(image.id), intent).await.map_err(launch_failed)?;
        }
    }
    Ok(())
}

/// Records that the file has arrived, once; the image that comes back holds the intent for as long as it is not started.
async fn arrived(
    store: &Store,
    scope: TenantScope,
    merchant_id: MerchantId,
    image_id: ImageId,
) -> Result<Option<Image>, StepError> {
    let operation_id = OperationId::new(Ulid::generate());
    let origin =
        Origin { now: now(), actor: Actor::system("ingest-upload"), correlation_id: format!("upload-{image_id}") };
    let outcome = store
        .images(scope)
        .change(image_id, |image| Ok(image.arrive(operation_id, &origin)))
        .await
        .map_err(store_failed)?;
    if let Outcome::Moved(image) = &outcome {
        tracing::info!(merchant.id = %merchant_id, image.id = %image.id, operation.id = %operation_id, "an upload arrived");
    }
    Ok(outcome.document())
}

fn launch_failed(error: tola_workflow::Error) -> StepError {
    let kind = if error.is_transient() { StepErrorKind::Transient } else { StepErrorKind::StepFailed };
    StepError::caused_by(kind, error.to_string(), error)
}
