//! The queue to `relay-outbox`.

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use tola_contracts::message::{AggregateRef, RelayRequest};

/// The most messages that one call takes.
const BATCH: usize = 10;

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
    /// The queue whose URL is in `RELAY_QUEUE_URL`.
    ///
    /// # Errors
    /// [`MissingUrl`] if it is not set.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the queue's variable")]
    pub fn from_env(aws: &SdkConfig) -> Result<Self, MissingUrl> {
        let url = std::env::var("RELAY_QUEUE_URL").map_err(|_| MissingUrl)?;
        Ok(Self { client: Client::new(aws), url })
    }

    /// Names each aggregate to the relay, and returns how many messages the queue took. Those that it did not take are
    /// named again by the next sweep.
    pub(crate) async fn send(&self, aggregates: &[AggregateRef]) -> Result<usize, aws_sdk_sqs::Error> {
        let mut sent = 0;
        for batch in aggregates.chunks(BATCH) {
            let mut request = self.client.send_message_batch().queue_url(&self.url);
            for (position, aggregate) in batch.iter().enumerate() {
                let body = serde_json::to_string(&RelayRequest { aggregate: *aggregate }).unwrap_or_default();
                let entry = SendMessageBatchRequestEntry::builder().id(position.to_string()).message_body(body).build();
                request = request.entries(entry.map_err(aws_sdk_sqs::Error::from)?);
            }
            sent += request.send().await?.successful().len();
        }
        Ok(sent)
    }
}
