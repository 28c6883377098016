//! Deleting an image that nothing shows.
//!
//! The answer is the mark: from it on nothing can begin to refer to the image, and readers don't find it. Its upload and
//! its document go a minute later, by the sweep, which looks for references once more: by then no request that saw the
//! image before the mark is alive, so that none can refer to what is gone. Renditions lie under the hash of their
//! content, where another image of the merchant may have the same: they stay for a garbage collection that knows.

use axum::extract::State;
use axum::http::StatusCode;
use tola_catalog::{ImageId, code};
use tola_step::now;
use tola_store::{Outcome, References, TenantScope};

use super::images::restore;
use crate::app::App;
use crate::error::ApiError;
use crate::identity::Caller;
use crate::openapi::{Contract, Tag, examples};
use crate::params::InPath;

/// The most products that a refusal names, and the most categories.
const NAMED: u8 = 10;

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Images, "deleteImage", "Deletes an image that nothing shows")
        .path::<ImageId>("id", "The image.", examples::IMAGE)
        .answers_without_body(StatusCode::NO_CONTENT, "It is gone for its readers.")
        .refuses(StatusCode::CONFLICT, &[code::IMAGE_IN_USE])
}

/// `DELETE /v1/images/{id}`: repeatable until the image is gone, and then 404.
pub(super) async fn delete(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ImageId>,
) -> Result<StatusCode, ApiError> {
    let (scope, origin) = (caller.scope(), caller.origin(now()));
    let images = app.store.images(scope);
    images.get(id).await?.ok_or_else(ApiError::not_found)?;
    if let Some(refusal) = in_use(&app, scope, id).await? {
        return Err(refusal);
    }
    let marked = images.change(id, |image| Ok::<_, tola_store::Error>(image.mark_purging(origin.now))).await?;
    if marked == Outcome::Absent {
        return Err(ApiError::not_found());
    }
    // Who began to refer to it before the mark has written that by now, or will see the mark.
    if let Some(refusal) = in_use(&app, scope, id).await? {
        restore(&app, scope, id, &origin).await?;
        return Err(refusal);
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn in_use(app: &App, scope: TenantScope, id: ImageId) -> Result<Option<ApiError>, ApiError> {
    let shown = app.store.references_to(id, scope, NAMED.into()).await?;
    if shown.is_empty() {
        return Ok(None);
    }
    let References { products, categories } = shown;
    let refusal = ApiError::new(StatusCode::CONFLICT, code::IMAGE_IN_USE).saying(code::IMAGE_IN_USE.cause);
    let refusal = refusal.held_by(&products, "refers to it");
    let named = categories.iter().take(NAMED.into());
    Ok(Some(named.fold(refusal, |refusal, (category, name)| {
        refusal.naming(code::IMAGE_IN_USE, format!("the category {category} ({name}) refers to it"))
    })))
}
