//! A printed document as a page shows it: the same words, for whoever reads no PDF file.

use super::tables::table;
use crate::documents::{Block, Paper, Run};
use crate::statements::Table;
use maud::{Markup, html};

/// Lays a document out with its head and its title.
pub(in crate::web) fn paper(paper: &Paper) -> Markup {
    html! {
        article.paper {
            @if let Some(warning) = &paper.warning { p.warning { (warning) } }
            div.letterhead {
                @for line in &paper.letterhead { p { (line) } }
                p { "Édité le " (paper.dated.to_french()) }
            }
            h2 { (paper.title) }
            (blocks(paper))
        }
    }
}

/// Lays out what a document says; the title of the document names a table that has none.
pub(in crate::web) fn blocks(paper: &Paper) -> Markup {
    html! {
        @for block in &paper.blocks {
            @match block {
                Block::Heading(words) => { h2 { (words) } },
                Block::Paragraph(runs) => { p { @for run in runs { (said(run)) } } },
                Block::Note(words) => { p.note { (words) } },
                Block::Table(shown) if shown.title.is_empty() => {
                    (table(&Table { title: paper.title.clone(), ..shown.clone() }, |_, _| None))
                },
                Block::Table(shown) => (table(shown, |_, _| None)),
                Block::Signature(lines) => { div.signature { @for line in lines { p { (line) } } } },
            }
        }
    }
}

fn said(run: &Run) -> Markup {
    html! { @if run.bold { strong { (run.text) } } @else { (run.text) } }
}
