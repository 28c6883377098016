//! A product of a merchant, from its merchant's side.

use std::collections::BTreeMap;

use image::DynamicImage;
use serde_json::Value;

use crate::events::{gapless, kinds};
use crate::image::fetched;
use crate::{Answer, Merchant, Operation, SOON, eventually, watched};

/// A product of a merchant.
#[derive(Clone)]
pub struct Product {
    merchant: Merchant,
    id: String,
    operation: String,
}

impl Product {
    /// The product that an answer is about.
    #[must_use]
    pub fn of(merchant: &Merchant, answer: &Answer) -> Self {
        let operation = answer.text("/operation/id").to_owned();
        Self { operation, ..Self::known(merchant, answer.text("/id")) }
    }

    pub(crate) fn known(merchant: &Merchant, id: &str) -> Self {
        Self { merchant: merchant.clone(), id: id.to_owned(), operation: String::new() }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/v1/products/{}", self.id)
    }

    /// The operation that registering it began.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.merchant.operation(&self.operation)
    }

    /// The product as its merchant sees it now.
    pub async fn shown(&self) -> Answer {
        self.merchant.gets(&self.path()).await.expects(200)
    }

    /// Waits until it has this status, and returns it then.
    pub async fn becomes(&self, status: &str) -> Answer {
        let what = format!("{} is {status}", self.id);
        let found = watched(&what, SOON, async || {
            let shown = self.merchant.gets(&self.path()).await;
            if shown.body["status"] == status { Ok(shown) } else { Err(shown.to_string()) }
        });
        match found.await {
            Ok(shown) => shown,
            Err(late) => panic!("{late}\nits operations: {:#}", self.operations().await),
        }
    }

    /// Waits until this is what it lacks: pointers and rules.
    pub async fn lacks(&self, expected: &[(&str, &str)]) -> Answer {
        let what = format!("{} lacks {expected:?}", self.id);
        eventually(&what, SOON, async || {
            let shown = self.shown().await;
            let missing = shown.body["completeness"]["missing"].as_array().cloned().unwrap_or_default();
            let missing: Vec<_> = missing
                .iter()
                .map(|gap| (gap["pointer"].as_str().unwrap_or(""), gap["rule"].as_str().unwrap_or("")))
                .collect();
            if missing == expected { Ok(shown) } else { Err(shown.to_string()) }
        })
        .await
    }

    /// Fetches the renditions of its image at that place as a shop's page would, and holds each to what is said of it.
    pub async fn renditions(&self, position: usize) -> BTreeMap<String, DynamicImage> {
        let shown = self.shown().await;
        fetched(&self.merchant, &shown.body["images"][position]["renditions"]).await
    }

    /// All of its operations, with their steps.
    pub async fn operations(&self) -> Value {
        let listed = self.merchant.lists("/v1/operations", 100, &format!("&product_id={}", self.id)).await;
        let mut whole = Vec::new();
        for operation in &listed {
            let id = operation["id"].as_str().unwrap_or_default();
            whole.push(self.merchant.operation(id).shown().await.body);
        }
        Value::Array(whole)
    }

    /// Its history, from the first event on.
    pub async fn history(&self) -> Vec<Value> {
        self.merchant.lists(&format!("{}/history", self.path()), 100, "").await
    }

    /// Waits until history and the event queue both tell exactly this, every event under its own number and none
    /// missing; the queue may repeat itself.
    pub async fn tells(&self, expected: &[&str]) {
        let history = eventually(&format!("{} is told as {expected:?}", self.id), SOON, async || {
            let history = self.history().await;
            if kinds(&history) == expected { Ok(history) } else { Err(format!("{history:#?}")) }
        })
        .await;
        gapless(&self.id, &history).unwrap_or_else(|gap| panic!("history: {gap}"));
        let queued = self.merchant.stack().events_of(&self.id, expected.len()).await;
        assert_eq!(queued, history, "history and the event queue tell {} differently", self.id);
    }
}
