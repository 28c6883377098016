//! Holding one product against what its channel has, writing what follows, and starting what that asks for.

use tola_catalog::image::Changed;
use tola_catalog::operation::{Intent, Subject};
use tola_catalog::product::{Drift, Remedy, Sight};
use tola_catalog::{Channel, Origin, Product};
use tola_store::{Error, Saved, Store, TenantScope};

use crate::Launcher;

/// How often it is decided again because the stock changed meanwhile.
const ATTEMPTS: u32 = 5;

/// Holds products against channels.
#[derive(Clone)]
pub struct Reconciler {
    store: Store,
    launcher: Launcher,
}

/// What came of holding a product against its channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// The channel has what it should have.
    Right,
    /// It has not.
    Drifted(Drift),
    /// Somebody wrote to the product meanwhile.
    PassedOver,
}

impl Reconciler {
    /// A reconciler of products in `store`.
    pub fn new(store: Store, launcher: Launcher) -> Self {
        Self { store, launcher }
    }

    /// Holds a product, as it was before the channel was looked at, against what was seen there. Of a dry run nothing is
    /// written, and the drift says what would be done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hold(
        &self,
        channel: &Channel,
        product: &Product,
        sight: Sight<'_>,
        dry_run: bool,
        scope: TenantScope,
        origin: &Origin,
    ) -> Result<Held, Error> {
        let mut before = product.clone();
        let mut decided = None;
        for _ in 0..ATTEMPTS {
            let mut after = before.clone();
            let (drift, changed) = after.reconcile(channel, sight, origin);
            let held = drift.map_or(Held::Right, Held::Drifted);
            if dry_run {
                return Ok(without_operation(held));
            }
            if changed == Changed::No {
                decided = Some((held, after));
                break;
            }
            match self.store.products(scope).save(&before, &after).await {
                Ok(Saved::Moved) => {
                    decided = Some((held, after));
                    break;
                }
                // A sale is no reason to look again.
                Ok(Saved::Conflict) => match self.store.products(scope).get(product.id).await? {
                    Some(newer) if newer.offer_version == product.offer_version => before = newer,
                    _ => return Ok(Held::PassedOver),
                },
                Err(Error::OutboxFull(_)) => return Ok(Held::PassedOver),
                Err(error) => return Err(error),
            }
        }
        let Some((held, after)) = decided else { return Ok(Held::PassedOver) };
        if let Held::Drifted(drift) = &held {
            tracing::info!(product.id = %product.id, channel.id = %channel.id, drift = ?drift.kind, remedy = ?drift.remedy, "the channel had drifted");
        }
        let known = |intent: &&Intent| !before.intents.contains(intent);
        for intent in after.intents.iter().filter(known) {
            if let Err(error) = self.launcher.launch(scope, Subject::Product(product.id), intent).await {
                tracing::warn!(operation.id = %intent.operation_id, %error, "the sweep will start the operation");
            }
        }
        // A channel that can't be asked would not have made up its mind the next time either.
        let listing = after.channels.get(&channel.id).filter(|_| !matches!(sight, Sight::Unobservable));
        if let Some(again) = listing.and_then(|listing| listing.look_again_at(origin.now)) {
            self.store.channels(scope).hasten(&channel.id, again).await?;
        }
        Ok(held)
    }
}

fn without_operation(held: Held) -> Held {
    match held {
        Held::Drifted(drift) => Held::Drifted(Drift { operation_id: None, ..drift }),
        held => held,
    }
}

impl Held {
    /// Whether it differs, and whether something is done about it.
    pub fn counts(&self) -> (u64, u64) {
        match self {
            Self::Drifted(drift) => (1, u64::from(drift.remedy != Remedy::Report)),
            Self::Right | Self::PassedOver => (0, 0),
        }
    }

    /// What differs.
    pub fn drift(self) -> Option<Drift> {
        match self {
            Self::Drifted(drift) => Some(drift),
            Self::Right | Self::PassedOver => None,
        }
    }
}
