//! The steps that every machine ends with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::operation::OperationStatus;
use tola_catalog::{ImageId, ProductId};

use crate::Contract;
use crate::lists::one_or_many;

/// Publishes the events that a workflow left in the outboxes of its documents.
pub struct PublishEvents;

/// The documents whose outboxes are drained.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishInput {
    /// Products.
    #[serde(default, deserialize_with = "one_or_many")]
    pub product_ids: Vec<ProductId>,
    /// Images.
    #[serde(default, deserialize_with = "one_or_many")]
    pub image_ids: Vec<ImageId>,
}

/// How many events were delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Published {
    /// Events that are in history and on the bus now.
    pub published: u64,
    /// Events that the bus did not take; the sweep delivers them.
    pub left: u64,
}

impl Contract for PublishEvents {
    const FUNCTION: &'static str = "publish-events";
    type Input = PublishInput;
    type Output = Published;

    fn describe(output: &Published) -> String {
        match output.left {
            0 => format!("It published {} events.", output.published),
            left => format!("It published {} events; {left} more will follow by themselves.", output.published),
        }
    }
}

/// Records how an operation ended.
pub struct SettleOperation;

/// How an execution comes to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum SettleInput {
    /// It did what it was to do.
    Succeeded {
        /// What came of it, in words.
        result: String,
    },
    /// A step gave up.
    Failed {
        /// What Catch caught.
        error: CaughtError,
    },
}

/// What Catch hands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaughtError {
    /// The error's name.
    #[serde(rename = "Error")]
    pub error: String,
    /// For a function's error a JSON text with `errorMessage`; otherwise a sentence, or nothing.
    #[serde(rename = "Cause", default)]
    pub cause: String,
}

/// How the operation stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Settled {
    /// Its status after this step.
    pub status: OperationStatus,
    /// Why it failed, or what came of it: the cause that the machine's Fail state shows.
    pub reason: String,
}

impl Contract for SettleOperation {
    const FUNCTION: &'static str = "settle-operation";
    type Input = SettleInput;
    type Output = Settled;

    fn describe(output: &Settled) -> String {
        output.reason.clone()
    }
}
