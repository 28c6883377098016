//! A square sheet of paper, a hundred units wide and high, and what can be drawn on it.

use tiny_skia::{
    Color, FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Path, PathBuilder, Pixmap, Point,
    RadialGradient, Rect, Shader, SpreadMode, Stroke, Transform,
};

/// Pixels of a side.
const SIDE: u32 = 1_200;
/// Pixels of a unit.
const UNIT: f32 = 12.0;

/// Red, green and blue.
pub(super) type Rgb = [u8; 3];
/// A place on the sheet: from the left and from the top.
pub(super) type At = (f32, f32);

/// The colours of a wall and of a floor, on which most things stand.
pub(super) const WALL: Rgb = [244, 241, 236];
pub(super) const FLOOR: Rgb = [218, 211, 201];

pub(super) struct Easel(Pixmap);

impl Easel {
    pub(super) fn new() -> Option<Self> {
        Pixmap::new(SIDE, SIDE).map(Self)
    }

    /// Width, height, and the colours of all pixels.
    pub(super) fn finish(self) -> (u32, u32, Vec<u8>) {
        let pixels = self.0.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]);
        (self.0.width(), self.0.height(), pixels.collect())
    }

    /// Covers the sheet, from one colour above to another below.
    pub(super) fn backdrop(&mut self, top: Rgb, bottom: Rgb) {
        let shader = gradient((50.0, 0.0), (50.0, 100.0), top, bottom);
        if let Some(sheet) = Rect::from_xywh(0.0, 0.0, 100.0, 100.0) {
            self.fill(&PathBuilder::from_rect(sheet), shader);
        }
    }

    /// The soft shadow of something that stands around here.
    pub(super) fn shadow(&mut self, (x, y): At, (width, height): At) {
        let stops = vec![
            GradientStop::new(0.0, Color::from_rgba8(30, 24, 18, 110)),
            GradientStop::new(1.0, Color::TRANSPARENT),
        ];
        // A circle that is pressed flat.
        let flat = Transform::from_row(width, 0.0, 0.0, height, x, y);
        let centre = Point::from_xy(0.0, 0.0);
        let shader = RadialGradient::new(centre, 0.0, centre, 1.0, stops, SpreadMode::Pad, flat);
        let oval = Rect::from_xywh(x - width, y - height, 2.0 * width, 2.0 * height).and_then(PathBuilder::from_oval);
        if let (Some(oval), Some(shader)) = (oval, shader) {
            self.fill(&oval, shader);
        }
    }

    /// A shape with so rounded corners; lighter to the left and darker to the right, as if a window were there.
    pub(super) fn shape(&mut self, corners: &[At], rounding: f32, colour: Rgb) {
        let Some(path) = outline(corners, true) else { return };
        let bounds = path.bounds();
        let (left, right) = ((bounds.left(), bounds.top()), (bounds.right(), bounds.bottom()));
        let shader = gradient(left, right, mixed(colour, [255; 3], 16), mixed(colour, [0; 3], 20));
        self.rounded(&path, rounding, shader);
    }

    /// A shape of one colour.
    pub(super) fn flat(&mut self, corners: &[At], rounding: f32, colour: Rgb) {
        if let Some(path) = outline(corners, true) {
            self.rounded(&path, rounding, solid(colour));
        }
    }

    /// A box with so rounded corners, shaded as a [`Self::shape`].
    pub(super) fn board(&mut self, (x, y): At, (width, height): At, rounding: f32, colour: Rgb) {
        let r = rounding;
        let corners =
            [(x + r, y + r), (x + width - r, y + r), (x + width - r, y + height - r), (x + r, y + height - r)];
        self.shape(&corners, r, colour);
    }

    /// A box of one colour.
    pub(super) fn panel(&mut self, (x, y): At, (width, height): At, rounding: f32, colour: Rgb) {
        let r = rounding;
        let corners =
            [(x + r, y + r), (x + width - r, y + r), (x + width - r, y + height - r), (x + r, y + height - r)];
        self.flat(&corners, r, colour);
    }

    /// A disc that is lighter above.
    pub(super) fn disc(&mut self, (x, y): At, (width, height): At, colour: Rgb) {
        let oval = Rect::from_xywh(x - width, y - height, 2.0 * width, 2.0 * height).and_then(PathBuilder::from_oval);
        let (light, dark) = (mixed(colour, [255; 3], 18), mixed(colour, [0; 3], 18));
        if let Some(oval) = oval {
            self.fill(&oval, gradient((x, y - height), (x, y + height), light, dark));
        }
    }

    /// A line through these places.
    pub(super) fn line(&mut self, places: &[At], width: f32, colour: Rgb) {
        if let Some(path) = outline(places, false) {
            self.stroke(&path, width, solid(colour));
        }
    }

    /// A bow from one place to another, drawn towards two others.
    pub(super) fn bow(&mut self, [from, first, second, to]: [At; 4], width: f32, colour: Rgb) {
        let mut path = PathBuilder::new();
        path.move_to(from.0, from.1);
        path.cubic_to(first.0, first.1, second.0, second.1, to.0, to.1);
        if let Some(path) = path.finish() {
            self.stroke(&path, width, solid(colour));
        }
    }

    /// Fills an outline, and goes around it with a round brush: what is left of its corners is round.
    fn rounded(&mut self, path: &Path, rounding: f32, shader: Shader<'static>) {
        if rounding > 0.0 {
            self.stroke(path, 2.0 * rounding, shader.clone());
        }
        self.fill(path, shader);
    }

    fn fill(&mut self, path: &Path, shader: Shader<'static>) {
        let paint = Paint { shader, ..Paint::default() };
        self.0.fill_path(path, &paint, FillRule::Winding, Transform::from_scale(UNIT, UNIT), None);
    }

    fn stroke(&mut self, path: &Path, width: f32, shader: Shader<'static>) {
        let paint = Paint { shader, ..Paint::default() };
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        self.0.stroke_path(path, &paint, &stroke, Transform::from_scale(UNIT, UNIT), None);
    }
}

/// A colour with so many percent of another.
pub(super) fn mixed(colour: Rgb, other: Rgb, percent: u16) -> Rgb {
    let mix = |(one, two): (u8, u8)| {
        let mixed = (u16::from(one) * (100 - percent.min(100)) + u16::from(two) * percent.min(100)) / 100;
        u8::try_from(mixed).unwrap_or(u8::MAX)
    };
    [(colour[0], other[0]), (colour[1], other[1]), (colour[2], other[2])].map(mix)
}

/// The same colour in the light.
pub(super) fn lighter(colour: Rgb) -> Rgb {
    mixed(colour, [255; 3], 30)
}

/// The same colour in the shade.
pub(super) fn darker(colour: Rgb) -> Rgb {
    mixed(colour, [0; 3], 35)
}

fn outline(places: &[At], closed: bool) -> Option<Path> {
    let (first, rest) = places.split_first()?;
    let mut path = PathBuilder::new();
    path.move_to(first.0, first.1);
    for (x, y) in rest {
        path.line_to(*x, *y);
    }
    if closed {
        path.close();
    }
    path.finish()
}

fn gradient(from: At, to: At, first: Rgb, last: Rgb) -> Shader<'static> {
    let stops = vec![GradientStop::new(0.0, opaque(first)), GradientStop::new(1.0, opaque(last))];
    let (from, to) = (Point::from_xy(from.0, from.1), Point::from_xy(to.0, to.1));
    let shader = LinearGradient::new(from, to, stops, SpreadMode::Pad, Transform::identity());
    shader.unwrap_or(Shader::SolidColor(opaque(first)))
}

fn solid(colour: Rgb) -> Shader<'static> {
    Shader::SolidColor(opaque(colour))
}

fn opaque([red, green, blue]: Rgb) -> Color {
    Color::from_rgba8(red, green, blue, 255)
}
