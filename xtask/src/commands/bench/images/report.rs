//! The figures of all contestants beside each other, and whether they reach the goals.

use std::fmt::Write as _;
use std::time::Duration;

use console::style;
use serde::Serialize;

use super::super::machine::Machine;
use super::super::statistics::{Measured, median};
use super::goals::Goal;
use super::judge::Exhibit;
use super::measure::{Made, Round};
use super::sides::{NAMES, Rendition, Set, bytes_of};

/// What a run found.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Report {
    /// How everything was run, in sentences.
    pub(super) conditions: Vec<String>,
    /// Where.
    pub(super) machine: Machine,
    /// In the order of all lists of four figures.
    pub(super) contestants: [&'static str; 4],
    pub(super) exhibits: Vec<Shown>,
    pub(super) goals: Vec<Goal>,
}

/// A picture, and what was made of it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Shown {
    #[serde(flatten)]
    pub(super) exhibit: Exhibit,
    pub(super) renditions: Vec<Rendition>,
    pub(super) figures: Vec<Figure>,
    /// What each contestant made, rendition by rendition.
    pub(super) details: Vec<Details>,
}

/// A figure of every contestant.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) set: Set,
    /// `ms`, `MiB`, `KiB`, or `points`, of which more are better.
    pub(super) unit: &'static str,
    /// The medians of the rounds.
    pub(super) values: [f64; 4],
    /// The least and the most of any round, where there are rounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) spread: Option<[(f64, f64); 4]>,
}

/// What a contestant made of a picture.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Details {
    contestant: &'static str,
    rendition: String,
    bytes: u64,
    ssimulacra2: f64,
}

/// The figures of the rounds of one set.
pub(super) fn costs(set: Set, rounds: &[Vec<Round>; 4]) -> Vec<Figure> {
    let millis = |value: Duration| value.as_secs_f64() * 1_000.0;
    let mebibytes = |value: u64| value as f64 / f64::from(1_u32 << 20);
    let figures = [
        figure("CPU", set, "ms", rounds, |round| round.cpu, millis),
        figure("wall", set, "ms", rounds, |round| round.wall, millis),
        figure("peak memory", set, "MiB", rounds, |round| round.peak_memory, mebibytes),
    ];
    figures.into_iter().flatten().collect()
}

fn figure<T: Measured>(
    name: &'static str,
    set: Set,
    unit: &'static str,
    rounds: &[Vec<Round>; 4],
    of: impl Fn(&Round) -> T,
    shown: impl Fn(T) -> f64,
) -> Option<Figure> {
    let mut values = [0.0; 4];
    let mut spread = [(0.0, 0.0); 4];
    for (side, rounds) in rounds.iter().enumerate() {
        let all: Vec<T> = rounds.iter().map(&of).collect();
        values[side] = shown(median(&all)?);
        let numbers = all.into_iter().map(&shown);
        spread[side] = numbers.fold((f64::INFINITY, 0.0), |(least, most), value| (value.min(least), value.max(most)));
    }
    Some(Figure { name, set, unit, values, spread: Some(spread) })
}

/// Bytes and scores of what was made, in each format.
pub(super) fn results(renditions: &[Rendition], made: &[Made]) -> Vec<Figure> {
    let each = |name, set, unit, value: &dyn Fn(&Made) -> f64| {
        let mut values = [0.0; 4];
        values.iter_mut().zip(made).for_each(|(to, made)| *to = value(made));
        Figure { name, set, unit, values, spread: None }
    };
    let scores = |set: Set, made: &Made| -> Vec<f64> {
        let taken = renditions.iter().filter(|rendition| set.takes(rendition.format));
        taken.filter_map(|rendition| made.scores.get(&rendition.name).copied()).collect()
    };
    let mut figures = Vec::new();
    for set in [Set::Jpeg, Set::Webp] {
        figures.push(each("bytes", set, "KiB", &|made| bytes_of(set, renditions, &made.bytes) as f64 / 1_024.0));
        figures.push(each("quality, mean", set, "points", &|made| {
            let scores = scores(set, made);
            scores.iter().sum::<f64>() / scores.len().max(1) as f64
        }));
        figures.push(each("quality, worst", set, "points", &|made| {
            scores(set, made).into_iter().fold(f64::INFINITY, f64::min)
        }));
    }
    figures
}

/// Every rendition of every contestant.
pub(super) fn details(renditions: &[Rendition], made: &[Made]) -> Vec<Details> {
    let all = NAMES.into_iter().zip(made).flat_map(|(contestant, made)| {
        renditions.iter().map(move |Rendition { name, .. }| Details {
            contestant,
            rendition: name.clone(),
            bytes: made.bytes.get(name).copied().unwrap_or_default(),
            ssimulacra2: made.scores.get(name).copied().unwrap_or_default(),
        })
    });
    all.collect()
}

/// How far the rounds of any contestant went from their median, at most, as a part of it: of processor time, what counts.
pub(super) fn widest_spread(shown: &[Shown]) -> f64 {
    let figures = shown.iter().flat_map(|shown| &shown.figures).filter(|figure| figure.name == "CPU");
    let parts = figures.filter_map(|figure| Some(figure.values.iter().zip(figure.spread?))).flatten();
    let widest = parts.map(|(median, (least, most))| (most - median).max(median - least) / median);
    widest.fold(0.0, f64::max)
}

impl Figure {
    /// Beside each peer's value stands ours as a part of it; of points, how many more or less ours are.
    fn row(&self) -> String {
        let points = self.unit == "points";
        let name = match self.set {
            Set::All => self.name.to_owned(),
            Set::Jpeg => format!("{}, JPEG", self.name),
            Set::Webp => format!("{}, WebP", self.name),
        };
        let unit = if points { "" } else { self.unit };
        let amount = |value: f64| format!("{value:.digits$} {unit}", digits = usize::from(value < 100.0));
        let [ours, peers @ ..] = self.values;
        let mut row = format!("  {name:22}{:>12}", amount(ours));
        for peer in peers {
            let beside = if points { format!("{:+.1}", ours - peer) } else { format!("{:.2}×", ours / peer) };
            // Writing to a String cannot fail.
            let _ = write!(row, "{:>12} {:>7}", amount(peer), beside);
        }
        row.trim_end().to_owned()
    }
}

impl Report {
    /// The goals that are missed.
    pub(super) fn missed(&self) -> Vec<&str> {
        self.goals.iter().filter(|goal| !goal.is_met()).map(|goal| goal.name.as_str()).collect()
    }

    /// For people.
    pub(super) fn table(&self) -> String {
        let mut table = format!("{}\n", style("Renditions of uploads").bold());
        let Machine { processor, cores, load } = &self.machine;
        let machine = format!("{processor}, {cores} cores, load {load} when it began");
        for line in self.conditions.iter().chain([&machine]) {
            let _ = writeln!(table, "  {}", style(line).dim());
        }
        for Shown { exhibit, renditions, figures, .. } in &self.exhibits {
            let Exhibit { name, content_type, width, height, bytes, .. } = exhibit;
            let size = format!("{width} × {height}, {:.1} MiB, {content_type}", *bytes as f64 / f64::from(1 << 20));
            let _ = writeln!(
                table,
                "\n{}  {}",
                style(name).bold(),
                style(format!("{size}: {} renditions", renditions.len())).dim()
            );
            let _ = write!(table, "  {:22}{:>12}", "", self.contestants[0]);
            for peer in &self.contestants[1..] {
                let _ = write!(table, "{peer:>13}{:>7}", "");
            }
            let _ = writeln!(table);
            for figure in figures {
                let _ = writeln!(table, "{}", figure.row());
            }
        }
        let _ = writeln!(table, "\n{}", style("Goals").bold());
        for goal in &self.goals {
            let _ = writeln!(table, "  {}", goal.row());
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(millis: u64) -> Round {
        Round { cpu: Duration::from_millis(millis), wall: Duration::from_millis(2 * millis), peak_memory: millis << 20 }
    }

    #[test]
    fn costs_are_medians_with_their_spread() {
        let rounds = [100, 200, 300, 400].map(|least| [least + 20, least, least + 50].map(round).to_vec());

        let costs = costs(Set::Jpeg, &rounds);

        assert_eq!(costs[0].values, [120.0, 220.0, 320.0, 420.0]);
        assert_eq!(costs[0].spread.unwrap()[1], (200.0, 250.0));
        assert_eq!(costs[2].values[0], 120.0);
        assert!(super::costs(Set::All, &Default::default()).is_empty());
    }

    #[test]
    fn the_widest_spread_is_a_part_of_its_median() {
        let rounds =
            [[99, 100, 101], [190, 200, 230], [1, 1, 1], [5, 5, 5]].map(|round_of| round_of.map(round).to_vec());
        let exhibit = serde_json::json!({ "exhibit": "a", "file": "a", "content_type": "image/png", "width": 4,
                                          "height": 3, "bytes": 1, "content_hash": "0" });
        let exhibit = serde_json::from_value(exhibit).unwrap();
        let figures = costs(Set::All, &rounds);

        let spread = widest_spread(&[Shown { exhibit, renditions: Vec::new(), figures, details: Vec::new() }]);

        assert!((spread - 0.15).abs() < 1e-9, "{spread}");
    }

    #[test]
    fn rows_show_ours_as_a_part_of_theirs_and_points_as_a_difference() {
        let figure = |unit, values| Figure { name: "it", set: Set::Webp, unit, values, spread: None };

        insta::assert_snapshot!(figure("ms", [50.0, 100.0, 200.0, 125.0]).row(), @"  it, WebP                   50.0 ms      100 ms   0.50×      200 ms   0.25×      125 ms   0.40×");
        insta::assert_snapshot!(figure("points", [80.0, 79.5, 81.0, 80.0]).row(), @"  it, WebP                     80.0        79.5     +0.5       81.0     -1.0       80.0     +0.0");
    }
}
