//! Pieces of pages: tables, forms, bars. In: values. Out: markup. Never: a use case.

mod bars;
mod forms;
mod pages;
mod tables;

pub(super) use bars::bar;
pub(super) use forms::{Field, faults, form, hidden, save};
pub(super) use pages::pages;
pub(super) use tables::{exports, table};
