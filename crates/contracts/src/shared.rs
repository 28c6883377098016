//! The steps that every machine ends with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::operation::OperationStatus;
use tola_catalog::{ImageId, Problem, ProblemClass, ProductId, code};

use crate::error::sentence;
use crate::lists::one_or_many;
use crate::{Contract, StepError, StepErrorKind};

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
        let events = match output.published {
            0 => "There was nothing to publish".to_owned(),
            1 => "It published one event".to_owned(),
            published => format!("It published {published} events"),
        };
        match output.left {
            0 => format!("{events}."),
            left => format!("{events}; {left} more will follow by themselves."),
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
    /// Everything was tried, and something was refused.
    Refused {
        /// What and why.
        problem: Problem,
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

impl CaughtError {
    /// The error as an operation tells it: in the words of the step that failed, where there are any.
    pub fn problem(&self) -> Problem {
        #[derive(Deserialize)]
        struct FunctionError {
            #[serde(rename = "errorMessage")]
            message: String,
        }

        let words = serde_json::from_str::<FunctionError>(&self.cause).map(|function| function.message);
        let words = words.unwrap_or_else(|_| self.cause.clone());
        if let Some(kind) = StepErrorKind::ALL.into_iter().find(|kind| kind.name() == self.error) {
            return StepError::new(kind, words).problem();
        }
        // What Lambda and Step Functions name themselves: States.Timeout, Sandbox.Timedout, Runtime.ExitError …
        let message = if words.is_empty() { self.error.clone() } else { format!("{}: {words}", self.error) };
        Problem::new(ProblemClass::Transient, code::STEP_FAILED, sentence(&message))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn caught(error: &str, cause: &str) -> Problem {
        CaughtError { error: error.to_owned(), cause: cause.to_owned() }.problem()
    }

    #[test]
    fn a_step_is_quoted_and_a_runtime_is_named() {
        let ours = caught("SUBJECT_GONE", r#"{"errorType":"SUBJECT_GONE","errorMessage":"product_1 is not there"}"#);
        assert_eq!((ours.code.as_str(), ours.message.as_str()), ("SUBJECT_GONE", "product_1 is not there."));

        let theirs = caught("States.Timeout", "");
        assert_eq!((theirs.code.as_str(), theirs.message.as_str()), ("STEP_FAILED", "States.Timeout."));

        let died = caught("Runtime.ExitError", r#"{"errorMessage":"RequestId: 1 Error: exit status 101"}"#);
        assert_eq!(died.message, "Runtime.ExitError: RequestId: 1 Error: exit status 101.");
    }
}
