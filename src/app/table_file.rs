//! Tables as a file: to be worked on in a spreadsheet, sent, or printed.

use super::error::AppError;
use super::letterhead::Letterhead;
use crate::documents::{paper_of_tables, render_pdf};
use crate::export::{render_csv, render_json, render_xlsx, table_as_json};
use crate::statements::Table;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// For any program; UTF-8, semicolons.
    Csv,
    /// For programs.
    Json,
    /// A workbook.
    Xlsx,
    /// On paper.
    Pdf,
}

impl TableFormat {
    /// All of them.
    pub const ALL: [TableFormat; 4] =
        [TableFormat::Csv, TableFormat::Json, TableFormat::Xlsx, TableFormat::Pdf];

    /// Returns the end of its file names.
    pub fn code(self) -> &'static str {
        match self {
            TableFormat::Csv => "csv",
            TableFormat::Json => "json",
            TableFormat::Xlsx => "xlsx",
            TableFormat::Pdf => "pdf",
        }
    }

    /// Reads the end of a file name.
    pub fn parse(text: &str) -> Option<TableFormat> {
        TableFormat::ALL.into_iter().find(|format| format.code() == text)
    }

    /// Returns its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            TableFormat::Csv => "text/csv; charset=utf-8",
            TableFormat::Json => "application/json",
            TableFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            TableFormat::Pdf => "application/pdf",
        }
    }
}

/// Writes tables as a file; a workbook and a paper bear the letterhead.
///
/// # Errors
/// When a workbook would lose a figure, or a paper cannot draw a character.
pub fn table_file(tables: &[Table], format: TableFormat, head: &Letterhead) -> Result<Vec<u8>, AppError> {
    let refused = |error: &dyn std::fmt::Display| AppError::Machine(error.to_string());
    match format {
        TableFormat::Csv => Ok(tables_as_csv(tables).into_bytes()),
        TableFormat::Json => Ok(tables_as_json(tables).into_bytes()),
        TableFormat::Xlsx => {
            let lines: Vec<String> = head.warning.iter().chain(&head.lines).cloned().collect();
            render_xlsx(tables, &lines, head.dated).map_err(|error| refused(&error))
        }
        TableFormat::Pdf => {
            let title = tables.first().map_or("", |table| table.title.as_str());
            let mut paper = paper_of_tables(title, tables, &head.lines, head.dated, &head.footer);
            paper.warning.clone_from(&head.warning);
            render_pdf(&paper).map_err(|error| refused(&error))
        }
    }
}

/// Returns tables as one CSV file: one byte order mark, at its beginning.
pub fn tables_as_csv(tables: &[Table]) -> String {
    let all: Vec<String> = tables.iter().map(render_csv).collect();
    format!("\u{feff}{}", all.join("\r\n").replace('\u{feff}', ""))
}

/// Returns one table as an array, several as an object of arrays by title.
pub fn tables_as_json(tables: &[Table]) -> String {
    if let [table] = tables {
        return render_json(table);
    }
    let all: serde_json::Map<_, _> =
        tables.iter().map(|table| (table.title.clone(), table_as_json(table))).collect();
    format!("{:#}\n", serde_json::Value::Object(all))
}
