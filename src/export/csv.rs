//! CSV: semicolons, decimal comma, UTF-8 with a byte order mark so that a spreadsheet reads accents.

use crate::statements::{Cell, Table};

/// Writes a table as CSV, headings first, without its total: a spreadsheet sums for itself.
pub fn render_csv(table: &Table) -> String {
    let mut out = String::from("\u{feff}");
    push_row(&mut out, table.columns.iter().map(|column| column.heading.clone()));
    for row in &table.rows {
        push_row(&mut out, row.cells.iter().map(cell));
    }
    out
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => harmless(text),
        Cell::Count(count) => count.to_string(),
        Cell::Amount(amount) => amount.to_csv(),
        Cell::Percent(percent) => percent.to_csv(),
        Cell::Day(day) => day.to_french(),
    }
}

/// A text that a spreadsheet would run as a formula is written as a text.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t']) { format!("'{text}") } else { text.to_string() }
}

fn push_row(out: &mut String, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(';');
        }
        if cell.contains([';', '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&cell);
        }
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Amount;
    use crate::statements::{Column, Kind};

    #[test]
    fn csv_is_for_a_french_spreadsheet() {
        let columns =
            vec![Column::new("cle", "Clé", Kind::Text), Column::new("montant", "Montant", Kind::Amount)];
        let row = |text: &str| vec![Cell::from(text), Cell::Amount(Amount::from_centimes(-123_456))];
        let table = Table::new("", columns, [row("a;\"b\""), row("=1+1")]);
        assert_eq!(
            render_csv(&table),
            "\u{feff}Clé;Montant\r\n\"a;\"\"b\"\"\";-1234,56\r\n'=1+1;-1234,56\r\n"
        );
    }
}
