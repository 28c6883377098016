//! Operations: what runs long, told so that a person can watch it and knows what to do next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::{Actor, Origin};
use crate::id::{CategoryKey, ChannelId, ImageId, MerchantId, OperationId, ProductId};
use crate::problem::Problem;
use crate::product::Drift;
use crate::time::Timestamp;

/// What an operation does, and so which state machine runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// `register-product`: judges a product and makes it READY when it is complete.
    Register,
    /// `process-image`: turns an upload into renditions.
    ProcessImage,
    /// `publish-product`: brings a product to channels, or a new revision of it.
    Publish,
    /// `withdraw-product`: takes a product off some channels.
    Unpublish,
    /// `withdraw-product`: takes a product off every channel.
    Deactivate,
    /// `withdraw-product`: takes a product off every channel for good, and removes it.
    Delete,
    /// `reconcile-channel`: holds what a channel really has against what it should have.
    Reconcile,
    /// `review-category`: judges the products of a category, and of all that is part of it, by what is asked there now.
    Review,
    /// `withdraw-product`: keeps a product off the channels where its merchant wants it, because it is out of stock. They
    /// have it again as soon as there are some.
    Pause,
}

impl OperationKind {
    /// The name of its state machine.
    pub fn machine(self) -> &'static str {
        match self {
            Self::Register => "register-product",
            Self::ProcessImage => "process-image",
            Self::Publish => "publish-product",
            Self::Unpublish | Self::Deactivate | Self::Delete | Self::Pause => "withdraw-product",
            Self::Reconcile => "reconcile-channel",
            Self::Review => "review-category",
        }
    }
}

/// How an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OperationStatus {
    /// Accepted: its execution runs or is about to.
    Running,
    /// It did what it was to do.
    Succeeded,
    /// It gave up; `problem` says why.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
}

impl OperationStatus {
    /// Reads the upper-case name that the API uses.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "RUNNING" => Some(Self::Running),
            "SUCCEEDED" => Some(Self::Succeeded),
            "FAILED" => Some(Self::Failed),
            "CANCELLED" => Some(Self::Cancelled),
            _ => None,
        }
    }
}

/// The document that promises an operation, and that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A product.
    Product(ProductId),
    /// An image.
    Image(ImageId),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Product(id) => id.fmt(f),
            Self::Image(id) => id.fmt(f),
        }
    }
}

/// The wish to run an operation, written with the change that calls for it and pulled once its execution exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Intent {
    /// The operation, minted before the write.
    pub operation_id: OperationId,
    /// What it does.
    pub kind: OperationKind,
    /// When the write was made.
    pub requested_at: Timestamp,
    /// Who asked for it.
    pub requested_by: Actor,
    /// The request that it goes back to.
    pub correlation_id: String,
    /// The channels that it is to call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelId>,
    /// The operation that this one does again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<OperationId>,
}

/// How one attempt of one step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StepOutcome {
    /// It has begun, and has not said how it ended.
    Running,
    /// It did its work.
    Succeeded,
    /// It failed; the workflow may try again.
    Failed,
}

/// One attempt of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepRecord {
    /// The state's name in the machine.
    pub name: String,
    /// The channel, for steps that are done once per channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// How it ended.
    pub outcome: StepOutcome,
    /// What it found or did, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// Something long-running that a person can watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its id; also the second half of its execution's name.
    #[serde(rename = "_id")]
    pub id: OperationId,
    /// Whose it is.
    pub merchant_id: MerchantId,
    /// What it does.
    pub kind: OperationKind,
    /// How it stands.
    pub status: OperationStatus,
    /// The product that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// The image that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_id: Option<ImageId>,
    /// The channel that it reconciles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    /// The category that it reviews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryKey>,
    /// The channels that it calls: for lists of a channel's operations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelId>,
    /// Whether it only looks, and changes nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// What a reconciliation found; at most [`MAX_DRIFTS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drifts: Vec<Drift>,
    /// Its execution, once it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_arn: Option<String>,
    /// The attempts of its steps, in the order in which they began; the latest 200.
    #[serde(default)]
    pub steps: Vec<StepRecord>,
    /// What came of it, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// The request that it goes back to.
    pub correlation_id: String,
    /// Who asked for it.
    pub requested_by: Actor,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// The operation that this one does again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<OperationId>,
    /// The operation that does this one again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retried_by: Option<OperationId>,
}

/// How much of a long id stands in an execution's name, which tells it apart by the operation's.
const MAX_ABOUT: usize = 40;

/// The most attempts that an operation remembers.
pub const MAX_STEPS: usize = 200;

/// The most differences that a reconciliation names; its result counts all of them.
pub const MAX_DRIFTS: usize = 200;

impl Operation {
    /// The operation that an intent asks for, RUNNING from the first: accepted means that it will be run.
    pub fn of_intent(intent: &Intent, merchant_id: MerchantId, subject: Subject) -> Self {
        let (product_id, image_id) = match subject {
            Subject::Product(id) => (Some(id), None),
            Subject::Image(id) => (None, Some(id)),
        };
        Self {
            id: intent.operation_id,
            merchant_id,
            kind: intent.kind,
            status: OperationStatus::Running,
            product_id,
            image_id,
            channel_id: None,
            category_id: None,
            channels: intent.channels.clone(),
            dry_run: false,
            drifts: Vec::new(),
            execution_arn: None,
            steps: Vec::new(),
            result: None,
            problem: None,
            correlation_id: intent.correlation_id.clone(),
            requested_by: intent.requested_by.clone(),
            requested_at: intent.requested_at,
            ended_at: None,
            retry_of: intent.retry_of,
            retried_by: None,
        }
    }

    /// The operation that reconciles a channel. No document holds an intent of it: it is its own promise, and whoever
    /// finds it without an execution starts one.
    pub fn reconciling(
        channel_id: ChannelId,
        id: OperationId,
        merchant_id: MerchantId,
        dry_run: bool,
        origin: &Origin,
    ) -> Self {
        Self {
            channels: vec![channel_id.clone()],
            channel_id: Some(channel_id),
            dry_run,
            ..Self::its_own_promise(OperationKind::Reconcile, id, merchant_id, origin)
        }
    }

    /// The operation that reviews the products of a category: its own promise, too. It is written before the change that
    /// calls for it, so that no change goes without; should that come to nothing, it finds nothing to do.
    pub fn reviewing(category_id: CategoryKey, id: OperationId, merchant_id: MerchantId, origin: &Origin) -> Self {
        let category_id = Some(category_id);
        Self { category_id, ..Self::its_own_promise(OperationKind::Review, id, merchant_id, origin) }
    }

    fn its_own_promise(kind: OperationKind, id: OperationId, merchant_id: MerchantId, origin: &Origin) -> Self {
        Self {
            id,
            merchant_id,
            kind,
            status: OperationStatus::Running,
            product_id: None,
            image_id: None,
            channel_id: None,
            category_id: None,
            channels: Vec::new(),
            dry_run: false,
            drifts: Vec::new(),
            execution_arn: None,
            steps: Vec::new(),
            result: None,
            problem: None,
            correlation_id: origin.correlation_id.clone(),
            requested_by: origin.actor.clone(),
            requested_at: origin.now,
            ended_at: None,
            retry_of: None,
            retried_by: None,
        }
    }

    /// What it is about, as the first half of its execution's name: at most 40 characters.
    pub fn about(&self) -> Option<String> {
        let channel = || self.channel_id.as_ref().map(ToString::to_string);
        let category = || self.category_id.as_ref().map(|id| id.as_str().chars().take(MAX_ABOUT).collect());
        self.subject().map(|subject| subject.to_string()).or_else(channel).or_else(category)
    }

    /// Whether no document holds an intent of it: it is its own promise, and whoever finds it without an execution starts
    /// one.
    pub fn is_its_own_promise(&self) -> bool {
        self.subject().is_none()
    }

    /// The document that promised it; a reconciliation and a review have none but themselves.
    pub fn subject(&self) -> Option<Subject> {
        self.product_id.map(Subject::Product).or(self.image_id.map(Subject::Image))
    }

    /// What to do next, for whoever watches it.
    pub fn next(&self) -> String {
        match (self.status, &self.problem, self.retried_by) {
            (OperationStatus::Running, _, _) => match self.steps.last() {
                Some(step) if step.outcome == StepOutcome::Failed => {
                    "Nothing: the step that failed is tried again by itself.".to_owned()
                }
                _ => "Nothing: it runs.".to_owned(),
            },
            (_, _, Some(retry)) => format!("See {retry}, which does it again."),
            (OperationStatus::Succeeded, _, _) => "Nothing: it is done.".to_owned(),
            (_, Some(problem), None) => problem.remedy.clone(),
            (_, None, None) => "Retry the operation.".to_owned(),
        }
    }

    /// Whether it ended in a way that can be retried, and was not retried yet.
    pub fn may_retry(&self) -> bool {
        matches!(self.status, OperationStatus::Failed | OperationStatus::Cancelled)
    }
}
