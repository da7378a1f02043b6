//! A list too long for one page: which rows this page shows, and the way to the others.

use crate::web::visitor::Visitor;
use maud::{Markup, html};
use std::ops::Range;

/// Rows on a page.
const ROWS: usize = 200;

/// Returns the rows that the page asked (`?page=`) shows of a list, and the links to the other pages.
pub(in crate::web) fn pages(visitor: &Visitor, rows: usize) -> (Range<usize>, Markup) {
    let last = rows.div_ceil(ROWS).max(1);
    let page = visitor.asked("page").parse().unwrap_or(1).clamp(1, last);
    let shown = (page - 1) * ROWS..rows.min(page * ROWS);
    let to = |page: usize| visitor.here_with("page", &page.to_string());
    let links = html! {
        @if last > 1 {
            nav.pages aria-label="Pages" {
                @if page > 1 { a.button href=(to(page - 1)) rel="prev" { "Page précédente" } }
                span { "Page " (page) " sur " (last) }
                @if page < last { a.button href=(to(page + 1)) rel="next" { "Page suivante" } }
            }
        }
    };
    (shown, links)
}
