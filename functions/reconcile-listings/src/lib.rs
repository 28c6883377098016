//! Holds products against what their channel has. What the channel says is taken over; where that is not what the
//! merchant wants, an operation is asked for that mends it. Repeating it finds the rest.

use std::collections::BTreeMap;

use tola_catalog::product::Sight;
use tola_contracts::StepError;
use tola_contracts::StepErrorKind;
use tola_contracts::channel::inquiry::Finding;
use tola_contracts::reconcile_channel::{ReconcileInput, ReconcileListings as Contract, Reconciled, Totals};
use tola_step::{Context, Step, gone, store_failed};
use tola_store::Store;
use tola_workflow::{Held, Reconciler};

/// The step.
pub struct ReconcileListings {
    store: Store,
    reconciler: Reconciler,
}

impl ReconcileListings {
    /// The step on products in `store`.
    pub fn new(store: Store, reconciler: Reconciler) -> Self {
        Self { store, reconciler }
    }
}

impl Step for ReconcileListings {
    type Contract = Contract;

    async fn run(&self, input: ReconcileInput, context: &Context) -> Result<Reconciled, StepError> {
        let ReconcileInput { channel_id, dry_run, products, finding, totals } = input;
        let seen: Option<BTreeMap<_, _>> = match finding {
            Finding::Surveyed { listings } => {
                Some(listings.into_iter().map(|listing| (listing.product_id, listing.standing)).collect())
            }
            Finding::Unobservable => None,
            other => {
                let message = format!("the channel was surveyed, and this is no survey: {other:?}");
                return Err(StepError::new(StepErrorKind::InvalidInput, message));
            }
        };
        let (scope, origin) = (context.scope(), context.origin());
        let channel = self.store.channels(scope).get(&channel_id).await.map_err(store_failed)?;
        let channel = channel.ok_or_else(|| gone(&channel_id))?;
        let (mut compared, mut drifted, mut mended, mut passed_over) = (0, 0, 0, 0);
        let mut drifts = Vec::new();
        for asked in products {
            let sight = match seen.as_ref().map(|seen| seen.get(&asked.product_id)) {
                None => Sight::Unobservable,
                Some(Some(Some(standing))) => Sight::There(standing),
                Some(Some(None)) => Sight::Absent,
                // The channel did not say: that is no reason to do anything.
                Some(None) => continue,
            };
            let found = self.store.products(scope).get(asked.product_id).await.map_err(store_failed)?;
            let Some(product) = found.filter(|product| product.offer_version == asked.version) else {
                passed_over += 1;
                continue;
            };
            let held = self.reconciler.hold(&channel, &product, sight, dry_run, scope, &origin);
            let held = held.await.map_err(store_failed)?;
            if held == Held::PassedOver {
                passed_over += 1;
                continue;
            }
            let (differs, is_mended) = held.counts();
            (compared, drifted, mended) = (compared + 1, drifted + differs, mended + is_mended);
            drifts.extend(held.drift());
        }
        let operations = self.store.operations(scope);
        operations.drifted(context.operation.operation_id, &drifts).await.map_err(store_failed)?;
        let totals = Totals::of(totals.compared + compared, totals.drifted + drifted, totals.mended + mended, dry_run);
        Ok(Reconciled { totals, passed_over })
    }
}
