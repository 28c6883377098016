//! Holding a channel against what it should have.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tola_catalog::{ChannelId, ChannelStatus, Operation, OperationKind, OperationStatus, code};
use tola_step::now;
use tola_store::OperationFilter;

use super::action::{Accepted, accepted};
use super::retry::started;
use crate::app::App;
use crate::body::NoBody;
use crate::error::ApiError;
use crate::idempotency::Ids;
use crate::identity::Caller;
use crate::openapi::{Contract, Header, Switch, Tag, examples};
use crate::params::{InPath, Params};

/// How many of a channel's running operations are looked through for a reconciliation.
const RUNNING: u32 = 100;

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Channels, "reconcileChannel", "Holds a channel against what it should have")
        .saying("What differs is mended, or only told with `dry_run=true`. While one runs, it is the answer.")
        .path::<ChannelId>("id", "The channel.", examples::CHANNEL)
        .query::<Switch>("dry_run", "Whether only to tell what differs.")
        .takes_nothing()
        .answers::<Accepted<'_>>(StatusCode::ACCEPTED, "The operation that does it.", examples::accepted())
        .with(&[Header::Location])
        .refuses(StatusCode::CONFLICT, &[code::ACTION_NOT_POSSIBLE])
}

/// `POST /v1/channels/{id}/reconcile`: one at a time, but for those that only look. While one runs, it is the answer.
pub(super) async fn reconcile(
    State(app): State<App>,
    caller: Caller,
    ids: Ids,
    InPath(id): InPath<ChannelId>,
    mut params: Params,
    _: NoBody,
) -> Result<Response, ApiError> {
    let (scope, origin) = (caller.scope(), caller.origin(now()));
    let dry_run = params.switch("dry_run")?;
    let channel = app.store.channels(scope).get(&id).await?.ok_or_else(ApiError::not_found)?;
    if channel.status == ChannelStatus::AuthBroken {
        let message = format!("{id} does not accept our credentials: {}", code::CHANNEL_AUTH_BROKEN.remedy);
        return Err(ApiError::not_possible(message));
    }
    let (channels, operations) = (app.store.channels(scope), app.store.operations(scope));
    // Before looking at what runs: whoever begins one meanwhile has noted another.
    let last = channels.last_reconciliation(&id, dry_run).await?;
    let filter = OperationFilter { status: Some(OperationStatus::Running), product: None, channel: Some(id.clone()) };
    let running = operations.list(&filter, None, RUNNING).await?;
    let same = |known: &&Operation| known.kind == OperationKind::Reconcile && known.dry_run == dry_run;
    let known = match (running.iter().find(same), last) {
        (Some(running), _) => Some(running.clone()),
        (None, Some(last)) => operations.get(last).await?,
        (None, None) => None,
    };
    let next = match (known, last) {
        (Some(known), _) if known.ended_at.is_none() => return accepted(&started(&app, scope, known).await?),
        // Noted and not written: whoever noted it has died, or is about to write it.
        (None, Some(last)) => last,
        (_, last) => {
            let noted = channels.reconciled_next_by(&id, dry_run, last, ids.operation()).await?;
            noted.ok_or_else(ApiError::not_found)?
        }
    };
    let operation = Operation::reconciling(id, next, caller.merchant_id(), dry_run, &origin);
    // From here on it is promised: without an execution, the sweep starts one.
    operations.ensure(&operation).await?;
    accepted(&started(&app, scope, operation).await?)
}
