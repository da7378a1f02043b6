//! JSON: amounts as strings with a dot, dates ISO, one document.

use crate::statements::{Cell, Row, Table};
use serde_json::{Map, Value};

/// Returns the rows of a table as objects keyed by column.
pub fn table_as_json(table: &Table) -> Value {
    let object = |row: &Row| {
        let fields =
            table.columns.iter().zip(&row.cells).map(|(column, cell)| (column.key.clone(), value(cell)));
        Value::Object(fields.collect::<Map<_, _>>())
    };
    Value::Array(table.rows.iter().map(object).collect())
}

/// Writes a table as JSON.
pub fn render_json(table: &Table) -> String {
    format!("{:#}\n", table_as_json(table))
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Text(text) => Value::String(text.clone()),
        Cell::Count(count) => Value::from(*count),
        Cell::Amount(amount) => Value::String(amount.to_plain()),
        Cell::Percent(percent) => Value::String(percent.to_plain()),
        Cell::Day(day) => Value::String(day.to_string()),
    }
}
