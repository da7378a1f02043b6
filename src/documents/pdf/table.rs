//! A table laid out: how wide its columns are, which lines its cells hold.

use super::fonts::Weight;
use super::lines::{Line, longest_word, width, wrap_text};
use super::page::{LEADING, SMALLEST, Sheet, TABLE};
use crate::documents::cell_in_french;
use crate::statements::{Column, Kind, Row, Style, Table};

/// What a cell leaves empty on each side, and above and below, for one point of size.
const PAD: f32 = 0.55;
const GAP: f32 = 0.28;
/// How far a row is set in by one step, for one point of size.
const STEP: f32 = 1.2;
/// A column of words is not made narrower than this, in ems, while smaller words are still readable.
const NARROW: f32 = 9.0;
/// The longest word that a column is made wide for, in ems: a longer one is cut.
const LONG_WORD: f32 = 16.0;
/// The narrowest column of words, in ems, when there is no other way.
const NARROWEST: f32 = 4.0;
/// The size from which a table is read at ease: below it, it deserves a page wider than high.
const AT_EASE: f32 = 8.0;

/// A column on the page, in points.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub x: f32,
    pub width: f32,
    pub right_aligned: bool,
}

/// How a row of the page stands among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    Head,
    Row(Style),
    /// The line of totals of the whole table.
    Foot,
}

/// A cell: its lines and how far they are set in.
#[derive(Clone, Debug, Default)]
pub struct LaidCell {
    pub lines: Vec<Line>,
    pub indent: f32,
}

/// A row: a cell per column, or one over all of them.
#[derive(Clone, Debug)]
pub struct LaidRow {
    pub rank: Rank,
    pub cells: Vec<LaidCell>,
}

/// A table whose places are known, but not yet its pages.
#[derive(Clone, Debug)]
pub struct LaidTable {
    pub size: f32,
    pub places: Vec<Place>,
    /// The rank of the column whose words name a row.
    pub naming: usize,
    /// The headings of the columns.
    pub head: LaidRow,
    /// The rows; the line of totals is the last one.
    pub rows: Vec<LaidRow>,
}

impl LaidRow {
    /// Returns how many lines its highest cell has, at least one.
    pub fn lines(&self) -> usize {
        self.cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(0).max(1)
    }
}

impl Rank {
    fn weight(self) -> Weight {
        if self == Rank::Row(Style::Line) { Weight::Regular } else { Weight::Bold }
    }
}

impl LaidTable {
    /// Returns how high this many lines of a row are, in points.
    pub fn height(&self, lines: usize) -> f32 {
        self.size * (LEADING * lines as f32 + 2.0 * GAP)
    }

    /// Returns where the words of a cell begin, below the top of its row.
    pub fn gap(&self) -> f32 {
        self.size * GAP
    }

    /// Returns what a cell leaves empty on each side.
    pub fn pad(&self) -> f32 {
        self.size * PAD
    }

    /// Returns how many lines of a row stand in this height.
    pub fn lines_in(&self, height: f32) -> usize {
        // A height below that of no line is none: the conversion stops at zero.
        ((height / self.size - 2.0 * GAP) / LEADING) as usize
    }

    /// Returns how wide the table is.
    pub fn width(&self) -> f32 {
        self.places.iter().map(|place| place.width).sum()
    }

    /// Returns how high the rows from this one on are that stay on one page.
    pub fn bound_height(&self, from: usize) -> f32 {
        let bound = &self.rows[from..from + self.bound(from)];
        bound.iter().map(|row| self.height(row.lines())).sum()
    }

    /// Returns how many rows from this one on stay on one page: a heading with what follows it, a sum
    /// with what comes before it, the first and the last row with their neighbour.
    fn bound(&self, from: usize) -> usize {
        let last = self.rows.len() - 1;
        let heading = |at: usize| self.rows[at].rank == Rank::Row(Style::Heading);
        let sum =
            |at: usize| matches!(self.rows[at].rank, Rank::Row(Style::Subtotal | Style::Total) | Rank::Foot);
        let mut to = from;
        while to < last && (to == 0 || to + 1 == last || heading(to) || sum(to + 1)) {
            to += 1;
        }
        to + 1 - from
    }
}

/// Lays a table out in this width.
pub fn lay(table: &Table, available: f32) -> LaidTable {
    let (size, widths) = fit(&needs(table), available);
    let mut x = 0.0;
    let mut places = Vec::with_capacity(widths.len());
    for (column, width) in table.columns.iter().zip(widths) {
        places.push(Place { x, width, right_aligned: column.kind != Kind::Text });
        x += width;
    }
    let naming = naming(&table.columns);
    let row = |rank: Rank, words: Vec<String>, indent: u8| {
        let set_in = f32::from(indent) * STEP * size;
        let spans = rank == Rank::Row(Style::Heading);
        let cells = words.iter().enumerate().map(|(at, words)| {
            let indent = if spans || at == naming { set_in } else { 0.0 };
            let width = if spans { available } else { places[at].width };
            let lines = wrap_text(words, rank.weight(), size, width - 2.0 * PAD * size - indent);
            LaidCell { lines, indent }
        });
        LaidRow { rank, cells: cells.collect() }
    };
    let head = row(Rank::Head, table.columns.iter().map(|column| column.heading.clone()).collect(), 0);
    let rows = table.rows.iter().map(|of| row(Rank::Row(of.style), words_of(of), of.indent));
    let total =
        table.total.iter().map(|cells| row(Rank::Foot, cells.iter().map(cell_in_french).collect(), 0));
    let rows = rows.chain(total).collect();
    LaidTable { size, naming, head, rows, places }
}

/// Returns true when a page higher than wide shows this table in words that are read at ease.
pub fn fits_upright(table: &Table) -> bool {
    let needed: f32 = needs(table).iter().map(|need| need.at_ease()).sum();
    needed * AT_EASE <= Sheet::a4(false).measure()
}

/// Returns the words of a row: those of its cells, or for a heading all of them as one.
fn words_of(row: &Row) -> Vec<String> {
    let cells = row.cells.iter().map(cell_in_french);
    if row.style == Style::Heading {
        vec![cells.filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" ")]
    } else {
        cells.collect()
    }
}

fn naming(columns: &[Column]) -> usize {
    columns.iter().position(|column| column.kind == Kind::Text).unwrap_or(0)
}

/// How wide a column wants to be, in ems, with what its cells leave empty on each side.
#[derive(Clone, Copy, Debug, Default)]
struct Need {
    /// For its longest cell, uncut.
    cells: f32,
    /// For its heading, uncut.
    heading: f32,
    /// For the longest word of its heading, and of its cells where they may be cut.
    word: f32,
    /// Its cells are never cut.
    figures: bool,
}

impl Need {
    fn natural(self) -> f32 {
        self.cells.max(self.heading)
    }

    fn at_ease(self) -> f32 {
        if self.figures {
            self.cells.max(self.word)
        } else {
            self.natural().min(NARROW).max(self.word.min(LONG_WORD))
        }
    }

    fn squeezed(self) -> f32 {
        if self.figures { self.cells } else { self.natural().min(NARROWEST) }
    }
}

fn needs(table: &Table) -> Vec<Need> {
    let naming = naming(&table.columns);
    let pads = 2.0 * PAD;
    let mut needs: Vec<Need> = table
        .columns
        .iter()
        .map(|column| Need {
            cells: pads,
            heading: width(&column.heading, Weight::Bold) + pads,
            word: longest_word(&column.heading, Weight::Bold) + pads,
            figures: column.kind != Kind::Text,
        })
        .collect();
    let rows = table.rows.iter().filter(|row| row.style != Style::Heading);
    let rows = rows.map(|row| (Rank::Row(row.style), row.indent, &row.cells));
    for (rank, indent, cells) in rows.chain(table.total.iter().map(|total| (Rank::Foot, 0, total))) {
        for (at, (need, cell)) in needs.iter_mut().zip(cells).enumerate() {
            let words = cell_in_french(cell);
            let besides = if at == naming { pads + f32::from(indent) * STEP } else { pads };
            need.cells = need.cells.max(width(&words, rank.weight()) + besides);
            if !need.figures {
                need.word = need.word.max(longest_word(&words, rank.weight()) + besides);
            }
        }
    }
    needs
}

/// Returns the size of the words and the width of each column, in points.
///
/// Words become smaller rather than cramped, then cramped rather than unreadable. Figures are never
/// cut: where even they do not fit, everything becomes as small as it must.
fn fit(needs: &[Need], available: f32) -> (f32, Vec<f32>) {
    let all =
        |of: fn(Need) -> f32, size: f32| -> Vec<f32> { needs.iter().map(|need| of(*need) * size).collect() };
    let fits = |widths: &[f32]| widths.iter().sum::<f32>() <= available;
    let mut size = TABLE;
    while size >= SMALLEST {
        let least = all(Need::at_ease, size);
        if fits(&least) {
            return (size, spread(least, &all(Need::natural, size), available));
        }
        size -= 0.25;
    }
    let least = all(Need::squeezed, SMALLEST);
    if fits(&least) {
        return (SMALLEST, spread(least, &all(Need::natural, SMALLEST), available));
    }
    let size = SMALLEST * available / least.iter().sum::<f32>();
    (size, all(Need::squeezed, size))
}

/// Widens columns alike until each has what it wants, then all in proportion, to fill this width.
fn spread(mut widths: Vec<f32>, wanted: &[f32], available: f32) -> Vec<f32> {
    loop {
        let room = available - widths.iter().sum::<f32>();
        let growing: Vec<usize> = (0..widths.len()).filter(|at| widths[*at] + 0.01 < wanted[*at]).collect();
        if growing.is_empty() || room < 0.01 {
            break;
        }
        let share = room / growing.len() as f32;
        for at in growing {
            widths[at] = (widths[at] + share).min(wanted[at]);
        }
    }
    let whole = widths.iter().sum::<f32>();
    widths.iter().map(|width| width * available / whole).collect()
}
