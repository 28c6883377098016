//! The narrow ways of [`crate::app`], gone with the real clients.

use aws_config::SdkConfig;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_sqs::types::QueueAttributeName;
use futures::FutureExt;
use futures::future::BoxFuture;
use tola_catalog::Operation;
use tola_catalog::operation::{Intent, Subject};
use tola_contracts::channel::inquiry::{Finding, Inquiry};
use tola_contracts::message::AggregateRef;
use tola_events::EventBus;
use tola_store::{Store, TenantScope};
use tola_workflow::Launcher;

use crate::app::{Adapters, Failure, Probe, Relay, Workflows};

impl Workflows for Launcher {
    fn launch<'a>(
        &'a self,
        scope: TenantScope,
        subject: Subject,
        intent: &'a Intent,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        async move { Ok(Launcher::launch(self, scope, subject, intent).await?) }.boxed()
    }

    fn begin<'a>(&'a self, scope: TenantScope, operation: &'a Operation) -> BoxFuture<'a, Result<(), Failure>> {
        async move { Ok(Launcher::begin(self, scope, operation).await?) }.boxed()
    }

    fn stop<'a>(&'a self, execution: &'a str, error: &'a str, cause: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        async move { Ok(self.executions().stop(execution, error, cause).await?) }.boxed()
    }
}

/// The functions of the adapters, called by name: `<prefix><type>-adapter`.
pub struct AdapterFunctions {
    client: aws_sdk_lambda::Client,
    prefix: String,
}

impl AdapterFunctions {
    /// Functions whose names begin with `prefix`.
    pub fn new(aws: &SdkConfig, prefix: String) -> Self {
        Self { client: aws_sdk_lambda::Client::new(aws), prefix }
    }
}

impl Adapters for AdapterFunctions {
    fn ask<'a>(
        &'a self,
        channel_type: &'a str,
        inquiry: &'a Inquiry,
    ) -> BoxFuture<'a, Result<Option<Finding>, Failure>> {
        async move {
            let function = format!("{}{channel_type}-adapter", self.prefix);
            let payload = Blob::new(serde_json::to_vec(inquiry)?);
            let called = self.client.invoke().function_name(&function).payload(payload).send().await;
            let answer = match called.map_err(aws_sdk_lambda::Error::from) {
                Ok(answer) => answer,
                Err(aws_sdk_lambda::Error::ResourceNotFoundException(_)) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            let said = answer.payload.map(Blob::into_inner).unwrap_or_default();
            if let Some(kind) = answer.function_error {
                return Err(format!("{function} failed ({kind}): {}", String::from_utf8_lossy(&said)).into());
            }
            Ok(Some(serde_json::from_slice(&said)?))
        }
        .boxed()
    }
}

impl Relay for tola_events::Relay {
    fn drain(&self, aggregate: AggregateRef) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            tola_events::Relay::drain(self, aggregate).await?;
            Ok(())
        }
        .boxed()
    }
}

/// Whether the database answers.
pub struct DatabaseProbe(pub Store);

impl Probe for DatabaseProbe {
    fn name(&self) -> &'static str {
        "database"
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Failure>> {
        async move { Ok(self.0.ping().await?) }.boxed()
    }
}

/// Whether the event bus is there.
pub struct BusProbe(pub EventBus);

impl Probe for BusProbe {
    fn name(&self) -> &'static str {
        "bus"
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Failure>> {
        async move { Ok(self.0.check().await?) }.boxed()
    }
}

/// Whether the queue of catalog events is there.
pub struct QueueProbe {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl QueueProbe {
    /// The queue at `url`.
    pub fn new(aws: &SdkConfig, url: String) -> Self {
        Self { client: aws_sdk_sqs::Client::new(aws), url }
    }
}

impl Probe for QueueProbe {
    fn name(&self) -> &'static str {
        "queue"
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            let request = self.client.get_queue_attributes().queue_url(&self.url);
            request.attribute_names(QueueAttributeName::QueueArn).send().await.map_err(aws_sdk_sqs::Error::from)?;
            Ok(())
        }
        .boxed()
    }
}
