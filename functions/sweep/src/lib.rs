//! Finds what was left undone and has it done: overdue outboxes, promised operations, operations whose execution ended
//! unheard, images to delete, channels that are due to be reconciled. It comes every minute, and twice at once does no harm.

mod channels;
mod images;
mod operations;
mod outboxes;
mod outcomes;
mod queue;
mod tombstones;
mod uploads;

use std::time::Duration;

use serde::Serialize;
use tola_catalog::Timestamp;
use tola_contracts::metric;
use tola_media::ImageBucket;
use tola_store::{Store, SystemScope};
use tola_workflow::{Launcher, Settler};

pub use channels::{BadPeriod, reconcile_every};
pub use queue::{MissingUrl, RelayQueue};

/// How long something may lie before the sweep takes it for left behind: whoever wrote it is done with it by then.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long an operation may run before the sweep asks Step Functions about it.
const LONG: Duration = Duration::from_secs(45);

/// How long a deleted image keeps its upload: longer than any request lives that may have seen the image before.
const GRACE: Duration = Duration::from_secs(60);

/// How old a promise is whose upload has arrived or never will: its form is valid for five minutes. For as long as another
/// ten it is looked for, in case the bucket's notification was lost.
const UNHEARD: Duration = Duration::from_secs(6 * 60);
const HEARD_OF: Duration = Duration::from_secs(16 * 60);

/// How old it is when it is looked for once more and then given up.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// How long the tombstone of a product is kept: a DELETE that is repeated is answered with its operation.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long no operation runs whose machine keeps its own time: two hours, and what it takes to say so.
const STUCK: Duration = Duration::from_secs(2 * 3600 + 300);

/// How many of each are looked at in one go; the next go takes the next ones.
const MOST: u32 = 500;

/// What the sweep works with.
pub struct Sweep {
    /// The documents.
    pub store: Store,
    /// Starts what was promised.
    pub launcher: Launcher,
    /// Settles what ended unheard.
    pub settler: Settler,
    /// Takes overdue outboxes to `relay-outbox`.
    pub queue: RelayQueue,
    /// Where deleted images still have their uploads.
    pub bucket: ImageBucket,
    /// How often a channel is held against what it should have.
    pub reconcile_every: Duration,
}

/// What a sweep found and did. A failure of one thing stops no other.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Swept {
    /// Outboxes that were handed to the relay.
    pub outboxes: usize,
    /// Operations that were started.
    pub launched: usize,
    /// Operations that were settled.
    pub settled: usize,
    /// Answers of channels that were taken over.
    pub adopted: usize,
    /// Uploads that had arrived unheard.
    pub found: usize,
    /// Promises of uploads that were given up.
    pub expired: usize,
    /// Images that were deleted for good.
    pub purged: usize,
    /// Channels whose reconciliation was begun.
    pub reconciled: usize,
    /// Tombstones of products that were removed.
    pub forgotten: usize,
    /// For how many seconds the oldest event has waited that should have been delivered; nothing if nobody could look.
    pub outbox_age_seconds: Option<u64>,
    /// Operations that run for longer than any machine allows; nothing if nobody could look.
    pub stuck: Option<usize>,
    /// What failed; the next sweep tries again.
    pub failures: Vec<String>,
}

impl Sweep {
    /// Sweeps once.
    pub async fn run(&self, now: Timestamp) -> Swept {
        let mut swept = Swept::default();
        let leftovers = self.store.leftovers(SystemScope::named("sweep"));
        let waiting = now.before(PATIENCE);
        match leftovers.oldest_outbox(waiting).await {
            Ok(oldest) => swept.outbox_age_seconds = Some(oldest.map_or(0, |oldest| now.since(oldest).as_secs())),
            Err(error) => swept.failed("looking for the oldest event", &error),
        }
        match leftovers.overdue_outboxes(waiting, MOST).await {
            Ok(overdue) => self.relay(overdue, &mut swept).await,
            Err(error) => swept.failed("looking for overdue outboxes", &error),
        }
        match leftovers.unstarted_intents(waiting, MOST).await {
            Ok(intents) => self.launch(intents, &mut swept).await,
            Err(error) => swept.failed("looking for promised operations", &error),
        }
        match leftovers.unadopted_outcomes(waiting, MOST).await {
            Ok(outcomes) => self.adopt(outcomes, now, &mut swept).await,
            Err(error) => swept.failed("looking for answers of channels", &error),
        }
        match leftovers.overdue_operations(now.before(LONG), MOST).await {
            Ok(operations) => self.settle(operations, now, &mut swept).await,
            Err(error) => swept.failed("looking for operations that run for long", &error),
        }
        match leftovers.overdue_operations(now.before(STUCK), MOST).await {
            Ok(operations) => swept.stuck = Some(operations.len()),
            Err(error) => swept.failed("looking for operations that are stuck", &error),
        }
        for (from, to) in
            [(now.before(HEARD_OF), now.before(UNHEARD)), (Timestamp::from_millis(0), now.before(ABANDONED))]
        {
            match leftovers.awaited_images(from, to, MOST).await {
                Ok(images) => self.look_for_uploads(images, now, &mut swept).await,
                Err(error) => swept.failed("looking for uploads that nobody heard of", &error),
            }
        }
        match leftovers.half_purged_images(now.before(GRACE), MOST).await {
            Ok(images) => self.purge(images, now, &mut swept).await,
            Err(error) => swept.failed("looking for deleted images", &error),
        }
        match leftovers.channels_due(now, MOST).await {
            Ok(channels) => self.reconcile(channels, now, &mut swept).await,
            Err(error) => swept.failed("looking for channels to reconcile", &error),
        }
        match leftovers.tombstones(now.before(REMEMBERED), MOST).await {
            Ok(tombstones) => self.forget(tombstones, &mut swept).await,
            Err(error) => swept.failed("looking for tombstones", &error),
        }
        swept.measure();
        swept
    }
}

impl Swept {
    /// Whether all of it could be looked at and done.
    pub fn is_well(&self) -> bool {
        self.failures.is_empty()
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody looks at the last of 2^53 seconds")]
    fn measure(&self) {
        let done = [self.outboxes, self.launched, self.settled, self.adopted, self.found];
        // What nobody could look at is not well: it stays as it was.
        if let Some(age) = self.outbox_age_seconds {
            metrics::gauge!(metric::OUTBOX_AGE.name).set(age as f64);
        }
        if let Some(stuck) = self.stuck {
            metrics::gauge!(metric::STUCK_OPERATIONS.name).set(stuck as f64);
        }
        metrics::counter!(metric::LEFT_BEHIND.name).increment(done.iter().sum::<usize>() as u64);
    }

    fn failed(&mut self, what: &str, error: &(dyn std::error::Error + 'static)) {
        tracing::error!(error, "{what} failed");
        self.failures.push(format!("{what}: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, SdkConfig};
    use tola_store::MongoConfig;
    use tola_workflow::{Executions, WorkflowConfig};

    use super::*;

    #[tokio::test]
    async fn a_sweep_that_can_not_look_is_not_well_and_tells_no_figures() {
        let uri = "mongodb://127.0.0.1:1/?directConnection=true&retryWrites=false";
        let config = MongoConfig { patience: Duration::from_millis(50), ..MongoConfig::new(uri, "tola") };
        let store = Store::connect(&config).await.unwrap();
        let aws = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
        let machines = WorkflowConfig::by(|_| Ok::<_, std::convert::Infallible>(String::new())).unwrap();
        let executions = Executions::new(&aws, machines);
        let sweep = Sweep {
            launcher: Launcher::new(store.clone(), executions.clone()),
            settler: Settler::new(store.clone(), executions),
            queue: RelayQueue::new(&aws, "https://sqs/relay".into()),
            bucket: ImageBucket::from_config(&aws, "images"),
            reconcile_every: Duration::from_secs(60),
            store,
        };

        let swept = sweep.run(Timestamp::from_millis(1_800_000_000_000)).await;

        assert!(!swept.is_well());
        assert_eq!((swept.outbox_age_seconds, swept.stuck), (None, None));
        assert_eq!(swept.failures.len(), 11, "{:#?}", swept.failures);
    }
}
