//! Food in what it is sold in.

use super::Tone;
use super::easel::{Easel, Rgb, darker, lighter};

const WALL: Rgb = [250, 240, 222];
const TABLE: Rgb = [222, 196, 160];
const PAPER: Rgb = [248, 242, 228];

fn colour(tone: Tone) -> Rgb {
    tone.of([[224, 208, 172], [84, 58, 44], [194, 112, 44], [96, 126, 66], [84, 118, 150]])
}

/// A label: a band of paper with a sign on it and lines as of writing.
fn label(easel: &mut Easel, (x, y): (f32, f32), (width, height): (f32, f32), colour: Rgb) {
    let middle = x + width / 2.0;
    easel.panel((x, y), (width, height), 0.6, PAPER);
    easel.disc((middle, y + height * 0.36), (height * 0.2, height * 0.2), colour);
    for (line, share) in [(0.7, 0.32), (0.84, 0.2)] {
        easel.line(
            &[(middle - width * share, y + height * line), (middle + width * share, y + height * line)],
            0.7,
            darker(colour),
        );
    }
}

pub(super) fn pouch(easel: &mut Easel, tone: Tone) {
    let colour = colour(tone);
    easel.backdrop(WALL, TABLE);
    easel.shadow((50.0, 88.0), (28.0, 5.0));
    easel.shape(&[(30.0, 16.0), (70.0, 16.0), (74.0, 86.0), (26.0, 86.0)], 2.0, colour);
    easel.panel((28.6, 14.0), (42.8, 5.0), 0.8, darker(colour));
    easel.line(&[(30.0, 23.0), (70.0, 23.0)], 0.5, lighter(colour));
    label(easel, (33.0, 36.0), (34.0, 34.0), colour);
}

pub(super) fn tin(easel: &mut Easel, tone: Tone) {
    let colour = colour(tone);
    easel.backdrop(WALL, TABLE);
    easel.shadow((50.0, 84.0), (26.0, 5.0));
    easel.board((29.0, 28.0), (42.0, 55.0), 3.0, colour);
    easel.disc((50.0, 29.0), (21.0, 4.6), [204, 206, 208]);
    easel.disc((50.0, 28.0), (17.5, 3.2), [176, 180, 184]);
    label(easel, (29.0, 42.0), (42.0, 30.0), colour);
}

pub(super) fn bar(easel: &mut Easel, tone: Tone) {
    let colour = colour(tone);
    easel.backdrop(WALL, TABLE);
    easel.shadow((50.0, 80.0), (40.0, 5.0));
    easel.board((14.0, 28.0), (30.0, 48.0), 1.5, [92, 56, 36]);
    for row in (0_u8..4).map(f32::from) {
        for column in (0_u8..2).map(f32::from) {
            easel.board((16.5 + 12.5 * column, 31.0 + 11.0 * row), (10.5, 9.0), 1.0, [116, 72, 46]);
        }
    }
    easel.shape(&[(42.0, 26.0), (86.0, 26.0), (86.0, 78.0), (42.0, 78.0), (39.0, 52.0)], 1.0, colour);
    label(easel, (49.0, 36.0), (32.0, 32.0), colour);
}

pub(super) fn jar(easel: &mut Easel, tone: Tone) {
    let colour = colour(tone);
    easel.backdrop(WALL, TABLE);
    easel.shadow((50.0, 87.0), (28.0, 5.0));
    easel.board((26.0, 30.0), (48.0, 56.0), 7.0, lighter(colour));
    easel.board((28.0, 36.0), (44.0, 48.0), 6.0, colour);
    easel.board((30.0, 17.0), (40.0, 13.0), 2.0, [208, 176, 96]);
    for rib in (0_u8..9).map(f32::from) {
        easel.line(&[(33.0 + 4.2 * rib, 19.5), (33.0 + 4.2 * rib, 28.0)], 0.4, [168, 136, 64]);
    }
    label(easel, (32.0, 46.0), (36.0, 27.0), colour);
    easel.line(&[(30.5, 42.0), (30.5, 78.0)], 1.0, lighter(lighter(colour)));
}

pub(super) fn bottle(easel: &mut Easel, tone: Tone) {
    let colour = colour(tone);
    easel.backdrop(WALL, TABLE);
    easel.shadow((50.0, 91.0), (22.0, 4.0));
    easel.shape(
        &[
            (45.0, 12.0),
            (55.0, 12.0),
            (56.0, 32.0),
            (65.0, 44.0),
            (65.0, 88.0),
            (35.0, 88.0),
            (35.0, 44.0),
            (44.0, 32.0),
        ],
        2.0,
        colour,
    );
    easel.board((43.5, 7.0), (13.0, 9.0), 1.5, darker(darker(colour)));
    label(easel, (33.5, 52.0), (33.0, 27.0), colour);
    easel.line(&[(37.5, 47.0), (37.5, 86.0)], 1.0, lighter(colour));
}
