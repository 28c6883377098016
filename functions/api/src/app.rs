//! What the handlers work with, and the narrow ways in which they reach what lies outside.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use tola_catalog::operation::{Intent, Subject};
use tola_catalog::{ImageId, OperationId};
use tola_contracts::message::AggregateRef;
use tola_store::{Store, TenantScope};

use crate::cursor::CursorKey;
use crate::error::chain;
use crate::signing::Signing;

/// Why something outside failed: for the log alone.
pub type Failure = Box<dyn Error + Send + Sync>;

/// How long a write may wait for its workflow to start; after that the sweep starts it.
const LAUNCH_PATIENCE: Duration = Duration::from_secs(3);

/// How long a write that starts no workflow may spend on delivering its events; the sweep delivers what is left.
const DRAIN_PATIENCE: Duration = Duration::from_millis(300);

/// Starts and stops workflows.
pub trait Workflows: Send + Sync {
    /// Makes the operation of an intent, starts its execution and takes the intent out of its document. Repeatable.
    fn launch<'a>(
        &'a self,
        scope: TenantScope,
        subject: Subject,
        intent: &'a Intent,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Stops an execution. One that has ended counts as stopped.
    fn stop<'a>(&'a self, execution: &'a str, error: &'a str, cause: &'a str) -> BoxFuture<'a, Result<(), Failure>>;
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
    /// What delivers events.
    pub relay: Arc<dyn Relay>,
    /// What signs uploads and links.
    pub signing: Signing,
    /// What `GET /v1/health` asks.
    pub probes: Arc<[Arc<dyn Probe>]>,
    /// Signs the cursors of lists.
    pub cursors: CursorKey,
}

impl App {
    /// Starts what a write asked for. What can't be started now is started by the sweep, from the intent in the document.
    pub(crate) async fn launch(&self, scope: TenantScope, subject: Subject, intent: &Intent) {
        let launch = self.workflows.launch(scope, subject, intent);
        let why = match tokio::time::timeout(LAUNCH_PATIENCE, launch).await {
            Ok(Ok(())) => return,
            Ok(Err(failure)) => chain(failure.as_ref()),
            Err(elapsed) => elapsed.to_string(),
        };
        tracing::warn!(operation.id = %intent.operation_id, why, "the sweep will start the operation");
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
        let why = match tokio::time::timeout(DRAIN_PATIENCE, self.relay.drain(aggregate)).await {
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
