//! GIFs, block by block.

use super::{CORNERS, SIZE, picture};

/// A GIF to be.
#[derive(Clone)]
pub(crate) struct Gif {
    canvas: (u16, u16),
    blocks: Vec<u8>,
}

/// A picture on the canvas.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) left: u16,
    pub(crate) top: u16,
    pub(crate) size: (u16, u16),
    pub(crate) interlaced: bool,
    /// A number of the palette for all pixels, or nothing for the standard picture.
    pub(crate) plain: Option<u8>,
}

impl Frame {
    /// The standard picture at its place.
    pub(crate) const STANDARD: Self =
        Self { left: 0, top: 0, size: (SIZE.0 as u16, SIZE.1 as u16), interlaced: false, plain: None };
}

impl Gif {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        Self { canvas: (width, height), blocks: Vec::new() }
    }

    /// The standard picture.
    pub(crate) fn standard() -> Self {
        Self::new(SIZE.0 as u16, SIZE.1 as u16).frame(Frame::STANDARD)
    }

    pub(crate) fn frame(mut self, frame: Frame) -> Self {
        self.blocks.push(0x2C);
        for number in [frame.left, frame.top, frame.size.0, frame.size.1] {
            self.blocks.extend(number.to_le_bytes());
        }
        self.blocks.push(if frame.interlaced { 0x40 } else { 0 });
        // Seven bits a pixel.
        self.blocks.push(7);
        let words = match frame.plain {
            Some(number) => run(number, usize::from(frame.size.0) * usize::from(frame.size.1)),
            // Not compressed: the table of words is thrown away (0x80) before words get longer than a byte.
            None => pixels(&frame).chunks(100).flat_map(|part| [&[0x80], part].concat()).chain([0x81]).collect(),
        };
        self.sub_blocks(&words);
        self
    }

    /// A block of this kind: 0xFE is a comment, 0xFF an application's, 0xF9 says how to show the next picture.
    pub(crate) fn extension(mut self, kind: u8, content: &[u8]) -> Self {
        self.blocks.extend([0x21, kind]);
        self.sub_blocks(content);
        self
    }

    /// Any bytes in the place of a block.
    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.blocks.extend(bytes);
        self
    }

    fn sub_blocks(&mut self, content: &[u8]) {
        for part in content.chunks(255) {
            self.blocks.push(part.len() as u8);
            self.blocks.extend(part);
        }
        self.blocks.push(0);
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = b"GIF89a".to_vec();
        out.extend(self.canvas.0.to_le_bytes());
        out.extend(self.canvas.1.to_le_bytes());
        // A palette of 128 colours, the first four of which are there.
        out.extend([0xF6, 0, 0]);
        out.extend(CORNERS.iter().flat_map(|colour| [colour[0], colour[1], colour[2]]));
        out.resize(13 + 128 * 3, 0);
        out.extend(&self.blocks);
        out.push(0x3B);
        out
    }
}

/// The numbers of a frame's pixels, in the order in which they are written.
fn pixels(frame: &Frame) -> Vec<u8> {
    let (width, height) = (usize::from(frame.size.0), usize::from(frame.size.1));
    let picture = picture();
    let number = |x: usize, y: usize| {
        let pixel = picture.get_pixel(x as u32 * SIZE.0 / width as u32, y as u32 * SIZE.1 / height as u32).0;
        CORNERS.iter().position(|&colour| colour == pixel).unwrap_or_default() as u8
    };
    let passes: &[(usize, usize)] = if frame.interlaced { &[(0, 8), (4, 8), (2, 4), (1, 2)] } else { &[(0, 1)] };
    let rows = passes.iter().flat_map(|&(first, step)| (first..height).step_by(step));
    rows.flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| number(x, y)).collect()
}

/// So many pixels of one colour, compressed as well as can be: each word stands for one pixel more than the last one.
fn run(number: u8, mut count: usize) -> Vec<u8> {
    const CLEAR: usize = 0x80;
    const END: usize = 0x81;
    let mut out = vec![CLEAR as u8, number];
    count = count.saturating_sub(1);
    let (mut buffer, mut bits, mut known) = (0, 0, END + 1);
    let mut push = |word: usize, known: usize| {
        buffer |= word << bits;
        bits += (usize::BITS - known.leading_zeros()).min(12);
        while bits >= 8 {
            out.push(buffer as u8);
            (buffer, bits) = (buffer >> 8, bits - 8);
        }
    };
    while count > 0 {
        let length = (known.min(0xFFF) - CLEAR).min(count);
        push(if length == 1 { number.into() } else { CLEAR + length }, known);
        count -= length;
        known = (known + 1).min(0x1000);
    }
    push(END, known);
    push(0, 0xFF);
    out
}
