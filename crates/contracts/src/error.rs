//! The error names that Retry and Catch match on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::{Code, Problem, ProblemClass, code};

/// The kinds of failure that a step tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StepErrorKind {
    /// Something that the step depends on did not answer: trying again helps.
    Transient,
    /// Other writes won the race, time after time: trying again helps.
    Contended,
    /// The product or image is not there any more: trying again does not help.
    SubjectGone,
    /// The input is not of the step's form: trying again does not help.
    InvalidInput,
    /// Anything else: trying again does not help.
    StepFailed,
}

impl StepErrorKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Transient, Self::Contended, Self::SubjectGone, Self::InvalidInput, Self::StepFailed];

    /// The code, whose name is the error's name in the state machines.
    pub fn code(self) -> Code {
        match self {
            Self::Transient => code::TRANSIENT,
            Self::Contended => code::CONTENDED,
            Self::SubjectGone => code::SUBJECT_GONE,
            Self::InvalidInput => code::INVALID_INPUT,
            Self::StepFailed => code::STEP_FAILED,
        }
    }

    /// The error's name in the state machines.
    pub fn name(self) -> &'static str {
        self.code().name
    }

    /// Whether a state machine is to try again.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Transient | Self::Contended)
    }
}

/// The failure of a step.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct StepError {
    /// What a state machine matches on.
    pub kind: StepErrorKind,
    /// A sentence for people who operate Tola; it reaches the execution's history, so no secrets.
    pub message: String,
    /// What lies behind it, for the log alone.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StepError {
    /// A failure without a deeper cause.
    pub fn new(kind: StepErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// A failure caused by another error.
    pub fn caused_by(
        kind: StepErrorKind,
        message: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self { kind, message: message.into(), source: Some(Box::new(source)) }
    }

    /// The failure as an operation tells it.
    pub fn problem(&self) -> Problem {
        let class = if self.kind.is_retryable() { ProblemClass::Transient } else { ProblemClass::Validation };
        Problem::new(class, self.kind.code(), sentence(&self.message))
    }
}

/// The message of an error as a sentence for people: with an end, and with a beginning unless that is a name.
pub(crate) fn sentence(message: &str) -> String {
    let message = message.trim();
    let first = message.split_whitespace().next().unwrap_or_default();
    let mut sentence = String::with_capacity(message.len() + 1);
    match message.chars().next() {
        Some(letter) if first.chars().all(char::is_alphabetic) => {
            sentence.extend(letter.to_uppercase());
            sentence.push_str(&message[letter.len_utf8()..]);
        }
        _ => sentence.push_str(message),
    }
    if !sentence.is_empty() && !sentence.ends_with(['.', '!', '?', '…']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_becomes_a_sentence_and_a_name_stays_a_name() {
        assert_eq!(sentence("the database does not answer"), "The database does not answer.");
        assert_eq!(sentence("product_1 is not there"), "product_1 is not there.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(sentence(""), "");
    }
}
