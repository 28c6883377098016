//! How many there are of a product. It is told apart from what the product is: a sale leaves the revision as it is, so that
//! whoever has read the product before can edit it after.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tola_catalog::image::Changed;
use tola_catalog::operation::Subject;
use tola_catalog::product::tells_of_stock_change;
use tola_catalog::status::permit;
use tola_catalog::stock::{Adjustment, Count, StockReason};
use tola_catalog::text::StockNote;
use tola_catalog::{Product, ProductId, Quantity, Request, StockChange, Timestamp, code};
use tola_contracts::message::AggregateRef;
use tola_step::now;
use tola_store::{Error as StoreError, Outcome, TenantScope};
use ulid::Ulid;

use super::products::{readable, tagged};
use crate::app::App;
use crate::body::{JsonBody, lasting, removable};
use crate::error::ApiError;
use crate::etag::{self, IfMatch};
use crate::idempotency::Ids;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Header, Tag, examples};
use crate::params::InPath;
use crate::views::InventoryView;

/// How many events are read at once of those that may tell of a change.
const EVENTS: u32 = 100;

/// How often it is looked for a change that a request made which died: each time, somebody else has written meanwhile.
const LOOKS: u32 = 24;

/// How far the clocks of two functions may be apart.
const SKEW: Duration = Duration::from_secs(5 * 60);

/// What becomes of the stock: `set` or `adjust`, the threshold, or both.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object with what becomes of the stock")]
#[schemars(rename = "InventoryChange", extend("allOf" = rules()))]
pub(super) struct ChangeBody {
    /// How many there are, whatever was known before. `null`: nobody counts them any more.
    #[serde(default, deserialize_with = "removable")]
    set: Option<Option<Quantity>>,
    /// How many come, or with a minus go. Needs a reason, and an `Idempotency-Key`.
    #[serde(default, deserialize_with = "lasting")]
    #[schemars(with = "Adjustment")]
    adjust: Option<Adjustment>,
    /// Why.
    #[serde(default, deserialize_with = "lasting")]
    #[schemars(with = "StockReason")]
    reason: Option<StockReason>,
    /// Why, in the merchant's words.
    #[serde(default, deserialize_with = "lasting")]
    #[schemars(with = "StockNote")]
    note: Option<StockNote>,
    /// How many are few: as soon as there are no more, `InventoryLow` tells so. `null`: none are.
    #[serde(default, deserialize_with = "removable")]
    low_stock_threshold: Option<Option<Quantity>>,
}

/// What the fields have to do with each other.
fn rules() -> serde_json::Value {
    let has = |field: &str| json!({ "required": [field] });
    json!([
        { "anyOf": [has("set"), has("adjust"), has("low_stock_threshold")] },
        { "not": { "required": ["set", "adjust"] } },
        { "dependentRequired": { "adjust": ["reason"] } },
    ])
}

impl ChangeBody {
    fn read(self) -> Result<StockChange, ApiError> {
        let count = match (self.set, self.adjust) {
            (Some(_), Some(_)) => {
                return Err(ApiError::invalid_body("/adjust", "say either how many there are, or how many come or go"));
            }
            (Some(Some(pieces)), None) => Some(Count::Set(pieces)),
            (Some(None), None) => Some(Count::Forget),
            (None, Some(by)) => Some(Count::Adjust(by)),
            (None, None) if self.low_stock_threshold.is_none() => {
                return Err(ApiError::invalid_body("", "say one of set, adjust and low_stock_threshold at least"));
            }
            (None, None) => None,
        };
        if matches!(count, Some(Count::Adjust(_))) && self.reason.is_none() {
            return Err(ApiError::invalid_body("/reason", "say why they come or go"));
        }
        Ok(StockChange { count, low_threshold: self.low_stock_threshold, reason: self.reason, note: self.note })
    }
}

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Products, "readInventory", "Reads how many there are of a product")
        .path::<ProductId>("id", "The product.", examples::PRODUCT)
        .answers::<InventoryView<'_>>(StatusCode::OK, "How many there are.", examples::inventory())
        .with(&[Header::ETag])
        .may_be_known()
}

pub(super) fn change_contract() -> Contract {
    Contract::new(Tag::Products, "changeInventory", "Says how many there are of a product, or how many come or go")
        .saying(
            "There are never less than none: an adjustment that asks for more than there are is refused, and changes \
             nothing. Any number of clients may adjust at the same time; each one's adjustment counts. It is no edit of the \
             product: its revision stays.\n\nAn adjustment needs an `Idempotency-Key`, since \
             repeated without one it would count twice.\n\nWhen the last piece goes, the product is paused on every channel \
             where it is wanted (`ProductPaused`), and when there are some again, it is brought back there by itself.",
        )
        .path::<ProductId>("id", "The product.", examples::PRODUCT)
        .may_edit()
        .takes::<ChangeBody>(examples::inventory_changes())
        .answers::<InventoryView<'_>>(StatusCode::OK, "How many there are now.", examples::inventory())
        .with(&[Header::ETag])
        .refuses(StatusCode::BAD_REQUEST, &[code::IDEMPOTENCY_KEY_REQUIRED])
        .refuses(
            StatusCode::CONFLICT,
            &[code::STOCK_INSUFFICIENT, code::STOCK_UNTRACKED, code::ACTION_NOT_POSSIBLE],
        )
}

/// `GET /v1/products/{id}/inventory`
pub(super) async fn read(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ProductId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = app.store.products(caller.scope()).get(id).await?;
    let product = readable(found)?;
    if etag::is_known(&headers, &product) {
        return Ok(tagged(&product, StatusCode::NOT_MODIFIED.into_response()));
    }
    Ok(answer(&product))
}

/// `PATCH /v1/products/{id}/inventory`
pub(super) async fn change(
    State(app): State<App>,
    caller: Caller,
    ids: Ids,
    InPath(id): InPath<ProductId>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<ChangeBody>,
) -> Result<Response, ApiError> {
    let (scope, origin) = (caller.scope(), caller.origin(now()));
    let products = app.store.products(scope);
    // First whether it is there at all: a foreign id is 404, whatever else is wrong with the request.
    let found = products.get(id).await?.ok_or_else(ApiError::not_found)?;
    permit(found.status, found.deleting.is_some(), Request::Edit)?;
    let change = body.read()?;
    if matches!(change.count, Some(Count::Adjust(_))) && !ids.is_keyed() {
        let refusal = ApiError::new(StatusCode::BAD_REQUEST, code::IDEMPOTENCY_KEY_REQUIRED);
        let message = code::IDEMPOTENCY_KEY_REQUIRED.remedy;
        return Err(refusal.at("/headers/idempotency-key", code::IDEMPOTENCY_KEY_REQUIRED, message));
    }
    let if_match = IfMatch::read_if_sent(&headers)?;

    // Operations that somebody else's write has asked for are that one's to begin; whoever died may have left its own.
    let mut known = Vec::new();
    let outcome = made_once(&app, scope, found, ids, |product| {
        known = product.intents.iter().map(|intent| intent.operation_id).filter(|_| !ids.is_resumed()).collect();
        permit(product.status, product.deleting.is_some(), Request::Edit)?;
        if_match.permit_unwritten(product)?;
        Ok(product.change_stock(&change, ids.change(), &origin)?)
    });
    let outcome = outcome.await?;
    let is_made = outcome.moved() || ids.is_resumed();
    let product = outcome.document().ok_or_else(ApiError::not_found)?;
    if is_made {
        let asked = product.intents.iter().filter(|intent| !known.contains(&intent.operation_id));
        let asked: Vec<_> = asked.cloned().collect();
        app.launch_all(scope, Subject::Product(id), &asked).await;
        app.drain(AggregateRef::Product(id)).await;
    }
    Ok(answer(&product))
}

/// Makes the change, unless the request was here before and made it then. Of one that was, another write may still come
/// through while this one looks: whatever is written meanwhile, it looks once more.
async fn made_once(
    app: &App,
    scope: TenantScope,
    mut found: Product,
    ids: Ids,
    mut make: impl FnMut(&mut Product) -> Result<Changed, ApiError> + Send,
) -> Result<Outcome<Product>, ApiError> {
    let products = app.store.products(scope);
    for _ in 0..LOOKS {
        if ids.is_resumed() && was_made(app, scope, &found, ids.change()).await? {
            return Ok(Outcome::AlreadyThere(found));
        }
        let (known, mut moved_on) = (found.version, false);
        let made = products.change_in_a_crowd(found.id, |product| {
            moved_on = ids.is_resumed() && product.version != known;
            if moved_on { Ok(Changed::No) } else { make(product) }
        });
        match made.await? {
            Outcome::AlreadyThere(newer) if moved_on => found = newer,
            outcome => return Ok(outcome),
        }
    }
    Err(StoreError::Contended(found.id.to_string()).into())
}

/// Whether the change was made by a request that died before it could say so. The product's events tell: those that wait in
/// the document as it was read, and behind them history, back to when the request first came.
async fn was_made(app: &App, scope: TenantScope, product: &Product, change: Ulid) -> Result<bool, ApiError> {
    if product.outbox.iter().any(|event| tells_of_stock_change(event, change)) {
        return Ok(true);
    }
    let came = Timestamp::from_millis(i64::try_from(change.timestamp_ms()).unwrap_or(i64::MAX)).before(SKEW);
    let (history, aggregate) = (app.store.history(scope), product.id.to_string());
    let mut last = product.event_count;
    while last > 0 {
        let before = last.saturating_sub(EVENTS.into());
        let events = history.of(&aggregate, before, EVENTS).await?;
        if events.iter().any(|event| tells_of_stock_change(event, change)) {
            return Ok(true);
        }
        if events.first().is_some_and(|event| event.occurred_at < came) {
            break;
        }
        last = before;
    }
    Ok(false)
}

fn answer(product: &Product) -> Response {
    tagged(product, Json(InventoryView::new(product)).into_response())
}
