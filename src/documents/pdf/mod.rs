//! Paper → PDF: an A4 document that is read on screen, printed, read aloud and kept.
//!
//! In: a [`Paper`]. Out: the bytes of a tagged PDF (PDF/UA-1), the same for the same paper. Never:
//! the clock, a random byte, a character left out.
//!
//! The way: `legible` refuses what cannot be drawn, `flow` puts the blocks on pages as marks with the
//! help of `lines` and `table`, `draw` writes the marks. Lengths are points (1/72 inch), from the top
//! left corner of a page.
#![expect(
    clippy::float_arithmetic,
    reason = "places on a page are points and their fractions; no amount is one"
)]

mod draw;
mod flow;
mod fonts;
mod legible;
mod lines;
mod page;
mod rows;
mod structure;
mod table;

pub use legible::CannotDraw;
pub(super) use table::fits_upright;

use super::Paper;
use crate::calendar::Date;

/// Says whether every character of a paper can be drawn.
///
/// # Errors
/// [`CannotDraw`] at the first that cannot.
pub fn check_drawable(paper: &Paper) -> Result<(), CannotDraw> {
    legible::legible(paper).map(drop)
}

/// Returns the paper as a PDF file.
///
/// Texts are drawn in normal form C; line ends and tabs in them are drawn as spaces. The only date
/// inside is `paper.dated`, and its identifiers follow from what it says: the same paper makes the
/// same bytes. Fails on a character that the face does not hold.
pub fn render_pdf(paper: &Paper) -> Result<Vec<u8>, CannotDraw> {
    let paper = legible::legible(paper)?;
    Ok(draw::draw(&paper, flow::flow(&paper)))
}

/// Many papers in one file, to be printed at once: each begins on a page of its own, with its own page
/// numbers, and is found by its name among the landmarks.
pub struct PdfBundle(draw::Drawing);

impl PdfBundle {
    /// Begins a file of this title.
    ///
    /// # Errors
    /// [`CannotDraw`] where the title holds a character that the face does not.
    pub fn new(title: &str, letterhead: &[String], dated: Date) -> Result<PdfBundle, CannotDraw> {
        let cover = Paper {
            title: title.to_string(),
            subject: String::new(),
            dated,
            letterhead: letterhead.to_vec(),
            warning: None,
            footer: String::new(),
            landscape: false,
            blocks: Vec::new(),
        };
        Ok(PdfBundle(draw::Drawing::new(&legible::legible(&cover)?)))
    }

    /// Adds a paper under a name.
    ///
    /// # Errors
    /// [`CannotDraw`] on a character that the face does not hold: nothing is then added.
    pub fn add(&mut self, name: &str, paper: &Paper) -> Result<(), CannotDraw> {
        let mut pages = flow::flow(&legible::legible(paper)?);
        pages.landmarks = vec![flow::Landmark { name: name.to_string(), page: 0, y: 0.0 }];
        self.0.add(pages);
        Ok(())
    }

    /// Returns the file.
    pub fn finish(self) -> Vec<u8> {
        self.0.finish()
    }
}
