//! A merchant for tools that send requests by the thousand: who sends them, and what there is to ask for.

use anyhow::{Context as _, ensure};
use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};
use tola_catalog::MerchantId;

/// A merchant, and what it has.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Tenant {
    /// Its id.
    pub(crate) merchant_id: MerchantId,
    /// The access token of somebody who works for it.
    pub(crate) token: String,
    /// Values of parameters that name something of the merchant's, by what they name.
    pub(crate) has: Has,
}

/// Values of parameters, by what they name.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Has {
    pub(crate) products: Vec<String>,
    pub(crate) skus: Vec<String>,
    pub(crate) slugs: Vec<String>,
    pub(crate) images: Vec<String>,
    pub(crate) operations: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) channels: Vec<String>,
    pub(crate) merchants: Vec<String>,
}

impl Tenant {
    /// Somebody with that token, who has nothing yet.
    pub(crate) fn new(merchant_id: MerchantId, token: String) -> Self {
        let has = Has { merchants: vec![merchant_id.to_string()], ..Has::default() };
        Self { merchant_id, token, has }
    }

    /// Sends a `POST`, and returns its answer.
    ///
    /// # Errors
    /// When it is refused.
    pub(crate) async fn post(&self, url: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.send(Method::POST, url, path, body).await
    }

    /// Makes categories: nothing is part of most of them, so that these can be deleted. The one at the top has a picture, if
    /// there is an image.
    ///
    /// # Errors
    /// When one is refused.
    pub(crate) async fn categorise(&mut self, url: &str) -> anyhow::Result<()> {
        let below = ["armchairs", "benches", "stools", "rocking-chairs", "deck-chairs", "folding-chairs", "sofas"];
        let tops = [("furniture", None), ("chairs", Some("furniture"))];
        for (id, parent) in tops.into_iter().chain(below.map(|id| (id, Some("chairs")))) {
            let picture = self.has.images.first().filter(|_| parent.is_none());
            let channels = json!({ "sandbox": id });
            let body = json!({ "name": id, "parent_id": parent, "channel_categories": channels, "image_id": picture });
            self.send(Method::PUT, url, &format!("/v1/categories/{id}"), &body).await?;
            self.has.categories.push(id.to_owned());
        }
        Ok(())
    }

    /// Says how many there are of products, so that some can go.
    ///
    /// # Errors
    /// When it is refused.
    pub(crate) async fn count(&self, url: &str, products: &[String]) -> anyhow::Result<()> {
        for product in products {
            let body = json!({ "set": 1_000_000, "low_stock_threshold": 1_000 });
            self.send(Method::PATCH, url, &format!("/v1/products/{product}/inventory"), &body).await?;
        }
        Ok(())
    }

    async fn send(&self, method: Method, url: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = reqwest::Client::new().request(method.clone(), format!("{url}{path}"));
        let response = request.bearer_auth(&self.token).json(body).send().await?;
        let (status, body) = (response.status(), response.text().await?);
        ensure!(status.is_success(), "{method} {path}: {status} {body}");
        Ok(serde_json::from_str(&body)?)
    }
}

/// An id in an answer.
///
/// # Errors
/// When there is no text at the pointer.
pub(crate) fn id(answer: &Value, pointer: &str) -> anyhow::Result<String> {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).with_context(|| format!("no {pointer} in {answer}"))
}
