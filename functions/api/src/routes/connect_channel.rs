//! Connecting a channel, and connecting it anew.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tola_catalog::{Channel, ChannelId, MerchantId, Origin, Problem, ProblemClass, Timestamp, code};
use tola_contracts::channel::inquiry::Question;
use tola_step::now;
use tola_store::{Duplicate, Error as StoreError, Saved};

use super::channels::ATTEMPTS;
use super::located;
use super::test_channel::Tested;
use crate::app::App;
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Header, Tag, examples};
use crate::params::InPath;
use crate::views::ChannelView;

/// The most channels of a merchant: lists show them all at once.
const MAX_CHANNELS: usize = 100;

/// The longest name of a channel type, in bytes.
const MAX_TYPE: usize = 40;

/// The longest name of a secret, in bytes.
const MAX_SECRET: usize = 64;

/// What a channel is to be, whole.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a channel")]
#[schemars(rename = "ChannelConnection")]
pub(super) struct ChannelBody {
    /// The kind of channel, and so the adapter: `sandbox`, `webhook` … It stays the same.
    #[serde(rename = "type")]
    #[schemars(extend("pattern" = "^[A-Za-z0-9-]+$", "minLength" = 1, "maxLength" = MAX_TYPE))]
    channel_type: String,
    /// What the adapter needs to know; no secrets.
    config: Map<String, Value>,
    /// The name of the secret that holds the credentials.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[A-Za-z0-9_.-]+$", "minLength" = 1, "maxLength" = MAX_SECRET))]
    secret: Option<String>,
    /// Whether nothing is to be offered there for now.
    #[serde(default)]
    paused: bool,
}

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Channels, "connectChannel", "Connects a channel, or connects it anew")
        .saying(
            "The channel is what the body says afterwards, whether it was there before or not, and the connection was \
             tried. One that refuses the credentials is AUTH_BROKEN until it is connected with better ones.",
        )
        .path::<ChannelId>("id", "The merchant's name for it.", examples::CHANNEL)
        .takes::<ChannelBody>(examples::connections())
        .answers::<ChannelView>(StatusCode::OK, "It was there, and is so now.", examples::channel())
        .answers::<ChannelView>(StatusCode::CREATED, "It is connected.", examples::channel())
        .with(&[Header::Location])
        .refuses(StatusCode::CONFLICT, &[code::ACTION_NOT_POSSIBLE])
}

/// `PUT /v1/channels/{id}`: the channel is what the body says afterwards, whether it was there before or not, and the
/// connection was tried. A channel that refuses our credentials is connected as AUTH_BROKEN, and repaired by a PUT with
/// better ones: what it missed meanwhile is then brought there by a reconciliation.
pub(super) async fn connect(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ChannelId>,
    JsonBody(body): JsonBody<ChannelBody>,
) -> Result<Response, ApiError> {
    check(&body)?;
    let (channels, origin) = (app.store.channels(caller.scope()), caller.origin(now()));
    refuse_another_type(channels.get(&id).await?.as_ref(), &body)?;
    let tested = test(&app, &id, &body, caller.merchant_id(), &origin).await?;
    let due = origin.now.after(app.reconcile_every);
    for _ in 0..ATTEMPTS {
        let Some(before) = channels.get(&id).await? else {
            if channels.all().await?.len() >= MAX_CHANNELS {
                return Err(ApiError::not_possible(format!("a merchant has at most {MAX_CHANNELS} channels")));
            }
            let channel = body.new_channel(&id, caller.merchant_id(), &tested, due, origin.now);
            match channels.insert(&channel).await {
                Ok(()) => return Ok(created(channel)),
                Err(StoreError::Duplicate(Duplicate::Id)) => continue,
                Err(error) => return Err(error.into()),
            }
        };
        refuse_another_type(Some(&before), &body)?;
        let mut after = body.replacing(&before, &tested, origin.now);
        if after != before {
            after.reconcile_due_at.get_or_insert(due);
        }
        if after == before || channels.save(&before, &after).await? == Saved::Moved {
            return Ok(Json(ChannelView::from(after)).into_response());
        }
    }
    Err(ApiError::unavailable("others write to the channel all the time"))
}

fn created(channel: Channel) -> Response {
    let path = format!("/v1/channels/{}", channel.id);
    located((StatusCode::CREATED, Json(ChannelView::from(channel))).into_response(), &path)
}

fn check(body: &ChannelBody) -> Result<(), ApiError> {
    let plain = |name: &str, most: usize, also: &[u8]| {
        (1..=most).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || also.contains(&byte))
    };
    if !plain(&body.channel_type, MAX_TYPE, b"-") {
        return Err(unknown_type());
    }
    if !body.secret.as_ref().is_none_or(|name| plain(name, MAX_SECRET, b"_.-")) {
        // Not repeated: somebody may have sent the secret itself.
        let message = format!("the name of a secret has 1 to {MAX_SECRET} letters, digits, or _ . -");
        return Err(ApiError::invalid_body("/secret", message));
    }
    Ok(())
}

fn unknown_type() -> ApiError {
    ApiError::invalid_body("/type", "there is no adapter for channels of this type here")
}

/// What a listing shows and what its adapter knows would not fit together any more.
fn refuse_another_type(before: Option<&Channel>, body: &ChannelBody) -> Result<(), ApiError> {
    match before.filter(|before| before.channel_type != body.channel_type) {
        Some(before) => {
            let message =
                format!("{} is of type {}, and stays that; connect another channel", before.id, before.channel_type);
            Err(ApiError::not_possible(message))
        }
        None => Ok(()),
    }
}

/// Has the adapter look at the configuration, and try the connection.
async fn test(
    app: &App,
    id: &ChannelId,
    body: &ChannelBody,
    merchant_id: MerchantId,
    origin: &Origin,
) -> Result<Tested, ApiError> {
    let question = Question::Connect { config: body.config.clone(), secret: body.secret.clone() };
    match app.ask_adapter(&body.channel_type, id, origin, merchant_id, question).await? {
        None => Err(unknown_type()),
        Some(finding) => at_fault(Tested::of(finding)?),
    }
}

/// Refuses a configuration with which the channel can never be reached: the adapter names the value.
fn at_fault(tested: Tested) -> Result<Tested, ApiError> {
    let below_config = |problem: &&Problem| {
        problem.class == ProblemClass::Validation
            && problem.pointer.as_ref().is_some_and(|pointer| pointer.starts_with("/config/"))
    };
    match tested.problem.as_ref().filter(below_config) {
        Some(problem) => {
            Err(ApiError::invalid_body(problem.pointer.clone().unwrap_or_default(), problem.message.clone()))
        }
        None => Ok(tested),
    }
}

impl ChannelBody {
    fn new_channel(
        &self,
        id: &ChannelId,
        merchant_id: MerchantId,
        tested: &Tested,
        due: Timestamp,
        now: Timestamp,
    ) -> Channel {
        Channel {
            id: id.clone(),
            merchant_id,
            channel_type: self.channel_type.clone(),
            config: self.config.clone(),
            secret: self.secret.clone(),
            paused: self.paused,
            status: tested.status(self.paused),
            problem: tested.problem.clone(),
            reconcile_due_at: Some(due),
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// The same channel as it was, if nothing changes.
    fn replacing(&self, before: &Channel, tested: &Tested, now: Timestamp) -> Channel {
        let mut after = Channel { config: self.config.clone(), secret: self.secret.clone(), ..before.clone() };
        tested.apply(&mut after, self.paused, now);
        if after != *before {
            after.version += 1;
            after.updated_at = now;
        }
        after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_never_work_is_refused_and_what_may_yet_work_is_connected() {
        let tested = |class, pointer: &str| {
            let problem = Problem::new(class, code::CHANNEL_MISCONFIGURED, "No.").at(pointer);
            at_fault(Tested { problem: Some(problem) })
        };

        assert!(tested(ProblemClass::Validation, "/config/url").is_err());
        assert!(tested(ProblemClass::Validation, "/secret").is_ok());
        assert!(tested(ProblemClass::Auth, "/config/url").is_ok());
        assert!(tested(ProblemClass::Transient, "/config/url").is_ok());
        assert!(at_fault(Tested { problem: None }).is_ok());
    }
}
