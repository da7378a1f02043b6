//! Pages of marks → a PDF file.

use super::flow::{Landmark, Pages};
use super::fonts::{Face, Weight};
use super::page::{Area, Colour, Mark, Page, Part, Sheet};
use crate::calendar::Date;
use crate::documents::Paper;
use krilla::color::rgb;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TagTree};
use krilla::text::KrillaGlyph;
use krilla::{Document, SerializeSettings};

/// The language of documents.
pub const LANGUAGE: &str = "fr-FR";
const FRAME: f32 = 0.6;

/// Writes pages as a file, with what a reader is told of it.
pub fn draw(paper: &Paper, pages: Pages) -> Vec<u8> {
    let mut drawing = Drawing::new(paper);
    drawing.add(pages);
    drawing.finish()
}

/// A file being drawn.
pub struct Drawing {
    document: Document,
    pages: usize,
    landmarks: Vec<Landmark>,
    branches: Vec<Node>,
}

impl Drawing {
    /// Begins a file; a reader is told what `paper` says of itself.
    pub fn new(paper: &Paper) -> Drawing {
        let configuration = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1);
        let configuration = configuration.finish().expect("one standard agrees with itself");
        let mut document =
            Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
        document.set_metadata(metadata(paper));
        Drawing { document, pages: 0, landmarks: Vec::new(), branches: Vec::new() }
    }

    /// Draws the pages of a paper after those that are there.
    pub fn add(&mut self, pages: Pages) {
        let mut contents = vec![Vec::new(); pages.structure.len()];
        for page in &pages.pages {
            draw_page(&mut self.document, pages.sheet, page, &mut contents);
        }
        let before = self.pages;
        let landmarks = pages.landmarks.into_iter();
        self.landmarks.extend(landmarks.map(|place| Landmark { page: before + place.page, ..place }));
        self.branches.extend(pages.structure.into_branches(contents));
        self.pages += pages.pages.len();
    }

    /// Returns the file.
    pub fn finish(mut self) -> Vec<u8> {
        self.document.set_outline(outline(&self.landmarks));
        self.document.set_tag_tree(TagTree::from(self.branches).with_lang(Some(LANGUAGE.to_string())));
        self.document.finish().expect("every character, title and tag was made to be written")
    }
}

fn metadata(paper: &Paper) -> Metadata {
    Metadata::new()
        .title(paper.title.clone())
        .description(paper.subject.clone())
        .authors(paper.letterhead.first().cloned().into_iter().collect())
        .creator("Denier".to_string())
        .language(LANGUAGE.to_string())
        .creation_date(date(paper.dated))
        .document_id(format!("{}\n{}\n{}", paper.title, paper.subject, paper.dated))
}

fn date(day: Date) -> DateTime {
    let number = day.number();
    let part = |part: i64| u8::try_from(part % 100).expect("months and days have two digits");
    let year = u16::try_from(number / 10_000).expect("years are after 1900");
    DateTime::new(year).month(part(number / 100)).day(part(number))
}

fn outline(landmarks: &[Landmark]) -> Outline {
    let mut outline = Outline::new();
    for landmark in landmarks {
        let place = XyzDestination::new(landmark.page, Point::from_xy(0.0, landmark.y));
        outline.push_child(OutlineNode::new(landmark.name.clone(), place));
    }
    outline
}

fn draw_page(document: &mut Document, sheet: Sheet, page: &Page, contents: &mut [Vec<Identifier>]) {
    let settings = PageSettings::from_wh(sheet.width, sheet.height).expect("a sheet has two sides");
    let mut page_of_file = document.start_page_with(settings);
    let mut surface = page_of_file.surface();
    let mut open = None;
    for mark in &page.marks {
        let part = mark.part();
        if open != Some(part) {
            if open.is_some() {
                surface.end_tagged();
            }
            let tag = match part {
                Part::Element(_) => ContentTag::Span(SpanTag::empty()),
                Part::Head => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Header)),
                Part::Foot => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)),
                Part::Look => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
            };
            let identifier = surface.start_tagged(tag);
            if let Part::Element(element) = part {
                contents[element].push(identifier);
            }
            open = Some(part);
        }
        draw_mark(&mut surface, mark);
    }
    if open.is_some() {
        surface.end_tagged();
    }
}

impl Mark {
    fn part(&self) -> Part {
        match self {
            Mark::Words { part, .. } => *part,
            Mark::Fill { .. } | Mark::Frame { .. } => Part::Look,
        }
    }
}

fn draw_mark(surface: &mut Surface, mark: &Mark) {
    match mark {
        Mark::Words { x, y, text, weight, size, colour, .. } => {
            surface.set_fill(Some(fill(*colour)));
            surface.set_stroke(None);
            let face = Face::of(*weight);
            surface.draw_glyphs(
                Point::from_xy(*x, *y),
                &glyphs(text, *weight),
                face.font.clone(),
                text,
                *size,
                false,
            );
        }
        Mark::Fill { area, colour } => {
            surface.set_fill(Some(fill(*colour)));
            surface.set_stroke(None);
            surface.draw_path(&rectangle(*area));
        }
        Mark::Frame { area, colour } => {
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke { paint: paint(*colour), width: FRAME, ..Stroke::default() }));
            surface.draw_path(&rectangle(*area));
        }
    }
}

fn glyphs(text: &str, weight: Weight) -> Vec<KrillaGlyph> {
    let face = Face::of(weight);
    let glyph = |(at, character): (usize, char)| {
        let glyph = face.glyph(character).expect("a legible paper holds drawable characters");
        KrillaGlyph::new(glyph.id, glyph.advance, 0.0, 0.0, 0.0, at..at + character.len_utf8(), None)
    };
    text.char_indices().map(glyph).collect()
}

fn rectangle(area: Area) -> Path {
    let rectangle = Rect::from_xywh(area.x, area.y, area.width, area.height).expect("areas have two sides");
    let mut path = PathBuilder::new();
    path.push_rect(rectangle);
    path.finish().expect("a rectangle is a path")
}

fn paint((red, green, blue): Colour) -> krilla::paint::Paint {
    rgb::Color::new(red, green, blue).into()
}

fn fill(colour: Colour) -> Fill {
    Fill { paint: paint(colour), ..Fill::default() }
}
