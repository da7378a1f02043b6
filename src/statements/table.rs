//! A statement as a table: one model for the terminal, CSV, JSON and, later, paper.

use crate::calendar::Date;
use crate::money::Amount;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// A whole number.
    Count,
    /// Euros.
    Amount,
}

/// A column: its key in JSON and CSV, its French heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Key.
    pub key: String,
    /// Heading.
    pub heading: String,
    /// What it holds.
    pub kind: Kind,
}

impl Column {
    /// Makes a column.
    pub fn new(key: &str, heading: &str, kind: Kind) -> Column {
        Column { key: key.to_string(), heading: heading.to_string(), kind }
    }
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Words.
    Text(String),
    /// A whole number.
    Count(i64),
    /// Euros.
    Amount(Amount),
    /// A day.
    Day(Date),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_string()) }
    }
}

impl From<Option<Date>> for Cell {
    fn from(day: Option<Date>) -> Cell {
        day.map_or(Cell::Empty, Cell::Day)
    }
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it is.
    pub title: String,
    /// What the reader must know of it.
    pub notes: Vec<String>,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows.
    pub rows: Vec<Vec<Cell>>,
    /// The line of totals, if it has one.
    pub total: Option<Vec<Cell>>,
}
