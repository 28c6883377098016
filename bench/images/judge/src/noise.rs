//! Numbers that look random and are the same everywhere.

/// A stream of numbers: SplitMix64.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The stream that `seed` begins.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, evenly spread over 0..1.
    pub(crate) fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 40) as f32 / (1_u32 << 24) as f32
    }

    /// The next number, evenly spread between two.
    pub(crate) fn between(&mut self, least: f32, most: f32) -> f32 {
        least + (most - least) * self.unit()
    }
}

/// White noise: a number of its own for each point of a grid, evenly spread over -1..1.
pub(crate) fn white(x: i32, y: i32, layer: u32) -> f32 {
    let mut bits =
        (x as u32).wrapping_mul(0x85EB_CA6B) ^ (y as u32).wrapping_mul(0xC2B2_AE35) ^ layer.wrapping_mul(0x27D4_EB2F);
    bits = (bits ^ (bits >> 15)).wrapping_mul(0x2C1B_3C6D);
    bits = (bits ^ (bits >> 12)).wrapping_mul(0x297A_2D39);
    bits ^= bits >> 15;
    (bits >> 8) as f32 / (1_u32 << 23) as f32 - 1.0
}

/// Smooth noise: [`white`] at whole coordinates, and without corners in between.
pub(crate) fn smooth(x: f32, y: f32, layer: u32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (u, v) = (ease(x - left), ease(y - top));
    let (left, top) = (left as i32, top as i32);
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let above = mix(white(left, top, layer), white(left + 1, top, layer), u);
    let below = mix(white(left, top + 1, layer), white(left + 1, top + 1, layer), u);
    mix(above, below, v)
}

/// Noise of several octaves, each twice as fine as the one before and `gain` times as strong.
pub(crate) fn octaves(x: f32, y: f32, count: u32, gain: f32) -> f32 {
    let mut sum = 0.0;
    let (mut frequency, mut strength) = (1.0, 1.0);
    for octave in 0..count {
        sum += strength * smooth(x * frequency, y * frequency, octave);
        frequency *= 2.0;
        strength *= gain;
    }
    sum
}

/// What a sensor adds, after the camera has smoothed it: neighbours are alike, and few points stick out.
pub(crate) fn grain(x: i32, y: i32, layer: u32) -> f32 {
    0.5 * (white(x, y, layer) + white(x + 1, y, layer) + white(x, y + 1, layer) + white(x + 1, y + 1, layer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_spread_evenly_around_nothing() {
        let values: Vec<_> = (0..10_000).map(|n| white(n % 100, n / 100, 3)).collect();

        let mean = values.iter().sum::<f32>() / 10_000.0;
        let variance = values.iter().map(|value| value * value).sum::<f32>() / 10_000.0;
        assert!(mean.abs() < 0.02, "{mean}");
        assert!((variance - 1.0 / 3.0).abs() < 0.02, "{variance}");
    }

    #[test]
    fn smooth_noise_is_white_noise_at_whole_coordinates() {
        assert_eq!(smooth(3.0, -2.0, 1), white(3, -2, 1));
        assert!((smooth(3.001, -2.0, 1) - white(3, -2, 1)).abs() < 0.001);
    }
}
