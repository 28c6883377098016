//! What a product lacks, everywhere and for each channel.

use axum::extract::State;
use axum::http::StatusCode;
use tola_catalog::{CHANNEL_TYPES, Channel, ChannelRules, ChannelType, ProductId};

use super::products::readable;
use crate::app::App;
use crate::error::ApiError;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{ChannelTypeName, Contract, Several, Tag, examples};
use crate::params::{InPath, Params};
use crate::views::{ChannelCompletenessView, CompletenessView};

const PARAMETER: &str = "channel_type";

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Products, "readProductCompleteness", "Reads what a product lacks, everywhere and for each channel")
        .saying(
            "What a product says is enough for a channel if nothing is missing at the top and nothing there. What a channel lacks is \
             judged by its rules, of the product as that channel is to show it; no channel is called. What is missing there \
             is what publishing refuses; the channel itself may still object to more.",
        )
        .path::<ProductId>("id", "The product.", examples::PRODUCT)
        .query::<Several<ChannelTypeName>>(
            PARAMETER,
            "What a channel of this type would say, connected or not, without a configuration; each up to five times.",
        )
        .answers::<CompletenessView>(StatusCode::OK, "What it lacks.", examples::completeness())
}

/// `GET /v1/products/{id}/completeness`
pub(super) async fn read(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ProductId>,
    mut params: Params,
) -> Result<Json<CompletenessView>, ApiError> {
    let (scope, types) = (caller.scope(), named(&mut params)?);
    let found = app.store.products(scope).get(id).await?;
    let product = readable(found)?;
    let channels = app.store.channels(scope).all().await?;
    let looks = |channel: &Channel| ChannelRules::of(channel).look_at_category();
    let looked_at = channels.iter().any(looks) || types.iter().any(|declared| declared.looks_at_category());
    let categories = app.store.categories_if(looked_at, scope).await?;
    let connected = channels.iter().map(|channel| {
        let found = product.completeness_on(channel, &categories);
        ChannelCompletenessView::new(Some(channel.id.clone()), channel.channel_type.clone(), found)
    });
    let declared = types.iter().map(|declared| {
        let found = product.completeness_for(declared, &categories);
        ChannelCompletenessView::new(None, declared.name.to_owned(), found)
    });
    Ok(Json(CompletenessView::new(&product, connected.collect(), declared.collect())))
}

/// The types that the query names, each once.
fn named(params: &mut Params) -> Result<Vec<&'static ChannelType>, ApiError> {
    let mut types: Vec<&'static ChannelType> = Vec::new();
    for name in params.take_all(PARAMETER) {
        let declared = ChannelType::named(&name).ok_or_else(|| {
            let known: Vec<_> = CHANNEL_TYPES.iter().map(|declared| declared.name).collect();
            ApiError::invalid_parameter(
                format!("/query/{PARAMETER}"),
                format!("{PARAMETER} is one of {}", known.join(", ")),
            )
        })?;
        if types.iter().all(|known| known.name != declared.name) {
            types.push(declared);
        }
    }
    Ok(types)
}
