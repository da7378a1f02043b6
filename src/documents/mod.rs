//! Statements → documents: what people read.
//!
//! In: tables, attestations, pages of rules. Out: text for the terminal, papers. Never: a figure that
//! the table does not hold.

mod attestation;
mod letterhead;
mod paper;
mod pdf;
mod refusal;
mod rule_page;
mod statement_paper;
mod text;

pub use attestation::{attestation_draft, attestation_paper};
pub use letterhead::letterhead;
pub use paper::{Block, Paper, Run};
pub use pdf::{CannotDraw, PdfBundle, check_drawable, render_pdf};
pub use refusal::{RefusalLetter, refusal_paper};
pub use rule_page::{rule_page_paper, rule_page_text};
pub use statement_paper::paper_of_tables;
pub use text::{cell_in_french, render_text};
