//! Offering a product on channels: for real, or as a plan that shows what it would come to.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tola_catalog::listing::{CommandKind, Listing};
use tola_catalog::product::{MAX_CHANNELS, Refused};
use tola_catalog::status::permit;
use tola_catalog::{
    Channel, ChannelId, OperationId, OperationKind, Origin, Product, ProductId, ProductStatus, Request,
};

use super::action::{Action, check_list, refuse_unknown};
use crate::app::App;
use crate::body::JsonBody;
use crate::channel_types;
use crate::error::ApiError;
use crate::idempotency::Ids;
use crate::identity::Caller;
use crate::json::Json;
use crate::params::{InPath, Params};
use crate::request::now;
use crate::views::{PlanView, PlannedView};

/// Where a product is to be offered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with the channels to publish to")]
pub(super) struct PublishBody {
    channels: Vec<ChannelId>,
}

/// `POST /v1/products/{id}/publish`
pub(super) async fn publish(
    State(app): State<App>,
    caller: Caller,
    ids: Ids,
    InPath(id): InPath<ProductId>,
    mut params: Params,
    JsonBody(PublishBody { channels }): JsonBody<PublishBody>,
) -> Result<Response, ApiError> {
    let (scope, origin) = (caller.scope(), caller.origin(now()));
    let dry_run = params.switch("dry_run")?;
    let found = app.store.products(scope).get(id).await?.ok_or_else(ApiError::not_found)?;
    if found.deleting.is_some() {
        permit(found.status, true, Request::Publish)?;
    }
    check_list(&channels, MAX_CHANNELS)?;
    let connected = app.store.channels(scope).all().await?;
    refuse_unknown(&channels, |wanted| connected.iter().any(|channel| channel.id == *wanted))?;

    if dry_run {
        let wanted: Vec<&Channel> =
            channels.iter().filter_map(|id| connected.iter().find(|channel| channel.id == *id)).collect();
        return Ok(Json(plan(&found, &channels, &wanted, ids.operation(), &origin)?).into_response());
    }
    let kind = OperationKind::Publish;
    let action = Action { app: &app, scope, product: id, kind, minted: ids.operation(), origin: &origin };
    action.request(|product| Ok(product.request_publish(&channels, action.minted, &origin)?)).await
}

/// What publishing would come to: the same request, on a copy that nobody writes. Of a product that is incomplete, what
/// it would come to if it were complete.
fn plan(
    product: &Product,
    ids: &[ChannelId],
    channels: &[&Channel],
    operation: OperationId,
    origin: &Origin,
) -> Result<PlanView, ApiError> {
    let mut after = product.clone();
    match after.request_publish(ids, operation, origin) {
        Err(Refused::Incomplete { .. }) => {
            after = product.clone();
            after.completeness.missing.clear();
            after.status = ProductStatus::of(false, !after.live_on.is_empty(), true);
            let _ = after.request_publish(ids, operation, origin)?;
        }
        requested => drop(requested?),
    }
    let fence = |listing: Option<&Listing>| listing.map_or(1, Listing::next_fence);
    let planned = channels.iter().map(|channel| {
        let listing = after.channels.get(&channel.id);
        let commanded = fence(listing) > fence(product.channels.get(&channel.id));
        let command = listing.and_then(|listing| listing.command.as_ref()).filter(|_| commanded);
        let action = match command.map(|command| command.kind) {
            Some(CommandKind::Publish) => "create",
            Some(_) => "update",
            None => "nothing",
        };
        PlannedView::new(channel, action, channel_types::missing(channel, product))
    });
    Ok(PlanView::new(product, planned.collect()))
}
