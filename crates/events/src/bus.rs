//! The event bus.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use tola_catalog::Event;
use tola_contracts::message::EVENT_SOURCE;

use crate::Error;

/// The most entries that one `PutEvents` takes.
pub(crate) const BATCH: usize = 10;

/// Which bus, read once at cold start.
#[derive(Debug, Clone)]
pub struct Config {
    /// `EVENT_BUS_NAME`
    pub name: String,
}

/// `EVENT_BUS_NAME` is not set.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable EVENT_BUS_NAME is not set")]
pub struct MissingName;

impl Config {
    /// Reads the variable that the field names.
    ///
    /// # Errors
    /// [`MissingName`] if it is not set.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the bus's variable")]
    pub fn from_env() -> Result<Self, MissingName> {
        Ok(Self { name: std::env::var("EVENT_BUS_NAME").map_err(|_| MissingName)? })
    }
}

/// The event bus.
#[derive(Debug, Clone)]
pub struct EventBus {
    client: Client,
    name: String,
}

impl EventBus {
    /// The configured bus.
    pub fn new(aws: &SdkConfig, config: Config) -> Self {
        Self { client: Client::new(aws), name: config.name }
    }

    /// Asks the bus for a sign of life.
    ///
    /// # Errors
    /// When there is none.
    pub async fn check(&self) -> Result<(), Error> {
        self.client.describe_event_bus().name(&self.name).send().await.map_err(failed)?;
        Ok(())
    }

    /// Puts up to ten events on the bus, and tells of each whether the bus took it: a request can succeed in part.
    pub(crate) async fn put(&self, events: &[Event]) -> Result<Vec<bool>, Error> {
        let entries = events.iter().map(|event| self.entry(event)).collect::<Result<Vec<_>, _>>()?;
        let answer = self.client.put_events().set_entries(Some(entries)).send().await.map_err(failed)?;
        let mut taken = vec![false; events.len()];
        for (position, entry) in answer.entries().iter().enumerate().take(events.len()) {
            taken[position] = entry.error_code().is_none();
            if let Some(code) = entry.error_code() {
                let why = entry.error_message().unwrap_or_default();
                tracing::warn!(event.id = events[position].event_id, code, why, "the bus did not take the event");
            }
        }
        Ok(taken)
    }

    fn entry(&self, event: &Event) -> Result<PutEventsRequestEntry, Error> {
        Ok(PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(EVENT_SOURCE)
            .detail_type(event.kind.name())
            .detail(serde_json::to_string(event)?)
            .resources(&event.aggregate_id)
            .time(DateTime::from_millis(event.occurred_at.as_millis()))
            .build())
    }
}

fn failed<E>(error: E) -> Error
where
    aws_sdk_eventbridge::Error: From<E>,
{
    Error::Bus(Box::new(error.into()))
}
