//! An operation, from the side of who watches it.

use std::time::Duration;

use serde_json::Value;

use crate::{Answer, Merchant, SOON, eventually};

/// An operation of a merchant.
#[derive(Clone)]
pub struct Operation {
    merchant: Merchant,
    id: String,
}

impl Operation {
    pub(crate) fn new(merchant: &Merchant, id: &str) -> Self {
        Self { merchant: merchant.clone(), id: id.to_owned() }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The operation as its merchant sees it now.
    pub async fn shown(&self) -> Answer {
        self.merchant.gets(&format!("/v1/operations/{}", self.id)).await.expects(200)
    }

    /// Waits until it has this status, and returns it then.
    pub async fn becomes(&self, status: &str) -> Answer {
        self.becomes_within(status, SOON).await
    }

    /// Waits no longer than that until it has this status.
    pub async fn becomes_within(&self, status: &str, patience: Duration) -> Answer {
        eventually(&format!("{} is {status}", self.id), patience, async || {
            let shown = self.shown().await;
            if shown.body["status"] == status { Ok(shown) } else { Err(shown.to_string()) }
        })
        .await
    }

    /// Waits no longer than that until it has ended, however it did.
    pub async fn ends_within(&self, patience: Duration) -> Answer {
        eventually(&format!("{} has ended", self.id), patience, async || {
            let shown = self.shown().await;
            if shown.body["ended_at"].is_string() { Ok(shown) } else { Err(shown.to_string()) }
        })
        .await
    }

    /// Waits until an attempt of a step is on record that looks as asked.
    pub async fn reaches(&self, step: &str, asked: impl Fn(&Value) -> bool) -> Answer {
        eventually(&format!("{} reaches `{step}`", self.id), SOON, async || {
            let shown = self.shown().await;
            let steps = shown.body["steps"].as_array();
            let reached = steps.into_iter().flatten().any(|record| record["name"] == step && asked(record));
            if reached { Ok(shown) } else { Err(shown.to_string()) }
        })
        .await
    }

    /// The execution that carries it out.
    pub async fn execution(&self) -> String {
        eventually(&format!("{} has an execution", self.id), SOON, async || {
            let shown = self.shown().await;
            shown.body["execution_arn"].as_str().map(str::to_owned).ok_or_else(|| shown.to_string())
        })
        .await
    }

    /// Does it again, and returns the operation that does so.
    pub async fn retried(&self) -> Self {
        let answer = self.merchant.acts(&format!("/v1/operations/{}/retry", self.id)).await.expects(202);
        assert_eq!(answer.text("/retry_of"), self.id, "{answer}");
        self.merchant.operation(answer.text("/id"))
    }

    /// Calls it off.
    pub async fn cancelled(&self) -> Answer {
        self.merchant.acts(&format!("/v1/operations/{}/cancel", self.id)).await
    }
}
