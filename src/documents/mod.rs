//! Statements → documents: what people read.
//!
//! In: tables. Out: text for the terminal; other papers have their own files. Never: a figure that
//! the table does not hold.

mod text;

pub use text::{cell_in_french, render_text};
