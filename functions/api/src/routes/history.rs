//! What happened to a product: delivered events, and those that are not delivered yet.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use tola_catalog::{Event, ProductId};

use super::one_more;
use crate::app::App;
use crate::cursor::Question;
use crate::error::ApiError;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Tag, examples};
use crate::params::{InPath, Params};
use crate::views::{EventView, Page};

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Products, "listProductHistory", "Lists what happened to a product, from the first event on")
        .path::<ProductId>("id", "The product, which may be deleted.", examples::PRODUCT)
        .in_pages()
        .answers::<Page<EventView>>(StatusCode::OK, "A page of events, by sequence.", examples::history())
}

/// `GET /v1/products/{id}/history`: by sequence, from the first event on.
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ProductId>,
    mut params: Params,
) -> Result<Json<Page<EventView>>, ApiError> {
    let limit = params.limit()?;
    let question = Question {
        route: "/v1/products/{id}/history",
        merchant_id: caller.merchant_id(),
        filters: vec![id.to_string()],
    };
    let after = match params.take("cursor") {
        Some(cursor) => app.cursors.open(&question, &cursor)?.parse().unwrap_or(0),
        None => 0,
    };

    // The outbox first: an event leaves it only once history has it, so that none falls between the two readings.
    let product = app.store.products(caller.scope()).get(id).await?;
    let recorded = app.store.history(caller.scope()).of(&id.to_string(), after, one_more(limit)).await?;
    if product.is_none() && recorded.is_empty() && after == 0 {
        return Err(ApiError::not_found());
    }
    let waiting = product.into_iter().flat_map(|product| product.outbox).filter(|event| event.sequence > after);
    let events: BTreeMap<u64, Event> = waiting.chain(recorded).map(|event| (event.sequence, event)).collect();
    let events: Vec<Event> = events.into_values().take(one_more(limit) as usize).collect();
    let page = Page::cut(events, limit, |last| app.cursors.seal(&question, &last.sequence));
    Ok(Json(page.map(EventView::from)))
}
