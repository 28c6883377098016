//! The files, family by family. To add a file, add a line to its family's table.

use crate::case::{Case, Planted, noticed};

mod animated;
mod bombs;
mod jpegs;
mod metadata;
mod orientation;
mod pngs;
mod polyglots;
mod profiles;
mod shapes;
mod strangers;
mod truncated;

/// All of them.
pub(crate) fn all() -> Vec<Case> {
    let families = [
        ("animated", animated::cases()),
        ("bombs", bombs::cases()),
        ("jpegs", jpegs::cases()),
        ("metadata", metadata::cases()),
        ("orientation", orientation::cases()),
        ("planted", planted()),
        ("pngs", pngs::cases()),
        ("polyglots", polyglots::cases()),
        ("profiles", profiles::cases()),
        ("shapes", shapes::cases()),
        ("strangers", strangers::cases()),
        ("truncated", truncated::cases()),
    ];
    let named = |(family, cases): (_, Vec<Case>)| cases.into_iter().map(move |case| case.of(family));
    families.into_iter().flat_map(named).collect()
}

/// That the guards hold: each of these is noticed if they do. Only Linux has all of them.
fn planted() -> Vec<Case> {
    if !cfg!(target_os = "linux") {
        return Vec::new();
    }
    vec![
        noticed("too much memory", Planted::Memory),
        noticed("too much work", Planted::Work),
        noticed("too long a wait", Planted::Waiting),
        noticed("a panic", Planted::Panic),
        noticed("another answer", Planted::Answer),
    ]
}
