//! An operation, for those who watch it.

use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::operation::StepOutcome;
use tola_catalog::product::Drift;
use tola_catalog::{CategoryKey, ChannelId, ImageId, Operation, OperationId, OperationKind, OperationStatus};
use tola_catalog::{Problem, ProductId, StepRecord, Timestamp};

/// An operation.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Operation")]
pub struct OperationView<'a> {
    id: OperationId,
    kind: OperationKind,
    status: OperationStatus,
    product_id: Option<ProductId>,
    image_id: Option<ImageId>,
    /// The channel that it reconciles.
    channel_id: Option<&'a ChannelId>,
    /// The category that it reviews.
    #[serde(skip_serializing_if = "Option::is_none")]
    category_id: Option<&'a CategoryKey>,
    /// The channels that it calls.
    channels: &'a [ChannelId],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_arn: Option<Option<&'a str>>,
    /// Left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<StepView<'a>>>,
    /// What a reconciliation found; left out in lists, and for other kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    drifts: Option<&'a [Drift]>,
    result: Option<&'a str>,
    problem: Option<&'a Problem>,
    /// What to do, in words.
    next: String,
    correlation_id: &'a str,
    requested_at: Timestamp,
    ended_at: Option<Timestamp>,
    retry_of: Option<OperationId>,
    retried_by: Option<OperationId>,
}

/// One attempt of one step.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Step")]
struct StepView<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a ChannelId>,
    attempt: u32,
    started: Timestamp,
    ended: Option<Timestamp>,
    duration_ms: Option<u64>,
    outcome: StepOutcome,
    result: Option<&'a str>,
    problem: Option<&'a Problem>,
}

impl<'a> OperationView<'a> {
    /// As a list shows it: without steps and execution.
    pub(crate) fn brief(operation: &'a Operation) -> Self {
        Self {
            id: operation.id,
            kind: operation.kind,
            status: operation.status,
            product_id: operation.product_id,
            image_id: operation.image_id,
            channel_id: operation.channel_id.as_ref(),
            category_id: operation.category_id.as_ref(),
            channels: &operation.channels,
            dry_run: operation.dry_run,
            drifts: None,
            execution_arn: None,
            steps: None,
            result: operation.result.as_deref(),
            problem: operation.problem.as_ref(),
            next: operation.next(),
            correlation_id: &operation.correlation_id,
            requested_at: operation.requested_at,
            ended_at: operation.ended_at,
            retry_of: operation.retry_of,
            retried_by: operation.retried_by,
        }
    }

    /// With all that is known of it.
    pub(crate) fn whole(operation: &'a Operation) -> Self {
        Self {
            execution_arn: Some(operation.execution_arn.as_deref()),
            steps: Some(operation.steps.iter().map(StepView::from).collect()),
            drifts: operation.channel_id.is_some().then_some(operation.drifts.as_slice()),
            ..Self::brief(operation)
        }
    }
}

impl<'a> From<&'a StepRecord> for StepView<'a> {
    fn from(step: &'a StepRecord) -> Self {
        let duration = step.ended.map(|ended| ended.since(step.started));
        Self {
            name: &step.name,
            channel: step.channel.as_ref(),
            attempt: step.attempt,
            started: step.started,
            ended: step.ended,
            duration_ms: duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)),
            outcome: step.outcome,
            result: step.result.as_deref(),
            problem: step.problem.as_ref(),
        }
    }
}
