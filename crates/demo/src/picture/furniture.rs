//! Furniture, before a wall.

use super::Tone;
use super::easel::{Easel, FLOOR, Rgb, WALL, darker, lighter};

fn wood(tone: Tone) -> Rgb {
    tone.of([[208, 168, 118], [106, 70, 46], [166, 100, 60], [128, 132, 92], [120, 128, 140]])
}

/// A wall, the floor before it, and the skirting board between.
fn room(easel: &mut Easel) {
    easel.backdrop(WALL, [232, 226, 216]);
    easel.panel((0.0, 78.0), (100.0, 22.0), 0.0, FLOOR);
    easel.panel((0.0, 76.4), (100.0, 1.6), 0.0, [250, 248, 244]);
}

pub(super) fn chair(easel: &mut Easel, tone: Tone) {
    let wood = wood(tone);
    room(easel);
    easel.shadow((50.0, 90.0), (26.0, 4.0));
    easel.shape(&[(34.0, 14.0), (37.5, 14.0), (37.5, 88.0), (34.0, 88.0)], 0.8, darker(wood));
    easel.shape(&[(62.5, 14.0), (66.0, 14.0), (66.0, 88.0), (62.5, 88.0)], 0.8, darker(wood));
    for slat in [17.0, 28.0, 39.0] {
        easel.board((34.0, slat), (32.0, 5.0), 1.2, wood);
    }
    easel.board((29.0, 52.0), (42.0, 6.0), 2.0, wood);
    easel.shape(&[(30.0, 58.0), (34.0, 58.0), (32.0, 91.0), (28.5, 91.0)], 0.8, wood);
    easel.shape(&[(66.0, 58.0), (70.0, 58.0), (71.5, 91.0), (68.0, 91.0)], 0.8, wood);
    easel.line(&[(31.5, 76.0), (68.5, 76.0)], 1.4, wood);
}

pub(super) fn stool(easel: &mut Easel, tone: Tone) {
    let wood = wood(tone);
    room(easel);
    easel.shadow((50.0, 91.0), (24.0, 4.0));
    easel.shape(&[(48.0, 42.0), (52.0, 42.0), (52.0, 88.0), (48.0, 88.0)], 0.8, darker(wood));
    easel.shape(&[(37.0, 42.0), (41.0, 42.0), (32.0, 92.0), (28.5, 92.0)], 0.8, wood);
    easel.shape(&[(59.0, 42.0), (63.0, 42.0), (71.5, 92.0), (68.0, 92.0)], 0.8, wood);
    easel.line(&[(34.0, 72.0), (66.0, 72.0)], 1.6, wood);
    easel.disc((50.0, 41.0), (21.0, 4.6), darker(wood));
    easel.disc((50.0, 39.0), (21.0, 4.2), wood);
}

pub(super) fn sofa(easel: &mut Easel, tone: Tone) {
    let wood = wood(tone);
    let cloth: Rgb = if tone == Tone::Light { [196, 190, 178] } else { [84, 92, 98] };
    room(easel);
    easel.shadow((50.0, 84.0), (46.0, 5.0));
    for x in [14.0, 83.0] {
        easel.shape(&[(x, 74.0), (x + 3.0, 74.0), (x + 2.5, 84.0), (x + 0.5, 84.0)], 0.5, wood);
    }
    easel.board((14.0, 32.0), (72.0, 32.0), 5.0, cloth);
    easel.board((9.0, 44.0), (12.0, 32.0), 4.5, darker(cloth));
    easel.board((79.0, 44.0), (12.0, 32.0), 4.5, darker(cloth));
    easel.board((20.0, 56.0), (30.0, 12.0), 3.5, lighter(cloth));
    easel.board((50.0, 56.0), (30.0, 12.0), 3.5, lighter(cloth));
    easel.board((20.0, 67.0), (60.0, 9.0), 2.0, cloth);
    easel.board((24.0, 42.0), (14.0, 13.0), 3.0, [190, 110, 70]);
}

pub(super) fn table(easel: &mut Easel, tone: Tone) {
    let wood = wood(tone);
    room(easel);
    easel.shadow((50.0, 87.0), (44.0, 5.0));
    for x in [22.0, 74.0] {
        easel.shape(&[(x, 52.0), (x + 4.0, 52.0), (x + 3.4, 80.0), (x + 0.6, 80.0)], 0.5, darker(wood));
    }
    easel.shape(&[(10.0, 46.0), (90.0, 46.0), (94.0, 52.0), (6.0, 52.0)], 1.0, wood);
    easel.board((7.0, 51.0), (86.0, 4.0), 1.0, darker(wood));
    for x in [10.0, 85.0] {
        easel.shape(&[(x, 55.0), (x + 5.0, 55.0), (x + 4.0, 89.0), (x + 1.0, 89.0)], 0.6, wood);
    }
    // A vase, so that the size can be guessed.
    easel.bow([(52.0, 34.0), (50.0, 26.0), (48.0, 22.0), (44.0, 18.0)], 0.7, [96, 122, 84]);
    easel.bow([(52.0, 34.0), (53.0, 26.0), (56.0, 20.0), (60.0, 16.0)], 0.7, [96, 122, 84]);
    easel.shape(
        &[(49.5, 34.0), (54.5, 34.0), (56.0, 42.0), (54.0, 47.0), (50.0, 47.0), (48.0, 42.0)],
        0.8,
        [226, 222, 214],
    );
}

pub(super) fn bookcase(easel: &mut Easel, tone: Tone) {
    const SPINES: [Rgb; 5] = [[172, 74, 56], [62, 94, 128], [214, 190, 140], [84, 112, 82], [66, 62, 74]];
    let wood = wood(tone);
    room(easel);
    easel.shadow((50.0, 91.0), (34.0, 4.0));
    easel.board((22.0, 10.0), (56.0, 80.0), 1.0, darker(darker(wood)));
    for (row, y) in [13.0_f32, 38.0, 63.0].into_iter().enumerate() {
        easel.panel((25.0, y), (50.0, 23.0), 0.4, darker(wood));
        for (book, colour) in SPINES.iter().cycle().skip(row).take(7).enumerate() {
            let (place, short) = (f32::from(u8::try_from(book).unwrap_or(0)), if book % 3 == 1 { 4.0 } else { 0.0 });
            easel.board((27.0 + 5.2 * place, y + 5.0 + short), (4.4, 17.5 - short), 0.5, *colour);
        }
    }
    for y in [9.0, 35.0, 60.0, 86.0] {
        easel.board((21.0, y), (58.0, 4.0), 0.8, wood);
    }
    easel.board((20.5, 9.0), (4.0, 81.0), 0.8, wood);
    easel.board((75.5, 9.0), (4.0, 81.0), 0.8, wood);
}

pub(super) fn bed(easel: &mut Easel, tone: Tone) {
    let wood = wood(tone);
    room(easel);
    easel.shadow((50.0, 88.0), (46.0, 5.0));
    easel.board((18.0, 28.0), (64.0, 36.0), 2.0, wood);
    for x in [30.0, 42.0, 54.0, 66.0] {
        easel.line(&[(x, 31.0), (x, 50.0)], 0.5, darker(wood));
    }
    easel.shape(&[(20.0, 52.0), (80.0, 52.0), (90.0, 76.0), (10.0, 76.0)], 2.0, [240, 238, 232]);
    easel.board((24.0, 46.0), (24.0, 9.0), 3.5, [252, 250, 246]);
    easel.board((52.0, 46.0), (24.0, 9.0), 3.5, [252, 250, 246]);
    easel.shape(&[(17.0, 62.0), (83.0, 62.0), (91.0, 78.0), (9.0, 78.0)], 1.5, [142, 160, 158]);
    easel.board((7.0, 76.0), (86.0, 8.0), 1.2, wood);
    for x in [9.0, 87.0] {
        easel.board((x, 83.0), (4.0, 7.0), 0.6, darker(wood));
    }
}
