//! Loads the demo catalog into a stack, through the API that everybody has, and never around it.
//!
//! What is put is what is there afterwards, whether it was there before or not. So whatever broke off is gone on with by
//! loading it again, and what is so already is not written once more.

mod api;
mod categories;
pub(crate) mod check;
mod hints;
mod pictures;
mod products;
mod summary;

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tola_demo::{Catalog, Picture, Shop};
use tola_local::StackInfo;

use self::api::Api;
pub(crate) use self::hints::{access, hints};
pub(crate) use self::summary::Summary;
use crate::ui::Ui;

/// The channel that each merchant has.
const CHANNEL: &str = "sandbox";
/// How many requests are under way at once. The local cloud runs a workflow for each product: more would only wait in it.
const AT_ONCE: usize = 8;
/// How many products are named that are not as they should be.
const NAMED: usize = 5;

/// A merchant at work: its access to the API, and what it is to offer.
#[derive(Clone)]
pub(crate) struct Keeper<'a> {
    pub(crate) api: Api,
    pub(crate) shop: &'a Shop,
}

/// What a load has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Done {
    /// Pictures that were not there before.
    pub(crate) pictures: usize,
    /// Products that were not there before.
    pub(crate) products: usize,
}

/// The demo merchants at work on a stack.
///
/// # Errors
/// When the stack does not know one of them.
pub(crate) fn keepers<'a>(info: &StackInfo, catalog: &'a Catalog) -> anyhow::Result<Vec<Keeper<'a>>> {
    let http = reqwest::Client::new();
    let keeper = |shop: &'a Shop| {
        let merchant = info.merchants.iter().find(|merchant| merchant.name == shop.merchant);
        let id = &merchant.with_context(|| format!("there is no demo merchant {}", shop.merchant))?.id;
        let user = info.tokens.users.iter().find(|user| user.merchant_id == *id && user.role == "merchant");
        let user = user.with_context(|| format!("nobody works for {}", shop.merchant))?;
        Ok(Keeper { api: Api::new(&http, &info.api_url, &user.headers)?, shop })
    };
    catalog.shops.iter().map(keeper).collect()
}

/// Loads all that the merchants are to offer, and says what there is then.
///
/// # Errors
/// When the API does not answer for long, refuses a category or a picture, or a product does not come to where it is to be.
pub(crate) async fn load(keepers: &[Keeper<'_>], ui: &Ui) -> anyhow::Result<(Done, Vec<Summary>)> {
    stream::iter(keepers.iter().map(connect)).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    categories::put(keepers, ui).await?;
    let (pictures, new_pictures) = pictures::upload(keepers, ui).await?;
    let (new_products, astray) = products::bring(keepers, &pictures, ui).await?;
    if !astray.is_empty() {
        let named: Vec<&str> = astray.iter().take(NAMED).map(String::as_str).collect();
        bail!("{} products are not where they should be, such as\n  {}", astray.len(), named.join("\n  "));
    }
    let summaries = stream::iter(keepers.iter().map(Summary::of)).buffered(AT_ONCE).try_collect().await?;
    Ok((Done { pictures: new_pictures, products: new_products }, summaries))
}

/// Pictures by the merchant's number and by what they show: the ids of their images.
type Images = BTreeMap<(usize, Picture), String>;

/// Connects the merchant's channel, unless it is: what somebody made of it to see it misbehave stays so.
async fn connect(keeper: &Keeper<'_>) -> anyhow::Result<()> {
    let path = format!("/v1/channels/{CHANNEL}");
    if keeper.api.get(&path).await?.status == 404 {
        let body = serde_json::json!({ "type": "sandbox", "config": {} });
        keeper.api.put(&path, &body).await?.expects(&[200, 201])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
