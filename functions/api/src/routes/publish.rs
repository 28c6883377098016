//! Offering a product on channels: for real, or as a plan that shows what it would come to.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::future::try_join_all;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tola_catalog::listing::CommandKind;
use tola_catalog::product::{MAX_CHANNELS, Refused};
use tola_catalog::status::permit;
use tola_catalog::{
    Channel, ChannelId, EffectiveView, Missing, OperationId, OperationKind, Origin, Product, ProductId, ProductStatus,
    Request, code,
};
use tola_contracts::channel::inquiry::{Finding, Question};
use tola_step::now;

use super::action::{Accepted, Action, check_list, refuse_unknown};
use crate::app::App;
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::idempotency::Ids;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Header, Switch, Tag, examples};
use crate::params::{InPath, Params};
use crate::views::{PlanView, PlannedView};

/// Where a product is to be offered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object with the channels to publish to")]
#[schemars(rename = "Publication")]
pub(super) struct PublishBody {
    /// The channels, each once.
    #[schemars(extend("minItems" = 1, "maxItems" = MAX_CHANNELS))]
    channels: Vec<ChannelId>,
}

pub(super) fn contract() -> Contract {
    let bodies = vec![("On one channel", json!({ "channels": [examples::CHANNEL] }))];
    Contract::new(Tag::Products, "publishProduct", "Publishes a product on channels")
        .saying(
            "What holds already is answered with the operation that saw to it. With `dry_run=true` nothing changes, and \
             the answer says what it would come to on each channel.",
        )
        .path::<ProductId>("id", "The product.", examples::PRODUCT)
        .query::<Switch>("dry_run", "Whether only to say what it would come to.")
        .takes::<PublishBody>(bodies)
        .answers::<Accepted<'_>>(StatusCode::ACCEPTED, "The operation that publishes it.", examples::accepted())
        .with(&[Header::Location])
        .answers::<PlanView>(StatusCode::OK, "What it would come to; nothing has changed.", examples::plan())
        .refuses(StatusCode::CONFLICT, &[code::PRODUCT_INCOMPLETE, code::ACTION_NOT_POSSIBLE, code::OUT_OF_STOCK])
        .refuses(StatusCode::UNPROCESSABLE_ENTITY, &[code::UNKNOWN_CHANNEL])
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
        let examined = try_join_all(wanted.iter().map(|channel| examine(&app, channel, id, None, &origin))).await?;
        let wanted: Vec<_> = wanted.into_iter().zip(examined).collect();
        return Ok(Json(plan(&found, &channels, wanted, ids.operation(), &origin)?).into_response());
    }
    let kind = OperationKind::Publish;
    let action = Action { app: &app, scope, product: id, kind, minted: ids.operation(), origin: &origin };
    action.request(|product| Ok(product.request_publish(&channels, action.minted, &origin)?)).await
}

/// What a channel's adapter says of the product.
pub(super) struct Examined {
    pub(super) missing: Vec<Missing>,
    irreversible: Vec<String>,
}

/// Asks a channel's adapter what a product lacks: as it is, or as it would be, if there is a view of that.
pub(super) async fn examine(
    app: &App,
    channel: &Channel,
    product_id: ProductId,
    instead: Option<Box<EffectiveView>>,
    origin: &Origin,
) -> Result<Examined, ApiError> {
    let question = Question::Examine { product_id, instead };
    let asked = app.ask_adapter(&channel.channel_type, &channel.id, origin, channel.merchant_id, question);
    match asked.await? {
        Some(Finding::Examined { missing, irreversible }) => Ok(Examined { missing, irreversible }),
        other => Err(ApiError::unavailable(format!("the adapter was asked what is missing, and said {other:?}"))),
    }
}

/// What publishing would come to: the same request, on a copy that nobody writes. Of a product that is incomplete, what
/// it would come to if it were complete.
fn plan(
    product: &Product,
    ids: &[ChannelId],
    channels: Vec<(&Channel, Examined)>,
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
    let mut irreversible = Vec::new();
    let planned = channels.into_iter().map(|(channel, examined)| {
        let known = product.channels.get(&channel.id);
        let command = after.channels.get(&channel.id).and_then(|listing| listing.commanded_since(known));
        let action = match command.map(|command| command.kind) {
            Some(CommandKind::Publish) => "create",
            Some(_) => "update",
            None => "nothing",
        };
        if action != "nothing" {
            let said = examined.irreversible.into_iter().map(|step| format!("{}: {step}", channel.id));
            irreversible.extend(said);
        }
        PlannedView::new(channel, action, examined.missing)
    });
    let planned = planned.collect();
    Ok(PlanView::new(product, planned, irreversible))
}
