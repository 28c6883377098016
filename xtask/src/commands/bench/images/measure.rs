//! The rounds: each contestant makes each set of renditions in a process of its own, one at a time, and they take turns.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tola_local::Progress;

use super::super::statistics::median;
use super::judge::{Exhibit, Judge, Scored};
use super::sides::{NAMES, Rendition, Set, Stage, our_event, peer_event, renditions};
use super::storage::Storage;
use crate::lambda::{Program, Running};

/// What one invocation costs, on average over a round.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    /// Time on a processor.
    pub(super) cpu: Duration,
    /// From the event's way out to the answer.
    pub(super) wall: Duration,
    /// The most memory that the process ever held, in bytes.
    pub(super) peak_memory: u64,
}

/// A set of renditions of one exhibit, made over and over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job {
    /// The exhibit's number.
    pub(super) exhibit: usize,
    pub(super) set: Set,
    /// Invocations of a round; one more comes before, to warm up.
    invocations: u32,
}

/// What a contestant made of an exhibit.
#[derive(Debug, Clone, Default)]
pub(super) struct Made {
    /// Of each rendition, by name.
    pub(super) bytes: BTreeMap<String, u64>,
    /// The score of each rendition, by name.
    pub(super) scores: BTreeMap<String, f64>,
}

/// What to do in a round. Enough invocations of each kind that the ticks of the processor's clock do not count; and for
/// the photo that goals speak of each format by itself, if our function can do one.
pub(super) fn jobs(exhibits: &[Exhibit], sets: bool) -> Vec<Job> {
    let mut jobs = Vec::new();
    for (exhibit, Exhibit { name, .. }) in exhibits.iter().enumerate() {
        let (invocations, each) = match name.as_str() {
            "photo-12mp" => (3, sets),
            "logo" => (10, false),
            _ => (2, false),
        };
        jobs.push(Job { exhibit, set: Set::All, invocations });
        if each {
            jobs.push(Job { exhibit, set: Set::Jpeg, invocations: 8 });
            jobs.push(Job { exhibit, set: Set::Webp, invocations });
        }
    }
    jobs
}

/// Who measures, and what of.
pub(super) struct Contest<'a> {
    pub(super) stage: Stage<'a>,
    pub(super) storage: &'a Storage,
    pub(super) judge: &'a Judge,
    pub(super) exhibits: &'a [Exhibit],
}

impl Contest<'_> {
    /// Which renditions there are: those that our function makes of an exhibit.
    ///
    /// # Errors
    /// When it fails, or puts something else than it says.
    pub(super) async fn wanted(&self, exhibit: &Exhibit, set: Set) -> anyhow::Result<Vec<Rendition>> {
        self.storage.offer(fs::read(&exhibit.file)?);
        let [ours, ..] = self.stage.contestants(set);
        let mut running = ours.start().await?;
        let answered = running.invoke(our_event(exhibit)?).await?;
        running.end().await;
        let renditions = renditions(&answered.body, exhibit)?;
        let put = self.storage.take();
        ensure!(
            renditions.len() == put.len() && renditions.iter().all(|rendition| put.contains_key(&rendition.name)),
            "other renditions of {} were put than Tola says: {:?}",
            exhibit.name,
            put.keys()
        );
        Ok(renditions)
    }

    /// What everyone makes of an exhibit, in the order of [`NAMES`], judged.
    ///
    /// # Errors
    /// When a contestant fails, or a rendition is not what it should be.
    pub(super) async fn judged(
        &self,
        exhibit: &Exhibit,
        wanted: &[Rendition],
        folder: &Path,
    ) -> anyhow::Result<Vec<Made>> {
        self.storage.offer(fs::read(&exhibit.file)?);
        let mut made = Vec::new();
        let mut files = Vec::new();
        for (number, contestant) in self.stage.contestants(Set::All).iter().enumerate() {
            let mut running = contestant.start().await?;
            running.invoke(self.event(number, exhibit, wanted, Set::All)?).await?;
            running.end().await;
            let put = self.storage.take();
            for rendition in wanted {
                let (name, bytes) = put.get_key_value(&rendition.name).with_context(|| {
                    format!("{} did not put {} of {}", contestant.name, rendition.name, exhibit.name)
                })?;
                let file = folder.join(format!("{}-{number}-{name}", exhibit.name));
                fs::write(&file, bytes)?;
                files.push(file);
            }
            let bytes = put.into_iter().map(|(name, bytes)| (name, bytes.len() as u64)).collect();
            made.push(Made { bytes, scores: BTreeMap::new() });
        }
        let all = wanted.iter().cycle().zip(&files);
        let scored = all.map(|(&Rendition { square, width, height, .. }, file)| Scored { file, square, width, height });
        let scores = self.judge.score(exhibit, &scored.collect::<Vec<_>>()).await?;
        for (made, scores) in made.iter_mut().zip(scores.chunks(wanted.len().max(1))) {
            made.scores = wanted.iter().map(|rendition| rendition.name.clone()).zip(scores.iter().copied()).collect();
        }
        Ok(made)
    }

    /// Measures every job so many times, and returns for each job the rounds of each contestant.
    ///
    /// # Errors
    /// When a contestant fails, or puts less than it should.
    pub(super) async fn measured(
        &self,
        jobs: &[Job],
        wanted: &[Vec<Rendition>],
        rounds: usize,
        progress: &dyn Progress,
    ) -> anyhow::Result<Vec<[Vec<Round>; 4]>> {
        let began = Instant::now();
        progress.begin("rounds");
        let mut measured = vec![<[Vec<Round>; 4]>::default(); jobs.len()];
        for round in 0..rounds {
            for (job, measured) in jobs.iter().zip(&mut measured) {
                let exhibit = &self.exhibits[job.exhibit];
                let contestants = self.stage.contestants(job.set);
                self.storage.offer(fs::read(&exhibit.file)?);
                for side in turn(round, contestants.len()) {
                    progress.detail(&format!("{} of {rounds}: {}, {}", round + 1, exhibit.name, NAMES[side]));
                    let renditions = &wanted[job.exhibit];
                    let event = self.event(side, exhibit, renditions, job.set)?;
                    let expected = renditions.iter().filter(|rendition| job.set.takes(rendition.format)).count();
                    measured[side].push(self.round(&contestants[side], &event, *job, expected).await?);
                }
            }
        }
        progress.end("rounds", &format!("{rounds} of each contestant and picture"), began.elapsed());
        Ok(measured)
    }

    fn event(&self, side: usize, exhibit: &Exhibit, renditions: &[Rendition], set: Set) -> anyhow::Result<Vec<u8>> {
        if side == 0 { our_event(exhibit) } else { Ok(peer_event(self.stage.bucket, renditions, set)) }
    }

    async fn round(&self, side: &Program, event: &[u8], job: Job, expected: usize) -> anyhow::Result<Round> {
        let mut running = side.start().await?;
        self.ask(&mut running, event, expected).await?;
        let before = running.usage()?;
        let mut walls = Vec::new();
        for _ in 0..job.invocations {
            walls.push(self.ask(&mut running, event, expected).await?);
        }
        let after = running.usage()?;
        running.end().await;
        let cpu = (after.cpu - before.cpu).checked_div(job.invocations).context("a round has no invocation")?;
        Ok(Round { cpu, wall: median(&walls).unwrap_or_default(), peak_memory: after.peak_memory })
    }

    async fn ask(&self, running: &mut Running, event: &[u8], expected: usize) -> anyhow::Result<Duration> {
        let answered = running.invoke(event.to_vec()).await?;
        let put = self.storage.take().len();
        ensure!(put == expected, "{put} renditions were put, and not {expected}, in the middle of a round");
        Ok(answered.latency)
    }
}

/// Who is next: everyone once, beginning with another each round, so that nobody always comes after the same.
fn turn(round: usize, sides: usize) -> impl Iterator<Item = usize> {
    (0..sides).map(move |place| (round + place) % sides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_begins_in_turn() {
        assert_eq!(turn(0, 4).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(turn(5, 4).collect::<Vec<_>>(), [1, 2, 3, 0]);
    }
}
