//! A merchant's channels: reading them, and letting one go.

use axum::extract::State;
use axum::http::StatusCode;
use tola_catalog::{Channel, ChannelId, code};

use crate::app::App;
use crate::error::ApiError;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Tag, examples};
use crate::params::InPath;
use crate::views::{ChannelView, Page};

/// The most products that a refusal names.
const NAMED: u32 = 10;

/// How often a channel that others write to is looked at again.
pub(super) const ATTEMPTS: usize = 8;

pub(super) fn list_contract() -> Contract {
    Contract::new(Tag::Channels, "listChannels", "Lists all channels, by name")
        .for_merchant()
        .answers::<Page<ChannelView>>(StatusCode::OK, "All of them: there is one page.", examples::channels())
}

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Channels, "readChannel", "Reads a channel")
        .path::<ChannelId>("id", "The channel.", examples::CHANNEL)
        .answers::<ChannelView>(StatusCode::OK, "The channel.", examples::channel())
}

pub(super) fn disconnect_contract() -> Contract {
    Contract::new(Tag::Channels, "disconnectChannel", "Disconnects a channel")
        .saying("Not while a product is live there, or on its way.")
        .path::<ChannelId>("id", "The channel.", examples::CHANNEL)
        .answers_without_body(StatusCode::NO_CONTENT, "It is not connected any more.")
        .refuses(StatusCode::CONFLICT, &[code::ACTION_NOT_POSSIBLE])
}

/// `GET /v1/channels`: all of them, by name.
pub async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Page<ChannelView>>, ApiError> {
    let found = app.store.channels(caller.scope()).all().await?;
    Ok(Json(Page::cut(found, u32::MAX, |last: &Channel| last.id.to_string()).map(ChannelView::from)))
}

/// `GET /v1/channels/{id}`
pub async fn read(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ChannelId>,
) -> Result<Json<ChannelView>, ApiError> {
    let channel = app.store.channels(caller.scope()).get(&id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(channel.into()))
}

/// `DELETE /v1/channels/{id}`: not while a product is live there, may be, or is on its way, since nobody could take it off
/// any more. What the channel keeps and doesn't show is forgotten.
pub async fn disconnect(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ChannelId>,
) -> Result<StatusCode, ApiError> {
    let channels = app.store.channels(caller.scope());
    let mut found = channels.get(&id).await?.ok_or_else(ApiError::not_found)?;
    for _ in 0..ATTEMPTS {
        let bound = app.store.products(caller.scope()).bound_to(&id, NAMED).await?;
        if !bound.is_empty() {
            let message = format!("products are live on {id}, or on their way: unpublish them first");
            return Err(ApiError::not_possible(message).held_by(&bound, "is live on it, or on its way"));
        }
        channels.remove(&found).await?;
        // Somebody may have written to it meanwhile, and then it is still there.
        match channels.get(&id).await? {
            None => return Ok(StatusCode::NO_CONTENT),
            Some(newer) => found = newer,
        }
    }
    Err(ApiError::unavailable("others write to the channel all the time"))
}
