//! Statements → files for other programs.
//!
//! In: tables. Out: CSV for a French spreadsheet, JSON for scripts. Never: a look.

mod csv;
mod json;

pub use csv::render_csv;
pub use json::{render_json, table_as_json};
