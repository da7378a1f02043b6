//! Statements → files for other programs.
//!
//! In: tables. Out: CSV for a French spreadsheet, JSON for scripts, a workbook, an archive of files. Never: a figure that
//! the table does not hold.

mod archive;
mod csv;
mod json;
mod xlsx;

pub use archive::{Archive, ArchiveError, render_zip};
pub use csv::render_csv;
pub use json::{render_json, table_as_json};
pub use xlsx::{WorkbookError, render_xlsx};
