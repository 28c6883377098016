//! Doing an operation again.
//!
//! Whoever retries an operation links it to its successor first, and the first link holds: all who retry it, at once or
//! after a crash, go on with that one successor. The intent for it is then written unless it was before, and launching
//! is repeatable. So one retry comes of any number of requests, wherever one of them dies.

use axum::extract::State;
use axum::http::StatusCode;
use tola_catalog::image::Changed;
use tola_catalog::operation::{Intent, Subject};
use tola_catalog::{ImageStatus, Operation, OperationId, OperationKind, Origin, code};
use tola_step::now;
use tola_store::TenantScope;

use super::operations::{of_subject, shown};
use crate::app::App;
use crate::body::NoBody;
use crate::error::ApiError;
use crate::idempotency::Ids;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Tag, examples};
use crate::params::InPath;
use crate::views::OperationView;

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Operations, "retryOperation", "Does an operation again that failed or was cancelled")
        .saying("However often it is asked for, it is done again once, by one operation.")
        .path::<OperationId>("id", "The operation that failed.", examples::OPERATION)
        .takes_nothing()
        .answers::<OperationView<'_>>(StatusCode::ACCEPTED, "The operation that does it again.", examples::operation())
        .refuses(StatusCode::CONFLICT, &[code::ACTION_NOT_POSSIBLE, code::PRODUCT_INCOMPLETE, code::OUT_OF_STOCK])
}

/// `POST /v1/operations/{id}/retry`
pub(super) async fn retry(
    State(app): State<App>,
    caller: Caller,
    ids: Ids,
    InPath(id): InPath<OperationId>,
    _: NoBody,
) -> Result<(StatusCode, Json<serde_json::Value>), ApiError> {
    let (scope, origin) = (caller.scope(), caller.origin(now()));
    let operations = app.store.operations(scope);
    let failed = operations.get(id).await?.ok_or_else(ApiError::not_found)?;
    if !failed.may_retry() {
        return Err(ApiError::not_possible(format!("only what failed can be retried; next: {}", failed.next())));
    }
    match failed.subject() {
        Some(subject) => refuse_if_not_possible(&app, scope, &failed, subject, &origin).await?,
        None => refuse_if_nothing_is_left(&app, scope, &failed).await?,
    }
    let begun = again(&app, scope, &failed, ids.operation(), &origin).await?;
    Ok((StatusCode::ACCEPTED, Json(shown(&begun)?)))
}

/// The operation that does a failed one again: begun now, or before, by whoever asked for it first.
pub(super) async fn again(
    app: &App,
    scope: TenantScope,
    failed: &Operation,
    minted: OperationId,
    origin: &Origin,
) -> Result<Operation, ApiError> {
    let operations = app.store.operations(scope);
    let successor = operations.retried_by(failed.id, minted).await?.ok_or_else(ApiError::not_found)?;
    if let Some(begun) = operations.get(successor).await? {
        return started(app, scope, begun).await;
    }
    let Some(subject) = failed.subject() else { return begin(app, scope, failed, successor, origin).await };
    let intents = ask(app, scope, failed, subject, successor, origin).await?;
    app.launch_if_asked(scope, subject, &intents, successor).await;
    let begun = of_subject(app, scope, subject, &intents, successor).await;
    begun.ok_or_else(|| ApiError::unavailable("the retry was launched by another request, and can't be read yet"))
}

/// An operation that is written, and is started unless it was before: whoever wrote it may have died.
pub(super) async fn started(app: &App, scope: TenantScope, operation: Operation) -> Result<Operation, ApiError> {
    if operation.execution_arn.is_some() || operation.ended_at.is_some() {
        return Ok(operation);
    }
    let promised = match operation.subject() {
        Some(Subject::Product(id)) => app.store.products(scope).get(id).await?.map(|product| product.intents),
        Some(Subject::Image(id)) => app.store.images(scope).get(id).await?.map(|image| image.intents),
        None => None,
    };
    match operation.subject() {
        Some(subject) => {
            app.launch_if_asked(scope, subject, &promised.unwrap_or_default(), operation.id).await;
        }
        None => app.begin(scope, &operation).await,
    }
    Ok(app.store.operations(scope).get(operation.id).await?.unwrap_or(operation))
}

/// A reconciliation, as a review, is its own promise: writing it is all that has to be done before it is started.
async fn begin(
    app: &App,
    scope: TenantScope,
    failed: &Operation,
    successor: OperationId,
    origin: &Origin,
) -> Result<Operation, ApiError> {
    let merchant = scope.merchant_id();
    let operation = match (&failed.channel_id, &failed.category_id) {
        (Some(channel), _) => Operation::reconciling(channel.clone(), successor, merchant, failed.dry_run, origin),
        (None, Some(category)) => Operation::reviewing(category.clone(), successor, merchant, origin),
        (None, None) => return Err(about_nothing()),
    };
    let operation = Operation { retry_of: Some(failed.id), ..operation };
    app.store.operations(scope).ensure(&operation).await?;
    app.begin(scope, &operation).await;
    Ok(operation)
}

async fn refuse_if_nothing_is_left(app: &App, scope: TenantScope, failed: &Operation) -> Result<(), ApiError> {
    let why = match (&failed.channel_id, &failed.category_id) {
        (Some(id), _) if app.store.channels(scope).get(id).await?.is_none() => {
            format!("{id} is not connected any more")
        }
        (None, Some(id)) if !app.store.categories(scope).get().await?.categories.contains_key(id) => {
            format!("{id} is not there any more")
        }
        (None, None) => return Err(about_nothing()),
        _ => return Ok(()),
    };
    Err(ApiError::not_possible(why))
}

fn about_nothing() -> ApiError {
    ApiError::internal("the operation is about nothing")
}

/// Refuses before the operation is linked to a successor, which would then never come to be: a product that is being deleted
/// is there for its deletion alone, and one may be in a state by now in which nobody can ask for it.
async fn refuse_if_not_possible(
    app: &App,
    scope: TenantScope,
    failed: &Operation,
    subject: Subject,
    origin: &Origin,
) -> Result<(), ApiError> {
    let there = match subject {
        Subject::Product(id) => {
            let product = app.store.products(scope).get(id).await?;
            let product = product.filter(|product| product.deleting.is_none() || failed.kind == OperationKind::Delete);
            if let Some(product) = &product
                && failed.retried_by.is_none()
                && failed.kind != OperationKind::Register
            {
                product.clone().request_again(failed.kind, failed.id, failed.id, origin)?;
            }
            product.is_some()
        }
        Subject::Image(id) => {
            let image = app.store.images(scope).get(id).await?;
            image.is_some_and(|image| image.status != ImageStatus::Purging)
        }
    };
    if there { Ok(()) } else { Err(ApiError::not_possible(format!("{subject} is not there any more"))) }
}

/// Writes the intent of the successor into the subject's document, unless it was there before. Returns the document's
/// intents as they are now.
async fn ask(
    app: &App,
    scope: TenantScope,
    failed: &Operation,
    subject: Subject,
    successor: OperationId,
    origin: &Origin,
) -> Result<Vec<Intent>, ApiError> {
    use OperationKind::{Deactivate, Delete, Pause, Publish, Unpublish};
    let (kind, retry_of) = (failed.kind, Some(failed.id));
    // The last operation of its kind is the successor from the write of its intent on, pulled or not.
    let asked = |last: Option<&OperationId>| last == Some(&successor);
    let document = match (subject, kind) {
        (Subject::Product(id), OperationKind::Register) => {
            let products = app.store.products(scope);
            let outcome = products.change(id, |product| {
                if asked(product.last_operation.get(&kind)) {
                    return Ok::<_, ApiError>(Changed::No);
                }
                match product.request_registration(successor, retry_of, origin) {
                    Changed::Yes => Ok(Changed::Yes),
                    Changed::No => Err(ApiError::not_possible(format!("{subject} is being deleted"))),
                }
            });
            outcome.await?.document().map(|product| product.intents)
        }
        (Subject::Product(id), kind @ (Publish | Unpublish | Deactivate | Delete | Pause)) => {
            let products = app.store.products(scope);
            let outcome = products.change(id, |product| {
                if asked(product.last_operation.get(&kind)) {
                    return Ok::<_, ApiError>(Changed::No);
                }
                product.request_again(kind, successor, failed.id, origin)?;
                Ok(Changed::Yes)
            });
            outcome.await?.document().map(|product| product.intents)
        }
        (Subject::Image(id), OperationKind::ProcessImage) => {
            let images = app.store.images(scope);
            let outcome = images.change(id, |image| {
                if asked(image.last_operation.get(&kind)) {
                    return Ok::<_, ApiError>(Changed::No);
                }
                image.request_processing(successor, retry_of, origin);
                Ok(Changed::Yes)
            });
            outcome.await?.document().map(|image| image.intents)
        }
        _ => return Err(ApiError::internal("an operation of this kind is about something else")),
    };
    document.ok_or_else(|| ApiError::not_possible(format!("{subject} is not there any more")))
}
