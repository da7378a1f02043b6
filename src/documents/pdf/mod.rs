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
