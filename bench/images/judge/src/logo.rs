//! A logo: flat colours, hard edges, lines of letters, on nothing.

use crate::picture::{Picture, Pixel, byte};

/// How finely edges are measured, in parts of a pixel.
const PARTS: usize = 4;
const NAVY: [u8; 3] = [16, 42, 92];
const CORAL: [u8; 3] = [240, 84, 70];
const GOLD: [u8; 3] = [250, 190, 40];

/// Letters as typewriters had them, five dots wide and seven high: a row per number, its highest bit on the left.
const LETTERS: [[u8; 7]; 4] = [
    [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100],
    [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
    [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111],
    [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
];

/// Paints the logo, twice as wide as it is high.
pub(crate) fn logo(width: usize) -> Picture {
    let height = width / 2;
    Picture::painted(width, height, |row, pixels| {
        for (column, pixel) in pixels.iter_mut().enumerate() {
            *pixel = average(|part_x, part_y| {
                let x = (column as f32 + part_x) / height as f32;
                colour_at(x, (row as f32 + part_y) / height as f32)
            });
        }
    })
}

/// What is at a point, in heights of the logo; `None` where there is nothing.
fn colour_at(x: f32, y: f32) -> Option<[u8; 3]> {
    let from_middle = (x - 0.5).hypot(y - 0.5);
    if (0.30..0.42).contains(&from_middle) {
        return Some(if x + y < 1.0 { CORAL } else { NAVY });
    }
    if from_middle < 0.22 {
        return Some(GOLD);
    }
    // One line of large letters, and below it smaller ones.
    let lines = [(0.22, 0.04, 4), (0.62, 0.012, 16), (0.75, 0.006, 32), (0.84, 0.003, 48)];
    lines.into_iter().find_map(|(top, dot, letters)| {
        let (column, row) = (((x - 1.0) / dot).floor(), ((y - top) / dot).floor());
        if column < 0.0 || !(0.0..7.0).contains(&row) {
            return None;
        }
        let (letter, column) = (column as usize / 6, column as usize % 6);
        let there = letter < letters && column < 5 && LETTERS[letter % 4][row as usize] & (0b10000 >> column) != 0;
        there.then_some(NAVY)
    })
}

/// What an edge leaves of a pixel.
fn average(colour_at: impl Fn(f32, f32) -> Option<[u8; 3]>) -> Pixel {
    let places = (0..PARTS * PARTS).map(|n| (n % PARTS, n / PARTS));
    let middle = |part: usize| (part as f32 + 0.5) / PARTS as f32;
    let seen: Vec<_> = places.filter_map(|(x, y)| colour_at(middle(x), middle(y))).collect();
    let share = 1.0 / seen.len().max(1) as f32;
    let mean = |channel: usize| byte(seen.iter().map(|colour| f32::from(colour[channel])).sum::<f32>() * share);
    [mean(0), mean(1), mean(2), byte(255.0 * seen.len() as f32 / (PARTS * PARTS) as f32)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_flat_and_has_edges_and_holes() {
        let logo = logo(400);
        let share = |wanted: fn(&Pixel) -> bool| {
            logo.pixels.iter().filter(|pixel| wanted(pixel)).count() as f32 / logo.pixels.len() as f32
        };

        assert!(share(|pixel| pixel[3] == 0) > 0.4);
        assert!(share(|pixel| *pixel == [16, 42, 92, 255]) > 0.05);
        assert!(share(|pixel| (1..255).contains(&pixel[3])) > 0.01);
    }
}
