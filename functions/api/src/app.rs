//! What the handlers work with, and the narrow ways in which they reach what lies outside.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use tola_catalog::operation::{Intent, Subject};
use tola_catalog::quota::Quota;
use tola_catalog::{ChannelId, ImageId, MerchantId, Operation, OperationId, Origin};
use tola_contracts::channel::inquiry::{Finding, Inquiry, Question};
use tola_contracts::message::AggregateRef;
use tola_store::{Store, TenantScope};

use crate::cursor::CursorKey;
use crate::error::{ApiError, chain};
use crate::signing::Signing;

/// Why something outside failed: for the log alone.
pub type Failure = Box<dyn Error + Send + Sync>;

/// How long a write may wait for its workflow to start; after that the sweep starts it.
const LAUNCH_PATIENCE: Duration = Duration::from_secs(3);

/// How long a write that starts no workflow may spend on delivering its events; the sweep delivers what is left.
const DRAIN_PATIENCE: Duration = Duration::from_millis(300);

/// How long an adapter may take to answer: it bounds its own calls more tightly.
const ADAPTER_PATIENCE: Duration = Duration::from_secs(8);

/// Starts and stops workflows.
pub trait Workflows: Send + Sync {
    /// Makes the operation of an intent, starts its execution and takes the intent out of its document. Repeatable.
    fn launch<'a>(
        &'a self,
        scope: TenantScope,
        subject: Subject,
        intent: &'a Intent,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Makes an operation that is its own promise, and starts its execution. Repeatable.
    fn begin<'a>(&'a self, scope: TenantScope, operation: &'a Operation) -> BoxFuture<'a, Result<(), Failure>>;

    /// Stops an execution. One that has ended counts as stopped.
    fn stop<'a>(&'a self, execution: &'a str, error: &'a str, cause: &'a str) -> BoxFuture<'a, Result<(), Failure>>;
}

/// Asks the adapters of channels.
pub trait Adapters: Send + Sync {
    /// Asks the adapter of a channel type; `None` if there is none of that type.
    fn ask<'a>(
        &'a self,
        channel_type: &'a str,
        inquiry: &'a Inquiry,
    ) -> BoxFuture<'a, Result<Option<Finding>, Failure>>;
}

/// Delivers events.
pub trait Relay: Send + Sync {
    /// Delivers what lies in the outbox of an aggregate.
    fn drain(&self, aggregate: AggregateRef) -> BoxFuture<'_, Result<(), Failure>>;
}

/// Something that has to be there for the API to be of use.
pub trait Probe: Send + Sync {
    /// What people call it: `database`, `bus`, `queue`.
    fn name(&self) -> &'static str;

    /// Asks it for a sign of life.
    fn check(&self) -> BoxFuture<'_, Result<(), Failure>>;
}

/// What the handlers work with; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The catalog's documents.
    pub store: Store,
    /// What starts and stops workflows.
    pub workflows: Arc<dyn Workflows>,
    /// What knows each kind of channel.
    pub adapters: Arc<dyn Adapters>,
    /// What delivers events.
    pub relay: Arc<dyn Relay>,
    /// What signs uploads and links.
    pub signing: Signing,
    /// What `GET /v1/health` asks.
    pub probes: Arc<[Arc<dyn Probe>]>,
    /// Signs the cursors of lists.
    pub cursors: CursorKey,
    /// How much each merchant may write.
    pub writes: Quota,
    /// How often a channel is held against what it should have.
    pub reconcile_every: Duration,
}

impl App {
    /// Starts what a write asked for. What can't be started now is started by the sweep, from the intent in the document.
    pub(crate) async fn launch(&self, scope: TenantScope, subject: Subject, intent: &Intent) {
        let launch = self.workflows.launch(scope, subject, intent);
        let why = match tokio::time::timeout(tola_step::patience(LAUNCH_PATIENCE), launch).await {
            Ok(Ok(())) => return,
            Ok(Err(failure)) => chain(failure.as_ref()),
            Err(elapsed) => elapsed.to_string(),
        };
        tracing::warn!(operation.id = %intent.operation_id, why, "the sweep will start the operation");
    }

    /// Starts an operation that is its own promise. What can't be started now is started by the sweep.
    pub(crate) async fn begin(&self, scope: TenantScope, operation: &Operation) {
        let why =
            match tokio::time::timeout(tola_step::patience(LAUNCH_PATIENCE), self.workflows.begin(scope, operation))
                .await
            {
                Ok(Ok(())) => return,
                Ok(Err(failure)) => chain(failure.as_ref()),
                Err(elapsed) => elapsed.to_string(),
            };
        tracing::warn!(operation.id = %operation.id, why, "the sweep will start the operation");
    }

    /// Asks the adapter of a channel type a question about a merchant's channel.
    ///
    /// # Errors
    /// 503 `UNAVAILABLE` when it does not answer.
    pub(crate) async fn ask_adapter(
        &self,
        channel_type: &str,
        channel_id: &ChannelId,
        origin: &Origin,
        merchant_id: MerchantId,
        question: Question,
    ) -> Result<Option<Finding>, ApiError> {
        let correlation_id = origin.correlation_id.clone();
        let inquiry = Inquiry { merchant_id, channel_id: channel_id.clone(), correlation_id, began: None, question };
        match tokio::time::timeout(tola_step::patience(ADAPTER_PATIENCE), self.adapters.ask(channel_type, &inquiry))
            .await
        {
            Ok(answer) => answer.map_err(ApiError::unavailable),
            Err(elapsed) => Err(ApiError::unavailable(elapsed)),
        }
    }

    /// Starts the operation if its intent still lies in the document; otherwise it was started before.
    pub(crate) async fn launch_if_asked(
        &self,
        scope: TenantScope,
        subject: Subject,
        intents: &[Intent],
        operation: OperationId,
    ) -> bool {
        let asked = intents.iter().find(|intent| intent.operation_id == operation);
        if let Some(intent) = asked {
            self.launch(scope, subject, intent).await;
        }
        asked.is_some()
    }

    /// Starts every operation whose intent lies in the document: those of this write, and what another request left.
    pub(crate) async fn launch_all(&self, scope: TenantScope, subject: Subject, intents: &[Intent]) {
        join_all(intents.iter().map(|intent| self.launch(scope, subject, intent))).await;
    }

    /// Delivers the events of a write that started no workflow. What is not delivered now is delivered by the sweep.
    pub(crate) async fn drain(&self, aggregate: AggregateRef) {
        let why = match tokio::time::timeout(tola_step::patience(DRAIN_PATIENCE), self.relay.drain(aggregate)).await {
            Ok(Ok(())) => return,
            Ok(Err(failure)) => chain(failure.as_ref()),
            Err(elapsed) => elapsed.to_string(),
        };
        tracing::warn!(aggregate = %aggregate, why, "the sweep will deliver the events");
    }
}

/// Where an image is found.
pub(crate) fn image_path(id: ImageId) -> String {
    format!("/v1/images/{id}")
}
