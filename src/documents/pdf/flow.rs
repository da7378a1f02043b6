//! Blocks → pages: what stands where, and what stays together.

use super::fonts::Weight;
use super::lines::{Line, width, wrap, wrap_text};
use super::page::{
    AMBER, Area, BLACK, BODY, BROWN, CAPTION, GREY, HAIRLINE, HEADING, Ink, LEADING, MARGIN, Mark, NAVY,
    Page, Part, SMALL, SMALL_TITLE, Sheet, TABLE, TITLE,
};
use super::rows::beginning;
use super::structure::{Role, Structure};
use super::table::{LaidTable, lay};
use crate::documents::{Block, Paper};
use crate::statements::Table;

/// A place that a reader goes to by its name.
pub struct Landmark {
    pub name: String,
    /// The rank of its page.
    pub page: usize,
    pub y: f32,
}

/// Pages ready to be drawn.
pub struct Pages {
    pub sheet: Sheet,
    pub pages: Vec<Page>,
    pub structure: Structure,
    pub landmarks: Vec<Landmark>,
}

/// What each page repeats.
struct Frame {
    warning: Vec<Line>,
    /// What recalls the document at the head of its second page and after.
    recall: Vec<Line>,
    footer: Vec<Line>,
}

/// What is on pages so far.
pub struct Flow {
    pub sheet: Sheet,
    frame: Frame,
    pages: Vec<Page>,
    pub structure: Structure,
    landmarks: Vec<Landmark>,
    /// Where the next block begins on the last page.
    pub y: f32,
    /// Where blocks begin on the last page.
    pub top: f32,
}

/// A block whose lines are known.
enum Laid {
    Heading(String, Vec<Line>),
    Paragraph(Vec<Line>, f32),
    Note(Vec<Line>),
    Table(String, LaidTable),
    Signature(Vec<Line>),
}

/// The space under a paragraph and under a note, in parts of its size.
const UNDER_PARAGRAPH: f32 = 0.6;
const UNDER_NOTE: f32 = 0.15;
/// Where the head of a page begins.
const HEAD: f32 = 32.0;
/// What a page leaves empty under its warning, and under the rule of its head.
const UNDER_WARNING: f32 = 12.0;
/// What a page leaves empty over its foot.
const OVER_FOOT: f32 = 8.0;
/// The empty place of a signature.
const SIGNATURE: f32 = 72.0;
/// The lines of a paragraph that are not left alone on a page.
const TOGETHER: usize = 2;

/// Puts a paper on pages.
pub fn flow(paper: &Paper) -> Pages {
    let sheet = Sheet::a4(paper.landscape);
    let mut flow = Flow {
        sheet,
        frame: Frame::of(paper, sheet),
        pages: Vec::new(),
        structure: Structure::default(),
        landmarks: Vec::new(),
        y: 0.0,
        top: 0.0,
    };
    flow.start_page();
    flow.letterhead(paper);
    flow.blocks(&laid(paper, sheet.measure()));
    flow.number_pages();
    Pages { sheet, pages: flow.pages, structure: flow.structure, landmarks: flow.landmarks }
}

/// Lays the blocks out; the notes of a table become paragraphs after it.
fn laid(paper: &Paper, measure: f32) -> Vec<Laid> {
    let mut laid = Vec::new();
    for block in &paper.blocks {
        match block {
            Block::Heading(text) => {
                laid.push(Laid::Heading(text.clone(), wrap_text(text, Weight::Bold, HEADING, measure)));
            }
            Block::Paragraph(runs) => laid.push(Laid::Paragraph(wrap(runs, BODY, measure), BODY)),
            Block::Note(text) => {
                laid.push(Laid::Note(wrap_text(text, Weight::Regular, SMALL, measure)));
            }
            Block::Table(table) => {
                laid.push(Laid::Table(table.title.clone(), lay(table, measure)));
                for note in &table.notes {
                    laid.push(Laid::Paragraph(wrap_text(note, Weight::Regular, SMALL, measure), SMALL));
                }
            }
            Block::Signature(lines) => {
                let half = measure / 2.0;
                laid.push(Laid::Signature(
                    lines.iter().flat_map(|line| wrap_text(line, Weight::Regular, BODY, half)).collect(),
                ));
            }
        }
    }
    laid
}

impl Frame {
    fn of(paper: &Paper, sheet: Sheet) -> Frame {
        let tables = paper.blocks.iter().filter_map(|block| match block {
            Block::Table(Table { warning, .. }) => warning.as_ref(),
            _ => None,
        });
        let mut warnings: Vec<&String> = Vec::new();
        for warning in paper.warning.iter().chain(tables) {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        let within = sheet.measure() - 2.0 * BODY;
        let issuer = paper.letterhead.first().map(|line| format!("{line} — ")).unwrap_or_default();
        let recall = format!("{issuer}{}", paper.title);
        Frame {
            warning: warnings.iter().flat_map(|line| wrap_text(line, Weight::Bold, BODY, within)).collect(),
            recall: wrap_text(&recall, Weight::Regular, SMALL, sheet.measure()),
            footer: wrap_text(&paper.footer, Weight::Regular, SMALL, sheet.measure() - 60.0),
        }
    }

    fn warning_height(&self) -> f32 {
        match self.warning.len() {
            0 => 0.0,
            lines => lines as f32 * BODY * LEADING + 10.0 + UNDER_WARNING,
        }
    }

    fn recall_height(&self) -> f32 {
        self.recall.len() as f32 * SMALL * LEADING + 2.0 + UNDER_WARNING
    }
}

impl Flow {
    /// Returns the page where the next block begins.
    pub fn page(&mut self) -> &mut Page {
        self.pages.last_mut().expect("a flow starts with a page")
    }

    fn foot(&self) -> f32 {
        self.sheet.foot(self.frame.footer.len())
    }

    /// Returns how high what is drawn on the next page may be.
    pub fn fresh_room(&self) -> f32 {
        self.foot() - OVER_FOOT - HEAD - self.frame.warning_height() - self.frame.recall_height()
    }

    /// Returns how high what is drawn next on this page may be.
    pub fn room(&self) -> f32 {
        self.foot() - OVER_FOOT - self.y
    }

    /// Starts a page with what each one repeats at its head.
    pub fn start_page(&mut self) {
        let first = self.pages.is_empty();
        let mut page = Page::default();
        let mut y = HEAD;
        let measure = self.sheet.measure();
        if !self.frame.warning.is_empty() {
            // Said once, seen on each page.
            let part =
                if first { Part::Element(self.structure.add(None, Role::Paragraph)) } else { Part::Head };
            let height = self.frame.warning_height();
            let area = Area { x: MARGIN, y, width: measure, height: height - UNDER_WARNING };
            page.fill(area, AMBER);
            page.fill(Area { width: 3.0, ..area }, BROWN);
            let mut top = y + 5.0;
            for line in &self.frame.warning {
                page.line(MARGIN + BODY, top, line, Ink { size: BODY, colour: BROWN, part });
                top += BODY * LEADING;
            }
            y += height;
        }
        if !first {
            for (at, line) in self.frame.recall.iter().enumerate() {
                let top = y + at as f32 * SMALL * LEADING;
                page.line(MARGIN, top, line, Ink { size: SMALL, colour: GREY, part: Part::Head });
            }
            y += self.frame.recall_height();
            page.rule(MARGIN, y - UNDER_WARNING, measure, 0.5, HAIRLINE);
        }
        self.pages.push(page);
        (self.y, self.top) = (y, y);
    }

    /// Starts a page unless this height is left, or the page has nothing yet.
    pub fn need(&mut self, height: f32) {
        if height > self.room() && self.y > self.top {
            self.start_page();
        }
    }

    /// Draws lines one under the other from the left margin.
    pub fn lines(&mut self, lines: &[Line], ink: Ink) {
        for line in lines {
            self.need(ink.size * LEADING);
            let y = self.y;
            self.page().line(MARGIN, y, line, ink);
            self.y += ink.size * LEADING;
        }
    }

    fn letterhead(&mut self, paper: &Paper) {
        let right = self.sheet.right();
        let top = self.y;
        let measure = self.sheet.measure() - 140.0;
        for (at, text) in paper.letterhead.iter().enumerate() {
            let (weight, size, colour) =
                if at == 0 { (Weight::Bold, CAPTION, NAVY) } else { (Weight::Regular, TABLE, GREY) };
            let lines = wrap_text(text, weight, size, measure);
            if !lines.is_empty() {
                let part = Part::Element(self.structure.add(None, Role::Paragraph));
                self.lines(&lines, Ink { size, colour, part });
            }
        }
        let part = Part::Element(self.structure.add(None, Role::Paragraph));
        let dated = format!("Édité le {}", paper.dated.to_french());
        for line in wrap_text(&dated, Weight::Regular, TABLE, 140.0) {
            self.page().line_to(right, top, &line, Ink { size: TABLE, colour: GREY, part });
        }
        self.y = self.y.max(top + BODY * LEADING) + 18.0;
        let role = Role::Heading(1, paper.title.clone());
        let part = Part::Element(self.structure.add(None, role));
        self.landmark(&paper.title);
        let size = title_size(&paper.title, self.sheet.measure());
        let lines = wrap_text(&paper.title, Weight::Bold, size, self.sheet.measure());
        self.lines(&lines, Ink { size, colour: NAVY, part });
        let (y, measure) = (self.y + 3.0, self.sheet.measure());
        self.page().rule(MARGIN, y, measure, 1.2, NAVY);
        self.y += 16.0;
    }

    /// Names the place where the next block begins.
    pub fn landmark(&mut self, name: &str) {
        self.landmarks.push(Landmark { name: name.to_string(), page: self.pages.len() - 1, y: self.y });
    }

    fn blocks(&mut self, blocks: &[Laid]) {
        for (at, block) in blocks.iter().enumerate() {
            if let (Laid::Heading(..), true) = (block, self.y > self.top) {
                self.y += 8.0;
            }
            self.need(together(&blocks[at..], self.fresh_room()));
            match block {
                Laid::Heading(text, lines) => {
                    self.landmark(text);
                    let part = Part::Element(self.structure.add(None, Role::Heading(2, text.clone())));
                    self.lines(lines, Ink { size: HEADING, colour: NAVY, part });
                    self.y += 4.0;
                }
                Laid::Paragraph(lines, size) => self.paragraph(lines, *size, UNDER_PARAGRAPH),
                Laid::Note(lines) => self.paragraph(lines, SMALL, UNDER_NOTE),
                Laid::Table(title, table) => self.table(title, table),
                Laid::Signature(lines) => self.signature(lines),
            }
        }
    }

    fn paragraph(&mut self, lines: &[Line], size: f32, under: f32) {
        if lines.is_empty() {
            return;
        }
        let part = Part::Element(self.structure.add(None, Role::Paragraph));
        let ink = Ink { size, colour: if size < BODY { GREY } else { BLACK }, part };
        let mut rest = lines;
        while !rest.is_empty() {
            let room = (self.room() / (size * LEADING)).max(1.0) as usize;
            let mut taken = rest.len().min(room);
            if taken < rest.len() && rest.len() - taken < TOGETHER {
                taken = taken.saturating_sub(TOGETHER - 1).max(1);
            }
            let (now, after) = rest.split_at(taken);
            self.lines(now, ink);
            if !after.is_empty() {
                self.start_page();
            }
            rest = after;
        }
        self.y += under * size;
    }

    fn signature(&mut self, lines: &[Line]) {
        let x = MARGIN + self.sheet.measure() / 2.0;
        let part = Part::Element(self.structure.add(None, Role::Paragraph));
        self.y += 8.0;
        for line in lines {
            let y = self.y;
            self.page().line(x, y, line, Ink { size: BODY, colour: BLACK, part });
            self.y += BODY * LEADING;
        }
        let area = Area { x, y: self.y + 4.0, width: self.sheet.measure() / 2.0, height: SIGNATURE };
        self.page().marks.push(Mark::Frame { area, colour: GREY });
        self.y += SIGNATURE + 16.0;
    }

    fn number_pages(&mut self) {
        let count = self.pages.len();
        let foot = self.foot();
        let (measure, right) = (self.sheet.measure(), self.sheet.right());
        for (at, page) in self.pages.iter_mut().enumerate() {
            let ink = Ink { size: SMALL, colour: GREY, part: Part::Foot };
            page.rule(MARGIN, foot, measure, 0.5, HAIRLINE);
            let mut y = foot + 4.0;
            for line in wrap_text(&format!("page {}/{count}", at + 1), Weight::Regular, SMALL, measure) {
                page.line_to(right, y, &line, ink);
            }
            for line in &self.frame.footer {
                page.line(MARGIN, y, line, ink);
                y += SMALL * LEADING;
            }
        }
    }
}

/// Returns the largest size in which a title stands on one line, if there is one, else the smallest.
fn title_size(title: &str, measure: f32) -> f32 {
    let one_line = measure / width(title, Weight::Bold).max(1.0);
    one_line.floor().clamp(SMALL_TITLE, TITLE)
}

/// Returns the height that the first of these blocks begins in, with what it is not parted from; a fresh
/// page has `page`.
fn together(blocks: &[Laid], page: f32) -> f32 {
    let Some((first, rest)) = blocks.split_first() else { return 0.0 };
    let high = |lines: usize, size: f32| lines as f32 * size * LEADING;
    match first {
        Laid::Heading(_, lines) => high(lines.len(), HEADING) + 4.0 + together(rest, page),
        Laid::Paragraph(lines, size) if lines.len() > TOGETHER + 1 => high(TOGETHER, *size),
        Laid::Note(lines) => high(lines.len().min(TOGETHER), SMALL),
        // A signature alone on a page would sign nothing: the words before it go with it.
        Laid::Paragraph(lines, size) => match rest.first() {
            Some(Laid::Signature(_)) => high(lines.len() + 1, *size) + together(rest, page),
            _ => high(lines.len(), *size),
        },
        Laid::Table(title, table) => beginning(title, table, page),
        Laid::Signature(lines) => high(lines.len(), BODY) + SIGNATURE + 24.0,
    }
}
