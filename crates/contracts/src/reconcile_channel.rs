//! The steps of `reconcile-channel`, which holds what a channel really has against what it should have, page by page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::{ChannelId, ProductId, Timestamp};

use crate::Contract;
use crate::channel::inquiry::{Finding, ListedListing};
use crate::lists::one_or_many;

/// A product that is held against its channel, as it was before the channel was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AtVersion {
    /// The product.
    pub product_id: ProductId,
    /// The version of what is offered: what the channel says is out of date if somebody wrote to that since.
    pub version: u64,
}

/// What a reconciliation has come to so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Listings that were compared.
    pub compared: u64,
    /// Listings that differed.
    pub drifted: u64,
    /// Listings about which something is done.
    pub mended: u64,
    /// The same in words.
    pub told: String,
}

impl Totals {
    /// The totals, with their words.
    pub fn of(compared: u64, drifted: u64, mended: u64, dry_run: bool) -> Self {
        let listings = |count: u64| if count == 1 { "1 listing".to_owned() } else { format!("{count} listings") };
        let told = match (drifted, dry_run) {
            (0, _) => format!("{} compared: the channel has what it should have.", listings(compared)),
            (_, true) => format!("{} compared: {drifted} differ, {mended} would be mended.", listings(compared)),
            (_, false) => format!("{} compared: {drifted} differed, {mended} being mended.", listings(compared)),
        };
        Self { compared, drifted, mended, told }
    }
}

/// Says which products are held against the channel next.
pub struct PlanReconciliation;

/// Which channel, and where the page before ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageInput {
    /// The merchant's channel.
    pub channel_id: ChannelId,
    /// The last product of the page before.
    #[serde(default)]
    pub after: Option<ProductId>,
}

/// A page of products that are wanted on the channel, or that it has or may have something of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductPage {
    /// The channel's type, and so the function of its adapter.
    pub channel_type: String,
    /// Those that nobody is at: their own workflows see to the others.
    pub products: Vec<AtVersion>,
    /// The ids of those.
    pub product_ids: Vec<ProductId>,
    /// Whether there are any.
    pub any: bool,
    /// The last product of the page.
    pub after: Option<ProductId>,
    /// Whether there are more pages.
    pub more: bool,
}

impl Contract for PlanReconciliation {
    const FUNCTION: &'static str = "plan-reconciliation";
    type Input = PageInput;
    type Output = ProductPage;

    fn describe(output: &ProductPage) -> String {
        match output.products.len() {
            0 => "No listing is at rest on this page.".to_owned(),
            1 => "One listing is to be looked at.".to_owned(),
            listings => format!("{listings} listings are to be looked at."),
        }
    }
}

/// Holds products against what their channel has, and has mended what differs.
pub struct ReconcileListings;

/// What was found of which products.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReconcileInput {
    /// The merchant's channel.
    pub channel_id: ChannelId,
    /// Whether nothing is to be changed.
    pub dry_run: bool,
    /// The products that were asked about.
    #[serde(default, deserialize_with = "one_or_many")]
    pub products: Vec<AtVersion>,
    /// What the channel said.
    pub finding: Finding,
    /// What the pages before came to.
    pub totals: Totals,
}

/// What a page came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reconciled {
    /// With the pages before.
    pub totals: Totals,
    /// Products that somebody wrote to meanwhile: their own workflows, or the next reconciliation, see to them.
    pub passed_over: u32,
}

impl Contract for ReconcileListings {
    const FUNCTION: &'static str = "reconcile-listings";
    type Input = ReconcileInput;
    type Output = Reconciled;

    fn describe(output: &Reconciled) -> String {
        output.totals.told.clone()
    }
}

/// Finds listings that the channel has and Tola knows nothing of.
pub struct FindGhosts;

/// A page of what the channel has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GhostInput {
    /// The merchant's channel.
    pub channel_id: ChannelId,
    /// Whether nothing is to be changed.
    pub dry_run: bool,
    /// The listings.
    #[serde(default, deserialize_with = "one_or_many")]
    pub entries: Vec<ListedListing>,
    /// Where the channel's next page begins.
    #[serde(default)]
    pub next: Option<String>,
    /// When the channel was asked.
    pub as_of: Timestamp,
    /// What the pages before came to.
    pub totals: Totals,
}

/// What a page of the channel's listings came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GhostsFound {
    /// With the pages before.
    pub totals: Totals,
    /// Where the channel's next page begins.
    pub cursor: Option<String>,
    /// Whether there is one.
    pub more: bool,
}

impl Contract for FindGhosts {
    const FUNCTION: &'static str = "find-ghosts";
    type Input = GhostInput;
    type Output = GhostsFound;

    fn describe(output: &GhostsFound) -> String {
        output.totals.told.clone()
    }
}
