//! The queue to `relay-outbox`.

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use futures::future::try_join_all;
use tola_contracts::message::{AggregateRef, RelayRequest};

/// How many messages are sent at once.
const AT_ONCE: usize = 10;

/// The queue to `relay-outbox`.
#[derive(Debug, Clone)]
pub struct RelayQueue {
    client: Client,
    url: String,
}

/// `RELAY_QUEUE_URL` is not set.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable RELAY_QUEUE_URL is not set")]
pub struct MissingUrl;

impl RelayQueue {
    /// The queue at `url`.
    pub fn new(aws: &SdkConfig, url: String) -> Self {
        Self { client: Client::new(aws), url }
    }

    /// The queue whose URL is in `RELAY_QUEUE_URL`.
    ///
    /// # Errors
    /// [`MissingUrl`] if it is not set.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the queue's variable")]
    pub fn from_env(aws: &SdkConfig) -> Result<Self, MissingUrl> {
        let url = std::env::var("RELAY_QUEUE_URL").map_err(|_| MissingUrl)?;
        Ok(Self::new(aws, url))
    }

    /// Names each aggregate to the relay, and returns how many there were.
    ///
    /// One message a call: a batch is no action of its own in IAM, and what one call does, one permission allows.
    pub(crate) async fn send(&self, aggregates: &[AggregateRef]) -> Result<usize, aws_sdk_sqs::Error> {
        for some in aggregates.chunks(AT_ONCE) {
            try_join_all(some.iter().map(|aggregate| self.send_one(*aggregate))).await?;
        }
        Ok(aggregates.len())
    }

    async fn send_one(&self, aggregate: AggregateRef) -> Result<(), aws_sdk_sqs::Error> {
        let body = serde_json::to_string(&RelayRequest { aggregate }).unwrap_or_default();
        self.client.send_message().queue_url(&self.url).message_body(body).send().await?;
        Ok(())
    }
}
