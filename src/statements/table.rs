//! A statement as a table: one model for the terminal, CSV, JSON, a workbook and paper.

use super::aids::Axis;
use crate::calendar::Date;
use crate::money::{Amount, Percent};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// A whole number.
    Count,
    /// Euros.
    Amount,
    /// Percents.
    Percent,
}

/// How a column follows from two others, by rank: what a workbook writes as a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derived {
    /// The first minus the second.
    Difference(usize, usize),
    /// The first against the second, in percent of the second.
    Variation(usize, usize),
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
    /// The columns it follows from.
    pub derived: Option<Derived>,
}

impl Column {
    /// Makes a column.
    pub fn new(key: &str, heading: &str, kind: Kind) -> Column {
        Column { key: key.to_string(), heading: heading.to_string(), kind, derived: None }
    }

    /// Makes a column that follows from two others.
    pub fn derived(key: &str, heading: &str, kind: Kind, derived: Derived) -> Column {
        Column { derived: Some(derived), ..Column::new(key, heading, kind) }
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
    /// Percents.
    Percent(Percent),
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

impl From<Option<Percent>> for Cell {
    fn from(percent: Option<Percent>) -> Cell {
        percent.map_or(Cell::Empty, Cell::Percent)
    }
}

/// How a row stands among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A heading over the rows that follow: words only.
    Heading,
    /// A row of figures.
    Line,
    /// The sum of some rows above it.
    Subtotal,
    /// A figure that the reader looks for first: a total of charges, a result.
    Total,
}

/// A row that another one adds or subtracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// Its rank among the rows of the table.
    pub row: usize,
    /// Subtracted rather than added.
    pub subtracted: bool,
}

/// What a row leads to: the lines behind its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drill {
    /// Aids, by the keys of the axes that group them; in a cross table, the key of a column is that of the
    /// second axis.
    Aids(Vec<(Axis, String)>),
    /// What is granted and unpaid now, by the same keys.
    Unpaid(Vec<(Axis, String)>),
    /// One aid, by its key in the base and its reference.
    Aid(i64, String),
    /// An envelope: dispositif, year, funder.
    Envelope(String, u32, String),
    /// An entry of the aid book: year and number.
    Entry(i64, i64),
    /// A lot.
    Lot(i64),
    /// A derogation, by its number.
    Derogation(i64),
    /// A line of the statement, by its code.
    Line(String),
    /// One account.
    Account(String),
    /// The accounts that begin so.
    Prefix(String),
    /// Subsidies, those that nothing attributes to a funder included.
    Grants,
    /// Subsidies that nothing attributes to a funder.
    UnassignedGrants,
    /// A journal.
    Journal(String),
    /// An entry of a FEC, by its rank in the file.
    GeneralEntry(i64),
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// How it stands.
    pub style: Style,
    /// How far its words are set in: 0, 1 or 2.
    pub indent: u8,
    /// One cell per column.
    pub cells: Vec<Cell>,
    /// The rows whose amounts make its own; empty where its amounts are their own.
    pub terms: Vec<Term>,
    /// What it leads to; none for a row of words.
    pub drill: Option<Drill>,
}

impl Row {
    /// Returns the row, leading somewhere.
    pub fn to(self, drill: Drill) -> Row {
        Row { drill: Some(drill), ..self }
    }
}

impl From<Vec<Cell>> for Row {
    fn from(cells: Vec<Cell>) -> Row {
        Row { style: Style::Line, indent: 0, cells, terms: Vec::new(), drill: None }
    }
}

/// A statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What it is.
    pub title: String,
    /// What must be read before any figure, on each page: a provisional year.
    pub warning: Option<String>,
    /// What the reader must know of it.
    pub notes: Vec<String>,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows.
    pub rows: Vec<Row>,
    /// The line of totals, if it has one: in columns of amounts, the sum of the rows.
    pub total: Option<Vec<Cell>>,
}

impl Table {
    /// Makes a table of plain rows, with neither notes nor total.
    pub fn new<R: Into<Row>>(
        title: impl Into<String>,
        columns: Vec<Column>,
        rows: impl IntoIterator<Item = R>,
    ) -> Table {
        let rows = rows.into_iter().map(Into::into).collect();
        Table { title: title.into(), columns, rows, ..Table::default() }
    }
}
