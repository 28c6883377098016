//! A type of channels.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use tola_catalog::ChannelType;
use tola_catalog::channel_rules::{Bound, Rule};

/// A type of channels.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChannelType")]
pub struct ChannelTypeView {
    /// What channels have as their `type`.
    #[serde(rename = "type")]
    name: &'static str,
    /// What people call it.
    title: &'static str,
    /// Whether channels of this type can be connected: there is an adapter for it.
    connectable: bool,
    /// The JSON Schema of a channel's `config`, of a type that can be connected.
    config_schema: Option<Value>,
    /// Whether a channel can be asked what it has, of a type that can be connected.
    observable: Option<bool>,
    /// What can't be undone once a product is published there, in words.
    irreversible: Vec<String>,
    /// What it asks of every product, besides what every channel asks.
    rules: Vec<RuleView>,
}

/// One thing that channels of a type ask of products.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChannelRule")]
struct RuleView {
    /// Its name, which `missing` has as `rule`.
    id: &'static str,
    /// JSON pointer to what it looks at, in the product as the channel is to show it.
    pointer: String,
    /// Its bound.
    bound: Bound,
    /// What it says.
    message: String,
    /// What to do about a product that does not meet it.
    remedy: String,
}

impl ChannelTypeView {
    /// A type of which there is no adapter.
    pub(crate) fn declared(declared: &ChannelType) -> Self {
        Self {
            name: declared.name,
            title: declared.title,
            connectable: false,
            config_schema: None,
            observable: None,
            irreversible: Vec::new(),
            rules: declared.rules(&Map::new()).rules().iter().map(RuleView::from).collect(),
        }
    }

    /// The same, with what its adapter says of it.
    pub(crate) fn described(self, config_schema: Value, observable: bool, irreversible: Vec<String>) -> Self {
        let (config_schema, observable) = (Some(config_schema), Some(observable));
        Self { connectable: true, config_schema, observable, irreversible, ..self }
    }
}

impl From<&Rule> for RuleView {
    fn from(rule: &Rule) -> Self {
        let (id, pointer, bound) = (rule.id(), rule.pointer(), rule.bound());
        Self { id, pointer, bound, message: rule.message(), remedy: rule.remedy() }
    }
}
