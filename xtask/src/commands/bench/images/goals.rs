//! What the figures have to reach.

use console::style;
use serde::Serialize;

use super::report::{Figure, Shown};
use super::sides::{SHARP, Set};

/// Scores that differ by no more are equal: nobody sees half a point.
const EQUAL_POINTS: f64 = 0.5;

/// Something that a figure has to reach.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Goal {
    pub(super) name: String,
    /// What was found; less is better.
    pub(super) found: f64,
    pub(super) at_most: f64,
    /// `×`, or `MiB`.
    unit: &'static str,
}

/// The goals for which there are figures, sharp as its documentation shows it being the measure.
pub(super) fn goals(shown: &[Shown]) -> Vec<Goal> {
    let photo = |name: &str| Photo { name: name.to_owned(), figures: figures(shown, name) };
    let (photo12, photo48) = (photo("photo-12mp"), photo("photo-48mp"));
    let goals = [
        photo12.part_of_sharp("CPU", Set::Jpeg, 0.5),
        photo12.part_of_sharp("CPU", Set::Webp, 0.85),
        photo12.part_of_sharp("bytes", Set::Jpeg, 1.05),
        photo12.part_of_sharp("bytes", Set::Webp, 1.05),
        photo12.points_below_sharp(Set::Jpeg),
        photo12.points_below_sharp(Set::Webp),
        photo12.part_of_sharp("peak memory", Set::All, 0.5),
        photo48.part_of_sharp("CPU", Set::All, 0.6),
        photo48.absolute("peak memory", Set::All, 256.0),
    ];
    goals.into_iter().flatten().collect()
}

fn figures<'a>(shown: &'a [Shown], name: &str) -> &'a [Figure] {
    shown.iter().find(|shown| shown.exhibit.name == name).map_or(&[], |shown| &shown.figures)
}

/// A picture that goals speak of.
struct Photo<'a> {
    name: String,
    figures: &'a [Figure],
}

impl Photo<'_> {
    fn figure(&self, name: &str, set: Set) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name && figure.set == set)
    }

    fn goal(&self, what: &str, set: Set, found: f64, at_most: f64, unit: &'static str) -> Goal {
        let set = match set {
            Set::All => "",
            Set::Jpeg => " of the JPEGs",
            Set::Webp => " of the WebPs",
        };
        Goal { name: format!("{}: {what}{set}", self.name), found, at_most, unit }
    }

    fn part_of_sharp(&self, name: &str, set: Set, at_most: f64) -> Option<Goal> {
        let values = self.figure(name, set)?.values;
        Some(self.goal(name, set, values[0] / values[SHARP], at_most, "× sharp's"))
    }

    fn points_below_sharp(&self, set: Set) -> Option<Goal> {
        let values = self.figure("quality, mean", set)?.values;
        Some(self.goal("quality", set, values[SHARP] - values[0], EQUAL_POINTS, " points below sharp's"))
    }

    fn absolute(&self, name: &str, set: Set, at_most: f64) -> Option<Goal> {
        let figure = self.figure(name, set)?;
        Some(self.goal(name, set, figure.values[0], at_most, " MiB"))
    }
}

impl Goal {
    pub(super) fn is_met(&self) -> bool {
        self.found <= self.at_most
    }

    pub(super) fn row(&self) -> String {
        let Self { name, found, at_most, unit } = self;
        let verdict = if self.is_met() { style("met").green() } else { style("not met").red() };
        let digits = if unit.starts_with('×') { 2 } else { 1 };
        format!("{name:36}{:>32}   at most {at_most}: {verdict}", format!("{found:.digits$}{unit}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(figures: Vec<Figure>) -> Vec<Shown> {
        let exhibit = json!({ "exhibit": "photo-12mp", "file": "a", "content_type": "image/jpeg", "width": 4, "height": 3,
                              "bytes": 1, "content_hash": "0" });
        let exhibit = serde_json::from_value(exhibit).unwrap();
        vec![Shown { exhibit, renditions: Vec::new(), figures, details: Vec::new() }]
    }

    #[test]
    fn only_what_was_measured_has_goals() {
        let figure = |name, values| Figure { name, set: Set::Jpeg, unit: "ms", values, spread: None };
        let goals = goals(&shown(vec![
            figure("CPU", [60.0, 100.0, 0.0, 0.0]),
            figure("quality, mean", [80.0, 80.4, 0.0, 0.0]),
        ]));

        let verdicts: Vec<_> = goals.iter().map(|goal| (goal.name.as_str(), goal.is_met())).collect();
        assert_eq!(verdicts, [("photo-12mp: CPU of the JPEGs", false), ("photo-12mp: quality of the JPEGs", true)]);
        assert!(console::strip_ansi_codes(&goals[0].row()).ends_with("0.60× sharp's   at most 0.5: not met"));
    }
}
