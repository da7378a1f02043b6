//! A statement's table as a page shows it: figures that lead to what is behind them.

use crate::statements::{Cell, Column, Kind, Row, Style, Table};
use crate::web::visitor::Visitor;
use maud::{Markup, html};

/// Lays out a table. `link` tells where a cell leads, by row and column; the line of totals is the row
/// after the last.
pub(in crate::web) fn table(table: &Table, link: impl Fn(usize, usize) -> Option<String>) -> Markup {
    html! {
        @if let Some(warning) = &table.warning { p.warning { (warning) } }
        div.scroll role="region" aria-label=(table.title) tabindex="0" {
            table {
                caption { (table.title) }
                thead {
                    tr {
                        @for column in &table.columns {
                            th scope="col" class=[class_of(column)] { (column.heading) }
                        }
                    }
                }
                tbody {
                    @for (rank, row) in table.rows.iter().enumerate() {
                        (line(table, row, |column| link(rank, column)))
                    }
                }
                @if let Some(total) = &table.total {
                    tfoot { (cells(table, total, |column| link(table.rows.len(), column))) }
                }
            }
        }
        @if table.rows.is_empty() { p.empty { "Aucune ligne." } }
        @for note in &table.notes { p.note { (note) } }
    }
}

fn line(table: &Table, row: &Row, link: impl Fn(usize) -> Option<String>) -> Markup {
    let style = match row.style {
        Style::Heading => {
            let words = row.cells.iter().find_map(|cell| match cell {
                Cell::Text(words) => Some(words.as_str()),
                _ => None,
            });
            return html! {
                tr.heading { th scope="rowgroup" colspan=(table.columns.len()) { (words.unwrap_or_default()) } }
            };
        }
        Style::Line => None,
        Style::Subtotal => Some("subtotal"),
        Style::Total => Some("total"),
    };
    html! { tr class=[style] data-indent=[(row.indent > 0).then_some(row.indent)] { (cells_in(table, &row.cells, &link)) } }
}

fn cells(table: &Table, cells: &[Cell], link: impl Fn(usize) -> Option<String>) -> Markup {
    html! { tr.total { (cells_in(table, cells, &link)) } }
}

/// The cells of a row: its first words name it.
fn cells_in(table: &Table, cells: &[Cell], link: &impl Fn(usize) -> Option<String>) -> Markup {
    let naming = cells.iter().position(|cell| matches!(cell, Cell::Text(_)));
    html! {
        @for (rank, cell) in cells.iter().enumerate() {
            @let class = table.columns.get(rank).and_then(class_of);
            @let inside = html! {
                @match link(rank).filter(|_| *cell != Cell::Empty) {
                    Some(address) => { a href=(address) { (said(cell)) } },
                    None => (said(cell)),
                }
            };
            @if Some(rank) == naming { th scope="row" class=[class] { (inside) } }
            @else { td class=[class] { (inside) } }
        }
    }
}

/// The words of a cell.
pub(in crate::web) fn said(cell: &Cell) -> Markup {
    match cell {
        Cell::Empty => html! {},
        Cell::Text(words) => html! { (words) },
        Cell::Count(number) => html! { (crate::money::group_thousands(number.unsigned_abs())) },
        Cell::Amount(amount) => html! { (amount.to_french()) },
        Cell::Percent(percent) => html! { (percent.to_french()) },
        Cell::Day(day) => html! { (day.to_french()) },
    }
}

fn class_of(column: &Column) -> Option<&'static str> {
    match column.kind {
        Kind::Text => None,
        Kind::Count | Kind::Amount | Kind::Percent => Some("n"),
    }
}

/// The same figures as files: a link each.
pub(in crate::web) fn exports(visitor: &Visitor) -> Markup {
    html! {
        p.exports {
            "Exporter : "
            @for (format, words) in [("xlsx", "Excel"), ("csv", "CSV"), ("pdf", "PDF")] {
                a href=(visitor.here_with("format", format)) { (words) } " "
            }
        }
    }
}
