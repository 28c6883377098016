//! Taking a product off channels, off the market, or out of the catalog; and letting it come back.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tola_catalog::image::Changed;
use tola_catalog::operation::Subject;
use tola_catalog::product::MAX_CHANNELS;
use tola_catalog::status::permit;
use tola_catalog::{ChannelId, OperationKind, Product, ProductId, Request, code};
use tola_contracts::message::AggregateRef;
use tola_step::now;

use super::action::{Accepted, Action, check_list, refuse_unknown};
use super::products::tagged;
use crate::app::App;
use crate::body::{NoBody, OptionalBody, lasting};
use crate::error::ApiError;
use crate::etag::IfMatch;
use crate::idempotency::Ids;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Header, Tag, examples};
use crate::params::InPath;
use crate::signing::Links;
use crate::views::ProductView;

/// From where a product is to be withdrawn: from everywhere, if nothing is said.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object with the channels to unpublish from, or no body")]
#[schemars(rename = "Withdrawal")]
pub(super) struct UnpublishBody {
    /// The channels, each once; every one of the product's if this is left out.
    #[serde(default, deserialize_with = "lasting")]
    #[schemars(with = "Vec<ChannelId>", extend("minItems" = 1, "maxItems" = MAX_CHANNELS))]
    channels: Option<Vec<ChannelId>>,
}

/// What the requests of this file have in common.
fn contract(id: &'static str, summary: &'static str) -> Contract {
    Contract::new(Tag::Products, id, summary).path::<ProductId>("id", "The product.", examples::PRODUCT)
}

fn accepted(contract: Contract, description: &'static str) -> Contract {
    contract
        .answers::<Accepted<'_>>(StatusCode::ACCEPTED, description, examples::accepted())
        .with(&[Header::Location])
        .refuses(StatusCode::CONFLICT, &[code::ACTION_NOT_POSSIBLE])
}

pub(super) fn unpublish_contract() -> Contract {
    let bodies = vec![("From one channel", json!({ "channels": [examples::CHANNEL] })), ("From every one", json!({}))];
    let contract = contract("unpublishProduct", "Takes a product off channels")
        .saying("It stays in the catalog, and can be published again.")
        .may_take::<UnpublishBody>(bodies)
        .refuses(StatusCode::UNPROCESSABLE_ENTITY, &[code::UNKNOWN_CHANNEL]);
    accepted(contract, "The operation that withdraws it.")
}

pub(super) fn deactivate_contract() -> Contract {
    let contract = contract("deactivateProduct", "Takes a product off the market")
        .saying("It is withdrawn from every channel, and stays INACTIVE until it is reactivated.")
        .takes_nothing();
    accepted(contract, "The operation that withdraws it.")
}

pub(super) fn reactivate_contract() -> Contract {
    contract("reactivateProduct", "Puts a product back on the market")
        .saying("It can be published again; by itself it goes nowhere.")
        .takes_nothing()
        .answers::<ProductView<'_>>(StatusCode::OK, "The product as it is now.", examples::product())
        .with(&[Header::ETag])
        .refuses(StatusCode::CONFLICT, &[code::ACTION_NOT_POSSIBLE])
}

pub(super) fn delete_contract() -> Contract {
    let contract = contract("deleteProduct", "Deletes a product")
        .saying("It is withdrawn from every channel for good. From the answer on, readers don't find it any more.")
        .edits_unless_begun();
    accepted(contract, "The operation that removes it.")
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
    ids: Ids,
    InPath(id): InPath<ProductId>,
    _: NoBody,
) -> Result<Response, ApiError> {
    let (scope, origin) = (caller.scope(), caller.origin(now()));
    let products = app.store.products(scope);
    let outcome = products.change(id, |product| {
        // Written before, and the answer was lost.
        if ids.is_resumed() && product.deactivated.is_none() && product.deleting.is_none() {
            return Ok(Changed::No);
        }
        Ok::<_, ApiError>(product.reactivate(&origin)?)
    });
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
    let may_be_left_out = found.deleting.is_some() && !headers.contains_key(header::IF_MATCH);
    let if_match = if may_be_left_out { None } else { Some(IfMatch::read(&headers)?) };
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
