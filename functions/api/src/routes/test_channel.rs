//! Trying the connection to a channel.

use axum::extract::State;
use axum::http::StatusCode;
use tola_catalog::{Channel, ChannelId, ChannelStatus, Problem, ProblemClass, Timestamp};
use tola_contracts::channel::inquiry::{Finding, Question};
use tola_step::now;
use tola_store::Saved;

use super::channels::ATTEMPTS;
use crate::app::App;
use crate::body::NoBody;
use crate::error::ApiError;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Tag, examples};
use crate::params::InPath;
use crate::views::{ChannelTestView, ChannelView};

/// What a connection test has shown.
pub(super) struct Tested {
    /// Why the channel does not answer, or does not take our credentials.
    pub(super) problem: Option<Problem>,
}

impl Tested {
    /// What an adapter found.
    ///
    /// # Errors
    /// 422 `INVALID_BODY` with a pointer below `/config` to each value at fault, and 503 when the adapter says something
    /// else.
    pub(super) fn of(finding: Finding) -> Result<Self, ApiError> {
        match finding {
            Finding::Connected => Ok(Self { problem: None }),
            Finding::Disconnected { problem } => Ok(Self { problem: Some(problem) }),
            Finding::Misconfigured { faults } => {
                let mut faults = faults.into_iter().map(|fault| (format!("/config{}", fault.pointer), fault.message));
                let (pointer, message) = faults.next().unwrap_or_default();
                let refusal = ApiError::invalid_body(pointer, message);
                Err(faults.fold(refusal, |refusal, (pointer, message)| {
                    refusal.at(pointer, tola_catalog::code::INVALID_BODY, message)
                }))
            }
            other => Err(ApiError::unavailable(format!("the adapter was asked to connect, and said {other:?}"))),
        }
    }

    /// How a channel stands that was tested so. A channel that does not answer may do so when it is called.
    pub(super) fn status(&self, paused: bool) -> ChannelStatus {
        match &self.problem {
            _ if paused => ChannelStatus::Paused,
            Some(problem) if problem.class == ProblemClass::Auth => ChannelStatus::AuthBroken,
            _ => ChannelStatus::Active,
        }
    }

    /// Takes the test over into a channel. One that can be called again is reconciled at once: what it missed is brought
    /// there then.
    pub(super) fn apply(&self, channel: &mut Channel, paused: bool, now: Timestamp) {
        let before = channel.status;
        channel.paused = paused;
        channel.status = self.status(paused);
        channel.problem.clone_from(&self.problem);
        if before != ChannelStatus::Active && channel.status == ChannelStatus::Active {
            channel.reconcile_due_at = Some(now);
        }
    }
}

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Channels, "testChannel", "Tries the connection to a channel")
        .path::<ChannelId>("id", "The channel.", examples::CHANNEL)
        .takes_nothing()
        .answers::<ChannelTestView>(StatusCode::OK, "What came of it.", examples::channel_test())
}

/// `POST /v1/channels/{id}/test`: tries the connection, and notes what came of it.
pub(super) async fn test(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ChannelId>,
    _: NoBody,
) -> Result<Json<ChannelTestView>, ApiError> {
    let (channels, origin) = (app.store.channels(caller.scope()), caller.origin(now()));
    for _ in 0..ATTEMPTS {
        let before = channels.get(&id).await?.ok_or_else(ApiError::not_found)?;
        let question = Question::Connect { config: before.config.clone(), secret: before.secret.clone() };
        let asked = app.ask_adapter(&before.channel_type, &id, &origin, caller.merchant_id(), question);
        let finding =
            asked.await?.ok_or_else(|| ApiError::unavailable("the channel's type has no adapter any more"))?;
        let tested = Tested::of(finding)?;
        let mut after = before.clone();
        tested.apply(&mut after, before.paused, origin.now);
        if after != before {
            after.version += 1;
            after.updated_at = origin.now;
        }
        if after == before || channels.save(&before, &after).await? == Saved::Moved {
            return Ok(Json(ChannelTestView::new(tested.problem, ChannelView::from(after))));
        }
    }
    Err(ApiError::unavailable("others write to the channel all the time"))
}
