//! The config of a sandbox channel, with the switchboard of its misbehaviour.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::channel_rules::Requirements;
use tola_catalog::listing::CommandKind;
use tola_catalog::text::AttributeKey;
use tola_catalog::{Channel, Marketplace, Problem, ProblemClass};
use tola_channel::code;

/// The config of a channel of type `sandbox`. What may be left out can't be null: the schema names then the value at fault,
/// and not all that it is part of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SandboxConfig {
    /// What the marketplace asks of products.
    pub rules: Requirements,
    /// Attributes without which the marketplace takes no product: the same as `attributes` of its rules.
    #[schemars(length(max = 50), inner(regex(pattern = "^[a-z0-9_]{1,64}$")), extend("uniqueItems" = true))]
    pub required_attributes: Vec<AttributeKey>,
    /// Whose rules for images the marketplace has: the same as `images_like` of its rules.
    #[schemars(with = "Marketplace")]
    pub images_like: Option<Marketplace>,
    /// Whether the marketplace looks at listings before buyers see them.
    #[schemars(with = "Moderation")]
    pub moderation: Option<Moderation>,
    /// How often the marketplace can be called.
    #[schemars(with = "RateLimit")]
    pub rate_limit: Option<RateLimit>,
    /// How the marketplace misbehaves.
    pub switch: Switch,
}

/// A look at each listing that is new or was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Moderation {
    /// How long it takes, at most a day.
    #[schemars(range(max = 86_400))]
    pub seconds: u32,
    /// Why no listing passes; they all do if it is left out.
    #[serde(default)]
    #[schemars(with = "String", length(min = 1, max = 500))]
    pub rejects: Option<String>,
}

/// A bound on the calls of a channel in each window of time; trying the connection is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// How many are taken.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub calls: u32,
    /// How long a window lasts.
    #[schemars(range(min = 1, max = 900))]
    pub seconds: u32,
}

/// How the marketplace misbehaves. What is counted is counted for each product.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Switch {
    /// The first calls that fail, before they have an effect.
    #[schemars(range(max = 1_000_000))]
    pub fail_transient: u32,
    /// Trying the connection fails.
    pub fail_connect: bool,
    /// The first calls with an effect whose answer is lost.
    #[schemars(range(max = 1_000_000))]
    pub lose_answer: u32,
    /// The marketplace refuses.
    #[schemars(with = "Refuse")]
    pub refuse: Option<Refuse>,
    /// The first calls are to be repeated later.
    #[schemars(with = "Throttle")]
    pub throttle: Option<Throttle>,
    /// Milliseconds that each call takes, at most a minute. Tola waits 40 seconds for a command, and 6 for a connection.
    #[schemars(range(max = 60_000))]
    pub slow_ms: u64,
    /// Each command is answered twice.
    pub answer_twice: bool,
    /// Milliseconds by which the workflow is told late what came of a command, at most half a minute. A command that took
    /// longer than another half minute is told only when its message comes again.
    #[schemars(range(max = 30_000))]
    pub answer_late_ms: u64,
    /// How often a look or a call finds that the marketplace has lost the listing.
    #[schemars(range(max = 1_000_000))]
    pub vanish: u32,
    /// How often a look finds that somebody changed the listing at the marketplace.
    #[schemars(range(max = 1_000_000))]
    pub edit_by_hand: u32,
    /// How many listings the marketplace has of products that Tola does not know.
    #[schemars(range(max = 100))]
    pub ghosts: u32,
}

/// A refusal. One of class auth and of all commands refuses every look too, and the connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refuse {
    /// The problem's code; if it is left out `CHANNEL_AUTH_BROKEN` in class auth, and `CHANNEL_REFUSED` in all others.
    #[serde(default)]
    #[schemars(with = "String", length(min = 1, max = 64))]
    pub code: Option<String>,
    /// The problem's class; policy if it is left out.
    #[serde(default)]
    #[schemars(with = "ProblemClass")]
    pub class: Option<ProblemClass>,
    /// What the merchant reads.
    #[schemars(length(min = 1, max = 500))]
    pub message: String,
    /// Which commands are refused; all of them if it is left out.
    #[serde(default)]
    #[schemars(with = "Vec<CommandKind>", length(min = 1, max = 4))]
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
    #[schemars(range(max = 1_000_000))]
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

impl Switch {
    /// The refusal of the credentials, if they are refused whatever is asked.
    pub fn locked(&self) -> Option<Problem> {
        let refuse = self.refuse.as_ref()?;
        let locked = refuse.class == Some(ProblemClass::Auth) && refuse.commands.is_none();
        locked.then(|| refuse.problem())
    }
}

impl Refuse {
    /// The refusal as a problem, if it is about such a command.
    pub fn of(&self, kind: CommandKind) -> Option<Problem> {
        let concerns = self.commands.as_ref().is_none_or(|kinds| kinds.contains(&kind));
        concerns.then(|| self.problem())
    }

    fn problem(&self) -> Problem {
        let class = self.class.unwrap_or(ProblemClass::Policy);
        let usual = if class == ProblemClass::Auth { code::CHANNEL_AUTH_BROKEN } else { code::CHANNEL_REFUSED };
        let mut problem = Problem::new(class, usual, &self.message);
        if let Some(code) = &self.code {
            problem.code.clone_from(code);
        }
        problem
    }
}
