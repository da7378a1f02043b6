//! The sheet of paper, and the marks that a page is made of.

use super::fonts::Weight;
use super::lines::Line;
use super::structure::ElementId;

/// The sizes of words, in points.
pub const TITLE: f32 = 16.0;
pub const SMALL_TITLE: f32 = 14.0;
pub const HEADING: f32 = 12.0;
pub const CAPTION: f32 = 10.5;
pub const BODY: f32 = 10.0;
pub const TABLE: f32 = 9.0;
pub const SMALL: f32 = 8.0;
/// The smallest that most eyes read without effort.
pub const SMALLEST: f32 = 6.5;

/// From a line of words to the next, for one point of size.
pub const LEADING: f32 = 1.3;
/// From the top of a line to the foot of its letters, for one point of size.
const BASELINE: f32 = 0.98;

/// What a page leaves empty on each side.
pub const MARGIN: f32 = 48.0;
/// Where the foot of a page begins, from its end.
const FOOT: f32 = 34.0;

/// Red, green, blue.
pub type Colour = (u8, u8, u8);
pub const BLACK: Colour = (0x1a, 0x1a, 0x1a);
pub const NAVY: Colour = (0x1b, 0x36, 0x5d);
pub const GREY: Colour = (0x55, 0x5b, 0x63);
pub const HAIRLINE: Colour = (0xd0, 0xd5, 0xdb);
pub const SHADE: Colour = (0xe8, 0xed, 0xf3);
pub const FAINT: Colour = (0xf3, 0xf5, 0xf8);
pub const AMBER: Colour = (0xff, 0xf1, 0xcc);
pub const BROWN: Colour = (0x6b, 0x3d, 0x00);

/// The sides of a sheet and what its pages keep free for their foot.
#[derive(Clone, Copy, Debug)]
pub struct Sheet {
    pub width: f32,
    pub height: f32,
}

impl Sheet {
    /// Returns A4.
    pub fn a4(landscape: bool) -> Sheet {
        let (short, long) = (595.28, 841.89);
        if landscape { Sheet { width: long, height: short } } else { Sheet { width: short, height: long } }
    }

    /// Returns how wide the words of a page may be.
    pub fn measure(self) -> f32 {
        self.width - 2.0 * MARGIN
    }

    /// Returns where the right margin begins.
    pub fn right(self) -> f32 {
        self.width - MARGIN
    }

    /// Returns where the foot begins when it has this many lines.
    pub fn foot(self, lines: usize) -> f32 {
        let more = lines.saturating_sub(1) as f32;
        self.height - FOOT - more * SMALL * LEADING
    }
}

/// What a mark is to someone who does not see the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Content, said where its element stands.
    Element(ElementId),
    /// What a page repeats at its head, not said.
    Head,
    /// What a page repeats at its foot, not said.
    Foot,
    /// A rule or a background, not said.
    Look,
}

/// A rectangle.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

/// Something drawn.
#[derive(Clone, Debug)]
pub enum Mark {
    /// Words: `y` is the foot of their letters.
    Words { x: f32, y: f32, text: String, weight: Weight, size: f32, colour: Colour, part: Part },
    /// A filled rectangle: a background, or a rule when it is thin.
    Fill { area: Area, colour: Colour },
    /// The four sides of a rectangle.
    Frame { area: Area, colour: Colour },
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Ink {
    pub size: f32,
    pub colour: Colour,
    pub part: Part,
}

/// A page: its marks in drawing order.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub marks: Vec<Mark>,
}

impl Page {
    /// Draws a line of words whose top left corner is there.
    pub fn line(&mut self, x: f32, top: f32, line: &Line, ink: Ink) {
        for piece in &line.pieces {
            self.marks.push(Mark::Words {
                x: x + piece.x,
                y: top + ink.size * BASELINE,
                text: piece.text.clone(),
                weight: piece.weight,
                size: ink.size,
                colour: ink.colour,
                part: ink.part,
            });
        }
    }

    /// Draws a line of words that ends there.
    pub fn line_to(&mut self, right: f32, top: f32, line: &Line, ink: Ink) {
        self.line(right - line.width, top, line, ink);
    }

    /// Draws a rule under this height.
    pub fn rule(&mut self, x: f32, y: f32, width: f32, thickness: f32, colour: Colour) {
        self.fill(Area { x, y, width, height: thickness }, colour);
    }

    /// Fills a rectangle.
    pub fn fill(&mut self, area: Area, colour: Colour) {
        self.marks.push(Mark::Fill { area, colour });
    }
}
