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
        if dry_run {
            let (drift, _) = product.clone().reconcile(channel, sight, origin);
            return Ok(without_operation(drift.map_or(Held::Right, Held::Drifted)));
        }
        let decided = self.decide(channel, product, sight, scope, origin).await?;
        let Some((held, before, after)) = decided else { return Ok(Held::PassedOver) };
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

    /// Writes what follows from what was seen, and returns it with the product before and after; nothing if somebody wrote
    /// to what is offered meanwhile. A sale is no reason to look again: it is decided once more.
    async fn decide(
        &self,
        channel: &Channel,
        product: &Product,
        sight: Sight<'_>,
        scope: TenantScope,
        origin: &Origin,
    ) -> Result<Option<(Held, Product, Product)>, Error> {
        let products = self.store.products(scope);
        let mut before = product.clone();
        for _ in 0..ATTEMPTS {
            let mut after = before.clone();
            let (drift, changed) = after.reconcile(channel, sight, origin);
            let saved = match changed {
                Changed::Yes => products.save(&before, &after).await,
                Changed::No => Ok(Saved::Moved),
            };
            match saved {
                Ok(Saved::Moved) => return Ok(Some((drift.map_or(Held::Right, Held::Drifted), before, after))),
                Ok(Saved::Conflict) => match products.get(product.id).await? {
                    Some(newer) if newer.offer_version == product.offer_version => before = newer,
                    _ => return Ok(None),
                },
                Err(Error::OutboxFull(_)) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
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
