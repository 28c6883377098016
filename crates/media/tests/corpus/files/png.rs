//! PNGs of every kind, chunk by chunk.

use super::{SIZE, deflate, picture};

/// How a PNG holds its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Grey,
    Rgb,
    Palette,
    GreyAlpha,
    Rgba,
}

/// A PNG to be.
#[derive(Clone)]
pub(crate) struct Png {
    size: (u32, u32),
    depth: u8,
    kind: Kind,
    interlaced: bool,
    /// Between header and data.
    before: Vec<([u8; 4], Vec<u8>)>,
    /// What is inflated.
    data: Option<Vec<u8>>,
    /// Behind the data.
    after: Vec<([u8; 4], Vec<u8>)>,
}

impl Png {
    pub(crate) fn new(kind: Kind, depth: u8) -> Self {
        Self { size: SIZE, depth, kind, interlaced: false, before: Vec::new(), data: None, after: Vec::new() }
    }

    pub(crate) fn sized(self, width: u32, height: u32) -> Self {
        Self { size: (width, height), ..self }
    }

    pub(crate) fn interlaced(self) -> Self {
        Self { interlaced: true, ..self }
    }

    /// With a chunk before its data.
    pub(crate) fn with(mut self, name: &[u8; 4], content: impl Into<Vec<u8>>) -> Self {
        self.before.push((*name, content.into()));
        self
    }

    /// With a chunk behind its data.
    pub(crate) fn followed_by(mut self, name: &[u8; 4], content: impl Into<Vec<u8>>) -> Self {
        self.after.push((*name, content.into()));
        self
    }

    /// With this as its compressed data, whatever the pixels are.
    pub(crate) fn data(self, data: impl Into<Vec<u8>>) -> Self {
        Self { data: Some(data.into()), ..self }
    }

    /// The file, of the standard picture's colours.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = self.beginning();
        let data = self.data.clone().unwrap_or_else(|| deflate::stored(&self.rows()));
        chunk(&mut out, b"IDAT", &data);
        for (name, content) in &self.after {
            chunk(&mut out, name, content);
        }
        chunk(&mut out, b"IEND", &[]);
        out
    }

    /// What stands before the data.
    pub(crate) fn beginning(&self) -> Vec<u8> {
        let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
        let kind = [(Kind::Grey, 0), (Kind::Rgb, 2), (Kind::Palette, 3), (Kind::GreyAlpha, 4), (Kind::Rgba, 6)]
            .into_iter()
            .find_map(|(kind, number)| (kind == self.kind).then_some(number));
        let (width, height) = self.size;
        let header = [
            &width.to_be_bytes()[..],
            &height.to_be_bytes(),
            &[self.depth, kind.unwrap_or_default(), 0, 0, u8::from(self.interlaced)],
        ];
        chunk(&mut out, b"IHDR", &header.concat());
        for (name, content) in &self.before {
            chunk(&mut out, name, content);
        }
        out
    }

    /// The rows as they are before they are compressed, each behind the number of its filter.
    pub(crate) fn rows(&self) -> Vec<u8> {
        // Where a pass begins, and its steps: Adam7, or everything at once.
        let passes: &[(u32, u32, u32, u32)] = if self.interlaced {
            &[(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
        } else {
            &[(0, 0, 1, 1)]
        };
        let mut out = Vec::new();
        for &(left, top, across, down) in passes {
            for y in (top..self.size.1).step_by(down as usize) {
                let columns = (left..self.size.0).step_by(across as usize);
                if columns.len() > 0 {
                    out.push(0);
                    out.extend(self.packed(columns.flat_map(|x| self.pixel(x, y))));
                }
            }
        }
        out
    }

    /// The samples of a pixel, each up to 16 bits.
    fn pixel(&self, x: u32, y: u32) -> Vec<u16> {
        let picture = picture();
        let (width, height) = self.size;
        let nth = usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2);
        let [red, green, blue, alpha] =
            picture.get_pixel(nth as u32 % 2 * (SIZE.0 - 1), nth as u32 / 2 * (SIZE.1 - 1)).0;
        // The upper bits of a brightness, or the byte twice.
        let wide =
            |value: u8| if self.depth == 16 { u16::from(value) * 0x101 } else { u16::from(value >> (8 - self.depth)) };
        let grey = GREYS[nth];
        match self.kind {
            Kind::Grey => vec![wide(grey)],
            Kind::GreyAlpha => vec![wide(grey), wide(alpha)],
            Kind::Rgb => [red, green, blue].map(wide).to_vec(),
            Kind::Rgba => [red, green, blue, alpha].map(wide).to_vec(),
            Kind::Palette => vec![nth as u16 & ((1 << self.depth) - 1)],
        }
    }

    fn packed(&self, samples: impl Iterator<Item = u16>) -> Vec<u8> {
        let samples: Vec<_> = samples.collect();
        match self.depth {
            16 => samples.iter().flat_map(|sample| sample.to_be_bytes()).collect(),
            8 => samples.iter().map(|&sample| sample as u8).collect(),
            depth => {
                let pack = |part: &[u16]| {
                    let filled = part.iter().fold(0, |byte, &sample| byte << depth | sample);
                    (filled << (depth as usize * (8 / depth as usize - part.len()))) as u8
                };
                samples.chunks(8 / usize::from(depth)).map(pack).collect()
            }
        }
    }
}

/// How bright the quarters of grey pictures are. One bit holds two of them.
pub(crate) const GREYS: [u8; 4] = [0, 255, 85, 170];

/// The standard picture as most write it.
pub(crate) fn standard() -> Png {
    Png::new(Kind::Rgb, 8)
}

/// With the palette of the standard picture.
pub(crate) fn with_palette(depth: u8) -> Png {
    let colours = super::CORNERS.iter().take(1 << depth).flat_map(|colour| [colour[0], colour[1], colour[2]]);
    Png::new(Kind::Palette, depth).with(b"PLTE", colours.collect::<Vec<_>>())
}

/// Appends a chunk.
pub(crate) fn chunk(png: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    let named = [name, data].concat();
    png.extend((data.len() as u32).to_be_bytes());
    png.extend(&named);
    png.extend(deflate::crc32(&named).to_be_bytes());
}
