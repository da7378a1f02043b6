//! Pieces of pages: tables, forms, bars. In: values. Out: markup. Never: a use case.

mod bars;
mod forms;
mod tables;

pub(super) use bars::bar;
pub(super) use forms::{Field, faults, form, hidden, save};
pub(super) use tables::{exports, table};
