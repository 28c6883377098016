//! How a state machine calls a step: which operation it works for, which attempt this is, and the step's own input.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::{MerchantId, OperationId};

/// The payload of every task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call<I> {
    /// What the execution works for; from the execution's input, which a verified request or a system part wrote.
    pub operation: OperationRef,
    /// Where in the execution this call is.
    pub context: CallContext,
    /// The step's own input.
    pub input: I,
}

/// The operation that an execution carries out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationRef {
    /// Whose it is.
    pub merchant_id: MerchantId,
    /// The operation.
    pub operation_id: OperationId,
    /// The request that it goes back to.
    pub correlation_id: String,
}

/// Where in an execution a call is: from the context object of Step Functions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallContext {
    /// The ARN of the execution.
    pub execution: String,
    /// The name of the state.
    pub state: String,
    /// How often the state was retried: 0 at the first attempt.
    pub retries: u32,
}

impl CallContext {
    /// 1 for the first attempt.
    pub fn attempt(&self) -> u32 {
        self.retries.saturating_add(1)
    }
}

/// The answer of every task: what the step found, and the same as a sentence for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer<O> {
    /// What came of it; also in the operation's record of steps.
    pub summary: String,
    /// The step's own output.
    #[serde(flatten)]
    pub output: O,
}
