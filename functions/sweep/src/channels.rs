//! Channels that are to be held against what they should have.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tola_catalog::{Actor, Channel, Operation, OperationId, Origin, Timestamp};
use tola_store::SystemScope;
use ulid::Ulid;

use crate::{Sweep, Swept};

/// `RECONCILE_EVERY_MINUTES` is not set, or is no whole number of minutes.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable RECONCILE_EVERY_MINUTES is not a number of minutes from 1 on")]
pub struct BadPeriod;

/// How often each channel is reconciled: `RECONCILE_EVERY_MINUTES`.
///
/// # Errors
/// [`BadPeriod`] if it is not set to a number from 1 on.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the period's variable")]
pub fn reconcile_every() -> Result<Duration, BadPeriod> {
    let minutes = std::env::var("RECONCILE_EVERY_MINUTES").ok().and_then(|text| text.parse::<u32>().ok());
    let minutes = minutes.filter(|minutes| *minutes > 0).ok_or(BadPeriod)?;
    Ok(Duration::from_secs(u64::from(minutes) * 60))
}

impl Sweep {
    pub(crate) async fn reconcile(&self, channels: Vec<Channel>, now: Timestamp, swept: &mut Swept) {
        for channel in channels {
            match self.reconcile_one(&channel, now).await {
                Ok(()) => swept.reconciled += 1,
                Err(error) => swept.failed("reconciling a channel", &error),
            }
        }
    }

    /// Begins the reconciliation first and puts the next one off then: whoever dies in between begins the same operation
    /// again, which is the one that runs.
    async fn reconcile_one(&self, channel: &Channel, now: Timestamp) -> Result<(), tola_workflow::Error> {
        let Some(due) = channel.reconcile_due_at else { return Ok(()) };
        let scope = SystemScope::named("sweep").acting_for(channel.merchant_id);
        let id = operation_due(channel, due);
        let origin = Origin { now, actor: Actor::system("sweep"), correlation_id: id.to_string(), cause: None };
        let operation = Operation::reconciling(channel.id.clone(), id, channel.merchant_id, false, &origin);
        self.launcher.begin(scope, &operation).await?;
        let next = now.after(self.reconcile_every);
        Ok(self.store.channels(scope).reconciled(&channel.id, due, next).await?)
    }
}

/// The id of the reconciliation that is due at a time: the same for whoever begins it.
fn operation_due(channel: &Channel, due: Timestamp) -> OperationId {
    let digest = Sha256::digest(format!("{}/{}@{due}", channel.merchant_id, channel.id));
    let random = digest.iter().take(10).fold(0, |random, byte| (random << 8) | u128::from(*byte));
    OperationId::new(Ulid::from_parts(due.as_ulid_millis(), random))
}
