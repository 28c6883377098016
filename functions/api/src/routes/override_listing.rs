//! What is different about a product on one channel, and what the channel gets to see of it.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tola_catalog::status::permit;
use tola_catalog::{ChannelId, EffectiveView, Overrides, ProductId, Request, code};
use tola_step::now;
use tola_store::Outcome;

use super::edit_product::{answer, followed};
use super::products::{readable, tagged};
use crate::app::App;
use crate::body::{JsonBody, object};
use crate::error::ApiError;
use crate::etag::IfMatch;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Header, Tag, examples};
use crate::params::BothInPath;
use crate::signing::Links;
use crate::views::{ListingShown, ProductView};

/// What is different there, all of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object with the overrides")]
#[schemars(rename = "ListingOverrides")]
pub(super) struct OverrideBody {
    /// Values that take the place of the product's own on this channel.
    #[serde(deserialize_with = "object")]
    overrides: Overrides,
}

fn about(contract: Contract) -> Contract {
    contract.path::<ProductId>("id", "The product.", examples::PRODUCT).path::<ChannelId>(
        "channel_id",
        "The channel.",
        examples::CHANNEL,
    )
}

pub(super) fn contract() -> Contract {
    let cheaper = json!({ "overrides": { "price": { "amount": 11_500, "currency": "EUR" }, "tags": ["sale"] } });
    let bodies = vec![("Cheaper there", cheaper), ("As everywhere", json!({ "overrides": {} }))];
    about(Contract::new(Tag::Products, "overrideListing", "Says what is different about a product on one channel"))
        .saying(
            "All of it: what is left out is as it is everywhere. The channel follows by itself if it has the product.",
        )
        .edits()
        .takes::<OverrideBody>(bodies)
        .answers::<ProductView<'_>>(
            StatusCode::OK,
            "The product as it is now; with the operation that the edit has begun, if it has begun one.",
            examples::product_with_operation(),
        )
        .with(&[Header::ETag])
        .refuses(StatusCode::CONFLICT, &[code::ACTION_NOT_POSSIBLE])
}

pub(super) fn view_contract() -> Contract {
    about(Contract::new(Tag::Products, "readListing", "Reads what a channel is to show of a product"))
        .saying("Each value with its source: the product, or this channel's overrides.")
        .answers::<ListingShown<'_>>(StatusCode::OK, "What the channel is to show.", examples::listing())
        .with(&[Header::ETag])
}

/// `PUT /v1/products/{id}/channels/{channel_id}`: an edit that reaches this channel by itself, and no other.
pub(super) async fn replace(
    State(app): State<App>,
    caller: Caller,
    BothInPath(id, channel_id): BothInPath<ProductId, ChannelId>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<OverrideBody>,
) -> Result<Response, ApiError> {
    let (scope, origin) = (caller.scope(), caller.origin(now()));
    let products = app.store.products(scope);
    let found = products.get(id).await?.ok_or_else(ApiError::not_found)?;
    permit(found.status, found.deleting.is_some(), Request::Edit)?;
    app.store.channels(scope).get(&channel_id).await?.ok_or_else(ApiError::not_found)?;
    let if_match = IfMatch::read(&headers)?;

    let mut known = Vec::new();
    let outcome = products.change(id, |product| {
        permit(product.status, product.deleting.is_some(), Request::Edit)?;
        if_match.permit(product)?;
        known = product.intents.iter().map(|intent| intent.operation_id).collect();
        let overridden = product.override_on(&channel_id, body.overrides.clone(), &origin);
        overridden.map_err(|refused| ApiError::from(refused).below("/overrides"))
    });
    let moved = match outcome.await? {
        Outcome::Moved(product) => product,
        Outcome::AlreadyThere(product) => return answer(&app, &product, None).await,
        Outcome::Absent => return Err(ApiError::not_found()),
    };
    followed(&app, scope, &moved, &known, &origin).await
}

/// `GET /v1/products/{id}/channels/{channel_id}/view`: what the channel is to show, each value with its source.
pub(super) async fn view(
    State(app): State<App>,
    caller: Caller,
    BothInPath(id, channel_id): BothInPath<ProductId, ChannelId>,
) -> Result<Response, ApiError> {
    let scope = caller.scope();
    let found = app.store.products(scope).get(id).await?;
    let product = readable(found)?;
    app.store.channels(scope).get(&channel_id).await?.ok_or_else(ApiError::not_found)?;
    let view = EffectiveView::of(&product, &channel_id);
    let signer = app.signing.signer(now()).await?;
    let shown = ListingShown::new(&product, &channel_id, &view, Links::Signed(&signer));
    Ok(tagged(&product, Json(shown).into_response()))
}
