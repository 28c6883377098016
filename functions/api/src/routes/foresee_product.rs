//! What putting a product would come to: the same decisions, on a copy that nobody writes.

use futures::future::try_join_all;
use tola_catalog::listing::CommandKind;
use tola_catalog::product::{Foresight, Reach};
use tola_catalog::{Channel, ChannelId, EffectiveView, Image, Product};
use tola_store::{Duplicate, Error as StoreError};

use super::create_product::refuse_unknown;
use super::publish::examine;
use super::put_product::Put;
use crate::error::ApiError;
use crate::views::{ForeseenChannel, ForesightView};

/// What it would come to.
///
/// # Errors
/// Those of the request itself, and 503 when the adapter of a channel does not answer.
pub(super) async fn foresee(put: &Put<'_>) -> Result<ForesightView, ApiError> {
    let before = put.found().await?;
    let (after, images) = changed(put, before.as_ref()).await?;
    let foresight = Foresight::of(before.as_ref(), after, put.ids.operation(), &images, &put.origin);
    let connected = put.app.store.channels(put.scope).all().await?;
    let wanted = foresight.channels.iter().map(|(id, reach)| {
        let channel = connected.iter().find(|channel| channel.id == *id);
        foreseen(put, &foresight.product, id, *reach, channel)
    });
    let channels = try_join_all(wanted).await?;
    Ok(ForesightView::new(before.as_ref(), foresight, channels))
}

/// The product as the request would write it, and the images that it refers to.
async fn changed(put: &Put<'_>, before: Option<&Product>) -> Result<(Product, Vec<Image>), ApiError> {
    let (new, operation) = (put.new.clone(), put.ids.operation());
    let filed = new.canonical.category_id.is_some() || before.is_some_and(Product::is_filed);
    let categories = put.app.store.categories_if(filed, put.scope).await?;
    let mut after = match before {
        Some(before) => {
            let mut after = before.clone();
            let _ = after.replace_in(&categories, new, operation, &put.origin)?;
            after
        }
        None => Product::register_in(&categories, new, put.ids.product(), operation, &put.origin)?,
    };
    let images = refuse_unknown(put.app, put.scope, &put.new.images).await?;
    if before.is_none_or(|before| before.slug != after.slug)
        && put.app.store.products(put.scope).by_slug(&after.slug).await?.is_some()
    {
        if put.new.slug.is_some() {
            return Err(StoreError::Duplicate(Duplicate::Slug).into());
        }
        after.slug = after.slug.disambiguated(after.id);
    }
    Ok((after, images))
}

/// What would happen on a channel where the product is wanted.
async fn foreseen(
    put: &Put<'_>,
    product: &Product,
    id: &ChannelId,
    reach: Reach,
    channel: Option<&Channel>,
) -> Result<ForeseenChannel, ApiError> {
    let Some(channel) = channel else {
        return Ok(ForeseenChannel::new(id, Reach::Nothing, Some(Channel::gone(id).message), Vec::new()));
    };
    if reach == Reach::Nothing {
        return Ok(ForeseenChannel::new(id, reach, None, Vec::new()));
    }
    let view = Box::new(EffectiveView::of(product, id));
    let missing = examine(put.app, channel, product.id, Some(view), &put.origin).await?.missing;
    let command = if let Reach::Called(kind) = reach { kind } else { CommandKind::Update };
    let closed = channel.takes(command).err().map(|problem| problem.message);
    Ok(ForeseenChannel::new(id, reach, closed, missing))
}
