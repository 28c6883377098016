//! The config of a sandbox channel, with the switchboard of its misbehaviour.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::listing::CommandKind;
use tola_catalog::text::AttributeKey;
use tola_catalog::{Channel, Problem, ProblemClass};
use tola_channel::code;

/// The config of a channel of type `sandbox`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SandboxConfig {
    /// Attributes without which the marketplace takes no product.
    pub required_attributes: Vec<AttributeKey>,
    /// How the marketplace misbehaves.
    pub switch: Switch,
}

/// How the marketplace misbehaves. What is counted is counted for each product.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Switch {
    /// The first calls that fail, before they have an effect.
    pub fail_transient: u32,
    /// The first calls with an effect whose answer is lost.
    pub lose_answer: u32,
    /// The marketplace refuses.
    pub refuse: Option<Refuse>,
    /// The first calls are to be repeated later.
    pub throttle: Option<Throttle>,
    /// Milliseconds that each call takes, at most a minute.
    #[schemars(range(max = 60_000))]
    pub slow_ms: u64,
    /// Each command is answered twice.
    pub answer_twice: bool,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refuse {
    /// The problem's code; `CHANNEL_REFUSED` if it is left out.
    #[serde(default)]
    pub code: Option<String>,
    /// The problem's class; policy if it is left out.
    #[serde(default)]
    pub class: Option<ProblemClass>,
    /// What the merchant reads.
    pub message: String,
    /// Which commands are refused; all of them if it is left out.
    #[serde(default)]
    pub commands: Option<Vec<CommandKind>>,
}

/// Too many calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Throttle {
    /// When to come again.
    #[schemars(range(min = 1, max = 900))]
    pub seconds: u32,
    /// How many calls are sent away.
    pub times: u32,
}

impl SandboxConfig {
    /// The config of a channel.
    ///
    /// # Errors
    /// The problem of one that is not as the schema says.
    pub fn of(channel: &Channel) -> Result<Self, Problem> {
        serde_json::from_value(channel.config.clone().into()).map_err(|error| {
            let message = format!("The configuration of {} can't be used: {error}.", channel.id);
            Problem::new(ProblemClass::Validation, code::CHANNEL_MISCONFIGURED, message)
        })
    }
}

impl Refuse {
    /// The refusal as a problem, if it is about such a command.
    pub fn of(&self, kind: CommandKind) -> Option<Problem> {
        if self.commands.as_ref().is_some_and(|kinds| !kinds.contains(&kind)) {
            return None;
        }
        let class = self.class.unwrap_or(ProblemClass::Policy);
        let mut problem = Problem::new(class, code::CHANNEL_REFUSED, &self.message);
        if let Some(code) = &self.code {
            problem.code.clone_from(code);
        }
        Some(problem)
    }
}
