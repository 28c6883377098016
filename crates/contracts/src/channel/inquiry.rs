//! Questions to an adapter, asked by calling its function `tola-<stage>-<type>-adapter`. None of them changes anything at
//! the channel, so that each may be repeated. Who asks: the API (what is the type like, can this be connected, what does the product lack) and the
//! workflow that reconciles (what does the channel really have).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tola_catalog::listing::Standing;
use tola_catalog::{ChannelId, EffectiveView, MerchantId, Missing, Problem, ProductId, Timestamp};

use crate::Contract;
use crate::lists::one_or_many;

/// The adapter of a channel's type, as whoever asks it sees it. It is named by the type and not by a package.
pub struct ChannelAdapter;

impl Contract for ChannelAdapter {
    const FUNCTION: &'static str = "channel-adapter";
    type Input = Inquiry;
    type Output = Finding;

    fn describe(output: &Finding) -> String {
        match output {
            Finding::Described { .. } => "The adapter says what its channels are like.".to_owned(),
            Finding::Misconfigured { .. } => "The configuration is not what the channel's type needs.".to_owned(),
            Finding::Connected => "The channel answers.".to_owned(),
            Finding::Disconnected { problem } | Finding::RetryAfter { problem, .. } | Finding::Refused { problem } => {
                problem.message.clone()
            }
            Finding::Examined { missing, .. } => format!("{} values are missing.", missing.len()),
            Finding::Surveyed { listings } => format!("{} listings were looked at.", listings.len()),
            Finding::Listed { entries, .. } => format!("The channel has {} listings on this page.", entries.len()),
            Finding::Unobservable => "The channel can't be asked what it has.".to_owned(),
        }
    }
}

/// A question about a merchant's channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inquiry {
    /// Whose channel it is.
    pub merchant_id: MerchantId,
    /// The merchant's channel.
    pub channel_id: ChannelId,
    /// The request that it goes back to.
    pub correlation_id: String,
    /// When the execution that asks began: it bounds for how long a channel that asks for patience gets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<Timestamp>,
    /// What is asked.
    pub question: Question,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "ask", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Question {
    /// What are channels of this type like? It is about no channel; the type's name stands for one.
    Describe,
    /// Could a channel be connected like this, and does it answer? The channel need not be there yet.
    Connect {
        /// What it is to be configured with.
        config: Map<String, Value>,
        /// The name of its secret.
        #[serde(default)]
        secret: Option<String>,
    },
    /// What does the product lack before the channel takes it?
    Examine {
        /// The product.
        product_id: ProductId,
        /// What the channel would be shown, if that is asked about instead of the product that is stored. What nobody has
        /// written yet has no id, as with a configuration that is not connected yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead: Option<Box<EffectiveView>>,
    },
    /// How do the listings of these products stand?
    Survey {
        /// At most [`MAX_SURVEYED`].
        #[serde(default, deserialize_with = "one_or_many")]
        product_ids: Vec<ProductId>,
    },
    /// Which listings does the channel have that name the merchant's products?
    List {
        /// Where the page before ended.
        #[serde(default)]
        cursor: Option<String>,
    },
}

/// How many products are surveyed at once: what fits into a state's 256 KiB, and into the time of one call.
pub const MAX_SURVEYED: usize = 50;

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "finding", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Finding {
    /// To [`Question::Describe`].
    Described {
        /// The JSON Schema of a channel's configuration.
        config_schema: Value,
        /// Whether a channel can be asked what it has.
        observable: bool,
        /// What can't be undone once a product is published there, in words.
        irreversible: Vec<String>,
    },
    /// To [`Question::Connect`]: the configuration is not of the type's form.
    Misconfigured {
        /// Each value at fault; one at least.
        faults: Vec<Fault>,
    },
    /// To [`Question::Connect`]: it can be connected, and it answers.
    Connected,
    /// To [`Question::Connect`]: the configuration is of the right form, and the channel does not take it, or does not
    /// answer.
    Disconnected {
        /// Why. Of class auth if it refuses the credentials.
        problem: Problem,
    },
    /// To [`Question::Examine`].
    Examined {
        /// What the channel asks for besides what every channel does.
        missing: Vec<Missing>,
        /// What can't be undone once the product is published there, in words.
        irreversible: Vec<String>,
    },
    /// To [`Question::Survey`]: in the order of the question.
    Surveyed {
        /// How each stands.
        listings: Vec<SurveyedListing>,
    },
    /// To [`Question::List`].
    Listed {
        /// This page.
        entries: Vec<ListedListing>,
        /// Where the next page begins; none after the last.
        next: Option<String>,
        /// When the channel was asked: what was written later may not be in it.
        as_of: Timestamp,
    },
    /// The channel can't be asked what it has.
    Unobservable,
    /// The channel asks for patience: the same question again after these seconds.
    RetryAfter {
        /// 1 to 900.
        seconds: u32,
        /// Why, for whoever watches.
        problem: Problem,
    },
    /// The channel does not answer such a question, and asking again does not help.
    Refused {
        /// Why.
        problem: Problem,
    },
}

/// A value of a configuration that is not of its type's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// JSON pointer into the configuration.
    pub pointer: String,
    /// What is wrong with the value; never the value itself, which may be a secret at the wrong place.
    pub message: String,
}

/// How the listing of a product stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyedListing {
    /// The product.
    pub product_id: ProductId,
    /// What the channel has; nothing if it has no such listing.
    pub standing: Option<Standing>,
}

/// A listing that a channel has under a merchant's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedListing {
    /// The key, as the channel has it: a product's id, unless somebody else wrote it.
    pub key: String,
    /// How it stands.
    pub standing: Standing,
}
