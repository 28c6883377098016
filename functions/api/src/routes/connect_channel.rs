//! Connecting a channel, and connecting it anew.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value};
use tola_catalog::{Channel, ChannelId, ChannelStatus, MerchantId, Timestamp};
use tola_store::{Duplicate, Error as StoreError, Saved};

use super::channels::ATTEMPTS;
use crate::app::App;
use crate::body::JsonBody;
use crate::channel_types::{self, ChannelType};
use crate::error::ApiError;
use crate::identity::Caller;
use crate::json::Json;
use crate::params::InPath;
use crate::request::now;
use crate::views::ChannelView;

/// The most channels of a merchant: lists show them all at once.
const MAX_CHANNELS: usize = 100;

/// The longest name of a secret, in bytes.
const MAX_SECRET: usize = 64;

/// What a channel is to be, whole.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a channel")]
pub(super) struct ChannelBody {
    #[serde(rename = "type")]
    channel_type: String,
    config: Map<String, Value>,
    #[serde(default)]
    secret: Option<String>,
    #[serde(default)]
    paused: bool,
}

/// `PUT /v1/channels/{id}`: the channel is what the body says afterwards, whether it was there before or not. A channel
/// that refused our credentials is tried again from then on.
pub(super) async fn connect(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ChannelId>,
    JsonBody(body): JsonBody<ChannelBody>,
) -> Result<Response, ApiError> {
    check(&body)?;
    let (channels, now) = (app.store.channels(caller.scope()), now());
    for _ in 0..ATTEMPTS {
        let Some(before) = channels.get(&id).await? else {
            if channels.all().await?.len() >= MAX_CHANNELS {
                return Err(ApiError::not_possible(format!("a merchant has at most {MAX_CHANNELS} channels")));
            }
            let channel = body.new_channel(&id, caller.merchant_id(), now);
            match channels.insert(&channel).await {
                Ok(()) => return Ok(created(channel)),
                Err(StoreError::Duplicate(Duplicate::Id)) => continue,
                Err(error) => return Err(error.into()),
            }
        };
        if before.channel_type != body.channel_type {
            let message = format!("{id} is of type {}, and stays that; connect another channel", before.channel_type);
            return Err(ApiError::not_possible(message));
        }
        let after = body.replacing(&before, now);
        if after == before || channels.save(&before, &after).await? == Saved::Moved {
            return Ok(Json(ChannelView::from(after)).into_response());
        }
    }
    Err(ApiError::unavailable("others write to the channel all the time"))
}

fn created(channel: Channel) -> Response {
    let location = HeaderValue::from_str(&format!("/v1/channels/{}", channel.id));
    let mut response = (StatusCode::CREATED, Json(ChannelView::from(channel))).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn check(body: &ChannelBody) -> Result<(), ApiError> {
    let Some(known) = ChannelType::named(&body.channel_type) else {
        let names: Vec<_> = channel_types::ALL.iter().map(|known| known.name).collect();
        return Err(ApiError::invalid_body("/type", format!("a channel's type is one of: {}", names.join(", "))));
    };
    let fits = |name: &String| {
        (1..=MAX_SECRET).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    if !body.secret.as_ref().is_none_or(fits) {
        // Not repeated: somebody may have sent the secret itself.
        let message = format!("the name of a secret has 1 to {MAX_SECRET} letters, digits, or _ . -");
        return Err(ApiError::invalid_body("/secret", message));
    }
    known.check(&body.config)
}

impl ChannelBody {
    fn status(&self) -> ChannelStatus {
        if self.paused { ChannelStatus::Paused } else { ChannelStatus::Active }
    }

    fn new_channel(&self, id: &ChannelId, merchant_id: MerchantId, now: Timestamp) -> Channel {
        Channel {
            id: id.clone(),
            merchant_id,
            channel_type: self.channel_type.clone(),
            config: self.config.clone(),
            secret: self.secret.clone(),
            status: self.status(),
            problem: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// The same channel as it was, if nothing changes.
    fn replacing(&self, before: &Channel, now: Timestamp) -> Channel {
        let mut after = Channel {
            config: self.config.clone(),
            secret: self.secret.clone(),
            status: self.status(),
            problem: None,
            ..before.clone()
        };
        if after != *before {
            after.version += 1;
            after.updated_at = now;
        }
        after
    }
}
