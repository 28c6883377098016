//! What putting a product would come to.

use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::listing::CommandKind;
use tola_catalog::product::{Foresight, Hold, Reach};
use tola_catalog::{Change, ChannelId, Completeness, Missing, Product, ProductId, ProductStatus};

/// What putting a product would come to; nothing was changed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProductPlan")]
pub struct ForesightView {
    dry_run: bool,
    action: PutAction,
    /// The product that is there.
    product_id: Option<ProductId>,
    /// The revision that it would have.
    revision: u64,
    /// How it would stand, once new images that are READY were taken over.
    status: ProductStatus,
    /// How complete it would be then.
    completeness: Completeness,
    /// What would change of what the merchant says. A slug that is made of the name and is taken gets a suffix, which is
    /// another one each time.
    changes: Vec<Change>,
    /// What would happen on each channel where it is wanted.
    channels: Vec<ForeseenChannel>,
}

/// What would become of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum PutAction {
    /// It would be registered.
    Create,
    /// It would be edited.
    Update,
    /// It is so already.
    None,
}

/// What would happen on a channel where the product is wanted.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ForeseenChannel")]
pub struct ForeseenChannel {
    channel_id: ChannelId,
    action: ChannelAction,
    /// Why it waits, or why nothing can be done there.
    reason: Option<String>,
    /// What this channel asks for besides. It does not take the product without.
    missing: Vec<Missing>,
}

/// What a channel would be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ChannelAction {
    /// To show the product.
    Publish,
    /// To show what has changed.
    Update,
    /// Nothing: it shows, or was told, what it is to show.
    None,
    /// Nothing yet: it is to show what has changed, and has to wait for something.
    Waits,
}

impl ForesightView {
    pub(crate) fn new(before: Option<&Product>, foresight: Foresight, channels: Vec<ForeseenChannel>) -> Self {
        let Foresight { product, changes, .. } = foresight;
        let action = match before {
            None => PutAction::Create,
            Some(_) if changes.is_empty() => PutAction::None,
            Some(_) => PutAction::Update,
        };
        Self {
            dry_run: true,
            action,
            product_id: before.map(|before| before.id),
            revision: product.revision,
            status: product.status,
            completeness: product.completeness,
            changes,
            channels,
        }
    }
}

impl ForeseenChannel {
    /// `closed` says why the channel can't be called, whatever is to be done there.
    pub(crate) fn new(channel: &ChannelId, reach: Reach, closed: Option<String>, missing: Vec<Missing>) -> Self {
        let (action, reason) = match reach {
            Reach::Nothing => (ChannelAction::None, None),
            Reach::Called(_) if closed.is_some() => (ChannelAction::Waits, None),
            Reach::Called(CommandKind::Withdraw | CommandKind::Close) | Reach::Held(Hold::Depleted) => {
                (ChannelAction::Waits, Some("No piece of the product is left."))
            }
            Reach::Called(CommandKind::Publish) => (ChannelAction::Publish, None),
            Reach::Called(_) => (ChannelAction::Update, None),
            Reach::WaitsForProduct => (ChannelAction::Waits, Some("The product is not complete.")),
            Reach::WaitsForPublication => (ChannelAction::Waits, Some("A publication is under way.")),
        };
        let reason = reason.map(str::to_owned).or(closed);
        Self { channel_id: channel.clone(), action, reason, missing }
    }
}
