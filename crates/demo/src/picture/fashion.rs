//! Clothes, shoes and bags.

use super::Tone;
use super::easel::{Easel, FLOOR, Rgb, WALL, darker, lighter};

fn cloth(tone: Tone) -> Rgb {
    tone.of([[226, 212, 188], [42, 46, 62], [172, 86, 54], [98, 120, 88], [70, 104, 148]])
}

pub(super) fn shirt(easel: &mut Easel, tone: Tone) {
    let cloth = cloth(tone);
    easel.backdrop([214, 220, 222], [186, 194, 198]);
    easel.shadow((50.0, 86.0), (30.0, 5.0));
    // Sleeves, then the body in front of them.
    easel.shape(&[(31.0, 24.0), (14.0, 50.0), (23.0, 56.0), (36.0, 40.0)], 2.0, darker(cloth));
    easel.shape(&[(69.0, 24.0), (86.0, 50.0), (77.0, 56.0), (64.0, 40.0)], 2.0, darker(cloth));
    easel.shape(&[(32.0, 22.0), (44.0, 18.0), (56.0, 18.0), (68.0, 22.0), (69.0, 84.0), (31.0, 84.0)], 2.0, cloth);
    easel.flat(&[(44.0, 17.0), (56.0, 17.0), (50.0, 27.0)], 1.0, darker(cloth));
    easel.line(&[(50.0, 28.0), (50.0, 84.0)], 0.6, darker(cloth));
    for button in [34.0, 46.0, 58.0, 70.0] {
        easel.disc((51.8, button), (0.9, 0.9), lighter(cloth));
    }
    easel.line(
        &[(56.0, 40.0), (65.0, 40.0), (65.0, 50.0), (60.5, 53.0), (56.0, 50.0), (56.0, 40.0)],
        0.5,
        darker(cloth),
    );
}

pub(super) fn dress(easel: &mut Easel, tone: Tone) {
    let cloth = cloth(tone);
    easel.backdrop([214, 220, 222], [186, 194, 198]);
    easel.shadow((50.0, 92.0), (28.0, 4.0));
    easel.line(&[(42.0, 12.0), (40.0, 22.0)], 2.0, darker(cloth));
    easel.line(&[(58.0, 12.0), (60.0, 22.0)], 2.0, darker(cloth));
    easel.shape(&[(43.0, 46.0), (57.0, 46.0), (77.0, 90.0), (23.0, 90.0)], 2.0, cloth);
    easel.shape(&[(38.0, 22.0), (62.0, 22.0), (58.0, 46.0), (42.0, 46.0)], 2.0, cloth);
    easel.panel((40.0, 44.0), (20.0, 4.0), 1.0, darker(cloth));
    for fold in [34.0, 44.0, 56.0, 66.0] {
        easel.line(&[(50.0 + (fold - 50.0) / 3.0, 52.0), (fold, 88.0)], 0.5, darker(cloth));
    }
}

pub(super) fn trousers(easel: &mut Easel, tone: Tone) {
    let cloth = cloth(tone);
    easel.backdrop([214, 220, 222], [186, 194, 198]);
    easel.shadow((50.0, 93.0), (26.0, 4.0));
    easel.shape(&[(34.0, 16.0), (50.0, 16.0), (50.0, 42.0), (44.0, 91.0), (29.0, 91.0)], 1.5, cloth);
    easel.shape(&[(50.0, 16.0), (66.0, 16.0), (71.0, 91.0), (56.0, 91.0), (50.0, 42.0)], 1.5, cloth);
    easel.panel((32.5, 13.0), (35.0, 6.0), 1.0, darker(cloth));
    easel.line(&[(50.0, 19.0), (50.0, 42.0)], 0.5, darker(cloth));
    easel.line(&[(40.0, 30.0), (36.5, 88.0)], 0.4, darker(cloth));
    easel.line(&[(60.0, 30.0), (63.5, 88.0)], 0.4, darker(cloth));
    easel.disc((50.0, 16.0), (1.0, 1.0), lighter(cloth));
}

pub(super) fn shoe(easel: &mut Easel, tone: Tone) {
    let cloth = cloth(tone);
    easel.backdrop([220, 218, 214], [190, 186, 180]);
    easel.shadow((52.0, 74.0), (40.0, 5.0));
    easel.shape(
        &[(18.0, 40.0), (36.0, 38.0), (48.0, 52.0), (74.0, 56.0), (86.0, 64.0), (86.0, 70.0), (16.0, 70.0)],
        3.0,
        cloth,
    );
    easel.flat(&[(17.0, 70.0), (88.0, 70.0), (86.0, 75.0), (18.0, 75.0)], 1.0, [238, 234, 226]);
    easel.disc((27.0, 40.0), (9.5, 2.6), darker(cloth));
    for lace in [0.0, 1.0, 2.0, 3.0] {
        let (x, y) = (40.0 + 5.0 * lace, 46.0 + 3.4 * lace);
        easel.line(&[(x, y), (x + 5.0, y - 3.0)], 1.1, [246, 242, 234]);
    }
    easel.bow([(68.0, 70.0), (68.0, 62.0), (74.0, 58.0), (80.0, 59.0)], 0.6, darker(cloth));
}

pub(super) fn bag(easel: &mut Easel, tone: Tone) {
    let cloth = cloth(tone);
    easel.backdrop(WALL, FLOOR);
    easel.shadow((50.0, 86.0), (36.0, 6.0));
    easel.bow([(36.0, 44.0), (36.0, 8.0), (64.0, 8.0), (64.0, 44.0)], 2.4, darker(cloth));
    easel.shape(&[(22.0, 42.0), (78.0, 42.0), (74.0, 84.0), (26.0, 84.0)], 3.0, cloth);
    easel.line(&[(22.0, 50.0), (78.0, 50.0)], 0.5, lighter(cloth));
    easel.panel((44.0, 40.0), (12.0, 12.0), 1.5, darker(cloth));
    easel.disc((50.0, 48.0), (1.6, 1.6), [204, 172, 96]);
}
