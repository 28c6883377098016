//! What merchants do with channels, and what the channels say to it.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tola_catalog::image::Changed;
use tola_catalog::listing::{ChannelOutcome, Seen, Standing, Visibility};
use tola_catalog::{
    ChannelId, OperationId, OperationStatus, Problem, ProblemClass, Product, ProductId, Timestamp, code,
};
use tola_store::Settlement;

use crate::support::{Actress, Answer, origin};

impl Actress {
    pub(crate) async fn puts(&self, channel: &str, body: Value) -> Answer {
        self.ask("PUT", &format!("/v1/channels/{channel}")).json(body).send().await
    }

    pub(crate) async fn connects(&self, channel: &str) {
        let answer = self.puts(channel, json!({ "type": "sandbox", "config": {} })).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    }

    /// A product that is READY.
    pub(crate) async fn has_ready_product(&self) -> String {
        let image = self.has_ready_image().await;
        let made = self.registers(json!({ "images": [{ "image_id": image.id }] })).await;
        self.absorbs(made.text("/id"), &image).await;
        made.text("/id").to_owned()
    }

    /// A product that is live on these channels, which are connected for it.
    pub(crate) async fn has_live_product(&self, channels: &[&str]) -> String {
        let id = self.has_ready_product().await;
        for channel in channels {
            self.connects(channel).await;
        }
        self.acts(&id, "publish", json!({ "channels": channels })).await.accepted();
        for channel in channels {
            self.hears(&id, channel, listed).await;
        }
        id
    }

    pub(crate) async fn acts(&self, product: &str, action: &str, body: Value) -> Answer {
        self.post(&format!("/v1/products/{product}/{action}"), body).await
    }

    pub(crate) async fn deletes(&self, product: &str, if_match: Option<&str>) -> Answer {
        let ask = self.ask("DELETE", &format!("/v1/products/{product}"));
        if let Some(tag) = if_match { ask.with("if-match", tag).send().await } else { ask.send().await }
    }

    pub(crate) async fn shown(&self, product: &str) -> Answer {
        self.get(&format!("/v1/products/{product}")).await
    }

    pub(crate) async fn stored(&self, product: &str) -> Product {
        self.store.products(self.scope()).get(ProductId::parse(product).unwrap()).await.unwrap().unwrap()
    }

    /// Plays the adapter: the channel's answer to the command that is under way.
    pub(crate) async fn hears(&self, product: &str, channel: &str, says: fn(u64) -> ChannelOutcome) {
        let (id, channel) = (ProductId::parse(product).unwrap(), ChannelId::parse(channel).unwrap());
        let products = self.store.products(self.scope());
        let heard = products.change(id, |product| {
            let command = product.channels[&channel].command.clone().unwrap();
            let until = Timestamp::from_millis(origin().now.as_millis() + 60_000);
            let _ = product.claim(&channel, command.fence, "the test", until, &origin());
            let changed = product.record(&channel, command.fence, &says(product.revision), &origin());
            assert_eq!(changed, Changed::Yes);
            Ok::<_, tola_store::Error>(changed)
        });
        assert!(heard.await.unwrap().moved());
    }

    /// Plays the last step of a workflow.
    pub(crate) async fn sees_settled(&self, operation: &str, status: OperationStatus) {
        let problem = Problem::new(ProblemClass::Transient, code::STEP_FAILED, "It broke.");
        let problem = (status == OperationStatus::Failed).then_some(problem);
        let settlement = Settlement { status, result: None, problem };
        let id = OperationId::parse(operation).unwrap();
        assert!(self.store.operations(self.scope()).settle(id, &settlement, Timestamp::from_millis(9)).await.unwrap());
    }
}

impl Answer {
    /// The operation of an answer that accepts.
    #[track_caller]
    pub(crate) fn accepted(&self) -> String {
        assert_eq!(self.status, StatusCode::ACCEPTED, "{self:?}");
        let id = self.text("/operation/id").to_owned();
        assert_eq!(self.header("location"), format!("/v1/operations/{id}"));
        id
    }
}

pub(crate) fn listed(revision: u64) -> ChannelOutcome {
    ChannelOutcome::Listed(Standing { external_id: "x-1".into(), revision, visibility: Visibility::Live, mark: None })
}

pub(crate) fn refused(_: u64) -> ChannelOutcome {
    let problem = Problem::new(ProblemClass::Policy, code::STEP_FAILED, "The channel does not want that.");
    ChannelOutcome::Refused { problem, seen: Seen::NotLooked }
}
