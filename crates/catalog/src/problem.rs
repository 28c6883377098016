//! What went wrong, in the words of whoever has to act on it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::code::Code;

/// Who can do something about a problem, and whether waiting helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProblemClass {
    /// The data are wrong or incomplete: the merchant edits them.
    Validation,
    /// The other side does not want it: the merchant changes what is offered.
    Policy,
    /// Credentials are refused: the merchant connects again.
    Auth,
    /// Too much at once: waiting helps.
    Throttled,
    /// Something between us failed: trying again helps.
    Transient,
}

/// A problem of a listing, a step or an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Who can act on it.
    pub class: ProblemClass,
    /// One of the error codes.
    pub code: String,
    /// One sentence for the merchant; no internals, no secrets.
    pub message: String,
    /// JSON pointer to the value at fault, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What to do about it.
    pub remedy: String,
}

impl Problem {
    /// A problem of a known code, with what happened this time; the remedy is the code's.
    pub fn new(class: ProblemClass, code: Code, message: impl Into<String>) -> Self {
        Self {
            class,
            code: code.name.to_owned(),
            message: message.into(),
            pointer: None,
            remedy: code.remedy.to_owned(),
        }
    }

    /// The same problem, of the value at `pointer`.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }
}
