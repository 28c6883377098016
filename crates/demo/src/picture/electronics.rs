//! Devices.

use super::Tone;
use super::easel::{Easel, Rgb, darker, lighter, mixed};

const SCREEN: Rgb = [24, 34, 52];
const TABLE_TOP: [Rgb; 2] = [[232, 236, 242], [194, 202, 214]];

fn case(tone: Tone) -> Rgb {
    tone.of([[198, 202, 208], [60, 63, 70], [168, 110, 86], [94, 116, 104], [78, 104, 140]])
}

/// Dawn over hills, as devices show when they are photographed.
fn wallpaper(easel: &mut Easel, (x, y): (f32, f32), (width, height): (f32, f32)) {
    easel.panel((x, y), (width, height), 0.8, SCREEN);
    easel.disc(
        (x + width * 0.68, y + height * 0.4),
        (width.min(height) * 0.13, width.min(height) * 0.13),
        [240, 178, 110],
    );
    let (bottom, right) = (y + height - 0.8, x + width - 0.8);
    let hills = [(x + 0.8, bottom), (x + width * 0.3, y + height * 0.58), (x + width * 0.6, y + height * 0.76)];
    easel.flat(&[hills[0], hills[1], hills[2], (right, y + height * 0.62), (right, bottom)], 0.0, [62, 92, 128]);
    let front =
        [(x + 0.8, bottom), (x + 0.8, y + height * 0.78), (x + width * 0.45, y + height * 0.9), (right, bottom)];
    easel.flat(&front, 0.0, [38, 62, 94]);
}

pub(super) fn phone(easel: &mut Easel, tone: Tone) {
    let case = case(tone);
    easel.backdrop(TABLE_TOP[0], TABLE_TOP[1]);
    easel.shadow((54.0, 90.0), (24.0, 4.0));
    easel.board((32.0, 12.0), (36.0, 76.0), 5.0, case);
    wallpaper(easel, (34.0, 15.0), (32.0, 70.0));
    easel.disc((50.0, 18.0), (1.1, 1.1), [10, 12, 16]);
    easel.panel((44.0, 82.0), (12.0, 0.9), 0.4, [220, 226, 236]);
    easel.panel((68.0, 32.0), (0.9, 8.0), 0.3, darker(case));
}

pub(super) fn laptop(easel: &mut Easel, tone: Tone) {
    let case = case(tone);
    easel.backdrop(TABLE_TOP[0], TABLE_TOP[1]);
    easel.shadow((50.0, 79.0), (44.0, 6.0));
    easel.board((20.0, 20.0), (60.0, 44.0), 2.5, darker(case));
    wallpaper(easel, (22.0, 22.5), (56.0, 38.0));
    easel.shape(&[(19.0, 65.0), (81.0, 65.0), (90.0, 76.0), (10.0, 76.0)], 1.0, case);
    easel.flat(&[(24.0, 66.5), (76.0, 66.5), (79.0, 70.5), (21.0, 70.5)], 0.4, darker(case));
    easel.flat(&[(43.0, 72.0), (57.0, 72.0), (58.0, 75.0), (42.0, 75.0)], 0.3, lighter(case));
}

pub(super) fn tablet(easel: &mut Easel, tone: Tone) {
    let case = case(tone);
    easel.backdrop(TABLE_TOP[0], TABLE_TOP[1]);
    easel.shadow((52.0, 84.0), (42.0, 4.0));
    easel.board((12.0, 22.0), (70.0, 58.0), 3.5, case);
    wallpaper(easel, (16.0, 26.0), (62.0, 50.0));
    easel.line(&[(88.0, 26.0), (88.0, 74.0)], 2.4, lighter(case));
    easel.line(&[(88.0, 75.0), (88.0, 79.0)], 1.0, darker(case));
}

pub(super) fn headphones(easel: &mut Easel, tone: Tone) {
    let case = case(tone);
    easel.backdrop(TABLE_TOP[0], TABLE_TOP[1]);
    easel.shadow((50.0, 86.0), (36.0, 5.0));
    easel.bow([(22.0, 58.0), (20.0, 2.0), (80.0, 2.0), (78.0, 58.0)], 5.0, darker(case));
    easel.bow([(22.0, 58.0), (20.0, 4.0), (80.0, 4.0), (78.0, 58.0)], 2.0, case);
    for side in [15.0, 71.0] {
        easel.board((side, 50.0), (14.0, 32.0), 6.0, case);
    }
    easel.board((27.0, 53.0), (6.0, 26.0), 2.8, darker(case));
    easel.board((67.0, 53.0), (6.0, 26.0), 2.8, darker(case));
}

pub(super) fn speaker(easel: &mut Easel, tone: Tone) {
    let case = case(tone);
    easel.backdrop(TABLE_TOP[0], TABLE_TOP[1]);
    easel.shadow((50.0, 89.0), (28.0, 5.0));
    easel.board((28.0, 12.0), (44.0, 76.0), 8.0, case);
    easel.panel((32.0, 22.0), (36.0, 58.0), 5.0, darker(case));
    for (y, radius) in [(36.0, 8.0), (61.0, 14.0)] {
        easel.disc((50.0, y), (radius, radius), mixed(case, [0; 3], 55));
        easel.disc((50.0, y), (radius * 0.45, radius * 0.45), lighter(case));
    }
    easel.disc((50.0, 17.5), (1.2, 1.2), [126, 204, 140]);
}

pub(super) fn keyboard(easel: &mut Easel, tone: Tone) {
    let case = case(tone);
    easel.backdrop(TABLE_TOP[0], TABLE_TOP[1]);
    easel.shadow((50.0, 70.0), (46.0, 5.0));
    easel.board((6.0, 34.0), (88.0, 34.0), 3.0, case);
    for row in [0.0_f32, 1.0, 2.0] {
        for key in (0_u8..13).map(f32::from) {
            easel.panel((9.5 + 6.3 * key, 37.5 + 7.0 * row), (5.4, 5.8), 0.9, lighter(case));
        }
    }
    for (x, width) in [(9.5, 11.0), (21.5, 8.0), (30.5, 36.0), (67.5, 8.0), (76.5, 14.0)] {
        easel.panel((x, 58.6), (width, 5.8), 0.9, lighter(case));
    }
    easel.panel((85.1, 37.5), (5.4, 5.8), 0.9, [214, 122, 74]);
}

pub(super) fn charger(easel: &mut Easel, tone: Tone) {
    let case = case(tone);
    easel.backdrop(TABLE_TOP[0], TABLE_TOP[1]);
    easel.shadow((48.0, 80.0), (32.0, 5.0));
    for x in [38.0, 54.0] {
        easel.panel((x, 14.0), (4.0, 18.0), 0.8, [176, 166, 140]);
    }
    easel.board((26.0, 30.0), (44.0, 48.0), 6.0, case);
    for y in [56.0, 65.0] {
        easel.panel((41.0, y), (14.0, 4.4), 2.0, [20, 22, 26]);
    }
    easel.bow([(55.0, 58.0), (84.0, 58.0), (66.0, 88.0), (94.0, 86.0)], 1.6, darker(case));
}
