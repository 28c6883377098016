//! Pixels in memory, before any encoder has seen them.

use crate::bands::fill_rows;

/// A pixel: red, green, blue and opacity, not multiplied, in sRGB.
pub(crate) type Pixel = [u8; 4];

/// A picture of eight bits per channel, as a viewer shows it.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<Pixel>,
}

impl Picture {
    /// Paints each row with `paint`, which is given its number.
    pub(crate) fn painted(width: usize, height: usize, paint: impl Fn(usize, &mut [Pixel]) + Sync) -> Self {
        let mut pixels = vec![[0; 4]; width * height];
        fill_rows(&mut pixels, width, paint);
        Self { width, height, pixels }
    }

    /// The picture turned a quarter to the left, as a phone's sensor sees what an EXIF orientation of 6 turns back.
    pub(crate) fn turned_left(&self) -> Self {
        Self::painted(self.height, self.width, |row, pixels| {
            for (column, pixel) in pixels.iter_mut().enumerate() {
                *pixel = self.pixels[column * self.width + (self.width - 1 - row)];
            }
        })
    }

    /// The square in its middle, as wide as its shorter side.
    pub(crate) fn square(&self) -> Self {
        let side = self.width.min(self.height);
        let (left, top) = ((self.width - side) / 2, (self.height - side) / 2);
        Self::painted(side, side, |row, pixels| {
            let from = (top + row) * self.width + left;
            pixels.copy_from_slice(&self.pixels[from..from + side]);
        })
    }

    /// Red, green and blue of all pixels, one after the other.
    pub(crate) fn rgb(&self) -> Vec<u8> {
        self.pixels.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]).collect()
    }
}

/// The nearest byte.
pub(crate) fn byte(value: f32) -> u8 {
    // A cast from a float keeps within the byte's bounds.
    value.round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(width: usize, height: usize) -> Picture {
        Picture::painted(width, height, |row, pixels| {
            pixels.iter_mut().enumerate().for_each(|(column, pixel)| *pixel = [row as u8, column as u8, 0, 255]);
        })
    }

    #[test]
    fn turning_left_brings_the_right_edge_to_the_top() {
        let turned = numbered(3, 2).turned_left();

        assert_eq!((turned.width, turned.height), (2, 3));
        let places: Vec<_> = turned.pixels.iter().map(|pixel| (pixel[0], pixel[1])).collect();
        assert_eq!(places, [(0, 2), (1, 2), (0, 1), (1, 1), (0, 0), (1, 0)]);
    }

    #[test]
    fn the_square_lies_in_the_middle() {
        let square = numbered(5, 3).square();

        assert_eq!((square.width, square.height), (3, 3));
        assert_eq!(square.pixels[0], [0, 1, 0, 255]);
        assert_eq!(square.pixels[8], [2, 3, 0, 255]);
    }
}
