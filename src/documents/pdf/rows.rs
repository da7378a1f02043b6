//! A table over pages: its rows one by one, its headings again on each page.

use super::flow::Flow;
use super::fonts::Weight;
use super::lines::{Line, wrap_text};
use super::page::{
    Area, BLACK, CAPTION, Colour, FAINT, GREY, HAIRLINE, Ink, LEADING, MARGIN, NAVY, Part, SHADE,
};
use super::structure::{ElementId, Role};
use super::table::{LaidRow, LaidTable, Rank};
use crate::statements::Style;
use std::ops::Range;

/// Under a caption, and under a table.
const UNDER_CAPTION: f32 = 4.0;
const UNDER_TABLE: f32 = 10.0;

/// A table that takes no more of a page than this is not cut.
const SHORT: f32 = 0.4;

/// How a row looks: its words, its background, the rules above and below.
struct Look {
    colour: Colour,
    background: Option<Colour>,
    above: Option<(f32, Colour)>,
    below: (f32, Colour),
}

impl Look {
    fn of(rank: Rank) -> Look {
        let plain = Look { colour: BLACK, background: None, above: None, below: (0.4, HAIRLINE) };
        match rank {
            Rank::Head => Look { colour: NAVY, background: Some(SHADE), below: (0.8, NAVY), ..plain },
            Rank::Row(Style::Line) => plain,
            Rank::Row(Style::Heading) => Look { colour: NAVY, ..plain },
            Rank::Row(Style::Subtotal) => Look { background: Some(FAINT), above: Some((0.5, GREY)), ..plain },
            Rank::Row(Style::Total) => {
                Look { background: Some(SHADE), above: Some((0.8, NAVY)), below: (0.8, NAVY), ..plain }
            }
            Rank::Foot => {
                Look { background: Some(SHADE), above: Some((1.2, NAVY)), below: (1.2, NAVY), ..plain }
            }
        }
    }
}

/// Returns the lines of the caption of a table; none when it has no title.
fn caption(title: &str, measure: f32) -> Vec<Line> {
    wrap_text(title, Weight::Bold, CAPTION, measure)
}

/// Returns how high that caption is, with what it leaves empty below.
fn caption_height(lines: &[Line]) -> f32 {
    if lines.is_empty() { 0.0 } else { lines.len() as f32 * CAPTION * LEADING + UNDER_CAPTION }
}

/// Returns how high the beginning of a table is: all of it when it is short, else its caption, its
/// headings and the rows not parted from them.
pub fn beginning(title: &str, table: &LaidTable, page: f32) -> f32 {
    let head = caption_height(&caption(title, table.width())) + table.height(table.head.lines());
    let whole = head + table.rows.iter().map(|row| table.height(row.lines())).sum::<f32>();
    if whole <= page * SHORT || table.rows.is_empty() { whole } else { head + table.bound_height(0) }
}

impl Flow {
    /// Draws a table from here on, over as many pages as it needs.
    pub fn table(&mut self, title: &str, table: &LaidTable) {
        let again = Again::of(title, table, self.fresh_room());
        let element = self.structure.add(None, Role::Table);
        let lines = caption(title, table.width());
        if !lines.is_empty() {
            self.landmark(title);
            let part = Part::Element(self.structure.add(Some(element), Role::Caption));
            self.lines(&lines, Ink { size: CAPTION, colour: NAVY, part });
            self.y += UNDER_CAPTION;
        }
        let group = self.structure.add(Some(element), Role::TableHead);
        self.row(table, &table.head, group, &again);
        let mut group = None;
        for (at, row) in table.rows.iter().enumerate() {
            let role = if row.rank == Rank::Foot { Role::TableFoot } else { Role::TableBody };
            let of = match group {
                Some((rank, of)) if (rank == Rank::Foot) == (row.rank == Rank::Foot) => of,
                _ => self.structure.add(Some(element), role),
            };
            group = Some((row.rank, of));
            let fresh = self.fresh_room() - again.height;
            let room = self.room();
            let kept = [table.bound_height(at), table.height(row.lines())];
            if kept.iter().any(|height| *height > room && *height <= fresh) {
                self.continue_table(table, &again);
            }
            self.row(table, row, of, &again);
        }
        self.y += UNDER_TABLE;
    }

    /// Starts a page on which the table goes on.
    fn continue_table(&mut self, table: &LaidTable, again: &Again) {
        self.start_page();
        if again.height > 0.0 {
            self.lines(&again.caption, Ink { size: CAPTION, colour: NAVY, part: Part::Head });
            if !again.caption.is_empty() {
                self.y += UNDER_CAPTION;
            }
            let parts = vec![Part::Head; table.head.cells.len()];
            self.part_of_row(table, &table.head, 0..table.head.lines(), &parts);
        }
    }

    /// Draws a row, cut by the end of a page only where it is higher than a page.
    fn row(&mut self, table: &LaidTable, row: &LaidRow, group: ElementId, again: &Again) {
        let element = self.structure.add(Some(group), Role::Row);
        let parts: Vec<Part> = (0..row.cells.len())
            .map(|at| {
                let role = match row.rank {
                    Rank::Head => Role::ColumnHeading,
                    Rank::Row(Style::Heading) => Role::RowHeading(table.places.len()),
                    _ if at == table.naming && !row.cells[at].lines.is_empty() => Role::RowHeading(1),
                    _ => Role::Cell,
                };
                Part::Element(self.structure.add(Some(element), role))
            })
            .collect();
        let lines = row.lines();
        let mut done = 0;
        while done < lines {
            let taken = (lines - done).min(table.lines_in(self.room()).max(1));
            self.part_of_row(table, row, done..done + taken, &parts);
            done += taken;
            if done < lines {
                self.continue_table(table, again);
            }
        }
    }

    /// Draws these lines of a row, a part per cell.
    fn part_of_row(&mut self, table: &LaidTable, row: &LaidRow, lines: Range<usize>, parts: &[Part]) {
        let look = Look::of(row.rank);
        let (top, height, width) = (self.y, table.height(lines.len()), table.width());
        let page = self.page();
        if let Some(colour) = look.background {
            page.fill(Area { x: MARGIN, y: top, width, height }, colour);
        }
        if let Some((thickness, colour)) = look.above {
            page.rule(MARGIN, top, width, thickness, colour);
        }
        let (thickness, colour) = look.below;
        page.rule(MARGIN, top + height - thickness, width, thickness, colour);
        for ((cell, place), part) in row.cells.iter().zip(&table.places).zip(parts) {
            let ink = Ink { size: table.size, colour: look.colour, part: *part };
            let first = top + table.gap();
            for (at, line) in cell.lines.iter().enumerate() {
                // Headings stand on the rule below them.
                let rank = if row.rank == Rank::Head { at + row.lines() - cell.lines.len() } else { at };
                if !lines.contains(&rank) {
                    continue;
                }
                let y = first + (rank - lines.start) as f32 * table.size * LEADING;
                if place.right_aligned && row.rank != Rank::Row(Style::Heading) {
                    page.line_to(MARGIN + place.x + place.width - table.pad(), y, line, ink);
                } else {
                    page.line(MARGIN + place.x + table.pad() + cell.indent, y, line, ink);
                }
            }
        }
        self.y += height;
    }
}

/// What a table repeats where it goes on.
struct Again {
    caption: Vec<Line>,
    /// None of it where the headings would leave little room for rows.
    height: f32,
}

impl Again {
    fn of(title: &str, table: &LaidTable, page: f32) -> Again {
        let title = title.trim();
        let title = if title.is_empty() { String::new() } else { format!("{title} (suite)") };
        let caption = caption(&title, table.width());
        let height = caption_height(&caption) + table.height(table.head.lines());
        Again { caption, height: if height > page / 2.0 { 0.0 } else { height } }
    }
}
