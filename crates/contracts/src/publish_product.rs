//! The steps of `publish-product`; `withdraw-product` shares those at its end.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::listing::CommandKind;
use tola_catalog::product::Planned;
use tola_catalog::{ChannelId, Problem, ProductId};

use crate::Contract;
use crate::register_product::ProductInput;
use crate::shared::CaughtError;

/// Says which channels are to be called for an operation. A channel that can't be called is dealt with at once.
pub struct PlanPublication;

/// What a workflow submits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// One command for each channel that is to be called; at most 20.
    pub commands: Vec<PlannedCommand>,
}

/// A command that is to be submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedCommand {
    /// The merchant's channel.
    pub channel_id: ChannelId,
    /// The channel's type, and so the queue of its adapter.
    pub channel_type: String,
    /// The command's fence.
    pub fence: u64,
    /// What to do.
    pub kind: CommandKind,
}

impl From<Vec<Planned>> for Plan {
    fn from(planned: Vec<Planned>) -> Self {
        let command = |Planned { channel_id, channel_type, fence, kind }| PlannedCommand {
            channel_id,
            channel_type,
            fence,
            kind,
        };
        Self { commands: planned.into_iter().map(command).collect() }
    }
}

impl Plan {
    fn describe(&self, verb: &str) -> String {
        let channels: Vec<_> = self.commands.iter().map(|command| command.channel_id.as_str()).collect();
        match channels.as_slice() {
            [] => "No channel has to be called.".to_owned(),
            channels => format!("To {verb}: {}.", channels.join(", ")),
        }
    }
}

impl Contract for PlanPublication {
    const FUNCTION: &'static str = "plan-publication";
    type Input = ProductInput;
    type Output = Plan;

    fn describe(output: &Plan) -> String {
        output.describe("publish on")
    }
}

/// Says which channels have to let a product go.
pub struct PlanWithdrawal;

impl Contract for PlanWithdrawal {
    const FUNCTION: &'static str = "plan-withdrawal";
    type Input = ProductInput;
    type Output = Plan;

    fn describe(output: &Plan) -> String {
        output.describe("withdraw from")
    }
}

/// Takes what came of a command over into the product.
pub struct RecordListing;

/// Which command, and what the workflow caught if its adapter gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordInput {
    /// The product.
    pub product_id: ProductId,
    /// The merchant's channel.
    pub channel_id: ChannelId,
    /// The command's fence.
    pub fence: u64,
    /// Why there is no answer.
    #[serde(default)]
    pub failure: Option<CaughtError>,
}

/// How the listing stands after a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recorded {
    /// The merchant's channel.
    pub channel_id: ChannelId,
    /// What came of it.
    pub verdict: Verdict,
    /// Why it failed.
    pub problem: Option<Problem>,
}

/// What came of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// The channel did it.
    Done,
    /// The channel refused, or could not be asked.
    Failed,
    /// A newer command took its place.
    Superseded,
}

impl Contract for RecordListing {
    const FUNCTION: &'static str = "record-listing";
    type Input = RecordInput;
    type Output = Recorded;

    fn describe(output: &Recorded) -> String {
        let channel = &output.channel_id;
        match (output.verdict, &output.problem) {
            (Verdict::Done, _) => format!("{channel} did it."),
            (Verdict::Superseded, _) => format!("A newer command took its place on {channel}."),
            (Verdict::Failed, Some(problem)) => format!("{channel}: {}", problem.message),
            (Verdict::Failed, None) => format!("{channel} did not do it."),
        }
    }
}

/// Brings the product to rest after the commands of an operation: ends those that got no answer, and tells.
pub struct SettleProduct;

/// What became of an operation's commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SettledProduct {
    /// Channels that did it.
    pub done: u32,
    /// Channels that did not.
    pub failed: u32,
    /// Whether some channel did not.
    pub refused: bool,
    /// Whether the product is being deleted and every channel has let it go for good.
    pub purge: bool,
    /// Why it failed, when it did: of the first channel, naming all.
    pub problem: Option<Problem>,
}

impl Contract for SettleProduct {
    const FUNCTION: &'static str = "settle-product";
    type Input = ProductInput;
    type Output = SettledProduct;

    fn describe(output: &SettledProduct) -> String {
        match (output.done, output.failed, &output.problem) {
            (_, failed, Some(problem)) if failed > 0 => problem.message.clone(),
            (0, 0, _) => "There was nothing left to do.".to_owned(),
            (1, ..) => "One channel did it.".to_owned(),
            (done, ..) => format!("{done} channels did it."),
        }
    }
}
