//! Covers of books.

use super::Tone;
use super::easel::{Easel, FLOOR, Rgb, WALL, darker, lighter, mixed};

pub(super) fn cover(easel: &mut Easel, tone: Tone) {
    let colour: Rgb = tone.of([[226, 208, 172], [44, 52, 74], [180, 74, 52], [66, 104, 82], [58, 100, 148]]);
    let ink = if tone == Tone::Light { [92, 66, 44] } else { [244, 236, 220] };
    easel.backdrop(WALL, FLOOR);
    easel.shadow((52.0, 91.0), (36.0, 4.0));
    // The pages, then the cover before them, then its back.
    easel.panel((27.0, 12.0), (50.0, 78.0), 0.8, [240, 234, 220]);
    easel.panel((24.0, 10.0), (50.0, 78.0), 1.0, colour);
    easel.panel((24.0, 10.0), (4.0, 78.0), 1.0, darker(colour));
    easel.panel((33.0, 17.0), (36.0, 3.0), 0.4, ink);
    easel.panel((33.0, 22.5), (25.0, 3.0), 0.4, ink);
    scene(easel, colour, ink, tone);
    easel.panel((33.0, 80.0), (18.0, 1.6), 0.3, mixed(ink, colour, 30));
}

/// What is on the cover: a different scene in each colour.
fn scene(easel: &mut Easel, colour: Rgb, ink: Rgb, tone: Tone) {
    match tone {
        Tone::Light => {
            easel.flat(&[(49.0, 36.0), (53.0, 36.0), (56.0, 74.0), (46.0, 74.0)], 0.4, ink);
            easel.flat(&[(53.0, 38.0), (69.0, 32.0), (69.0, 44.0)], 0.2, [222, 160, 70]);
        }
        Tone::Dark => {
            easel.disc((51.0, 52.0), (13.0, 13.0), [236, 214, 150]);
            easel.disc((56.0, 49.0), (12.0, 12.0), colour);
        }
        Tone::Warm => {
            for ring in [17.0, 12.0, 7.0, 3.0] {
                easel.disc((51.0, 54.0), (ring, ring), if ring == 12.0 || ring == 3.0 { colour } else { ink });
            }
        }
        Tone::Green => {
            easel.line(&[(51.0, 76.0), (51.0, 44.0)], 1.6, ink);
            for (y, reach) in [(66.0, 13.0), (58.0, 11.0), (50.0, 8.0)] {
                easel.bow(
                    [(51.0, y), (51.0 - reach / 2.0, y), (51.0 - reach, y - 4.0), (51.0 - reach, y - 9.0)],
                    1.4,
                    ink,
                );
                easel.bow(
                    [(51.0, y), (51.0 + reach / 2.0, y), (51.0 + reach, y - 4.0), (51.0 + reach, y - 9.0)],
                    1.4,
                    ink,
                );
            }
        }
        Tone::Blue => {
            for wave in [52.0, 58.0, 64.0, 70.0] {
                easel.bow([(33.0, wave), (43.0, wave - 8.0), (57.0, wave + 8.0), (69.0, wave)], 1.6, lighter(colour));
            }
            easel.flat(&[(50.0, 34.0), (50.0, 48.0), (41.0, 48.0)], 0.3, ink);
            easel.flat(&[(52.0, 37.0), (52.0, 48.0), (59.0, 48.0)], 0.3, ink);
        }
    }
}
