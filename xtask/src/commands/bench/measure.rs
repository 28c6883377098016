//! The two measurements: cold starts, and rounds of requests to a warm process; one process at a time, the sides taking
//! turns so that whatever else the machine does hits both.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tola_local::Progress;

use super::request;
use super::statistics::percentile;
use crate::catalogue::Catalogue;
use crate::lambda::http_api::Answer;
use crate::lambda::{Program, Running};

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Cold starts of each side.
    pub(super) cold_starts: usize,
    /// Rounds of each side, each with a new process.
    pub(super) rounds: usize,
    /// Requests of a round that are measured.
    pub(super) requests: usize,
    /// Requests of a round that come before those.
    pub(super) warm_up: usize,
}

/// A new process, and its first request.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColdStart {
    /// From the start of the process until it asked for its first event.
    pub(super) init: Duration,
    /// From its first event's way out to the answer.
    pub(super) first_answer: Duration,
}

/// A round of requests to a warm process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    /// Half of the answers came within this time.
    pub(super) p50: Duration,
    /// 99 of 100 answers came within this time.
    pub(super) p99: Duration,
    /// Time on a processor, per request.
    pub(super) cpu: Duration,
    /// The most memory that the process ever held, in bytes.
    pub(super) peak_memory: u64,
}

/// What was measured of one side.
#[derive(Debug, Clone, Default)]
pub(super) struct Measured {
    pub(super) cold_starts: Vec<ColdStart>,
    pub(super) rounds: Vec<Round>,
}

/// Measures both sides, in the order in which they are given.
///
/// # Errors
/// When a process fails, or an answer is anything but 200.
pub(super) async fn measure(
    contestants: &[Program; 2],
    catalogue: &Catalogue,
    plan: Plan,
    progress: &dyn Progress,
) -> anyhow::Result<[Measured; 2]> {
    let mut measured: [Measured; 2] = Default::default();
    let began = Instant::now();
    progress.begin("cold starts");
    for (turn, side) in turns(plan.cold_starts) {
        progress.detail(&format!("{} of {}: {}", turn + 1, plan.cold_starts, contestants[side].name));
        let cold_start = cold_start(&contestants[side], catalogue).await?;
        measured[side].cold_starts.push(cold_start);
    }
    progress.end("cold starts", &format!("{} of each side", plan.cold_starts), began.elapsed());

    let began = Instant::now();
    progress.begin("requests");
    for (turn, side) in turns(plan.rounds) {
        progress.detail(&format!("round {} of {}: {}", turn + 1, plan.rounds, contestants[side].name));
        let round = round(&contestants[side], catalogue, plan).await?;
        measured[side].rounds.push(round);
    }
    let note = format!("{} rounds of {} to each side", plan.rounds, plan.requests);
    progress.end("requests", &note, began.elapsed());
    Ok(measured)
}

/// Who is next: A B, B A, A B …, so that neither always comes after the other.
fn turns(times: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..times).flat_map(|turn| [(turn, turn % 2), (turn, 1 - turn % 2)])
}

async fn cold_start(contestant: &Program, catalogue: &Catalogue) -> anyhow::Result<ColdStart> {
    let mut running = contestant.start().await?;
    let first_answer = ask(&mut running, catalogue, 0).await?;
    let init = running.init;
    running.end().await;
    Ok(ColdStart { init, first_answer })
}

async fn round(contestant: &Program, catalogue: &Catalogue, plan: Plan) -> anyhow::Result<Round> {
    let mut running = contestant.start().await?;
    for number in 0..plan.warm_up {
        ask(&mut running, catalogue, number).await?;
    }
    let before = running.usage()?;
    let mut latencies = Vec::with_capacity(plan.requests);
    for number in 0..plan.requests {
        latencies.push(ask(&mut running, catalogue, number).await?);
    }
    let after = running.usage()?;
    running.end().await;
    let requests = u32::try_from(plan.requests)?;
    let cpu = (after.cpu - before.cpu).checked_div(requests).context("a round has at least one request")?;
    Ok(Round {
        p50: percentile(&latencies, 50).unwrap_or_default(),
        p99: percentile(&latencies, 99).unwrap_or_default(),
        cpu,
        peak_memory: after.peak_memory,
    })
}

/// Reads one of the products, and returns how long that took.
async fn ask(running: &mut Running, catalogue: &Catalogue, number: usize) -> anyhow::Result<Duration> {
    let product = catalogue.products[number % catalogue.products.len()];
    let event = request::read(catalogue.merchant, product, &format!("bench-{number}"));
    let answered = running.invoke(event).await?;
    let status = Answer::parse(&answered.body)?.status_code;
    ensure!(status == 200, "a request was answered with {status} in the middle of a round");
    Ok(answered.latency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sides_take_turns() {
        let order: Vec<_> = turns(3).map(|(_, side)| side).collect();

        assert_eq!(order, [0, 1, 1, 0, 0, 1]);
    }
}
