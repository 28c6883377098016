//! What every request has in common that asks a product for something that a workflow then does.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::image::Changed;
use tola_catalog::operation::Subject;
use tola_catalog::product::Requested;
use tola_catalog::{ChannelId, Listing, Operation, OperationId, OperationKind, Origin, Product, ProductId, code};
use tola_store::TenantScope;

use super::located;
use super::operations::of_subject;
use super::retry::again;
use crate::app::App;
use crate::error::ApiError;
use crate::json::Json;
use crate::views::OperationView;

/// A request for an operation on a product.
pub(super) struct Action<'a> {
    pub(super) app: &'a App,
    pub(super) scope: TenantScope,
    pub(super) product: ProductId,
    /// What kind of operation.
    pub(super) kind: OperationKind,
    /// The operation, if a new one is needed.
    pub(super) minted: OperationId,
    pub(super) origin: &'a Origin,
}

impl Action<'_> {
    /// Writes what `ask` decides on the newest product, starts the operation, and answers 202 with it. A request for what
    /// holds already is answered with the operation that saw to it; unless that one did not come to a good end, and
    /// left something undone: then it is done again.
    pub(super) async fn request(
        &self,
        mut ask: impl FnMut(&mut Product) -> Result<Requested, ApiError> + Send,
    ) -> Result<Response, ApiError> {
        let mut requested = Requested::Accepted;
        let products = self.app.store.products(self.scope);
        let outcome = products.change(self.product, |product| {
            // Written before, and the answer was lost: there is nothing left to write.
            if product.last_operation.get(&self.kind) == Some(&self.minted) {
                requested = Requested::Accepted;
                return Ok(Changed::No);
            }
            requested = ask(product)?;
            Ok::<_, ApiError>(if requested == Requested::Accepted { Changed::Yes } else { Changed::No })
        });
        let product = outcome.await?.document().ok_or_else(ApiError::not_found)?;

        let subject = Subject::Product(self.product);
        self.app.launch_all(self.scope, subject, &product.intents).await;
        let id = match requested {
            Requested::Accepted => self.minted,
            Requested::Already(last) => last,
        };
        let operation = of_subject(self.app, self.scope, subject, &product.intents, id).await;
        let operation = operation.ok_or_else(|| {
            ApiError::unavailable("the operation was launched by another request, and can't be read yet")
        })?;
        if requested != Requested::Accepted && operation.may_retry() && self.is_left_undone(&product, id) {
            return accepted(&again(self.app, self.scope, &operation, self.minted, self.origin).await?);
        }
        accepted(&operation)
    }

    /// Whether there is something left to do of an operation that did not come to a good end, though what it was to do
    /// holds by the product. A publication can fail on one channel and hold on those that are asked for now: then only
    /// what still waits for it is left. A withdrawal has steps after its channels.
    fn is_left_undone(&self, product: &Product, operation: OperationId) -> bool {
        let waits = |listing: &Listing| {
            let command = listing.command.as_ref();
            listing.is_under_way() && command.is_some_and(|command| command.operation_id == operation)
        };
        self.kind != OperationKind::Publish || product.channels.values().any(waits)
    }
}

/// What a request has begun.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Accepted<'a> {
    operation: OperationView<'a>,
}

/// 202 with the operation, and where to watch it.
pub(super) fn accepted(operation: &Operation) -> Result<Response, ApiError> {
    let body = Json(Accepted { operation: OperationView::whole(operation) });
    Ok(located((StatusCode::ACCEPTED, body).into_response(), &format!("/v1/operations/{}", operation.id)))
}

/// Refuses a list of channels that is empty, too long, or names one twice.
pub(super) fn check_list(channels: &[ChannelId], most: usize) -> Result<(), ApiError> {
    if channels.is_empty() || channels.len() > most {
        return Err(ApiError::invalid_body("/channels", format!("name 1 to {most} channels")));
    }
    let twice = (1..channels.len()).find(|&position| channels[..position].contains(&channels[position]));
    match twice {
        Some(position) => Err(ApiError::invalid_body(format!("/channels/{position}"), "this channel is named twice")),
        None => Ok(()),
    }
}

/// Refuses channels that are not known.
pub(super) fn refuse_unknown(channels: &[ChannelId], known: impl Fn(&ChannelId) -> bool) -> Result<(), ApiError> {
    let unknown: Vec<_> = channels.iter().enumerate().filter(|(_, channel)| !known(channel)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let refusal = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code::UNKNOWN_CHANNEL);
    Err(unknown.into_iter().fold(refusal, |refusal, (position, channel)| {
        let message = format!("{channel} is not a channel of this merchant");
        refusal.at(format!("/channels/{position}"), code::UNKNOWN_CHANNEL, message)
    }))
}
