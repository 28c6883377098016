//! A picture with the statistics of a photo.
//!
//! Opaque leaves of all sizes, small ones more often (radius^-3), that lie over each other: the model of natural images
//! known as *dead leaves*, which has their edges and their spectrum. Each leaf has a shade and a texture of its own,
//! some lie out of focus; behind them is a wall that is nearly flat; and over all lies the grain of a sensor.

use crate::noise::{Dice, grain, octaves};
use crate::picture::{Picture, Pixel, byte};

const LEAVES: usize = 2_600;
/// Of the leaves' radii, in short sides of the picture.
const SMALLEST: f32 = 0.004;
const LARGEST: f32 = 0.30;
/// What the lens leaves of an edge in focus, in short sides: a pixel of twelve megapixels.
const SHARP: f32 = 0.000_35;
/// How strong the grain is, of 255: that of a phone in daylight.
const GRAIN: f32 = 3.2;
const GRAIN_OF_COLOUR: f32 = 1.6;

type Colour = [f32; 3];

/// An ellipse on the wall. Lengths are in short sides of the picture.
struct Leaf {
    centre: (f32, f32),
    radius: f32,
    /// The ellipse's axes: a turn and a squeeze.
    turn: (f32, f32),
    squeeze: f32,
    colour: Colour,
    /// How much lighter it is at its upper left than in its middle.
    light: f32,
    texture: Texture,
    /// How wide its edge is.
    edge: f32,
}

#[derive(Clone, Copy, Default)]
struct Texture {
    strength: f32,
    /// Cells in a short side.
    cells: f32,
}

/// Paints the scene that `seed` chooses.
pub(crate) fn photo(width: usize, height: usize, seed: u64) -> Picture {
    let short = width.min(height) as f32;
    let (across, down) = (width as f32 / short, height as f32 / short);
    let leaves = leaves(&mut Dice::new(seed), across, down);
    Picture::painted(width, height, |row, pixels| {
        let y = (row as f32 + 0.5) / short;
        let mut colours: Vec<_> = (0..width).map(|column| wall((column as f32 + 0.5) / short, y)).collect();
        let mut textures = vec![Texture::default(); width];
        for leaf in leaves.iter().filter(|leaf| (leaf.centre.1 - y).abs() < leaf.reach()) {
            leaf.paint(y, short, &mut colours, &mut textures);
        }
        for (column, pixel) in pixels.iter_mut().enumerate() {
            *pixel = developed(colours[column], textures[column], (column, row), short);
        }
    })
}

/// The scene, cut out: a thing of half the picture's area, partly of glass, with its shadow, on nothing.
pub(crate) fn cut_out(width: usize, height: usize, seed: u64) -> Picture {
    let mut picture = photo(width, height, seed);
    let (middle_x, middle_y) = (width as f32 / 2.0, height as f32 * 0.47);
    let (wide, high) = (width as f32 * 0.36, height as f32 * 0.40);
    for (row, pixels) in picture.pixels.chunks_mut(width).enumerate() {
        let y = (row as f32 - middle_y) / high;
        for (column, pixel) in pixels.iter_mut().enumerate() {
            let x = (column as f32 - middle_x) / wide;
            // From the rim, in pixels, as far as that matters: inwards is positive.
            let inside = (1.0 - (x.powi(4) + y.powi(4)).powf(0.25)) * high;
            let glass = if x > 0.45 { 0.5 } else { 1.0 };
            let thing = (inside + 0.5).clamp(0.0, 1.0) * glass;
            let below = (x / 1.1).hypot((y - 1.0) / 0.22);
            let shadow = 0.45 * (1.0 - below).clamp(0.0, 1.0);
            let opacity = thing + shadow * (1.0 - thing);
            let share = if opacity > 0.0 { thing / opacity } else { 0.0 };
            let [red, green, blue, _] = pixel.map(|value| byte(f32::from(value) * share));
            *pixel = [red, green, blue, byte(255.0 * opacity)];
        }
    }
    picture
}

/// Large ones first, so that small ones lie on top; in the upper third few, as in a photo with a sky or a wall.
fn leaves(dice: &mut Dice, across: f32, down: f32) -> Vec<Leaf> {
    let mut leaves: Vec<_> = (0..LEAVES).map(|_| leaf(dice, across, down)).collect();
    leaves.sort_by(|a, b| b.radius.total_cmp(&a.radius));
    leaves
}

fn leaf(dice: &mut Dice, across: f32, down: f32) -> Leaf {
    let (few, many) = (LARGEST.powi(-2), SMALLEST.powi(-2));
    let radius = (many + (few - many) * dice.unit()).powf(-0.5) * if dice.unit() < 0.03 { 12.0 } else { 1.0 };
    let height = if dice.unit() < 0.1 { dice.unit() } else { dice.between(0.36, 1.05) };
    let turn = dice.between(0.0, std::f32::consts::PI).sin_cos();
    let luma = dice.between(35.0, 215.0);
    let tint = [dice.between(-38.0, 38.0), dice.between(-26.0, 26.0), dice.between(-38.0, 38.0)];
    let in_focus = dice.unit() < 0.7;
    let busy = if dice.unit() < 0.4 { 24.0 } else { 5.0 };
    Leaf {
        centre: (dice.between(-0.05, 1.05) * across, height * down),
        radius: radius.min(LARGEST),
        turn,
        squeeze: dice.between(1.0, 2.6),
        colour: tint.map(|tint| luma + tint),
        light: dice.between(0.0, 40.0),
        texture: Texture {
            strength: if in_focus { dice.between(0.0, busy) } else { 0.0 },
            cells: dice.between(60.0, 500.0),
        },
        edge: if in_focus { SHARP } else { dice.between(0.002, 0.015) },
    }
}

impl Leaf {
    fn reach(&self) -> f32 {
        self.radius + self.edge
    }

    /// Paints what the row at `y` sees of it.
    fn paint(&self, y: f32, short: f32, colours: &mut [Colour], textures: &mut [Texture]) {
        let first = ((self.centre.0 - self.reach()) * short).max(0.0) as usize;
        let last = (((self.centre.0 + self.reach()) * short).max(0.0) as usize).min(colours.len());
        let (sine, cosine) = self.turn;
        let down = (y - self.centre.1) / self.radius;
        for column in first..last {
            let right = ((column as f32 + 0.5) / short - self.centre.0) / self.radius;
            let (along, aside) = (right * cosine + down * sine, (down * cosine - right * sine) * self.squeeze);
            let from_middle = along.hypot(aside);
            let cover = ((1.0 - from_middle) * self.radius / self.edge + 0.5).clamp(0.0, 1.0);
            if cover <= 0.0 {
                continue;
            }
            let light = -self.light * (right + down) * 0.7;
            for (colour, own) in colours[column].iter_mut().zip(self.colour) {
                *colour += (own + light - *colour) * cover;
            }
            if cover > 0.5 {
                textures[column] = self.texture;
            }
        }
    }
}

/// Nearly flat, and lighter above.
fn wall(x: f32, y: f32) -> Colour {
    let light = 205.0 - 70.0 * y + 9.0 * octaves(x * 2.0, y * 2.0, 2, 0.5);
    [light, light - 4.0, light - 12.0]
}

/// What the camera makes of it: texture, grain, and eight bits.
fn developed(colour: Colour, texture: Texture, (column, row): (usize, usize), short: f32) -> Pixel {
    let (x, y) = (column as f32 / short * texture.cells, row as f32 / short * texture.cells);
    let relief = if texture.strength > 0.5 { texture.strength * octaves(x, y, 3, 0.65) } else { 0.0 };
    let (column, row) = (column as i32, row as i32);
    let common = relief + GRAIN * grain(column, row, 100);
    let mut layer = 100;
    let [red, green, blue] = colour.map(|value| {
        layer += 1;
        byte(value + common + GRAIN_OF_COLOUR * grain(column, row, layer))
    });
    [red, green, blue, 255]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_paints_the_same_photo() {
        assert_eq!(photo(64, 48, 1).pixels, photo(64, 48, 1).pixels);
        assert_ne!(photo(64, 48, 1).pixels, photo(64, 48, 2).pixels);
    }

    #[test]
    fn a_photo_is_neither_flat_nor_noise() {
        let photo = photo(400, 300, 7);
        let luma: Vec<_> = photo.pixels.iter().map(|pixel| f32::from(pixel[1])).collect();
        let mean = luma.iter().sum::<f32>() / luma.len() as f32;
        let spread = luma.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / luma.len() as f32;
        let step = luma.windows(2).map(|pair| (pair[0] - pair[1]).powi(2)).sum::<f32>() / luma.len() as f32;

        assert!(spread > 400.0, "{spread}");
        assert!(step < spread / 2.0, "neighbours are alike: {step} of {spread}");
    }

    #[test]
    fn a_cut_out_has_every_kind_of_opacity() {
        let picture = cut_out(200, 150, 3);
        let share = |wanted: fn(u8) -> bool| {
            picture.pixels.iter().filter(|pixel| wanted(pixel[3])).count() as f32 / picture.pixels.len() as f32
        };

        assert!(share(|alpha| alpha == 0) > 0.2);
        assert!(share(|alpha| alpha == 255) > 0.2);
        assert!(share(|alpha| (1..255).contains(&alpha)) > 0.05);
    }
}
