//! Balances → statements: rows and totals as plain tables, before any look.
//!
//! In: rows of the base with their codes. Out: [`Table`]. Never: a database, a width, a colour.

mod aids;
mod envelopes;
mod table;

pub use aids::{AidGroup, AidLine, Axis, aid_table, cross_table, group_exactly};
pub use envelopes::{EnvelopeLine, envelope_table};
pub use table::{Cell, Column, Derived, Kind, Row, Style, Table, Term};
