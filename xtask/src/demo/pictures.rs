//! Pictures: drawn, uploaded as a browser does it, and waited for. Each once for a merchant, however many products show it.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use tola_demo::{Item, Picture, Shop};

use super::{AT_ONCE, Images, Keeper};
use crate::ui::{Bar, Ui};

/// Of how many products it is looked at whether they show a picture already.
const LOOKED_AT: usize = 2;

/// A picture of a merchant, and the products that show it.
struct Wanted<'a> {
    number: usize,
    keeper: &'a Keeper<'a>,
    picture: Picture,
    on: Vec<&'a Item>,
}

/// Has all pictures ready that products show, and returns their images and how many are new.
///
/// # Errors
/// When a picture is refused, or is not ready for long.
pub(super) async fn upload(keepers: &[Keeper<'_>], ui: &Ui) -> anyhow::Result<(Images, usize)> {
    let wanted: Vec<Wanted<'_>> = keepers.iter().enumerate().flat_map(|(number, keeper)| of(number, keeper)).collect();
    let bar = ui.bar("Pictures", wanted.len());
    let ready = stream::iter(wanted.iter().map(|wanted| wanted.ready(&bar))).buffer_unordered(AT_ONCE);
    let ready: Vec<_> = ready.try_collect().await?;
    let new = ready.iter().filter(|(_, _, is_new)| *is_new).count();
    bar.end(&format!("{}, of which {new} are new", ready.len()));
    Ok((ready.into_iter().map(|(place, id, _)| (place, id)).collect(), new))
}

fn of<'a>(number: usize, keeper: &'a Keeper<'a>) -> impl Iterator<Item = Wanted<'a>> {
    shown(keeper.shop).into_iter().map(move |(picture, on)| Wanted { number, keeper, picture, on })
}

fn shown(shop: &Shop) -> BTreeMap<Picture, Vec<&Item>> {
    let mut shown = BTreeMap::<_, Vec<_>>::new();
    for item in &shop.items {
        for picture in &item.pictures {
            shown.entry(picture.picture).or_default().push(item);
        }
    }
    shown
}

impl Wanted<'_> {
    /// The picture's image once it is READY, and whether it is new.
    async fn ready(&self, bar: &Bar) -> anyhow::Result<((usize, Picture), String, bool)> {
        bar.tell(&format!("{}: {}", self.keeper.shop.merchant, self.picture.name()));
        let (id, is_new) = match self.known().await? {
            Some(id) => (id, false),
            None => self.uploaded().await.with_context(|| format!("{} can't be uploaded", self.picture.name()))?,
        };
        bar.step();
        Ok(((self.number, self.picture), id, is_new))
    }

    /// The image that products show already: what was uploaded on another day.
    async fn known(&self) -> anyhow::Result<Option<String>> {
        for item in self.on.iter().take(LOOKED_AT) {
            let found = self.keeper.api.get(&format!("/v1/products/by-sku/{}", item.sku.as_str())).await?;
            let position = item.pictures.iter().position(|shown| shown.picture == self.picture).unwrap_or(0);
            let image = &found.body["images"][position];
            if let (Some("READY"), Some(id)) = (image["status"].as_str(), image["image_id"].as_str()) {
                return Ok(Some(id.to_owned()));
            }
        }
        Ok(None)
    }

    /// The image of a new upload, or of one that broke off today: the key finds it again.
    async fn uploaded(&self) -> anyhow::Result<(String, bool)> {
        let api = &self.keeper.api;
        let key = format!("demo-{}", self.picture.name());
        let (mut id, mut form) = self.promised(&key).await?;
        let mut found = api.get(&format!("/v1/images/{id}")).await?;
        if found.status == 404 {
            // Somebody has deleted it since.
            (id, form) = self.promised(&format!("{key}-{:016x}", fastrand::u64(..))).await?;
            found = api.get(&format!("/v1/images/{id}")).await?;
        }
        let is_new = found.expects(&[200])?["status"] == "AWAITING_UPLOAD";
        if is_new {
            let picture = self.picture;
            let file = tokio::task::spawn_blocking(move || picture.draw()).await??;
            api.upload(&form, &file).await?;
        }
        let ended = |status: &str| status == "READY" || status == "REJECTED";
        let shown = api.until(&format!("/v1/images/{id}"), |shown| shown["status"].as_str().is_some_and(ended)).await?;
        let shown = shown.context("it is still being processed")?;
        if shown["status"] == "REJECTED" {
            bail!("it is refused: {}", shown["rejection"]["message"].as_str().unwrap_or_default());
        }
        Ok((id, is_new))
    }

    /// The image that is promised under a key, and its upload form.
    async fn promised(&self, key: &str) -> anyhow::Result<(String, serde_json::Value)> {
        let body = json!({ "content_type": self.picture.content_type() });
        let promised = self.keeper.api.post("/v1/images", Some(&body), Some(key)).await?.expects(&[201])?;
        let id = promised["image"]["id"].as_str().context("an image without an id")?;
        ensure!(promised["upload"].is_object(), "an image without an upload form");
        Ok((id.to_owned(), promised["upload"].clone()))
    }
}
