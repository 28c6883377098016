//! The types of channels that there are, and what each asks of products.

use axum::extract::State;
use axum::http::StatusCode;
use futures::future::try_join_all;
use tola_catalog::{CHANNEL_TYPES, ChannelId, ChannelType, Origin};
use tola_contracts::channel::inquiry::{Finding, Question};
use tola_step::now;

use crate::app::App;
use crate::error::ApiError;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Tag, examples};
use crate::views::{ChannelTypeView, Page};

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Channels, "listChannelTypes", "Lists the types of channels, by name")
        .saying(
            "What a type asks of products is told whether it can be connected yet or not. A channel's configuration may ask \
             for more, where its schema says so.",
        )
        .answers::<Page<ChannelTypeView>>(StatusCode::OK, "All of them: there is one page.", examples::channel_types())
}

/// `GET /v1/channel-types`: all of them, by name.
pub(super) async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Page<ChannelTypeView>>, ApiError> {
    let origin = caller.origin(now());
    let described = CHANNEL_TYPES.iter().map(|declared| described(&app, &caller, declared, &origin));
    Ok(Json(Page::whole(try_join_all(described).await?)))
}

/// A type, with what its adapter says of it, if there is one here.
async fn described(
    app: &App,
    caller: &Caller,
    declared: &ChannelType,
    origin: &Origin,
) -> Result<ChannelTypeView, ApiError> {
    // It is about no channel of the merchant's.
    let id = ChannelId::parse(declared.name).map_err(|error| ApiError::internal(error.to_string()))?;
    let asked = app.ask_adapter(declared.name, &id, origin, caller.merchant_id(), Question::Describe);
    match asked.await? {
        None => Ok(ChannelTypeView::declared(declared)),
        Some(Finding::Described { config_schema, observable, irreversible }) => {
            Ok(ChannelTypeView::declared(declared).described(config_schema, observable, irreversible))
        }
        Some(other) => {
            Err(ApiError::unavailable(format!("the adapter was asked what its channels are like, and said {other:?}")))
        }
    }
}
