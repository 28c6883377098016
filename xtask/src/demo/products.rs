//! Products: put by their SKUs, counted, and brought to where the catalog wants them, from wherever they are.

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use tola_catalog::Level;
use tola_demo::{Fate, Item};

use super::api::Api;
use super::{AT_ONCE, CHANNEL, Images, Keeper};
use crate::ui::{Bar, Ui};

/// A product on its way.
struct Way<'a> {
    number: usize,
    keeper: &'a Keeper<'a>,
    item: &'a Item,
    images: &'a Images,
    bar: &'a Bar,
}

/// Where it came to.
enum Arrived {
    New,
    Known,
    /// Not where it was to be, and why.
    Astray(String),
}

/// Brings all products where they are to be. Returns how many are new, and what is to be said of those that are elsewhere.
///
/// # Errors
/// When the API does not answer for long.
pub(super) async fn bring(keepers: &[Keeper<'_>], images: &Images, ui: &Ui) -> anyhow::Result<(usize, Vec<String>)> {
    let count = keepers.iter().map(|keeper| keeper.shop.items.len()).sum();
    let bar = ui.bar("Products", count);
    let longest = keepers.iter().map(|keeper| keeper.shop.items.len()).max().unwrap_or(0);
    // The merchants in turn: each may write so much in a second.
    let in_turn = (0..longest).flat_map(|place| keepers.iter().enumerate().map(move |at| (place, at)));
    let ways = in_turn.filter_map(|(place, (number, keeper))| {
        let item = keeper.shop.items.get(place)?;
        Some(Way { number, keeper, item, images, bar: &bar })
    });
    let ended = stream::iter(ways.map(|way| async move { way.goes().await })).buffer_unordered(AT_ONCE);
    let ended: Vec<Arrived> = ended.try_collect().await?;
    let new = ended.iter().filter(|arrived| matches!(arrived, Arrived::New)).count();
    bar.end(&format!("{count}, of which {new} are new"));
    let astray = ended.into_iter().filter_map(|arrived| match arrived {
        Arrived::Astray(why) => Some(why),
        Arrived::New | Arrived::Known => None,
    });
    Ok((new, astray.collect()))
}

impl Way<'_> {
    async fn goes(self) -> anyhow::Result<Arrived> {
        let arrived = self.arrives().await?;
        self.bar.step();
        Ok(arrived)
    }

    async fn arrives(&self) -> anyhow::Result<Arrived> {
        let (api, item) = (&self.keeper.api, self.item);
        self.tell("put");
        let image = |picture| self.images.get(&(self.number, picture)).map(String::as_str);
        let path = format!("/v1/products/by-sku/{}", item.sku.as_str());
        let put = api.put(&path, &item.body(image)).await?;
        if !matches!(put.status, 200 | 201) {
            return Ok(self.astray(&put.in_words()));
        }
        let is_new = put.status == 201;
        let product = put.body;
        let id = product["id"].as_str().context("a product without an id")?;
        let path = format!("/v1/products/{id}");
        // What is sold out can't be published: it is sold out once it is on sale.
        let sold_out = item.stock.level() == Some(Level::Depleted);
        if !sold_out {
            self.count(&path, &product["stock"]).await?;
        }
        if let Some(operation) = product["operation"]["id"].as_str() {
            self.tell("make ready");
            if let Err(why) = ended(api, operation).await? {
                return Ok(self.astray(&why));
            }
        }
        let done = match item.fate {
            Fate::Kept => Ok(()),
            Fate::Published if sold_out && product["stock"]["level"] == "DEPLETED" => Ok(()),
            Fate::Published => self.publish(&path).await?,
            Fate::Withdrawn => self.withdraw(&path).await?,
        };
        if sold_out {
            self.count(&path, &product["stock"]).await?;
        }
        Ok(match done {
            Ok(()) if is_new => Arrived::New,
            Ok(()) => Arrived::Known,
            Err(why) => self.astray(&why),
        })
    }

    /// Says how many there are, unless that is known.
    async fn count(&self, path: &str, known: &Value) -> anyhow::Result<()> {
        let counted = self.item.inventory();
        if !is_counted(known, &counted) {
            self.tell("count");
            self.keeper.api.patch(&format!("{path}/inventory"), &counted).await?.expects(&[200])?;
        }
        Ok(())
    }

    /// Offers it on the merchant's channel, unless it is offered there.
    async fn publish(&self, path: &str) -> anyhow::Result<Result<(), String>> {
        let api = &self.keeper.api;
        let shown = api.get(path).await?.expects(&[200])?;
        if shown["live_on"].as_array().is_some_and(|live_on| live_on.contains(&json!(CHANNEL))) {
            return Ok(Ok(()));
        }
        self.tell("publish");
        let body = json!({ "channels": [CHANNEL] });
        let accepted = api.post(&format!("{path}/publish"), Some(&body), None).await?;
        if accepted.status != 202 {
            return Ok(Err(accepted.in_words()));
        }
        ended(api, accepted.body["operation"]["id"].as_str().unwrap_or_default()).await
    }

    /// Takes it off the market, unless it is.
    async fn withdraw(&self, path: &str) -> anyhow::Result<Result<(), String>> {
        let api = &self.keeper.api;
        if api.get(path).await?.expects(&[200])?["status"] == "INACTIVE" {
            return Ok(Ok(()));
        }
        self.tell("withdraw");
        let accepted = api.post(&format!("{path}/deactivate"), None, None).await?;
        if accepted.status != 202 {
            return Ok(Err(accepted.in_words()));
        }
        ended(api, accepted.body["operation"]["id"].as_str().unwrap_or_default()).await
    }

    fn tell(&self, what: &str) {
        let Item { sku, canonical, .. } = self.item;
        self.bar.tell(&format!("{what} {} {}", sku.as_str(), canonical.name));
    }

    fn astray(&self, why: &str) -> Arrived {
        Arrived::Astray(format!("{} {}: {why}", self.keeper.shop.merchant, self.item.sku.as_str()))
    }
}

/// Waits for the end of an operation, and says what went wrong if it is no good one.
async fn ended(api: &Api, operation: &str) -> anyhow::Result<Result<(), String>> {
    let path = format!("/v1/operations/{operation}");
    let Some(ended) = api.until(&path, |shown| shown["ended_at"].is_string()).await? else {
        return Ok(Err(format!("{operation} goes on; see it with `cargo xtask watch {operation}`")));
    };
    if ended["status"] == "SUCCEEDED" {
        return Ok(Ok(()));
    }
    let why = ended["problem"]["message"].as_str().or(ended["next"].as_str()).unwrap_or_default();
    Ok(Err(format!("{operation} has {}: {why}", ended["status"].as_str().unwrap_or("no status"))))
}

/// Whether as many are known of already, and as many are few.
fn is_counted(stock: &Value, counted: &Value) -> bool {
    stock["on_hand"] == counted["set"] && stock["low_stock_threshold"] == counted["low_stock_threshold"]
}
