//! Operations: watching them, and calling them off.

use axum::extract::State;
use axum::http::StatusCode;
use tola_catalog::operation::{Intent, Subject};
use tola_catalog::{ChannelId, Operation, OperationId, OperationStatus, Problem, ProblemClass, ProductId, code};
use tola_step::now;
use tola_store::{OperationFilter, Outcome, Settlement, TenantScope};
use tola_workflow::end_commands;

use super::one_more;
use crate::app::App;
use crate::body::NoBody;
use crate::cursor::Question;
use crate::error::{ApiError, chain};
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Tag, examples};
use crate::params::{InPath, Params};
use crate::views::{OperationView, Page};

pub(super) fn list_contract() -> Contract {
    Contract::new(Tag::Operations, "listOperations", "Lists operations, newest first")
        .query::<OperationStatus>("status", "Only operations that stand so.")
        .query::<ProductId>("product_id", "Only operations on this product.")
        .query::<ChannelId>("channel", "Only operations that call this channel.")
        .in_pages()
        .for_merchant()
        .answers::<Page<OperationView<'_>>>(
            StatusCode::OK,
            "A page of operations, without their steps.",
            examples::operations(),
        )
}

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Operations, "readOperation", "Reads an operation, with each attempt of each step")
        .path::<OperationId>("id", "The operation.", examples::OPERATION)
        .answers::<OperationView<'_>>(StatusCode::OK, "The operation.", examples::operation())
}

pub(super) fn cancel_contract() -> Contract {
    Contract::new(Tag::Operations, "cancelOperation", "Cancels an operation that runs")
        .saying("What it has done already stays done; what waited is given up.")
        .path::<OperationId>("id", "The operation.", examples::OPERATION)
        .takes_nothing()
        .answers::<OperationView<'_>>(StatusCode::ACCEPTED, "The operation, cancelled.", examples::operation())
        .refuses(StatusCode::CONFLICT, &[code::ACTION_NOT_POSSIBLE])
}

/// `GET /v1/operations`: newest first.
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<Page<serde_json::Value>>, ApiError> {
    let limit = params.limit()?;
    let status_name = params.take("status");
    let status = status_name.as_deref().map(|text| {
        let refuse =
            || ApiError::invalid_parameter("/query/status", "status is RUNNING, SUCCEEDED, FAILED or CANCELLED");
        OperationStatus::parse(text).ok_or_else(refuse)
    });
    let status = status.transpose()?;
    let product = params.parsed("product_id", "a product's id", |text| ProductId::parse(text).ok())?;
    let channel = params.parsed("channel", "a channel's id", |text| ChannelId::parse(text).ok())?;
    let question = Question {
        route: "/v1/operations",
        merchant_id: caller.merchant_id(),
        filters: vec![
            status_name.unwrap_or_default(),
            product.map(|id| id.to_string()).unwrap_or_default(),
            channel.as_ref().map(ToString::to_string).unwrap_or_default(),
        ],
    };
    let after = match params.take("cursor") {
        Some(cursor) => OperationId::parse(&app.cursors.open(&question, &cursor)?).ok(),
        None => None,
    };
    let filter = OperationFilter { status, product, channel };
    let found = app.store.operations(caller.scope()).list(&filter, after, one_more(limit)).await?;
    let page = Page::cut(found, limit, |last: &Operation| app.cursors.seal(&question, &last.id));
    page.try_map(|operation| serde_json::to_value(OperationView::brief(&operation)).map_err(ApiError::internal))
        .map(Json)
}

/// `GET /v1/operations/{id}`
pub async fn read(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<OperationId>,
) -> Result<Json<serde_json::Value>, ApiError> {
    let operation = app.store.operations(caller.scope()).get(id).await?.ok_or_else(ApiError::not_found)?;
    shown(&operation).map(Json)
}

/// `POST /v1/operations/{id}/cancel`. The commands that wait are ended first: whatever fails afterwards, no edit waits for
/// them. Then the operation is settled, so that nothing else can settle it when its execution stops; if stopping fails, the
/// request fails, and repeating it stops the execution.
pub async fn cancel(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<OperationId>,
    _: NoBody,
) -> Result<(StatusCode, Json<serde_json::Value>), ApiError> {
    let operations = app.store.operations(caller.scope());
    let operation = operations.get(id).await?.ok_or_else(ApiError::not_found)?;
    let message = format!("{} cancelled the operation.", caller.identity.subject);
    let problem = Problem::new(ProblemClass::Policy, code::OPERATION_CANCELLED, message.clone());
    let product = operation.product_id.filter(|_| operation.status == OperationStatus::Running);
    let product = match product {
        Some(product) => {
            match end_commands(&app.store, caller.scope(), product, id, &problem, &caller.origin(now())).await? {
                Outcome::Moved(product) => Some(product),
                Outcome::AlreadyThere(_) | Outcome::Absent => None,
            }
        }
        None => None,
    };
    let settlement = Settlement { status: OperationStatus::Cancelled, result: None, problem: Some(problem) };
    operations.settle(id, &settlement, now()).await?;

    // Read after the settlement: an execution that was started meanwhile is stopped too.
    let operation = operations.get(id).await?.ok_or_else(ApiError::not_found)?;
    if operation.status != OperationStatus::Cancelled {
        return Err(ApiError::not_possible(format!("the operation has ended already; next: {}", operation.next())));
    }
    if let Some(execution) = &operation.execution_arn {
        let stopped = app.workflows.stop(execution, code::OPERATION_CANCELLED.name, &message).await;
        stopped.map_err(ApiError::unavailable)?;
    }
    if let Some(product) = product {
        // What an edit asked for meanwhile, and waited for this operation.
        app.launch_all(caller.scope(), Subject::Product(product.id), &product.intents).await;
    }
    Ok((StatusCode::ACCEPTED, Json(shown(&operation)?)))
}

/// The operation of a write that was just made: as it is stored, or as the intent asks for it.
pub(super) async fn of_subject(
    app: &App,
    scope: TenantScope,
    subject: Subject,
    intents: &[Intent],
    id: OperationId,
) -> Option<Operation> {
    let stored = app.store.operations(scope).get(id).await.unwrap_or_else(|error| {
        tracing::warn!(operation.id = %id, why = chain(&error), "could not read the operation");
        None
    });
    let asked = || intents.iter().find(|intent| intent.operation_id == id);
    stored.or_else(|| asked().map(|intent| Operation::of_intent(intent, scope.merchant_id(), subject)))
}

/// An operation with all that is known of it.
pub(super) fn shown(operation: &Operation) -> Result<serde_json::Value, ApiError> {
    serde_json::to_value(OperationView::whole(operation)).map_err(ApiError::internal)
}
