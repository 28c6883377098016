//! The figures of both sides beside each other, and whether they reach the goals.

use std::fmt::Write as _;

use anyhow::Context as _;
use console::style;
use serde::Serialize;

use super::machine::Machine;
use super::measure::{Measured, Plan};
use super::statistics::{median, percentile};

/// At least so many times less than the peer.
const LESS_CPU: f64 = 4.0;
const FASTER_INIT: f64 = 8.0;
const LESS_MEMORY: f64 = 2.5;

/// What a run found.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Report {
    /// How everything was run, in sentences.
    pub(super) conditions: Vec<String>,
    /// Where.
    pub(super) machine: Machine,
    /// What.
    pub(super) figures: Vec<Figure>,
    /// What each round of Tola found, and of the peer.
    pub(super) rounds: [Vec<RoundFigures>; 2],
}

/// A figure of both sides; less is better.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Figure {
    /// What is measured.
    pub(super) name: &'static str,
    /// `ms` or `MiB`.
    pub(super) unit: &'static str,
    /// Ours.
    pub(super) tola: f64,
    /// The peer's.
    pub(super) peer: f64,
    /// How many times less ours is.
    pub(super) ratio: f64,
    /// The least that the ratio has to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) goal: Option<f64>,
}

/// One round, for those who want to see how much rounds differ.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RoundFigures {
    p50_ms: f64,
    p99_ms: f64,
    cpu_ms: f64,
    peak_mib: f64,
}

impl Figure {
    fn new(name: &'static str, unit: &'static str, values: [f64; 2], goal: Option<f64>) -> Self {
        let [tola, peer] = values;
        Self { name, unit, tola, peer, ratio: peer / tola, goal }
    }

    /// Whether it reaches its goal; what has none can't miss it.
    fn is_met(&self) -> bool {
        self.goal.is_none_or(|goal| self.ratio >= goal)
    }

    fn row(&self) -> String {
        let Self { name, unit, tola, peer, ratio, goal } = self;
        let mut row = format!("{name:24}{:>12}{:>12}{ratio:>8.1}×", amount(*tola, unit), amount(*peer, unit));
        if let Some(goal) = goal {
            let verdict = if self.is_met() { style("met").green() } else { style("not met").red() };
            // Writing to a String cannot fail.
            let _ = write!(row, "   at least {goal}×: {verdict}");
        }
        row
    }
}

fn amount(value: f64, unit: &str) -> String {
    let digits = if value < 10.0 { 2 } else { 1 };
    format!("{value:.digits$} {unit}")
}

/// Takes the medians.
///
/// # Errors
/// When nothing was measured.
pub(super) fn figures(measured: &[Measured; 2]) -> anyhow::Result<Vec<Figure>> {
    let figure = |name, unit, goal, value: &dyn Fn(&Measured) -> Option<f64>| {
        let values = [value(&measured[0]), value(&measured[1])];
        let [Some(tola), Some(peer)] = values else { return None };
        Some(Figure::new(name, unit, [tola, peer], goal))
    };
    let figures = [
        figure("CPU per request", "ms", Some(LESS_CPU), &|side| {
            Some(millis(median(&side.rounds.iter().map(|round| round.cpu).collect::<Vec<_>>())?))
        }),
        figure("cold init p50", "ms", Some(FASTER_INIT), &|side| {
            Some(millis(percentile(&side.cold_starts.iter().map(|start| start.init).collect::<Vec<_>>(), 50)?))
        }),
        figure("peak memory", "MiB", Some(LESS_MEMORY), &|side| {
            Some(mebibytes(median(&side.rounds.iter().map(|round| round.peak_memory).collect::<Vec<_>>())?))
        }),
        figure("first answer p50", "ms", None, &|side| {
            Some(millis(percentile(&side.cold_starts.iter().map(|start| start.first_answer).collect::<Vec<_>>(), 50)?))
        }),
        figure("latency p50", "ms", None, &|side| {
            Some(millis(median(&side.rounds.iter().map(|round| round.p50).collect::<Vec<_>>())?))
        }),
        figure("latency p99", "ms", None, &|side| {
            Some(millis(median(&side.rounds.iter().map(|round| round.p99).collect::<Vec<_>>())?))
        }),
    ];
    figures.into_iter().collect::<Option<_>>().context("nothing was measured: give at least one cold start and round")
}

/// Each round of both sides.
pub(super) fn rounds(measured: &[Measured; 2]) -> [Vec<RoundFigures>; 2] {
    measured.each_ref().map(|side| {
        let rounds = side.rounds.iter().map(|round| RoundFigures {
            p50_ms: millis(round.p50),
            p99_ms: millis(round.p99),
            cpu_ms: millis(round.cpu),
            peak_mib: mebibytes(round.peak_memory),
        });
        rounds.collect()
    })
}

impl Plan {
    /// The plan as a sentence.
    pub(super) fn in_words(&self) -> String {
        format!(
            "{} cold starts and {} rounds of {} requests to each side, after {} to warm up; the sides take turns",
            self.cold_starts, self.rounds, self.requests, self.warm_up
        )
    }
}

impl Report {
    /// The figures that miss their goals.
    pub(super) fn missed(&self) -> Vec<&'static str> {
        self.figures.iter().filter(|figure| !figure.is_met()).map(|figure| figure.name).collect()
    }

    /// For people.
    pub(super) fn table(&self) -> String {
        let mut table = format!("{}\n", style("GET /v1/products/{id}").bold());
        let Machine { processor, cores, load } = &self.machine;
        let machine = format!("{processor}, {cores} cores, load {load} when it began");
        for line in self.conditions.iter().chain([&machine]) {
            let _ = writeln!(table, "  {}", style(line).dim());
        }
        let _ = writeln!(table, "\n{:24}{:>12}{:>12}{:>9}", "", "Tola", "FastAPI", "less");
        for figure in &self.figures {
            let _ = writeln!(table, "{}", figure.row());
        }
        table
    }
}

fn millis(duration: std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1_u32 << 20)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::measure::{ColdStart, Round};
    use super::*;

    fn side(times: u64) -> Measured {
        let millis = |value: u64| Duration::from_millis(value * times);
        let round = |n| Round { p50: millis(n), p99: millis(2 * n), cpu: millis(n), peak_memory: times << 20 };
        let cold_start = |n| ColdStart { init: millis(n), first_answer: millis(n) };
        Measured { cold_starts: [9, 1, 5].map(cold_start).into(), rounds: [1, 3, 8].map(round).into() }
    }

    fn report(times: u64) -> Report {
        let measured = [side(1), side(times)];
        let machine = Machine { processor: "Quick".into(), cores: 2, load: "0.10".into() };
        let figures = figures(&measured).unwrap();
        Report { conditions: vec!["Thrice.".into()], machine, figures, rounds: rounds(&measured) }
    }

    #[test]
    fn a_goal_is_met_from_its_ratio_on() {
        assert!(report(8).missed().is_empty());
        assert_eq!(report(4).missed(), ["cold init p50"]);
        assert_eq!(report(2).missed(), ["CPU per request", "cold init p50", "peak memory"]);
    }

    #[test]
    fn the_table_shows_both_sides_and_the_verdict() {
        let table = console::strip_ansi_codes(&report(5).table()).into_owned();

        insta::assert_snapshot!(table, @"
        GET /v1/products/{id}
          Thrice.
          Quick, 2 cores, load 0.10 when it began

                                        Tola     FastAPI     less
        CPU per request              3.00 ms     15.0 ms     5.0×   at least 4×: met
        cold init p50                5.00 ms     25.0 ms     5.0×   at least 8×: not met
        peak memory                 1.00 MiB    5.00 MiB     5.0×   at least 2.5×: met
        first answer p50             5.00 ms     25.0 ms     5.0×
        latency p50                  3.00 ms     15.0 ms     5.0×
        latency p99                  6.00 ms     30.0 ms     5.0×
        ");
    }

    #[test]
    fn without_measurements_there_is_no_report() {
        assert!(figures(&[side(1), Measured::default()]).is_err());
    }
}
