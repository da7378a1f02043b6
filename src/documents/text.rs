//! A table as text for the terminal: aligned columns, French amounts and dates.

use crate::money::group_thousands;
use crate::statements::{Cell, Kind, Table};

/// Returns a cell as people read it.
pub fn cell_in_french(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Count(count) if *count < 0 => format!("\u{2212}{}", group_thousands(count.unsigned_abs())),
        Cell::Count(count) => group_thousands(count.unsigned_abs()),
        Cell::Amount(amount) => amount.to_french(),
        Cell::Day(day) => day.to_french(),
    }
}

/// Lays a table out: title, heading, rows, total, notes.
pub fn render_text(table: &Table) -> String {
    let heading: Vec<String> = table.columns.iter().map(|column| column.heading.clone()).collect();
    let rows: Vec<Vec<String>> =
        table.rows.iter().map(|row| row.iter().map(cell_in_french).collect()).collect();
    let total: Option<Vec<String>> = table.total.as_ref().map(|row| row.iter().map(cell_in_french).collect());
    let width = |at: usize| {
        let cells = std::iter::once(&heading).chain(&rows).chain(&total);
        cells.map(|row| row[at].chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    let line = |row: &[String]| {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(at, cell)| {
                let pad = " ".repeat(widths[at] - cell.chars().count());
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
    let mut out = format!("{}\n\n{}\n{rule}\n", table.title, line(&heading));
    for row in &rows {
        out.push_str(&line(row));
        out.push('\n');
    }
    if let Some(total) = &total {
        out.push_str(&format!("{rule}\n{}\n", line(total)));
    }
    for note in &table.notes {
        out.push_str(&format!("\n{note}\n"));
    }
    out
}
