//! What a product lacks, everywhere and for each channel.

use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::{ChannelId, Completeness, Product, ProductId};

/// What a product lacks. At the top is what every channel asks, and the categories.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProductCompleteness")]
pub struct CompletenessView {
    product_id: ProductId,
    /// The product's revision.
    revision: u64,
    #[serde(flatten)]
    completeness: Completeness,
    /// What each connected channel asks besides, by name.
    channels: Vec<ChannelCompletenessView>,
    /// The same of the types of channels that were asked for, as they would be without a configuration.
    channel_types: Vec<ChannelCompletenessView>,
}

/// What a product lacks for one channel, besides what every channel asks.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChannelCompleteness")]
pub struct ChannelCompletenessView {
    /// The channel; `null` where a type was asked for.
    channel: Option<ChannelId>,
    /// Its type.
    channel_type: String,
    #[serde(flatten)]
    completeness: Completeness,
}

impl CompletenessView {
    pub(crate) fn new(
        product: &Product,
        channels: Vec<ChannelCompletenessView>,
        channel_types: Vec<ChannelCompletenessView>,
    ) -> Self {
        let (product_id, completeness) = (product.id, product.completeness.clone());
        Self { product_id, revision: product.revision, completeness, channels, channel_types }
    }
}

impl ChannelCompletenessView {
    pub(crate) fn new(channel: Option<ChannelId>, channel_type: String, completeness: Completeness) -> Self {
        Self { channel, channel_type, completeness }
    }
}
