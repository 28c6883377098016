//! What goes wrong. Each fault begins, lasts for some seconds and ends, while merchants are at work.

mod channel;
mod cloud;
mod crashes;
mod database;
mod queues;

use std::ops::Range;
use std::time::Duration;

use clap::ValueEnum;
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tola_catalog::Timestamp;

use super::client::Client;
use super::stage::Stage;
use super::timeline::Timeline;

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    /// Functions die before they do anything
    CrashBefore,
    /// Functions die in the middle: when the database has done what they asked for
    CrashBetween,
    /// Functions die when they have done their work, before they answer
    CrashAfter,
    /// Processes of functions are killed at any moment
    FunctionsKilled,
    /// The database does what it is asked for, and its replies are lost
    RepliesLost,
    /// The database does not reply, and connections stay open
    DatabaseSilent,
    /// The database is slow
    DatabaseSlow,
    /// Nobody gets through to the database
    DatabaseRefused,
    /// The database is killed, and started again
    DatabaseKilled,
    /// The local cloud is stopped, and started again
    CloudRestarted,
    /// Messages come twice and more often
    Duplicates,
    /// Messages that nobody can read come between the others
    Poison,
    /// A channel fails or refuses every call
    ChannelOutage,
    /// A channel asks to be called later
    ChannelThrottles,
    /// A channel's answers are lost
    AnswersLost,
    /// A channel's answers are late, and come twice
    AnswersTwice,
    /// A channel is slow
    ChannelSlow,
}

/// Where a fault happens.
pub(crate) struct Scene<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) clients: &'a [Client],
    pub(crate) timeline: &'a Timeline,
    /// Whether the merchants have done what they wanted to.
    pub(crate) over: watch::Receiver<bool>,
}

/// What came of a fault.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Happened {
    /// How often it struck, in its own measure.
    pub(crate) struck: u64,
    /// How long each poisoned message took to its dead letters.
    pub(crate) to_dead_letters: Vec<Duration>,
    /// When channels misbehaved: how many calls that befell is told by their ledgers.
    pub(crate) misbehaved: Option<Range<Timestamp>>,
}

impl Fault {
    /// Those that can happen on this machine: processes are found in `/proc`.
    pub(crate) fn possible() -> Vec<Self> {
        let can = |fault: &Self| *fault != Self::FunctionsKilled || cfg!(target_os = "linux");
        Self::value_variants().iter().copied().filter(can).collect()
    }

    /// As the command line calls it.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Goes wrong, and is over when this returns. What the seed decides is taken from `rng`.
    ///
    /// # Errors
    /// When it can't go wrong, or not be mended.
    pub(crate) async fn happens(self, scene: &Scene<'_>, rng: &mut Rng) -> anyhow::Result<Happened> {
        // Photos are processed first, and each function of that once.
        let crashes = matches!(self, Self::CrashBefore | Self::CrashBetween | Self::CrashAfter);
        let latest = if crashes { 600 } else { 4_000 };
        tokio::time::sleep(Duration::from_millis(rng.u64(100..latest))).await;
        scene.tell("begins");
        let happened = match self {
            Self::CrashBefore | Self::CrashBetween | Self::CrashAfter => crashes::ordered(self, scene, rng).await,
            Self::FunctionsKilled => crashes::killed(scene, rng).await,
            Self::RepliesLost | Self::DatabaseSilent | Self::DatabaseSlow | Self::DatabaseRefused => {
                database::proxied(self, scene, rng).await
            }
            Self::DatabaseKilled => database::killed(scene, rng).await,
            Self::CloudRestarted => cloud::restarted(scene, rng).await,
            Self::Duplicates => queues::duplicated(scene, rng).await,
            Self::Poison => queues::poisoned(scene, rng).await,
            Self::ChannelOutage
            | Self::ChannelThrottles
            | Self::AnswersLost
            | Self::AnswersTwice
            | Self::ChannelSlow => channel::misbehaves(self, scene, rng).await,
        }?;
        scene.tell("ends");
        Ok(happened)
    }
}

impl Scene<'_> {
    fn tell(&self, what: impl Into<String>) {
        self.timeline.tell("fault", what);
    }

    /// For as long as the seed says.
    async fn lasts(&self, rng: &mut Rng) {
        tokio::time::sleep(Duration::from_millis(rng.u64(4_000..7_000))).await;
    }
}

impl Happened {
    fn struck(times: impl TryInto<u64>) -> Self {
        Self { struck: times.try_into().unwrap_or_default(), ..Self::default() }
    }
}
