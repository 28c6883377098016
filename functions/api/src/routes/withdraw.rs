//! Taking a product off channels, off the market, or out of the catalog; and letting it come back.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tola_catalog::operation::Subject;
use tola_catalog::product::MAX_CHANNELS;
use tola_catalog::status::permit;
use tola_catalog::{ChannelId, OperationKind, Product, ProductId, Request};
use tola_contracts::message::AggregateRef;

use super::action::{Action, check_list, refuse_unknown};
use super::products::tagged;
use crate::app::App;
use crate::body::{NoBody, OptionalBody, lasting};
use crate::error::ApiError;
use crate::etag::IfMatch;
use crate::idempotency::Ids;
use crate::identity::Caller;
use crate::json::Json;
use crate::params::InPath;
use crate::request::now;
use crate::signing::Links;
use crate::views::ProductView;

/// From where a product is to be withdrawn: from everywhere, if nothing is said.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with the channels to unpublish from, or no body")]
pub(super) struct UnpublishBody {
    #[serde(default, deserialize_with = "lasting")]
    channels: Option<Vec<ChannelId>>,
}

/// `POST /v1/products/{id}/unpublish`
pub(super) async fn unpublish(
    State(app): State<App>,
    caller: Caller,
    ids: Ids,
    InPath(id): InPath<ProductId>,
    OptionalBody(body): OptionalBody<UnpublishBody>,
) -> Result<Response, ApiError> {
    let (scope, origin) = (caller.scope(), caller.origin(now()));
    let found = app.store.products(scope).get(id).await?.ok_or_else(ApiError::not_found)?;
    if found.deleting.is_some() {
        permit(found.status, true, Request::Unpublish)?;
    }
    if let Some(channels) = &body.channels {
        check_list(channels, MAX_CHANNELS)?;
        let connected = app.store.channels(scope).all().await?;
        let known =
            |id: &ChannelId| found.channels.contains_key(id) || connected.iter().any(|channel| channel.id == *id);
        refuse_unknown(channels, known)?;
    }
    let kind = OperationKind::Unpublish;
    let action = Action { app: &app, scope, product: id, kind, minted: ids.operation(), origin: &origin };
    let request = |product: &mut Product| {
        let channels = body.channels.clone().unwrap_or_else(|| product.channels.keys().cloned().collect());
        Ok(product.request_unpublish(&channels, action.minted, &origin)?)
    };
    action.request(request).await
}

/// `POST /v1/products/{id}/deactivate`
pub(super) async fn deactivate(
    State(app): State<App>,
    caller: Caller,
    ids: Ids,
    InPath(id): InPath<ProductId>,
    _: NoBody,
) -> Result<Response, ApiError> {
    let (scope, origin) = (caller.scope(), caller.origin(now()));
    let kind = OperationKind::Deactivate;
    let action = Action { app: &app, scope, product: id, kind, minted: ids.operation(), origin: &origin };
    action.request(|product| Ok(product.request_deactivation(action.minted, &origin)?)).await
}

/// `POST /v1/products/{id}/reactivate`: one write, which starts nothing.
pub(super) async fn reactivate(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ProductId>,
    _: NoBody,
) -> Result<Response, ApiError> {
    let (scope, origin) = (caller.scope(), caller.origin(now()));
    let products = app.store.products(scope);
    let outcome = products.change(id, |product| Ok::<_, ApiError>(product.reactivate(&origin)?));
    let product = outcome.await?.document().ok_or_else(ApiError::not_found)?;
    if product.intents.is_empty() {
        app.drain(AggregateRef::Product(id)).await;
    } else {
        app.launch_all(scope, Subject::Product(id), &product.intents).await;
    }
    Ok(tagged(&product, Json(ProductView::new(&product, Links::Unsigned)).into_response()))
}

/// `DELETE /v1/products/{id}`. Once it has begun it is asked for again without `If-Match`: nobody can read an ETag then.
pub(super) async fn delete(
    State(app): State<App>,
    caller: Caller,
    ids: Ids,
    InPath(id): InPath<ProductId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (scope, origin) = (caller.scope(), caller.origin(now()));
    let found = app.store.products(scope).get(id).await?.ok_or_else(ApiError::not_found)?;
    let if_match = if found.deleting.is_none() { Some(IfMatch::read(&headers)?) } else { None };
    let kind = OperationKind::Delete;
    let action = Action { app: &app, scope, product: id, kind, minted: ids.operation(), origin: &origin };
    let request = |product: &mut Product| {
        if let (None, Some(if_match)) = (product.deleting, &if_match) {
            if_match.permit(product)?;
        }
        Ok(product.request_deletion(action.minted, &origin))
    };
    action.request(request).await
}
