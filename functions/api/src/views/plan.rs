//! What publishing a product would come to.

use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::{Channel, ChannelId, ChannelStatus, Missing, Product, ProductId, ProductStatus};

/// What publishing a product would come to; nothing was changed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PublishPlan")]
pub struct PlanView {
    dry_run: bool,
    product_id: ProductId,
    status: ProductStatus,
    /// The revision that channels would get.
    revision: u64,
    channels: Vec<PlannedView>,
    /// What it lacks before it can be published at all.
    missing: Vec<Missing>,
    /// What can't be undone, in words: for most channels nothing, since each listing can be withdrawn.
    irreversible: Vec<String>,
}

/// What it would come to on one channel.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChannelPlan")]
pub struct PlannedView {
    channel: ChannelId,
    /// A channel that is not ACTIVE is not called.
    status: ChannelStatus,
    action: &'static str,
    /// What this channel asks for besides.
    missing: Vec<Missing>,
}

impl PlanView {
    pub(crate) fn new(product: &Product, channels: Vec<PlannedView>, irreversible: Vec<String>) -> Self {
        Self {
            dry_run: true,
            product_id: product.id,
            status: product.status,
            revision: product.revision,
            channels,
            missing: product.completeness.missing.clone(),
            irreversible,
        }
    }
}

impl PlannedView {
    /// `action` is `create`, `update` or `nothing`.
    pub(crate) fn new(channel: &Channel, action: &'static str, missing: Vec<Missing>) -> Self {
        Self { channel: channel.id.clone(), status: channel.status, action, missing }
    }
}
