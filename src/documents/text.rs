//! A table as text for the terminal: aligned columns, French amounts and dates.

use crate::money::group_thousands;
use crate::statements::{Cell, Kind, Style, Table};

/// Returns a cell as people read it.
pub fn cell_in_french(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Count(count) if *count < 0 => format!("\u{2212}{}", group_thousands(count.unsigned_abs())),
        Cell::Count(count) => group_thousands(count.unsigned_abs()),
        Cell::Amount(amount) => amount.to_french(),
        Cell::Percent(percent) => percent.to_french(),
        Cell::Day(day) => day.to_french(),
    }
}

/// Lays a table out: title, warning, heading, rows, total, notes.
pub fn render_text(table: &Table) -> String {
    let heading: Vec<String> = table.columns.iter().map(|column| column.heading.clone()).collect();
    let words = table.columns.iter().position(|column| column.kind == Kind::Text).unwrap_or(0);
    let rows: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| {
            let mut cells: Vec<String> = row.cells.iter().map(cell_in_french).collect();
            cells[words].insert_str(0, &"  ".repeat(usize::from(row.indent)));
            cells
        })
        .collect();
    let total: Option<Vec<String>> = table.total.as_ref().map(|row| row.iter().map(cell_in_french).collect());
    let width = |at: usize| {
        let figures = rows.iter().zip(&table.rows).filter(|(_, row)| row.style != Style::Heading);
        let cells = std::iter::once(&heading).chain(figures.map(|(row, _)| row)).chain(&total);
        cells.map(|row| row[at].chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    let line = |row: &[String]| {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(at, cell)| {
                let pad = " ".repeat(widths[at].saturating_sub(cell.chars().count()));
                if table.columns[at].kind == Kind::Text {
                    format!("{cell}{pad}")
                } else {
                    format!("{pad}{cell}")
                }
            })
            .collect();
        cells.join("  ").trim_end().to_string()
    };
    let rule = "─".repeat(widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1));
    let mut out = format!("{}\n", table.title);
    if let Some(warning) = &table.warning {
        out.push_str(&format!("{warning}\n"));
    }
    out.push_str(&format!("\n{}\n{rule}\n", line(&heading)));
    for (cells, row) in rows.iter().zip(&table.rows) {
        match row.style {
            Style::Heading => out.push_str(&format!("{}\n", cells.concat().trim_end())),
            Style::Line | Style::Subtotal => out.push_str(&format!("{}\n", line(cells))),
            Style::Total => {
                // Totals that follow one another share their rule.
                if !out.ends_with(&format!("{rule}\n")) {
                    out.push_str(&format!("{rule}\n"));
                }
                out.push_str(&format!("{}\n{rule}\n", line(cells)));
            }
        }
    }
    if let Some(total) = &total {
        out.push_str(&format!("{rule}\n{}\n", line(total)));
    }
    for note in &table.notes {
        out.push_str(&format!("\n{note}\n"));
    }
    out
}
